"""What the rule book leaves to reason: how histories that no office should produce are read."""

from datetime import date

import msgspec
import pytest

from domain.law.calendar.moment import midnight
from domain.law.licensing.clock import Card, Level, State
from domain.law.licensing.evaluation import ItemState
from domain.law.licensing.event import LawEvent
from tests.law.questions import USUAL, ask, happened

RECEIVED = happened("received", "03-02 09:00")
ACCEPTED = happened("accepted", "03-02 10:00")
SUSPENDED = happened("suspend", "03-10", sid="s", reason="testing")
GRANTED = happened("decided", "03-16", outcome="granted")
KEYED_IN = msgspec.structs.replace(USUAL, live=False)


def test_an_acceptance_dated_hours_before_the_receipt_still_answers_it() -> None:
    early = happened("accepted", "03-02 08:00")
    result = ask("03-20", RECEIVED, early)

    assert result.acceptance is not None
    assert result.acceptance.kind == "explicit"
    assert (result.clocks["intake#1"].state, result.clocks["intake#1"].used) == (State.MET, 0)
    assert result.card is Card.NONE


def test_a_correction_notice_before_the_receipt_is_a_notice_about_nothing() -> None:
    result = ask("03-04", RECEIVED, happened("correction_notice", "03-02 08:00"))
    assert (result.item_state, result.flags) == (ItemState.INTAKE, ())


def test_a_result_keyed_in_alone_is_a_decision_with_an_implied_acceptance() -> None:
    result = ask("03-17", GRANTED)

    assert result.item_state is ItemState.DECIDED
    assert result.flags == ("decided_without_acceptance",)
    assert list(result.clocks) == ["decision", "delivery"]


def test_nothing_else_makes_an_application_exist() -> None:
    result = ask(
        "03-17", happened("countersign_request", "03-10", dept="plan"), SUSPENDED, happened("withdrawn", "03-12")
    )
    assert (result.item_state, result.clocks, result.flags) == (ItemState.NONEXISTENT, {}, ())


def test_a_refusal_while_corrections_are_outstanding_ends_intake() -> None:
    notice = happened("correction_notice", "03-03")
    result = ask("03-20", RECEIVED, notice, happened("refused", "03-09"), happened("corrected", "03-10"))
    assert (result.item_state, result.acceptance) == (ItemState.REFUSED, None)


def test_an_agency_may_still_accept_what_it_refused() -> None:
    result = ask("03-20", RECEIVED, happened("refused", "03-03"), happened("accepted", "03-05"))
    assert result.item_state is ItemState.IN_REVIEW


def test_after_a_withdrawal_nothing_is_accepted_by_act_or_by_silence() -> None:
    withdrawn = happened("withdrawn", "03-04")
    result = ask("04-20", RECEIVED, withdrawn, happened("accepted", "03-05"), SUSPENDED, happened("attest", "04-01"))

    assert (result.item_state, result.acceptance) == (ItemState.WITHDRAWN, None)
    assert result.clocks["intake#1"].state is State.VOID


def test_what_has_been_delivered_cannot_be_withdrawn() -> None:
    delivered = happened("delivered", "03-18")
    result = ask("04-20", RECEIVED, ACCEPTED, GRANTED, delivered, happened("withdrawn", "03-19"))
    assert result.item_state is ItemState.DELIVERED


def test_a_delivery_before_the_decision_delivers_nothing() -> None:
    result = ask("04-20", RECEIVED, ACCEPTED, happened("delivered", "03-10"), GRANTED)
    assert result.clocks["delivery"].state is State.OVERDUE


def test_the_first_decision_is_final() -> None:
    again = happened("decided", "03-20", id="again", outcome="denied")
    result = ask("04-20", RECEIVED, ACCEPTED, GRANTED, again)
    assert result.clocks["decision"].used == 10
    assert "delivery" in result.clocks


def test_a_retraction_may_itself_be_retracted() -> None:
    retraction = happened("retract", "03-05", id="r1", target="accepted")
    back = happened("retract", "03-06", id="r2", target="r1")
    events = (RECEIVED, ACCEPTED, retraction, back)

    assert ask("03-04", *events).item_state is ItemState.IN_REVIEW
    assert ask("03-05 13:00", *events).item_state is ItemState.INTAKE
    assert ask("03-06 13:00", *events).item_state is ItemState.IN_REVIEW


def test_a_resumption_keyed_in_later_can_void_an_extension() -> None:
    resumed = happened("resume", "03-11", sid="s", recorded="04-20")
    events = (RECEIVED, ACCEPTED, SUSPENDED, happened("extension", "04-02", days=10), resumed)

    before, after = ask("04-03", *events), ask("04-03", *events, known="04-21")

    assert (before.clocks["decision"].length, before.flags) == (30, ())
    assert (after.clocks["decision"].length, after.flags) == (20, ("extension_late:decision",))


