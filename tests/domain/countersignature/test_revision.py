"""会签轮次: changed papers are examined again, and an earlier opinion counts again only where the lead names it."""

from __future__ import annotations

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import strategies as st
from msgspec import structs

from domain.core.ledger import Actor
from domain.core.types import Outcome
from domain.messages import AnyCommand, AnyFact
from domain.project.application.completion import CompleteItem
from domain.project.application.correction import EntryRetracted
from domain.project.countersignature.forwarding import (
    CountersignatureRecalled,
    ForwardCountersignature,
    RecallCountersignature,
)
from domain.project.countersignature.request import AskCountersignature, AskingOrder
from domain.project.countersignature.revision import ApplicationRevised, KeepOpinion, OpinionKept, ReviseApplication
from domain.project.countersignature.rules import CountersignatureAsked
from domain.project.state.consultation import Opinion, not_agreed, opinions, queue, unanswered
from tests.domain.countersignature.circulation import AGREE, EXAMINED, OBJECT, answered, land, question_to
from tests.examples import APPLICANT, FIRE, LAND, MANAGER, PLANNING, REGISTERED, WATER, completed, submitted
from tests.histories import World
from tests.spec import given

LINE = ("fire", "water")
REVISE = ReviseApplication(item="land", changes="another map", materials=("map",))
REVISED = ApplicationRevised(item="land", changes="another map", materials=("map",), round=2)
KEEP = KeepOpinion(item="land", department="fire", reasons="the road is the same")
RECALL = RecallCountersignature(item="land", department="fire", reasons="not needed")
GRANT = CompleteItem(item="land", outcome=Outcome.GRANTED)
ANSWERED = (question_to("fire"), question_to("water"), answered("fire"))


def opinion_kept(opinion: Opinion = Opinion.AGREED) -> OpinionKept:
    return OpinionKept(
        item="land", department="fire", step="", opinion=opinion, round=2, reasons="the road is the same"
    )


def recalled(department: str = "fire", turn: int = 1) -> CountersignatureRecalled:
    return CountersignatureRecalled(item="land", department=department, step="", round=turn, reasons="not needed")


@pytest.mark.parametrize("by", [APPLICANT, MANAGER, LAND])
def test_changed_papers_go_to_everyone_again(by: Actor) -> None:
    spec = (
        given(*EXAMINED, *ANSWERED).when(REVISE, by=by).then(REVISED, question_to("fire", 2), question_to("water", 2))
    )
    item = spec.state().items["land"]

    assert (item.round, [consultation.department for consultation in unanswered(item.consultations)]) == (
        2,
        ["fire", "water"],
    )
    assert [answer.opinion for answer in item.consultations["fire/"].earlier] == [Opinion.AGREED]
    assert item.consultations["water/"].earlier == ()
    spec.when(GRANT, by=LAND).refused("countersignature-open", "fire, water")


def test_under_the_terms_of_the_first_question() -> None:
    hurried = structs.replace(question_to("fire"), limit=3)

    given(*EXAMINED, hurried).when(REVISE, by=APPLICANT).then(REVISED, structs.replace(hurried, round=2))


def test_a_line_begins_at_its_beginning() -> None:
    facts = (question_to("fire", line=LINE), answered("fire"), question_to("water", line=LINE), answered("water"))
    item = given(*EXAMINED, *facts).when(REVISE, by=APPLICANT).then(REVISED, question_to("fire", 2, LINE)).state()

    consultations = item.items["land"].consultations
    assert ([*queue(consultations)], not_agreed(consultations)) == (["water/"], ("fire", "water"))


def test_a_recalled_department_is_not_asked_again() -> None:
    given(*EXAMINED, *ANSWERED, recalled("water")).when(REVISE, by=APPLICANT).then(REVISED, question_to("fire", 2))


def test_without_consultations_the_change_is_recorded_all_the_same() -> None:
    given(*EXAMINED).when(REVISE, by=APPLICANT).then(structs.replace(REVISED, round=1))


def test_papers_change_while_they_are_examined_and_it_is_said_how() -> None:
    given(*EXAMINED).when(REVISE, by=FIRE).refused("wrong-role")
    given(REGISTERED, submitted()).when(REVISE, by=APPLICANT).refused("wrong-stage")
    given(*EXAMINED).when(structs.replace(REVISE, changes=" "), by=APPLICANT).refused("nothing-changed")


@pytest.mark.parametrize("opinion", [Opinion.AGREED, Opinion.OBJECTED])
def test_an_opinion_that_the_change_does_not_touch_counts_again(opinion: Opinion) -> None:
    facts = (question_to("fire"), answered("fire", opinion), REVISED, question_to("fire", 2))
    spec = given(*EXAMINED, *facts).when(KEEP, by=LAND).then(opinion_kept(opinion))

    (answer,) = opinions(spec.state().items["land"].consultations)
    assert (answer.round, answer.opinion, answer.reasons) == (1, opinion, answered("fire", opinion).reasons)
    spec.when(AGREE, by=FIRE).refused("already-answered")


def test_only_where_there_was_one_and_only_by_the_lead() -> None:
    again = (REVISED, question_to("fire", 2), question_to("water", 2))

    given(*EXAMINED, *ANSWERED, *again).when(KEEP, by=FIRE).refused("wrong-department")
    given(*EXAMINED, *ANSWERED, *again).when(structs.replace(KEEP, reasons=""), by=LAND).refused("reasons-missing")
    given(*EXAMINED, *ANSWERED, *again).when(structs.replace(KEEP, department="water"), by=LAND).refused(
        "no-earlier-opinion", "water"
    )
    given(*EXAMINED, *ANSWERED).when(KEEP, by=LAND).refused("no-earlier-opinion")
    given(*EXAMINED, *ANSWERED, *again, opinion_kept()).when(KEEP, by=LAND).refused("no-earlier-opinion")


