"""会签: departments are asked, answer once for each asking, and their silence or objection is not passed over."""

from __future__ import annotations

from msgspec import structs

from domain.project.countersignature.request import AskCountersignature, Countersign, ItemCountersigned
from domain.project.countersignature.rules import CountersignatureAsked
from domain.project.state.consultation import Opinion
from tests.examples import (
    DUTCH_LAW,
    FIRE,
    LAND,
    LAW,
    MANAGER,
    REGISTERED,
    WATER,
    completed,
    submitted,
    under_examination,
)
from tests.spec import given

LIMIT = LAW.limit(clock="countersign")
EXAMINED = (REGISTERED, *under_examination())


def question_to(department: str = "fire", step: str = "", limit: int = LIMIT.days) -> CountersignatureAsked:
    return CountersignatureAsked(item="land", department=department, step=step, limit=limit, article=LIMIT.article)


def answered(opinion: Opinion = Opinion.AGREED, step: str = "", reasons: str = "") -> ItemCountersigned:
    return ItemCountersigned(item="land", department="fire", step=step, opinion=opinion, reasons=reasons)


def ask(*departments: str, step: str = "", within_days: int | None = None) -> AskCountersignature:
    return AskCountersignature(item="land", departments=departments, step=step, within_days=within_days)


def answer(opinion: Opinion = Opinion.AGREED, step: str = "", reasons: str = "") -> Countersign:
    return Countersign(item="land", opinion=opinion, step=step, reasons=reasons)


def test_each_department_is_asked_for_itself() -> None:
    given(*EXAMINED).when(ask("fire", "water", "fire"), by=LAND).then(question_to("fire"), question_to("water"))


def test_an_item_may_want_the_answer_sooner_but_not_later_than_the_law() -> None:
    given(*EXAMINED).when(ask("fire", within_days=3), by=LAND).then(question_to(limit=3))
    given(*EXAMINED).when(ask("fire", within_days=LIMIT.days + 1), by=LAND).refused("limit-exceeded")
    given(*EXAMINED).when(ask("fire", within_days=0), by=LAND).refused("limit-exceeded", "0 days")


def test_where_the_law_sets_no_limit_the_question_does() -> None:
    without = structs.replace(question_to(limit=5), article="")

    given(*EXAMINED).when(ask("fire", within_days=5), by=LAND, law=DUTCH_LAW).then(without)
    given(*EXAMINED).when(ask("fire"), by=LAND, law=DUTCH_LAW).refused("limit-unknown", "countersign")


def test_the_department_that_decides_is_not_asked_itself() -> None:
    given(*EXAMINED).when(ask("fire", "land"), by=LAND).refused("asks-itself", "land handles land itself")


def test_a_department_has_to_be_named() -> None:
    given(*EXAMINED).when(ask(), by=LAND).refused("nobody-asked")


def test_only_the_handling_department_consults_and_only_during_examination() -> None:
    given(*EXAMINED).when(ask("fire"), by=FIRE).refused("wrong-department")
    given(REGISTERED, submitted()).when(ask("fire"), by=LAND).refused("wrong-stage")


def test_an_open_question_is_not_asked_again_but_another_step_may_be() -> None:
    given(*EXAMINED, question_to()).when(ask("water", "fire"), by=LAND).refused(
        "already-asked", "fire has already been asked"
    )
    given(*EXAMINED, question_to()).when(ask("fire", step="final"), by=LAND).then(question_to(step="final"))


def test_the_consulted_department_answers() -> None:
    given(*EXAMINED, question_to()).when(answer(), by=FIRE).then(answered())


def test_no_one_else_answers() -> None:
    for by in (WATER, LAND):
        given(*EXAMINED, question_to()).when(answer(), by=by).refused("not-asked", f"{by.department} has no open")
    given(*EXAMINED, question_to()).when(answer(), by=MANAGER).refused("wrong-role")
    given(*EXAMINED, question_to()).when(answer(step="final"), by=FIRE).refused("not-asked", "at the step final")


def test_a_department_answers_each_question_once() -> None:
    given(*EXAMINED, question_to(), answered()).when(answer(Opinion.OBJECTED, reasons="no"), by=FIRE).refused(
        "already-answered", "agreed"
    )


def test_a_repeated_question_is_answered_again() -> None:
    change = structs.replace(answered(Opinion.OBJECTED, reasons="no access road"), round=2)

    given(*EXAMINED, question_to(), answered(), question_to()).when(
        answer(Opinion.OBJECTED, reasons="no access road"), by=FIRE
    ).then(change)


def test_an_objection_has_reasons() -> None:
    given(*EXAMINED, question_to()).when(answer(Opinion.OBJECTED), by=FIRE).refused(
        "reasons-missing", "objecting to land"
    )


def test_conditions_are_spelt_out_and_belong_to_one_opinion() -> None:
    with_conditions = Countersign(item="land", opinion=Opinion.AGREED_WITH_CONDITIONS, conditions=("4 m lane",))
    countersigned = ItemCountersigned(
        item="land", department="fire", step="", opinion=Opinion.AGREED_WITH_CONDITIONS, conditions=("4 m lane",)
    )

    given(*EXAMINED, question_to()).when(with_conditions, by=FIRE).then(countersigned)
    given(*EXAMINED, question_to()).when(answer(Opinion.AGREED_WITH_CONDITIONS), by=FIRE).refused(
        "conditions-contradict"
    )
    given(*EXAMINED, question_to()).when(
        Countersign(item="land", opinion=Opinion.AGREED, conditions=("4 m lane",)), by=FIRE
    ).refused("conditions-contradict", "1 conditions")


def test_after_the_decision_no_one_countersigns() -> None:
    given(*EXAMINED, question_to(), completed()).when(answer(), by=FIRE).refused("wrong-stage")
