"""A question that is taken back, replaced or overtaken by a change ends without a verdict; what was broken stays so."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from domain.law.generic.evaluate import GeneralTerms, general_readings
from domain.law.licensing.clock import State
from domain.law.licensing.escalation import course
from domain.law.licensing.event import LawEvent
from domain.law.licensing.forecast import DISTANT
from domain.law.licensing.rule import CountersignTerms
from domain.law.licensing.timeline import Timeline
from domain.messages import AnyFact
from domain.project.countersignature.forwarding import CountersignatureRecalled
from domain.project.countersignature.revision import ApplicationRevised
from infrastructure.law.lawbook import law_book
from projections.clocks.law_events import item_histories
from projections.clocks.reading import read
from tests.domain.countersignature.circulation import answered, question_to
from tests.examples import REGISTERED, accepted, submitted
from tests.law.packs.books import china
from tests.law.questions import USUAL, ask, at, happened
from tests.spec import entry

RECEIVED = happened("received", "03-02 09:00")
ACCEPTED = happened("accepted", "03-02 10:00")
ASKED = happened("countersign_request", "03-09", dept="fire")  # until Mar 18
STRICT = msgspec.structs.replace(USUAL, countersign=CountersignTerms(7, "overdue"))
ENDINGS = {
    "recalled": happened("countersign_recall", "03-12", dept="fire"),
    "revised": happened("application_revised", "03-12"),
    "replaced": happened("countersign_request", "03-12", id="again", dept="fire", step="#2", replaces=""),
}
FIRE = "countersign:fire"


def events_with(*events: LawEvent) -> list[LawEvent]:
    return [RECEIVED, ACCEPTED, *events]


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
def test_a_question_that_is_moot_ends_without_a_verdict(ending: LawEvent) -> None:
    late = happened("countersign_reply", "04-10", dept="fire")

    for rule in (USUAL, STRICT):
        result = ask("04-20", *events_with(ASKED, ending, late), rule=rule)
        assert result.clocks[FIRE].state is State.VOID
        assert FIRE not in {
            passing.clock for passing in course(rule, events_with(ASKED, ending), china(), at("03-31")).passed
        }
    assert ask("03-11", *events_with(ASKED, ending)).clocks[FIRE].state is State.RUNNING


def test_the_new_question_of_a_round_has_a_clock_of_its_own() -> None:
    """Asked at the very instant of the change."""
    again = happened("countersign_request", "03-12", id="again", dept="fire", step="#2", replaces="")

    clocks = ask("03-13", *events_with(ASKED, ENDINGS["revised"], again)).clocks

    assert (clocks[FIRE].state, clocks["countersign:fire/#2"].state) == (State.VOID, State.RUNNING)


@pytest.mark.parametrize("kind", ["countersign_recall", "application_revised"])
def test_what_silence_said_or_broke_before_stays(kind: str) -> None:
    late = happened(kind, "03-20", **({"dept": "fire"} if kind == "countersign_recall" else {}))

    assert ask("03-31", *events_with(ASKED, late)).clocks[FIRE].state is State.DEEMED
    passed = course(STRICT, events_with(ASKED, late), china(), at("03-27")).passed
    assert [passing.clock for passing in passed if passing.colour] == [FIRE]


def test_an_answer_is_not_taken_back_by_a_recall() -> None:
    answer = happened("countersign_reply", "03-10", dept="fire")

    for ending in ENDINGS.values():
        assert ask("03-20", *events_with(ASKED, answer, ending)).clocks[FIRE].state is State.MET


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
def test_the_general_clock_says_the_same(ending: LawEvent) -> None:
    pack = law_book().pack("cn-licensing@2019-04-23/eia_report")
    calendar = law_book().calendar(pack, DISTANT.date())
    request_days = {FIRE: 7, "countersign:fire/#2": 7}
    terms = GeneralTerms(pack=pack, calendar=calendar, mode="single", lengths={}, request_days=request_days, live=True)
    again = happened("countersign_request", "03-12", id="again", dept="fire", step="#2", replaces="")
    events = events_with(ASKED, ending, *([] if ending == again else [again]))

    result = {
        reading.name: reading.state
        for reading in general_readings(terms, Timeline(pack.zone, events), at("03-16"), DISTANT)
    }

    assert (result[FIRE], result["countersign:fire/#2"]) == (State.VOID, State.RUNNING)


def test_facts_of_a_round_are_read_as_questions_of_their_own() -> None:
    revised = ApplicationRevised(item="land", changes="another map", round=2)
    recalled = CountersignatureRecalled(item="land", department="water", step="", round=2, reasons="not needed")
    days = ["03-02", "03-02", "03-03", "03-04", "03-04", "03-05", "03-06", "03-06", "03-06", "03-09"]
    line = ("fire", "water", "planning")
    facts: tuple[AnyFact, ...] = (
        *(REGISTERED, submitted(), accepted()),
        *(question_to("fire", line=line), question_to("roads"), answered("fire")),
        *(revised, question_to("fire", 2, line), question_to("roads", 2), recalled),
    )
    entries = [entry(number, fact, at=at(day)) for number, (day, fact) in enumerate(zip(days, facts, strict=True), 1)]
    history = item_histories(entries)["land", 1]

    result = read(history, law_book(), at("03-10"), datetime(2027, 1, 1, tzinfo=UTC))

    assert result is not None
    states = {clock.clock: clock.state for clock in result.clocks if clock.clock.startswith("countersign")}
    assert states == {
        "countersign:fire": State.MET,
        "countersign:roads": State.VOID,
        "countersign:fire/#2": State.RUNNING,
        "countersign:roads/#2": State.RUNNING,
    }
