"""转报: a question goes on to whose it is, with a clock of its own, and never in a circle."""

from __future__ import annotations

import pytest
from msgspec import structs

from domain.core.types import Outcome
from domain.project.application.completion import CompleteItem
from domain.project.application.correction import EntryRetracted
from domain.project.countersignature.forwarding import CountersignatureForwarded, ForwardCountersignature
from domain.project.countersignature.rules import CountersignatureAsked
from domain.project.state.consultation import Opinion, not_agreed, unanswered
from tests.domain.countersignature.circulation import AGREE, EXAMINED, ROADS, answered, land, question_to
from tests.examples import FIRE, LAND, MANAGER, WATER, completed
from tests.spec import given

FORWARD = ForwardCountersignature(item="land", to="roads", reasons="a question of roads")
LINE = ("fire", "water")


def forwarded(department: str = "fire", to: str = "roads") -> CountersignatureForwarded:
    return CountersignatureForwarded(
        item="land", department=department, step="", to=to, reasons="a question of roads", round=1
    )


def passed_on(to: str = "roads", line: tuple[str, ...] = (), forwarded_from: str = "fire") -> CountersignatureAsked:
    return question_to(to, line=line, reasons="a question of roads", forwarded_from=forwarded_from)


def test_the_department_whose_it_is_is_asked_and_both_stay_to_be_seen() -> None:
    spec = given(*EXAMINED, question_to("fire")).when(FORWARD, by=FIRE).then(forwarded(), passed_on())
    consultations = spec.state().items["land"].consultations

    assert [consultation.department for consultation in unanswered(consultations)] == ["roads"]
    assert (consultations["fire/"].forwarded_to, consultations["roads/"].forwarded_from) == ("roads", "fire")
    spec.when(AGREE, by=FIRE).refused("already-forwarded", "to roads")
    spec.when(CompleteItem(item="land", outcome=Outcome.GRANTED), by=LAND).refused(
        "countersignature-open", "agreement of roads"
    )
    spec.when(AGREE, by=ROADS).then(answered("roads"))
    spec.when(CompleteItem(item="land", outcome=Outcome.GRANTED), by=LAND).then(completed())


def test_it_takes_the_place_in_a_line() -> None:
    spec = given(*EXAMINED, question_to("fire", line=LINE)).when(FORWARD, by=FIRE)
    spec = spec.then(forwarded(), passed_on(line=("roads", "water")))

    spec.when(AGREE, by=WATER).refused("not-its-turn")
    spec.when(AGREE, by=ROADS).then(answered("roads"), question_to("water", line=("roads", "water")))


def test_a_department_later_in_the_same_sequence_is_asked_once() -> None:
    to_water = structs.replace(FORWARD, to="water")

    spec = given(*EXAMINED, question_to("fire", line=("fire", "roads", "water"))).when(to_water, by=FIRE)
    spec.then(forwarded(to="water"), passed_on("water", line=("water", "roads")))
    spec.when(AGREE, by=WATER).then(answered("water"), question_to("roads", line=("water", "roads")))


@pytest.mark.parametrize("to", ["fire", "land", "water"])
def test_it_never_goes_where_it_came_from(to: str) -> None:
    """Neither to oneself, nor to the sender, nor to the department that asks."""
    facts = (question_to("water"), forwarded("water", "fire"), passed_on("fire", forwarded_from="water"))

    given(*EXAMINED, *facts).when(structs.replace(FORWARD, to=to), by=FIRE).refused("referral-loop", f"from {to}")


def test_nor_to_a_department_that_is_consulted_itself() -> None:
    given(*EXAMINED, question_to("fire"), question_to("roads")).when(FORWARD, by=FIRE).refused("already-asked")
    given(*EXAMINED, question_to("fire"), question_to("roads"), answered("roads")).when(FORWARD, by=FIRE).refused(
        "already-asked"
    )
    given(*EXAMINED, question_to("fire"), question_to("water", line=("water", "roads"))).when(FORWARD, by=FIRE).refused(
        "already-asked"
    )


def test_only_a_consulted_department_passes_on_and_says_why() -> None:
    given(*EXAMINED, question_to("fire")).when(FORWARD, by=WATER).refused("not-asked")
    given(*EXAMINED, question_to("fire")).when(FORWARD, by=MANAGER).refused("wrong-role")
    given(*EXAMINED, question_to("fire"), answered("fire")).when(FORWARD, by=FIRE).refused("already-answered")
    given(*EXAMINED, question_to("fire")).when(structs.replace(FORWARD, reasons=""), by=FIRE).refused("reasons-missing")


@pytest.mark.parametrize(("retracted", "lacking"), [(4, ("roads",)), (5, ("fire", "roads")), (6, ("fire",))])
def test_after_a_partial_retraction_an_answer_is_still_owed(retracted: int, lacking: tuple[str, ...]) -> None:
    retraction = EntryRetracted(version=retracted, item="land", reasons="mistake")

    assert not_agreed(land(question_to("fire"), forwarded(), passed_on(), retraction).consultations) == lacking


def test_passing_on_answers_nothing() -> None:
    item = land(question_to("fire"), forwarded(), passed_on(), answered("roads", Opinion.OBJECTED))

    assert not_agreed(item.consultations) == ("roads",)
