"""办结: what a decision needs, and what may not be passed over when granting."""

from __future__ import annotations

import pytest
from msgspec import structs

from domain.core.types import Outcome, Stage
from domain.messages import AnyFact
from domain.project.application.completion import CompleteItem, ItemCompleted
from domain.project.countersignature.consolidation import OpinionsConsolidated
from domain.project.countersignature.request import ItemCountersigned
from domain.project.countersignature.rules import CountersignatureAsked
from domain.project.state.consultation import Opinion, opinions
from tests.examples import FIRE, IMPORTER, LAND, MANAGER, REGISTERED, completed, submitted, under_examination
from tests.spec import given

EXAMINED = (REGISTERED, *under_examination())
GRANT = CompleteItem(item="land", outcome=Outcome.GRANTED)
ASKED = CountersignatureAsked(item="land", department="fire", step="", limit=7, article="")
FINAL_REQUEST = CountersignatureAsked(item="land", department="fire", step="final", limit=7, article="")
OBJECTED = ItemCountersigned(item="land", department="fire", step="", opinion=Opinion.OBJECTED, reasons="no road")
AGREED = ItemCountersigned(item="land", department="fire", step="", opinion=Opinion.AGREED)


def summed_up(*facts: AnyFact, override_reasons: str = "") -> OpinionsConsolidated:
    """What the lead department made of the opinions in *facts*."""
    consultations = given(*EXAMINED, *facts).project.items["land"].consultations
    return OpinionsConsolidated(
        item="land",
        round=1,
        text="a road will be built",
        conditions=(),
        opinions=opinions(consultations),
        override_reasons=override_reasons,
    )


def test_a_grant_ends_the_examination() -> None:
    command = CompleteItem(item="land", outcome=Outcome.GRANTED, document_number="D-17")

    item = (
        given(*EXAMINED)
        .when(command, by=LAND)
        .then(ItemCompleted(item="land", outcome=Outcome.GRANTED, document_number="D-17"))
        .state()
        .items["land"]
    )

    assert (item.stage, item.outcome) == (Stage.COMPLETED, Outcome.GRANTED)


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.TERMINATED])
def test_anything_but_a_grant_needs_reasons(outcome: Outcome) -> None:
    bare = CompleteItem(item="land", outcome=outcome)

    refusal = given(*EXAMINED).when(bare, by=LAND).refused("reasons-missing", f"deciding land as {outcome}")
    given(*EXAMINED).when(structs.replace(bare, reasons="no quota left"), by=LAND).then(completed(outcome=outcome))

    assert "38" in refusal.article


def test_an_item_is_decided_by_its_department_once_after_acceptance() -> None:
    given(*EXAMINED).when(GRANT, by=FIRE).refused("wrong-department")
    given(*EXAMINED).when(GRANT, by=MANAGER).refused("wrong-department")
    given(REGISTERED, submitted()).when(GRANT, by=LAND).refused("wrong-stage", "can't be decided")
    given(*EXAMINED, completed()).when(GRANT, by=LAND).refused("wrong-stage", "is completed")


def test_a_case_from_elsewhere_may_lack_the_record_of_acceptance() -> None:
    """B5.9: acceptance is implied by the decision."""
    given(REGISTERED, submitted()).when(GRANT, by=IMPORTER).then(completed())


@pytest.mark.parametrize("opinions", [(ASKED,), (ASKED, OBJECTED), (ASKED, AGREED, ASKED)])
def test_nothing_is_granted_past_silence_or_an_objection(opinions: tuple[CountersignatureAsked, ...]) -> None:
    given(*EXAMINED, *opinions).when(GRANT, by=LAND).refused(
        "countersignature-open", "without the agreement of fire", overridden=("fire",)
    )


def test_every_step_that_lacks_agreement_is_named() -> None:
    given(*EXAMINED, ASKED, OBJECTED, FINAL_REQUEST).when(GRANT, by=LAND).refused(
        "countersignature-open", "fire, fire (final)"
    )


def test_reasons_override_and_are_kept_with_the_names() -> None:
    command = structs.replace(GRANT, override_reasons="minutes 18: a road will be built")

    given(*EXAMINED, ASKED, OBJECTED, summed_up(ASKED, OBJECTED)).when(command, by=LAND).then(
        ItemCompleted(
            item="land",
            outcome=Outcome.GRANTED,
            overridden=("fire",),
            override_reasons="minutes 18: a road will be built",
        )
    )


def test_objections_and_conditions_are_summed_up_before_a_grant() -> None:
    """And summed up again, where an opinion came or changed since."""
    command = structs.replace(GRANT, override_reasons="minutes 18: a road will be built")
    conditions = structs.replace(OBJECTED, opinion=Opinion.AGREED_WITH_CONDITIONS, conditions=("4 m lane",), reasons="")

    given(*EXAMINED, ASKED, OBJECTED).when(command, by=LAND).refused("opinions-not-consolidated", "of fire")
    given(*EXAMINED, ASKED, conditions).when(GRANT, by=LAND).refused("opinions-not-consolidated", "of fire")
    given(*EXAMINED, ASKED, conditions, summed_up(ASKED, conditions)).when(GRANT, by=LAND).then(completed())
    given(*EXAMINED, ASKED, summed_up(ASKED), conditions).when(GRANT, by=LAND).refused("opinions-not-consolidated")


def test_the_reasons_of_the_consolidated_opinion_override_as_well() -> None:
    consolidated = summed_up(ASKED, OBJECTED, override_reasons="minutes 18")

    given(*EXAMINED, ASKED, OBJECTED, consolidated).when(GRANT, by=LAND).then(
        ItemCompleted(item="land", outcome=Outcome.GRANTED, overridden=("fire",), override_reasons="minutes 18")
    )


def test_agreement_leaves_nothing_to_override() -> None:
    command = structs.replace(GRANT, override_reasons="in case")

    given(*EXAMINED, ASKED, AGREED).when(command, by=LAND).then(completed())


def test_a_refusal_waits_for_no_one() -> None:
    refuse = CompleteItem(item="land", outcome=Outcome.REFUSED, reasons="no quota left")

    given(*EXAMINED, ASKED).when(refuse, by=LAND).then(completed(outcome=Outcome.REFUSED))
