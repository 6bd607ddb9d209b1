"""The last day and the day after, the last minute and the next: every boundary of the rule book, from both sides."""

from datetime import date

import msgspec
import pytest

from domain.law.licensing.clock import State
from domain.law.licensing.evaluation import ItemState
from domain.law.licensing.rule import PeriodTerms
from tests.law.questions import USUAL, ask, happened

RECEIVED = happened("received", "03-02 09:00")
ACCEPTED = happened("accepted", "03-02 10:00")
TOLD = happened("hearing_told", "03-03")  # five working days: Mar 4, 5, 6, 9, 10
LICENCE = msgspec.structs.replace(USUAL, licence_expiry=date(2026, 4, 10))


@pytest.mark.parametrize(("hour", "receipt"), [("17:29", date(2026, 3, 2)), ("17:30", date(2026, 3, 3))])
def test_a_shifted_receipt_moves_at_close_of_business(hour: str, receipt: date) -> None:
    rule = msgspec.structs.replace(USUAL, intake_shift="next_working_day")
    result = ask("03-04", happened("received", f"03-02 {hour}"), rule=rule)
    assert result.clocks["intake#1"].start == receipt


@pytest.mark.parametrize(("hour", "due"), [("17:29", date(2026, 3, 2)), ("17:30", date(2026, 3, 3))])
def test_on_the_spot_means_while_the_counter_is_open(hour: str, due: date) -> None:
    rule = msgspec.structs.replace(USUAL, decision=PeriodTerms(0, 0))
    result = ask("03-04", RECEIVED, happened("accepted", f"03-02 {hour}"), rule=rule)
    assert result.clocks["decision"].due == due


@pytest.mark.parametrize(("t", "state"), [("03-09 23:59", ItemState.INTAKE), ("03-10 00:00", ItemState.IN_REVIEW)])
def test_silence_speaks_at_midnight_after_the_fifth_day(t: str, state: ItemState) -> None:
    assert ask(t, RECEIVED).item_state is state


def test_a_second_notice_that_does_not_name_new_items_is_about_the_old_ones() -> None:
    first, second = happened("correction_notice", "03-03", id="n1"), happened("correction_notice", "03-06", id="n2")
    result = ask("03-20", RECEIVED, first, happened("corrected", "03-05"), second)
    assert (result.item_state, result.flags) == (ItemState.AWAITING_CORRECTION, ())


@pytest.mark.parametrize(
    ("day", "state", "flags"),
    [("03-10", State.VOID, ("decided_before_hearing_window_closed",)), ("03-11", State.LAPSED, ())],
)
def test_the_hearing_window_closes_with_its_fifth_day(day: str, state: State, flags: tuple[str, ...]) -> None:
    result = ask("03-20", RECEIVED, ACCEPTED, TOLD, happened("decided", day, outcome="denied"))
    assert (result.clocks["hearing_request"].state, result.flags) == (state, flags)


@pytest.mark.parametrize(("day", "in_time"), [("03-10 23:59", True), ("03-11 00:00", False)])
def test_a_hearing_may_be_requested_until_the_fifth_day_is_over(day: str, in_time: bool) -> None:
    result = ask("03-20", RECEIVED, ACCEPTED, TOLD, happened("hearing_requested", day))
    assert ("hearing_hold" in result.clocks) is in_time


@pytest.mark.parametrize(("day", "flags"), [("03-25", ("hearing_notice_short",)), ("03-26", ())])
def test_seven_clear_working_days_lie_between_notice_and_hearing(day: str, flags: tuple[str, ...]) -> None:
    notice = happened("hearing_notice", "03-16", hearing_date=f"2026-{day}")  # clear: Mar 17-20 and 23-25
    assert ask("03-27", RECEIVED, ACCEPTED, notice).flags == flags


@pytest.mark.parametrize(("day", "state"), [("04-10 23:59", State.MET), ("04-11 00:00", State.DEEMED)])
def test_a_licence_is_renewed_by_silence_unless_decided_by_its_last_day(day: str, state: State) -> None:
    result = ask("04-20", RECEIVED, ACCEPTED, happened("decided", day, outcome="granted"), rule=LICENCE)
    assert result.clocks["renewal_guard"].state is state
    assert (result.deemed is not None) is (state is State.DEEMED)


@pytest.mark.parametrize(("day", "flags"), [("03-11", ()), ("03-12", ("renewal_filed_late",))])
def test_thirty_calendar_days_before_expiry_is_the_last_day_to_file(day: str, flags: tuple[str, ...]) -> None:
    assert ask("03-12 13:00", happened("received", day), rule=LICENCE).flags == flags


@pytest.mark.parametrize(("known", "accepted"), [("03-05 11:59", True), ("03-05 12:00", False)])
def test_a_correction_is_known_from_the_instant_it_is_recorded(known: str, accepted: bool) -> None:
    retraction = happened("retract", "03-05 12:00", target="accepted")
    result = ask("03-04", RECEIVED, ACCEPTED, retraction, known=known)
    assert (result.acceptance is not None) is accepted


@pytest.mark.parametrize(("t", "state"), [("03-18 23:59", State.RUNNING), ("03-19 00:00", State.DEEMED)])
def test_a_department_may_answer_until_its_last_day_is_over(t: str, state: State) -> None:
    request = happened("countersign_request", "03-09", dept="plan")
    assert ask(t, RECEIVED, ACCEPTED, request).clocks["countersign:plan"].state is state


@pytest.mark.parametrize(("day", "state"), [("03-18", State.VOID), ("03-19", State.DEEMED)])
def test_a_decision_overtakes_a_department_only_before_its_silence_has_spoken(day: str, state: State) -> None:
    request = happened("countersign_request", "03-09", dept="plan")
    result = ask("03-25", RECEIVED, ACCEPTED, request, happened("decided", day, outcome="denied"))
    assert result.clocks["countersign:plan"].state is state


@pytest.mark.parametrize(("day", "state"), [("03-30 12:00", State.UNCONFIRMED), ("03-31 00:00", State.OVERDUE)])
def test_only_an_attestation_after_the_due_date_confirms_silence(day: str, state: State) -> None:
    rule = msgspec.structs.replace(USUAL, live=False)
    result = ask("04-02", RECEIVED, ACCEPTED, happened("attest", day), rule=rule)
    assert result.clocks["decision"].state is state
