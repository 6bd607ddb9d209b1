"""Acts dated inside a round of intake that silence accepts are judged as acts after an acceptance on day 0 (B5.2)."""

from datetime import date

import msgspec
import pytest

from domain.law.licensing.clock import Acceptance, Card, State
from domain.law.licensing.event import LawEvent
from domain.law.licensing.forecast import forecast
from tests.law.packs.books import china
from tests.law.questions import USUAL, ask, happened

RECEIVED = happened("received", "03-02 09:00")
ACCEPTED = happened("accepted", "03-03 10:00")
FORWARDED = happened("forwarded", "03-05 10:00")
ABOVE = happened("upper_received", "03-06 10:00")
LONGER = happened("extension", "03-05", days=10)
RETRACTED = happened("retract", "03-20", target="accepted")
TWO_LEVELS = msgspec.structs.replace(USUAL, mode="lower_review")
KEYED_IN = msgspec.structs.replace(USUAL, live=False)
DEEMED = Acceptance("deemed", date(2026, 3, 2))


def test_a_retracted_acceptance_keeps_what_the_lower_level_did() -> None:
    result = ask("03-31", RECEIVED, ACCEPTED, FORWARDED, ABOVE, RETRACTED, rule=TWO_LEVELS)

    assert result.acceptance == DEEMED
    assert (result.clocks["lower_review"].state, result.clocks["lower_review"].used) == (State.MET, 3)
    assert result.clocks["lower_review"].start == date(2026, 3, 2)
    assert (result.clocks["decision"].start, result.clocks["decision"].due) == (date(2026, 3, 6), date(2026, 4, 3))
    assert result.flags == ()


def test_forwarding_inside_the_round_stops_the_review_that_silence_starts() -> None:
    events = (RECEIVED, FORWARDED)

    assert "lower_review" not in ask("03-09", *events, rule=TWO_LEVELS).clocks  # the round may still be answered
    result = ask("05-01", *events, rule=TWO_LEVELS)
    assert result.clocks["lower_review"].state is State.MET
    assert "decision" not in result.clocks


def test_an_extension_inside_the_round_lengthens_the_clock_that_silence_starts() -> None:
    events = (RECEIVED, LONGER)

    assert ask("03-09", *events).flags == ("extension_outside_clock:decision",)
    result = ask("03-12", *events)
    assert (result.flags, result.clocks["decision"].length) == ((), 30)
    assert result.clocks["decision"].due == date(2026, 4, 14)  # the thirtieth working day from March 3 on, Qingming off


@pytest.mark.parametrize(
    ("further", "flag"),
    [
        (happened("extension", "03-06", id="again", days=1), "extension_repeated:decision"),
        (happened("extension", "03-20", id="again", days=11), "extension_repeated:decision"),
    ],
)
def test_the_extensions_of_a_silent_round_are_judged_in_their_order(further: LawEvent, flag: str) -> None:
    assert ask("03-23", RECEIVED, LONGER, further).flags == (flag,)


def test_answered_after_all_the_act_presumed_an_acceptance_that_there_was_not() -> None:
    assert ask("03-31", RECEIVED, LONGER, happened("accepted", "03-06")).flags == ("extension_outside_clock:decision",)
    notice, corrected = happened("correction_notice", "03-06"), happened("corrected", "03-09")
    result = ask("03-31", RECEIVED, LONGER, notice, corrected)
    assert result.acceptance == Acceptance("deemed", date(2026, 3, 9))
    assert result.flags == ("extension_outside_clock:decision",)


def test_a_keyed_in_departments_round_lasts_until_its_record_is_complete() -> None:
    events = (RECEIVED, happened("extension", "03-24", days=5))

    assert ask("04-10", *events, rule=KEYED_IN).flags == ("extension_outside_clock:decision",)
    result = ask("04-10", *events, happened("attest", "04-08"), rule=KEYED_IN)
    assert (result.flags, result.clocks["decision"].length) == ((), 25)


def test_the_forecast_of_a_silent_round_has_the_same_clocks() -> None:
    clocks = {clock.name: clock for clock in forecast(TWO_LEVELS, (RECEIVED, FORWARDED, ABOVE), china()).clocks}

    assert clocks["lower_review"].closed
    assert clocks["decision"].due == date(2026, 4, 3)


def test_an_extension_before_the_receipt_is_outside_the_clock_and_never_dropped() -> None:
    early = happened("extension", "03-01", days=5)

    result = ask("03-31", early, RECEIVED, ACCEPTED)
    assert (result.flags, result.clocks["decision"].length) == (("extension_outside_clock:decision",), 20)


def test_an_extension_between_an_early_acceptance_and_its_receipt_is_outside_the_clock_too() -> None:
    events = (happened("accepted", "02-27"), happened("extension", "02-28", days=5, notified=False), RECEIVED)

    result = ask("03-31", *events)
    assert result.flags == ("accepted_before_receipt", "extension_outside_clock:decision")
    assert result.clocks["decision"].length == 20


def test_an_acceptance_before_the_receipt_counts_from_the_receipt() -> None:
    rule = msgspec.structs.replace(USUAL, commitment=msgspec.structs.replace(USUAL.decision, days=10))

    result = ask("03-11", happened("accepted", "02-27"), RECEIVED, rule=rule)

    assert result.flags == ("accepted_before_receipt",)
    assert result.acceptance == Acceptance("explicit", date(2026, 2, 27))
    assert (result.clocks["intake#1"].state, result.card) == (State.MET, Card.NONE)
    for name in ("decision", "commitment"):
        assert (result.clocks[name].start, result.clocks[name].used) == (date(2026, 3, 2), 6)


def test_a_receipt_after_the_decision_moves_no_day_that_was_counted_by_then() -> None:
    """Accepted on January 12 and decided on March 10, long after its last day: a receipt dated later hides nothing."""
    events = (happened("accepted", "01-12"), happened("decided", "03-10", outcome="denied"))

    result = ask("04-01", *events, happened("received", "03-11"))

    assert result.flags == ("accepted_before_receipt",)
    assert (result.clocks["decision"].state, result.clocks["decision"].start) == (State.LATE, date(2026, 1, 12))


def test_a_decision_before_the_receipt_is_flagged_for_what_it_is() -> None:
    result = ask("03-11", happened("decided", "02-27", outcome="granted"), RECEIVED)

    assert result.flags == ("decided_without_acceptance",)
    assert result.clocks["decision"].state is State.MET
