"""综合意见: the lead department sums up what everyone said, as recorded, and who had not agreed."""

from __future__ import annotations

from msgspec import structs

from domain.messages import AnyFact
from domain.project.countersignature.consolidation import ConsolidateOpinions, OpinionsConsolidated
from domain.project.countersignature.forwarding import CountersignatureRecalled
from domain.project.state.consultation import Answer, Opinion
from domain.project.supervision.signals import ConsentDeemed
from tests.domain.countersignature.circulation import EXAMINED, answered, land, question_to
from tests.domain.supervision.test_deeming import CONSENTING, OVER
from tests.examples import FIRE, LAND
from tests.spec import given

SUM_UP = ConsolidateOpinions(item="land", text="agreed, with a lane", conditions=("4 m lane", "4 m lane"))
CONDITIONS = answered("fire", Opinion.AGREED_WITH_CONDITIONS, conditions=("4 m lane",))
OF_FIRE = Answer("fire", "", 1, Opinion.AGREED_WITH_CONDITIONS, ("4 m lane",))
OBJECTING = Answer("water", "", 1, Opinion.OBJECTED, reasons="no road")


def summed_up(*answers: Answer, overridden: tuple[str, ...] = (), override_reasons: str = "") -> OpinionsConsolidated:
    return OpinionsConsolidated(
        item="land",
        round=1,
        text="agreed, with a lane",
        conditions=("4 m lane",),
        opinions=answers,
        overridden=overridden,
        override_reasons=override_reasons,
    )


def test_every_opinion_is_in_it_as_recorded() -> None:
    facts = (question_to("fire"), question_to("water"), CONDITIONS, answered("water", Opinion.OBJECTED))

    given(*EXAMINED, *facts).when(SUM_UP, by=LAND).then(summed_up(OF_FIRE, OBJECTING))


def test_silence_that_counts_is_labelled_with_its_article() -> None:
    proof = structs.replace(CONSENTING, clock="countersign:fire")
    consent = ConsentDeemed(card="land-1", item="land", department="fire", proof=proof)
    silent = Answer("fire", "", 1, Opinion.AGREED, deemed=True, article=proof.article)

    given(*EXAMINED, question_to("fire"), consent).when(SUM_UP, by=LAND, at=OVER).then(summed_up(silent))


def test_it_waits_for_everyone_or_says_why_not_and_who_had_not_agreed() -> None:
    facts = (
        question_to("fire"),
        question_to("water"),
        question_to("roads"),
        CONDITIONS,
        answered("water", Opinion.OBJECTED),
    )
    hurried = structs.replace(SUM_UP, override_reasons="minutes 18")
    silent = Answer("roads", "", 1, None)

    given(*EXAMINED, *facts).when(SUM_UP, by=LAND).refused("opinions-outstanding", "roads", departments=("roads",))
    given(*EXAMINED, *facts).when(hurried, by=LAND).then(
        summed_up(OF_FIRE, OBJECTING, silent, overridden=("water", "roads"), override_reasons="minutes 18")
    )


def test_departments_later_in_the_sequence_are_waited_for_too() -> None:
    facts = (question_to("fire", line=("fire", "water")), answered("fire", Opinion.OBJECTED))

    given(*EXAMINED, *facts).when(SUM_UP, by=LAND).refused("opinions-outstanding", "water")


def test_it_is_the_lead_departments_about_something_and_in_words() -> None:
    given(*EXAMINED, question_to("fire"), CONDITIONS).when(SUM_UP, by=FIRE).refused("wrong-department")
    given(*EXAMINED).when(SUM_UP, by=LAND).refused("nobody-asked")
    given(*EXAMINED, question_to("fire"), CONDITIONS).when(structs.replace(SUM_UP, text=" "), by=LAND).refused(
        "opinion-empty"
    )


def test_it_holds_as_long_as_the_opinions_do() -> None:
    facts: tuple[AnyFact, ...] = (question_to("fire"), CONDITIONS, summed_up(OF_FIRE))
    recalled = CountersignatureRecalled(item="land", department="water", step="", round=1, reasons="not needed")

    assert land(*facts).consolidation is not None
    assert land(*facts, question_to("water")).consolidation is None
    assert land(*facts, question_to("water"), recalled).consolidation is not None
    assert land(*facts, answered("fire", Opinion.OBJECTED)).consolidation is None
    given(*EXAMINED, *facts).when(SUM_UP, by=LAND).refused("already-consolidated")