def test_a_void_extension_does_not_use_up_the_right_to_one() -> None:
    too_long = happened("extension", "03-10", id="x1", days=11)
    result = ask("03-20", RECEIVED, ACCEPTED, too_long, happened("extension", "03-11", id="x2", days=10))
    assert result.flags == ("extension_exceeds_limit:decision",)
    assert result.clocks["decision"].length == 30


def test_an_extension_without_notice_to_the_applicant_holds_and_is_flagged() -> None:
    result = ask("03-20", RECEIVED, ACCEPTED, happened("extension", "03-10", days=5, notified=False))
    assert (result.clocks["decision"].length, result.flags) == (25, ("extension_not_notified:decision",))


def test_the_applicant_is_informed_how_long_a_suspension_will_take() -> None:
    suspended = happened("suspend", "03-10", sid="s", reason="testing", notified=False, planned_until="2026-03-12")
    events = (RECEIVED, ACCEPTED, suspended)

    assert ask("03-12 23:59", *events).flags == ("suspend_not_notified:s",)
    assert ask("03-13 00:00", *events).flags == ("suspend_not_notified:s", "suspension_overrun:s")
    resumed = happened("resume", "03-12 18:00", sid="s")
    assert ask("03-20", *events, resumed).flags == ("suspend_not_notified:s",)


@pytest.mark.parametrize(
    ("day_rule", "resumed", "is_overrun"),
    [
        ("[s,e)", "03-12 18:00", False),
        ("[s,e)", "03-13 09:00", False),  # the 12th was the last day taken out, as announced
        ("[s,e)", "03-14 09:00", True),
        ("(s,e)", "03-13 09:00", False),
        ("(s,e]", "03-12 18:00", False),
        ("(s,e]", "03-13 09:00", True),  # here the day of the resumption is out as well
        ("[s,e]", "03-13 09:00", True),
    ],
)
def test_a_suspension_overruns_by_days_taken_out_and_not_by_hours(
    day_rule: str, resumed: str, is_overrun: bool
) -> None:
    rule = msgspec.structs.replace(USUAL, suspension_day_rule=day_rule)
    suspended = happened("suspend", "03-10", sid="s", reason="testing", planned_until="2026-03-12")

    for end in (happened("resume", resumed, sid="s"), happened("decided", resumed, outcome="denied")):
        assert ask("03-20", RECEIVED, ACCEPTED, suspended, end, rule=rule).flags == (
            ("suspension_overrun:s",) if is_overrun else ()
        )


def test_a_renewal_keyed_in_without_a_receipt_is_filed_when_it_was_accepted() -> None:
    rule = msgspec.structs.replace(USUAL, licence_expiry=date(2026, 6, 30))

    in_time, late = (ask("07-02", happened("accepted", day), rule=rule) for day in ("05-31", "06-01"))

    assert in_time.flags == ()
    assert late.flags == ("renewal_filed_late",)


def test_a_hearing_asked_for_too_late_is_flagged_and_starts_nothing() -> None:
    offer, request = happened("hearing_told", "03-03"), happened("hearing_requested", "03-11")
    result = ask("03-12", RECEIVED, ACCEPTED, offer, request)

    assert result.flags == ("hearing_request_late",)
    assert (result.clocks["hearing_request"].state, result.clocks["hearing_request"].level) == (
        State.LAPSED,
        Level.NONE,
    )
    assert "hearing_hold" not in result.clocks
    assert result.card is Card.NONE


def test_a_hearing_requested_before_the_notice_counts_as_requested() -> None:
    request, offer = happened("hearing_requested", "03-04"), happened("hearing_told", "03-06")
    result = ask("03-20", RECEIVED, ACCEPTED, request, offer)

    assert (result.clocks["hearing_request"].state, result.flags) == (State.MET, ())
    assert result.clocks["hearing_hold"].start == date(2026, 3, 4)


def test_only_what_can_be_extended_exceeds_a_limit() -> None:
    extension = happened("extension", "03-20", days=5, clock="delivery")
    result = ask("03-21", RECEIVED, ACCEPTED, happened("decided", "03-18", outcome="granted"), extension)

    assert result.flags == ("extension_outside_clock:delivery",)
    assert result.clocks["delivery"].length == 10


