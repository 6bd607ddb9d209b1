"""依次会签: in sequence each department is asked once the one before has agreed, and no answer is ever lost."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import strategies as st
from msgspec import structs

from domain.core.ledger import Actor
from domain.core.types import Outcome
from domain.law.licensing.clock import State
from domain.law.proof import ClockProof, Rung
from domain.messages import AnyCommand, AnyFact
from domain.project.application.completion import CompleteItem
from domain.project.application.correction import EntryRetracted
from domain.project.countersignature.forwarding import RecallCountersignature
from domain.project.countersignature.request import (
    AskCountersignature,
    AskingOrder,
    ContinueCountersignature,
    Countersign,
    ItemCountersigned,
)
from domain.project.countersignature.revision import ApplicationRevised, ReviseApplication
from domain.project.countersignature.rules import CountersignatureAsked
from domain.project.state.consultation import Opinion, queue, standing, unanswered
from domain.project.supervision.signals import ConsentDeemed, DeemConsent
from infrastructure.law.lawbook import law_book
from projections.clocks.law_events import item_histories
from projections.clocks.reading import read
from tests.domain.countersignature.circulation import AGREE, EXAMINED, OBJECT, answered, land
from tests.domain.countersignature.circulation import question_to as question_in
from tests.domain.supervision.test_deeming import OVER, SILENT, WATCHER
from tests.examples import APPLICANT, FIRE, LAND, WATER
from tests.histories import World
from tests.spec import NOW, given

LINE = ("fire", "water", "planning")
EARLIER, LATER = NOW - timedelta(hours=1), NOW + timedelta(hours=72)
REVISE = ReviseApplication(item="land", changes="another map")
question_to = partial(question_in, line=LINE)
ASK = AskCountersignature(item="land", departments=LINE, order=AskingOrder.SEQUENTIAL)
GO_ON = ContinueCountersignature(item="land", department="fire", reasons="the road is another permit's")
PROOF = structs.replace(SILENT, rung=Rung.CONSENT, clock="countersign:fire", seen=3)


def test_only_the_first_is_asked_and_the_others_are_queued() -> None:
    item = given(*EXAMINED).when(ASK, by=LAND).then(question_to("fire")).state().items["land"]

    assert [consultation.department for consultation in unanswered(item.consultations)] == ["fire"]
    assert [(place[0], place[2].department) for place in queue(item.consultations).values()] == [
        ("water", "fire"),
        ("planning", "fire"),
    ]


def test_one_department_is_no_line() -> None:
    alone = structs.replace(ASK, departments=("fire",))

    given(*EXAMINED).when(alone, by=LAND).then(question_to("fire", line=()))


def test_agreeing_passes_the_question_on_with_the_same_command() -> None:
    conditions = ("4 m lane",)
    with_conditions = Countersign(item="land", opinion=Opinion.AGREED_WITH_CONDITIONS, conditions=conditions)
    agreed = structs.replace(answered("fire", Opinion.AGREED_WITH_CONDITIONS), conditions=conditions)

    given(*EXAMINED, question_to("fire")).when(AGREE, by=FIRE).then(answered("fire"), question_to("water"))
    given(*EXAMINED, question_to("fire")).when(with_conditions, by=FIRE).then(agreed, question_to("water"))


def test_no_department_answers_before_its_turn_or_is_asked_past_it() -> None:
    spec = given(*EXAMINED, question_to("fire"))

    spec.when(AGREE, by=WATER).refused("not-its-turn")
    spec.when(AskCountersignature(item="land", departments=("water",)), by=LAND).refused("already-asked", "water")


def test_an_objection_stops_the_line_until_the_lead_goes_on() -> None:
    spec = given(*EXAMINED, question_to("fire")).when(OBJECT, by=FIRE).then(answered("fire", Opinion.OBJECTED))

    spec.when(AGREE, by=WATER).refused("not-its-turn")
    spec.when(GO_ON, by=WATER).refused("wrong-department")
    spec.when(structs.replace(GO_ON, reasons=" "), by=LAND).refused("reasons-missing")
    spec.when(GO_ON, by=LAND).then(question_to("water", reasons=GO_ON.reasons))
    spec.when(GO_ON, by=LAND).refused("line-not-stopped")


@pytest.mark.parametrize(
    "facts", [(), (question_to("fire"),), (question_to("fire"), answered("fire"), question_to("water"))]
)
def test_a_line_that_moves_is_not_pushed(facts: tuple[AnyFact, ...]) -> None:
    given(*EXAMINED, *facts).when(GO_ON, by=LAND).refused("line-not-stopped")


def test_an_objection_of_an_earlier_round_is_not_gone_past() -> None:
    """The new round will ask that department again."""
    first = (question_to("fire"), answered("fire"), question_to("water"), answered("water", Opinion.OBJECTED))
    go_on = structs.replace(GO_ON, department="water")

    given(*EXAMINED, *first, question_to("fire", 2)).when(go_on, by=LAND).refused("line-not-stopped")


def test_or_until_it_begins_another_round_in_another_line() -> None:
    again = structs.replace(ASK, departments=("fire", "planning"))
    line = ("fire", "planning")
    stopped = (question_to("fire"), answered("fire", Opinion.OBJECTED))

    spec = given(*EXAMINED, *stopped).when(again, by=LAND).then(question_to("fire", 2, line=line))
    spec.when(AGREE, by=FIRE).then(answered("fire", turn=2), question_to("planning", 2, line=line))

    item = spec.state().items["land"]
    assert queue(item.consultations) == {}
    assert [(answer.round, answer.opinion) for answer in item.consultations["fire/"].earlier] == [(1, Opinion.OBJECTED)]


def test_a_department_still_to_be_asked_has_not_agreed() -> None:
    grant = CompleteItem(item="land", outcome=Outcome.GRANTED)

    given(*EXAMINED, question_to("fire"), answered("fire"), question_to("water")).when(grant, by=LAND).refused(
        "countersignature-open", "water, planning", overridden=("water", "planning")
    )


def test_silence_that_counts_passes_the_question_on_too() -> None:
    consent = ConsentDeemed(card="land-1", item="land", department="fire", proof=PROOF)
    command = DeemConsent(item="land", proof=PROOF)

    spec = given(*EXAMINED, question_to("fire")).when(command, by=WATCHER, at=OVER).then(consent, question_to("water"))

    answer = spec.state().items["land"].consultations["fire/"].answer
    assert (answer.opinion, answer.deemed, answer.article) == (Opinion.AGREED, True, PROOF.article)


def test_silence_on_an_earlier_question_does_not_answer_the_new_one() -> None:
    """The watcher was late: meanwhile the department had objected and was asked again."""
    consent = ConsentDeemed(card="land-1", item="land", department="fire", proof=PROOF)
    proof: ClockProof = structs.replace(PROOF, seen=5)
    facts = (question_to("fire"), answered("fire", Opinion.OBJECTED), question_to("fire", 2))

    spec = given(*EXAMINED, *facts).when(DeemConsent(item="land", proof=proof), by=WATCHER, at=OVER)
    spec.then(structs.replace(consent, proof=proof))

    assert spec.state().items["land"].consultations["fire/"].opinion is None


def test_a_retracted_answer_given_again_sends_no_second_request() -> None:
    retraction = EntryRetracted(version=5, item="land", reasons="wrong project")

    spec = given(*EXAMINED, question_to("fire"), answered("fire"), question_to("water"), retraction)

    assert [consultation.department for consultation in unanswered(spec.project.items["land"].consultations)] == [
        "fire",
        "water",
    ]
    spec.when(AGREE, by=FIRE).then(answered("fire"))


@pytest.mark.parametrize("version", range(2, 9))
def test_whatever_is_retracted_the_rest_still_applies(version: int) -> None:
    retraction = EntryRetracted(version=version, item="land", reasons="mistake")
    facts = (
        question_to("fire"),
        answered("fire", Opinion.OBJECTED),
        question_to("water", reasons="go on"),
        answered("water"),
    )

    item = land(*facts, question_to("planning"), retraction)

    assert {consultation.department for consultation in standing(item.consultations)} <= set(LINE)


SAYINGS: list[tuple[Actor, AnyCommand]] = [
    *((by, AGREE) for by in (FIRE, WATER, Actor("zhou", "planning"))),
    *((by, OBJECT) for by in (FIRE, WATER, Actor("zhou", "planning"))),
    (LAND, GO_ON),
    (LAND, structs.replace(GO_ON, department="water")),
    (LAND, ASK),
]


@hypothesis_given(st.lists(st.sampled_from(SAYINGS), max_size=14), st.sampled_from(AskingOrder))
def test_answers_in_any_order_are_never_lost_and_the_line_is_kept(
    sayings: list[tuple[Actor, AnyCommand]], order: AskingOrder
) -> None:
    world = World()
    for fact in EXAMINED:
        world.take(fact, LAND)
    assert world.ask(structs.replace(ASK, order=order), LAND)
    for by, command in sayings:
        before = {key: consultation.answer for key, consultation in world.project.items["land"].consultations.items()}
        granted = world.ask(command, by)
        consultations = world.project.items["land"].consultations
        if granted and isinstance(command, Countersign):
            assert consultations[f"{by.department}/"].opinion is command.opinion
        for key, answer in before.items():
            answers = (consultations[key].answer, *consultations[key].earlier)
            assert answer.opinion is None or answer in answers
    check_line(world, order)


def check_line(world: World, order: AskingOrder) -> None:
    """In sequence every department asked follows one that agreed, and only those asked have a clock."""
    facts = [entry.fact for entry in world.entries]
    requests = [fact for fact in facts if isinstance(fact, CountersignatureAsked)]
    if order is AskingOrder.SEQUENTIAL:
        for number, fact in enumerate(requests):
            place = LINE.index(fact.department)
            before = requests[number - 1] if number else None
            assert place == 0 or (before is not None and before.department == LINE[place - 1])
            assert place == 0 or any(
                isinstance(other, ItemCountersigned) and other.department == LINE[place - 1]
                for other in facts[: facts.index(fact)]
            )
    history = item_histories(world.entries)["land", 1]
    assert len(history.request_days) == len(requests)
    assert {
        consultation.clock for consultation in world.project.items["land"].consultations.values()
    } <= history.request_days.keys()


def test_no_one_is_consulted_in_the_past() -> None:
    """An answer of Monday that is keyed in on Thursday asks the next on Thursday, and its clock starts then."""
    spec = given(*EXAMINED, question_to("fire")).when(AGREE, by=FIRE, at=NOW, now=LATER)
    spec.then(answered("fire"), structs.replace(question_to("water"), asked_at=LATER))

    history = item_histories(spec.entries)["land", 1]
    assert [event.at for event in history.events][-2:] == [NOW, LATER]


def test_what_was_answered_on_paper_may_be_keyed_in_in_its_order() -> None:
    """Both on Monday: no clock ran without its department knowing, and none runs on."""
    spec = given(*EXAMINED, question_to("fire")).when(AGREE, by=FIRE, at=NOW, now=LATER)
    spec.then(answered("fire"), structs.replace(question_to("water"), asked_at=LATER))
    spec.when(AGREE, by=WATER, at=NOW, now=LATER).then(
        answered("water"), structs.replace(question_to("planning"), asked_at=LATER)
    )

    reading = read(item_histories(spec.entries)["land", 1], law_book(), LATER, LATER)
    assert reading is not None
    clocks = {clock.department: clock for clock in reading.clocks if clock.clock.startswith("countersign")}
    assert (clocks["water"].state, clocks["water"].used) == (State.MET, 0)
    assert (clocks["planning"].state, clocks["planning"].used) == (State.RUNNING, 0)


def test_a_change_keyed_in_late_leaves_no_clock_of_the_old_papers_running() -> None:
    spec = given(*EXAMINED, question_to("fire")).when(AGREE, by=FIRE, at=NOW, now=LATER)
    spec.then(answered("fire"), structs.replace(question_to("water"), asked_at=LATER))
    revised = ApplicationRevised(item="land", changes="another map", round=2)
    spec.when(REVISE, by=APPLICANT, at=NOW, now=LATER).then(
        revised, structs.replace(question_to("fire", 2), asked_at=LATER)
    )

    reading = read(item_histories(spec.entries)["land", 1], law_book(), LATER, LATER)
    assert reading is not None
    states = {clock.clock: clock.state for clock in reading.clocks if clock.clock.startswith("countersign")}
    assert states == {
        "countersign:fire": State.MET,
        "countersign:water": State.VOID,
        "countersign:fire/#2": State.RUNNING,
    }


def test_no_department_acts_on_a_question_before_it_was_asked() -> None:
    recall = RecallCountersignature(item="land", department="fire", reasons="not needed")

    for by, command in ((FIRE, AGREE), (FIRE, OBJECT), (LAND, recall), (APPLICANT, REVISE)):
        given(*EXAMINED, question_to("fire")).when(command, by=by, at=EARLIER, now=NOW).refused("before-the-question")
    answers = (question_to("fire", line=()), answered("fire"))
    given(*EXAMINED, *answers).when(ASK, by=LAND, at=EARLIER, now=NOW).refused("before-the-question")
