"""延长期限: once for each clock, within the law's measure, with reasons and the right approval."""

from __future__ import annotations

import pytest
from msgspec import structs

from domain.core.types import Outcome
from domain.project.application.completion import ItemCompleted
from domain.project.application.extension import ExtendLimit, LimitExtended
from tests.examples import FIRE, LAND, LAW, PLANNING, REGISTERED, WATER, completed, submitted, under_examination
from tests.spec import given

EXAMINED = (REGISTERED, *under_examination())
EXTEND = ExtendLimit(item="land", days=10, reasons="expert opinion is late", approver="agency_head")
TERMS = LAW.extension("decision", "single")
assert TERMS is not None
EXTENDED = LimitExtended(
    item="land",
    clock="decision",
    days=10,
    reasons="expert opinion is late",
    approver="agency_head",
    notified=False,
    article=TERMS.article,
)


def test_one_department_gets_up_to_ten_days_from_its_head() -> None:
    given(*EXAMINED).when(EXTEND, by=LAND).then(EXTENDED)
    refusal = given(*EXAMINED).when(structs.replace(EXTEND, days=11), by=LAND).refused("extension-exceeds-limit", "11")

    assert "42" in refusal.article
    assert "1 to 10" in refusal.remedy


@pytest.mark.parametrize("days", [0, -3])
def test_an_extension_is_at_least_a_day(days: int) -> None:
    given(*EXAMINED).when(structs.replace(EXTEND, days=days), by=LAND).refused("extension-exceeds-limit")


def test_joint_handling_gets_up_to_fifteen_days_from_the_government() -> None:
    joint = (REGISTERED, *under_examination(), completed(), *under_examination("site-plan"))
    command = ExtendLimit(item="site-plan", days=15, reasons="late opinions", approver="government_head")
    terms = LAW.extension("decision", "joint")
    assert terms is not None

    given(*joint).when(command, by=PLANNING).then(
        LimitExtended(
            item="site-plan",
            clock="decision",
            days=15,
            reasons="late opinions",
            approver="government_head",
            notified=False,
            article=terms.article,
        )
    )
    given(*joint).when(structs.replace(command, approver="agency_head"), by=PLANNING).refused("wrong-approver")
    given(*joint).when(structs.replace(command, days=16), by=PLANNING).refused("extension-exceeds-limit")


def test_a_clock_is_extended_once() -> None:
    given(*EXAMINED, EXTENDED).when(structs.replace(EXTEND, days=1), by=LAND).refused("extension-repeated")


def test_a_new_application_may_be_extended_again() -> None:
    again = (EXTENDED, ItemCompleted(item="land", outcome=Outcome.REFUSED, reasons="no"), *under_examination())

    given(*EXAMINED, *again).when(EXTEND, by=LAND).then(EXTENDED)


def test_the_law_extends_no_lower_review_and_no_other_clock() -> None:
    review = (REGISTERED, *under_examination("discharge"))

    given(*review).when(structs.replace(EXTEND, item="discharge", clock="lower_review"), by=WATER).refused(
        "no-extension", "lower_review"
    )
    given(*EXAMINED).when(structs.replace(EXTEND, clock="delivery"), by=LAND).refused("no-extension")
    given(*EXAMINED).when(structs.replace(EXTEND, clock="moon"), by=LAND).refused("no-extension")


def test_the_reasons_have_to_be_said() -> None:
    given(*EXAMINED).when(structs.replace(EXTEND, reasons=""), by=LAND).refused("reasons-missing", "extending land")


def test_only_the_department_extends_and_only_while_it_examines() -> None:
    given(*EXAMINED).when(EXTEND, by=FIRE).refused("wrong-department")
    given(REGISTERED, submitted()).when(EXTEND, by=LAND).refused("wrong-stage")
    given(*EXAMINED, completed()).when(EXTEND, by=LAND).refused("wrong-stage")