def test_a_kept_opinion_passes_the_question_on() -> None:
    first = (question_to("fire", line=LINE), answered("fire"), question_to("water", line=LINE), answered("water"))
    again = (REVISED, question_to("fire", 2, LINE))
    of_water = structs.replace(opinion_kept(), department="water")

    spec = given(*EXAMINED, *first, *again).when(structs.replace(KEEP, department="water"), by=LAND).then(of_water)
    spec.when(AGREE, by=FIRE).then(answered("fire", turn=2))
    given(*EXAMINED, *first, *again).when(KEEP, by=LAND).then(opinion_kept(), question_to("water", 2, LINE))


def test_a_question_is_taken_back_with_reasons() -> None:
    spec = given(*EXAMINED, question_to("fire")).when(RECALL, by=LAND).then(recalled())

    spec.when(AGREE, by=FIRE).refused("not-asked", "no open countersignature request")
    spec.when(RECALL, by=LAND).refused("not-asked")
    spec.when(AskCountersignature(item="land", departments=("fire",)), by=LAND).then(question_to("fire", 2))
    given(*EXAMINED, question_to("fire"), recalled()).when(GRANT, by=LAND).then(completed())


def test_an_answer_is_not_taken_back_nor_by_others() -> None:
    given(*EXAMINED, *ANSWERED).when(RECALL, by=LAND).refused("not-asked")
    given(*EXAMINED, question_to("fire")).when(RECALL, by=WATER).refused("wrong-department")
    given(*EXAMINED, question_to("fire")).when(structs.replace(RECALL, reasons=" "), by=LAND).refused("reasons-missing")


def test_a_line_goes_on_past_what_was_taken_back() -> None:
    water = structs.replace(RECALL, department="water")

    given(*EXAMINED, question_to("fire", line=LINE)).when(RECALL, by=LAND).then(
        recalled(), question_to("water", line=LINE)
    )
    spec = given(*EXAMINED, question_to("fire", line=LINE)).when(water, by=LAND).then(recalled("water"))
    spec.when(AGREE, by=FIRE).then(answered("fire"))


def test_a_retracted_change_and_what_it_asked_leave_everything_as_it_was() -> None:
    retractions = tuple(EntryRetracted(version=version, item="land", reasons="mistake") for version in (7, 8, 9))
    after = land(*ANSWERED, REVISED, question_to("fire", 2), question_to("water", 2), *retractions)

    assert after == land(*ANSWERED)


@pytest.mark.parametrize("version", range(2, 13))
def test_whatever_is_retracted_the_rest_still_applies(version: int) -> None:
    """No department counts as having agreed to papers that it did not see."""
    retraction = EntryRetracted(version=version, item="land", reasons="mistake")
    facts = (
        REVISED,
        question_to("fire", 2),
        question_to("water", 2),
        opinion_kept(),
        recalled("water", 2),
        question_to("water", 3),
    )

    item = land(*ANSWERED, *facts, retraction)

    assert version in (9, 12) or "water" in not_agreed(item.consultations) or not item.consultations


SAYINGS: list[tuple[Actor, AnyCommand]] = [
    *((by, saying) for by in (FIRE, WATER, PLANNING) for saying in (AGREE, OBJECT)),
    *((by, ForwardCountersignature(item="land", to="planning", reasons="theirs")) for by in (FIRE, WATER)),
    (APPLICANT, REVISE),
    *((LAND, structs.replace(KEEP, department=department)) for department in LINE),
    *((LAND, structs.replace(RECALL, department=department)) for department in LINE),
    (LAND, AskCountersignature(item="land", departments=LINE, order=AskingOrder.SEQUENTIAL)),
    (LAND, AskCountersignature(item="land", departments=LINE)),
]


@hypothesis_given(st.lists(st.sampled_from(SAYINGS), max_size=16), st.sampled_from(AskingOrder))
def test_no_opinion_is_lost_and_none_counts_for_papers_it_did_not_see(
    sayings: list[tuple[Actor, AnyCommand]], order: AskingOrder
) -> None:
    world = World()
    for fact in EXAMINED:
        world.take(fact, LAND)
    world.ask(AskCountersignature(item="land", departments=LINE, order=order), LAND)
    for by, command in sayings:
        before = dict(world.project.items["land"].consultations)
        answered = {(row.department, answer) for row in before.values() for answer in (row.answer, *row.earlier)}
        granted = world.ask(command, by)
        consultations = world.project.items["land"].consultations
        after = {
            (consultation.department, answer)
            for consultation in consultations.values()
            for answer in (consultation.answer, *consultation.earlier)
        }
        assert {opinion for opinion in answered if opinion[1].opinion} <= after
        if granted and isinstance(command, ReviseApplication):
            assert all(answer.opinion is None for answer in opinions(consultations))
    check_clocks(world)


def check_clocks(world: World) -> None:
    """Only departments that were asked have a clock, and every one that owes an answer has."""
    facts: list[AnyFact] = [entry.fact for entry in world.entries]
    questions = [fact.department for fact in facts if isinstance(fact, CountersignatureAsked)]
    consultations = world.project.items["land"].consultations
    assert {consultation.department for consultation in unanswered(consultations)} <= set(questions)
    assert all(
        consultation.times == questions.count(consultation.department) for consultation in consultations.values()
    )
