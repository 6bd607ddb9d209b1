"""Clocks of other units end with their application too, wherever they started; and roll where their law says so."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.law.generic.case import BY_DECISION, ending
from domain.law.generic.item import general_course
from domain.law.licensing.clock import State
from domain.law.licensing.event import LawEvent
from domain.law.licensing.timeline import Timeline
from tests.law.auditor.lives import lives
from tests.law.generic.test_evaluate import LAWS, read, terms
from tests.law.questions import at, happened

PERMIT = "cn-licensing@2019-04-23/construction_permit"
SPECIALS = (PERMIT, "cn-licensing@2019-04-23/eia_form", "cn-licensing@2019-04-23/eia_report")
RECEIVED = happened("received", "03-02 10:00")
REFUSED = happened("refused", "03-05 10:00")
OPEN = (State.RUNNING, State.SUSPENDED, State.OVERDUE, State.UNCONFIRMED)


@pytest.mark.parametrize("law", SPECIALS)
def test_a_refusal_to_admit_voids_the_decision_that_runs_from_receipt(law: str) -> None:
    item = terms(law, fire=3)
    events = (RECEIVED, happened("countersign_request", "03-02 11:00", dept="fire"), REFUSED)

    result = read(item, at("06-30"), *events)

    assert {name: reading.state for name, reading in result.items()} == {
        "intake": State.MET,
        "decision": State.VOID,
        "countersign:fire": State.VOID,
    }
    assert all(reading.closed for reading in result.values())
    assert result["decision"].standing.used == 3  # through the day of the refusal, and no further
    course = general_course(item, Timeline(item.pack.zone, events), at("06-30"))
    assert [(passing.clock, passing.rung) for passing in course.passed if passing.rung == "card"] == []
    assert course.next is None


def test_accepted_all_the_same_the_decision_runs_on() -> None:
    result = read(terms(), at("03-20"), RECEIVED, REFUSED, happened("accepted", "03-06"))

    assert result["decision"].state is State.RUNNING


def test_a_refusal_after_acceptance_or_silence_ends_nothing() -> None:
    accepted, late = happened("accepted", "03-03"), happened("refused", "03-12")

    assert read(terms(), at("03-20"), RECEIVED, accepted, REFUSED)["decision"].state is State.RUNNING
    assert read(terms(), at("03-20"), RECEIVED, late)["decision"].state is State.RUNNING


def test_a_card_issued_before_the_refusal_stays_valid() -> None:
    item, late = terms(PERMIT), happened("refused", "03-12 10:00")
    waiting = happened("correction_notice", "03-03"), late

    course = general_course(item, Timeline(item.pack.zone, (RECEIVED, *waiting)), at("06-30"))

    assert [(passing.clock, passing.rung) for passing in course.passed if passing.rung == "card"] == [
        ("decision", "card")
    ]
    assert read(item, at("06-30"), RECEIVED, *waiting)["decision"].state is State.VOID


def test_what_silence_brought_about_outlives_a_withdrawal() -> None:
    dutch = "nl-wabo@2010-10-01"
    silent, withdrawn = at("06-01"), happened("withdrawn", "05-20")

    assert read(terms(dutch), silent, RECEIVED, withdrawn)["decision"].state is State.DEEMED
    assert read(terms(dutch), silent, RECEIVED, happened("withdrawn", "04-20"))["decision"].state is State.VOID
    assert read(terms(dutch, live=False), silent, RECEIVED, withdrawn)["decision"].state is State.VOID


def test_a_decision_keyed_in_before_its_receipt_leaves_no_clock_open() -> None:
    decided = happened("decided", "02-27", outcome="granted")

    result = read(terms(), at("06-30"), decided, RECEIVED)
    assert {reading.state for name, reading in result.items() if name != "delivery"} == {State.VOID}


def test_the_clocks_of_the_decision_run_on() -> None:
    decided = happened("decided", "03-10", outcome="granted")

    result = read(terms(), at("06-30"), RECEIVED, happened("accepted", "03-03"), decided)
    assert {name: reading.state for name, reading in result.items()} == {
        "intake": State.MET,
        "decision": State.MET,
        "delivery": State.OVERDUE,
    }


def test_a_decision_does_not_stop_a_clock_that_its_notification_stops() -> None:
    item = terms("es-39-2015@2016-10-02")
    clock = msgspec.structs.replace(item.pack.clocks["decision"], stop=("delivered",))
    item = msgspec.structs.replace(item, pack=msgspec.structs.replace(item.pack, clocks={"decision": clock}))
    decided, notified = happened("decided", "03-10", outcome="denied"), happened("delivered", "03-12")

    assert read(item, at("03-11"), RECEIVED, decided)["decision"].state is State.RUNNING
    assert read(item, at("03-20"), RECEIVED, decided, notified)["decision"].state is State.MET


def test_an_acceptance_before_the_receipt_answers_it_as_of_the_receipt() -> None:
    item = msgspec.structs.replace(terms(), lengths={"commitment": 10})
    result = read(item, at("03-20"), happened("accepted", "02-27"), RECEIVED)

    assert result["intake"].state is State.MET
    assert result["commitment"].standing.start == date(2026, 3, 2)
    flags = {name: reading.standing.flags for name, reading in result.items()}
    assert flags == {"intake": ("accepted_before_receipt",), "commitment": ("accepted_before_receipt",), "decision": ()}


@given(lives(), st.sampled_from((*LAWS, *SPECIALS)), st.booleans(), st.integers(0, 400))
def test_no_clock_of_an_ended_application_is_open(life: dict[str, Any], law: str, live: bool, days: int) -> None:
    events = msgspec.convert(life["events"], list[LawEvent])
    item = terms(law, live=live, plan=5, fire=3)
    t = at(life["t"][:10]) + timedelta(days=days)
    acts = [event for _, event, _ in Timeline(item.pack.zone, events).by(t, at("9000-01-01"))]
    result = read(item, t, *events)
    accepted = result.get("intake") is not None and result["intake"].state is State.DEEMED
    end = ending(acts)
    if end is not None and not (accepted and end.__struct_config__.tag == "refused"):
        still = {reading.clock for reading in result.values() if reading.state in OPEN}
        assert all(BY_DECISION.intersection(item.pack.clocks[name].start) for name in still)


@pytest.mark.parametrize(
    ("law", "day", "due"),
    [
        (SPECIALS[2], "03-02", date(2026, 5, 6)),  # day 60 is May 1, and the office opens on the 6th
        (SPECIALS[1], "03-06", date(2026, 4, 7)),  # day 30 is Sunday, April 5, and Qingming lasts to the 6th
        (SPECIALS[0], "03-02", date(2026, 3, 9)),  # a Monday: nothing rolls
        (SPECIALS[0], "02-07", date(2026, 2, 14)),  # a Saturday on which people work
    ],
)
def test_the_last_day_in_calendar_days_rolls_to_the_next_open_one(law: str, day: str, due: date) -> None:
    result = read(terms(law), at("03-06 13:00"), happened("received", day))

    assert result["decision"].standing.due == due
