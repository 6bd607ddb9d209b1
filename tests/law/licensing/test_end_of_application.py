"""What ends an application ends every clock of it: by its own stop, else void; those of the decision run on (B3.8)."""

from datetime import date

import msgspec
import pytest

from domain.law.licensing.clock import Card, State
from domain.law.licensing.escalation import course
from domain.law.licensing.evaluation import ClockEvaluation, ItemState
from domain.law.licensing.event import LawEvent
from domain.law.licensing.forecast import forecast
from domain.law.licensing.rule import CountersignTerms
from tests.law.packs.books import china
from tests.law.questions import USUAL, ask, at, happened

RECEIVED = happened("received", "03-02 09:00")
ACCEPTED = happened("accepted", "03-02 10:00")
ASKED = happened("countersign_request", "03-02 11:00", dept="plan")
TOLD = happened("hearing_told", "03-02 11:00")
HEARING = happened("hearing_requested", "03-03 11:00")
REFUSED = happened("refused", "03-04 10:00")
DECIDED = happened("decided", "03-10 10:00", outcome="granted")
STRICT = msgspec.structs.replace(USUAL, countersign=CountersignTerms(7, "overdue"))
OPEN = (State.RUNNING, State.SUSPENDED, State.OVERDUE, State.UNCONFIRMED)
OF_THE_DECISION = {"delivery", "post_check"}


def states(result: ClockEvaluation) -> dict[str, State]:
    return {name: clock.state for name, clock in result.clocks.items()}


def test_a_refusal_to_admit_leaves_no_clock_open() -> None:
    events = (RECEIVED, ASKED, TOLD, HEARING, REFUSED)

    evaluation = ask("06-01", *events, rule=STRICT)

    assert evaluation.item_state is ItemState.REFUSED
    assert states(evaluation) == {
        "intake#1": State.MET,
        "countersign:plan": State.VOID,
        "hearing_request": State.MET,
        "hearing_hold": State.VOID,
    }
    assert evaluation.clocks["countersign:plan"].used == 2  # through the day of the refusal
    assert evaluation.card is Card.NONE
    result = course(STRICT, events, china(), at("06-01"))
    assert (result.passed, result.next) == ((), None)


def test_a_decision_leaves_only_the_clocks_that_it_starts() -> None:
    result = ask("06-01", RECEIVED, ACCEPTED, ASKED, TOLD, HEARING, DECIDED, rule=STRICT)

    assert {name for name, state in states(result).items() if state in OPEN} == {"delivery"}
    assert states(result)["hearing_hold"] is State.VOID
    assert result.clocks["hearing_hold"].used == 5


def test_a_termination_is_a_decision_without_a_grant() -> None:
    ended = happened("decided", "03-10 10:00", outcome="denied")

    assert not set(OPEN) & set(states(ask("06-01", RECEIVED, ACCEPTED, ASKED, HEARING, ended)).values())


def test_what_was_answered_before_the_end_keeps_its_answer() -> None:
    answered = happened("countersign_reply", "03-03", dept="plan")
    held = happened("hearing_held", "03-09")

    result = ask("06-01", RECEIVED, ACCEPTED, ASKED, answered, HEARING, held, DECIDED)

    assert states(result)["countersign:plan"] is State.MET
    assert states(result)["hearing_hold"] is State.MET


def test_what_comes_after_the_end_is_no_answer_any_more() -> None:
    answered, held = happened("countersign_reply", "03-05", dept="plan"), happened("hearing_held", "03-06")

    result = ask("06-01", RECEIVED, ASKED, HEARING, REFUSED, answered, held, rule=STRICT)

    assert states(result)["countersign:plan"] is State.VOID
    assert states(result)["hearing_hold"] is State.VOID


def test_accepted_all_the_same_its_clocks_run_on_as_if_it_had_not_been_refused() -> None:
    answered = happened("countersign_reply", "03-05", dept="plan")
    accepted = happened("accepted", "03-06")

    result = ask("03-09", RECEIVED, ASKED, REFUSED, HEARING, answered, accepted)

    assert result.item_state is ItemState.IN_REVIEW
    assert states(result)["decision"] is State.RUNNING
    assert states(result)["countersign:plan"] is State.MET


def test_what_was_begun_between_the_refusal_and_the_acceptance_counts_as_well() -> None:
    request, offer = happened("countersign_request", "03-05", dept="fire"), happened("hearing_told", "03-05")

    accepted = ask("03-09", RECEIVED, REFUSED, request, offer, happened("accepted", "03-06"))
    refused = ask("03-09", RECEIVED, REFUSED, request, offer)
    withdrawn = ask("03-09", happened("withdrawn", "02-27"), RECEIVED, REFUSED, request, happened("accepted", "03-06"))

    assert {"countersign:fire", "hearing_request"} <= accepted.clocks.keys()
    assert refused.clocks.keys() == {"intake#1"}
    assert withdrawn.clocks["decision"].state is State.RUNNING  # nothing was withdrawn: there was no application


def test_the_first_refusal_is_the_end() -> None:
    again = happened("refused", "03-06 10:00", id="again")

    assert ask("06-01", RECEIVED, ASKED, REFUSED, again, rule=STRICT).clocks["countersign:plan"].used == 2


def test_a_withdrawal_after_a_refusal_finds_nothing_left_to_end() -> None:
    result = ask("06-01", RECEIVED, ASKED, REFUSED, happened("withdrawn", "03-09"), rule=STRICT)

    assert result.item_state is ItemState.WITHDRAWN
    assert result.clocks["countersign:plan"].used == 2


def test_a_card_issued_before_the_end_is_valid_until_a_correction_takes_its_ground() -> None:
    late = happened("decided", "04-01", outcome="denied")
    earlier = happened("amend", "04-08", target="decided", new_at="2026-03-30T12:00:00+08:00")

    cards = [passing.at.date() for passing in course(USUAL, (RECEIVED, ACCEPTED, late), china(), at("04-09")).passed]
    after = course(USUAL, (RECEIVED, ACCEPTED, late, earlier), china(), at("04-09")).passed

    assert date(2026, 3, 30) in cards  # midnight in Beijing is the afternoon before in UTC
    assert [passing.rung for passing in after] == ["warning"]


@pytest.mark.parametrize("end", [REFUSED, DECIDED, happened("withdrawn", "03-10")])
def test_a_forecast_already_stored_says_so_too(end: LawEvent) -> None:
    events = (RECEIVED, *(() if end is REFUSED else (ACCEPTED,)), ASKED, TOLD, HEARING, end)

    still_open = {clock.name for clock in forecast(STRICT, events, china()).clocks if not clock.closed}

    assert still_open <= OF_THE_DECISION