def test_a_suspension_after_the_end_cannot_last_too_long() -> None:
    late = happened("suspend", "03-20", sid="s", reason="rain", planned_until="2026-03-23")
    result = ask("04-20", RECEIVED, ACCEPTED, happened("decided", "03-18", outcome="denied"), late)

    assert result.flags == ("suspend_no_statutory_ground:rain",)
    late_suspension = happened("suspend", "03-25", sid="s", reason="testing", planned_until="2026-03-10")
    for day_rule in ("[s,e)", "(s,e]", "[s,e]", "(s,e)"):
        rule = msgspec.structs.replace(USUAL, suspension_day_rule=day_rule)
        decided = happened("decided", "03-18", outcome="denied")
        assert ask("04-20", RECEIVED, ACCEPTED, decided, late_suspension, rule=rule).flags == ()


def test_a_decision_inside_the_hearing_window_is_flagged() -> None:
    offer = happened("hearing_told", "03-12")
    result = ask("03-20", RECEIVED, ACCEPTED, offer, GRANTED)

    assert result.flags == ("decided_before_hearing_window_closed",)
    assert result.clocks["hearing_request"].state is State.VOID


def test_a_keyed_in_department_is_not_blamed_before_its_record_is_complete() -> None:
    offer, request = happened("hearing_told", "03-03"), happened("hearing_requested", "03-04")
    events = (RECEIVED, ACCEPTED, offer, request)

    silent = ask("05-08", *events, rule=KEYED_IN)
    attested = ask("05-08", *events, happened("attest", "05-08 09:00"), rule=KEYED_IN)

    assert silent.clocks["hearing_hold"].state is State.UNCONFIRMED
    assert silent.card is Card.NONE
    assert attested.clocks["hearing_hold"].state is State.OVERDUE
    assert attested.card is Card.RED


@pytest.mark.parametrize("expiry", ["2026-06-30"])
def test_a_renewal_is_not_presumed_for_a_keyed_in_department(expiry: str) -> None:
    rule = msgspec.structs.replace(KEYED_IN, licence_expiry=date.fromisoformat(expiry))
    events = (RECEIVED, ACCEPTED)

    silent = ask("07-01", *events, rule=rule)
    attested = ask("07-01", *events, happened("attest", "07-01 09:00"), rule=rule)

    assert (silent.clocks["renewal_guard"].state, silent.deemed) == (State.UNCONFIRMED, None)
    withdrawn, decided = happened("withdrawn", "07-03"), happened("decided", "07-03", outcome="granted")
    assert ask("07-06", *events, withdrawn, rule=rule).clocks["renewal_guard"].state is State.VOID
    assert ask("07-06", *events, decided, rule=rule).clocks["renewal_guard"].state is State.DEEMED
    assert attested.deemed is not None
    assert attested.deemed.since == date(2026, 7, 1)


def test_a_timer_is_set_to_midnight_of_the_zone() -> None:
    clock = ask("03-03", RECEIVED, ACCEPTED).clocks["decision"]

    assert clock.over_from == date(2026, 3, 31)
    assert midnight(clock.over_from, "Asia/Shanghai").isoformat() == "2026-03-30T16:00:00+00:00"


def test_an_acceptance_without_effect_tolerates_nothing() -> None:
    again = happened("accepted", "03-10", id="again", cure_days=3)
    result = ask("03-20", RECEIVED, ACCEPTED, again)
    assert (result.flags, "tolerance_cure" in result.clocks) == (("duplicate_acceptance",), False)

    late = happened("accepted", "03-12", cure_days=3)
    result = ask("03-20", RECEIVED, late)
    assert (result.flags, "tolerance_cure" in result.clocks) == (("accepted_after_deemed",), False)


@pytest.mark.parametrize(("further", "state"), [((), State.RUNNING), ((happened("withdrawn", "03-18"),), State.VOID)])
def test_what_was_withdrawn_is_not_checked_any_more(further: tuple[LawEvent, ...], state: State) -> None:
    rule = msgspec.structs.replace(USUAL, post_check_months=2)
    granted = happened("decided", "03-16", outcome="granted", on_undertaking=True)
    result = ask("03-20", RECEIVED, ACCEPTED, granted, *further, rule=rule)

    assert result.clocks["post_check"].state is state
    assert result.clocks["post_check"].due == date(2026, 5, 18), "two months later is a Saturday"


def test_a_withdrawal_after_delivery_does_not_hide_a_receipt_dated_later() -> None:
    """Once the decision was delivered there is nothing to withdraw: the extension still lies before the receipt."""
    life = (
        happened("accepted", "03-02 10:00"),
        happened("extension", "03-03 10:00", days=5),
        happened("decided", "03-16", outcome="denied"),
        happened("delivered", "03-17"),
        happened("withdrawn", "03-18"),
        happened("received", "03-20"),
    )
    assert "extension_outside_clock:decision" in ask("04-01", *life).flags
