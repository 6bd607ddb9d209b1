"""受理 and 不予受理: who takes an application in, on what conditions, and what the fact keeps of the law."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec import structs

from domain.core.plan import PlannedItem
from domain.core.types import Mode, Outcome, Stage
from domain.project.application.acceptance import AcceptItem, DeclineItem, ItemAccepted, ItemDeclined
from domain.project.application.supplement import SupplementRequested
from tests.examples import (
    DUTCH_LAW,
    FIRE,
    LAND,
    LAW,
    LEADER,
    MANAGER,
    PLANNING,
    REGISTERED,
    accepted,
    completed,
    declined,
    submitted,
    under_examination,
)
from tests.spec import NOW, given

ACCEPT = AcceptItem(item="land")
DECLINE = DeclineItem(item="land", reasons="not within our powers")
NOTICE = SupplementRequested(item="land", missing=("map", "seal"))


def test_acceptance_keeps_the_inputs_of_the_clock() -> None:
    expected = ItemAccepted(
        item="land",
        mode=Mode.SINGLE,
        law="cn-licensing@2019-04-23",
        limit=20,
        unit="working_day",
        article=LAW.limit("single").article,
        promise_days=10,
    )

    project = given(REGISTERED, submitted()).when(ACCEPT, by=LAND).then(expected).state()

    assert project.items["land"].stage is Stage.ACCEPTED


@pytest.mark.parametrize(("mode", "days"), [("on_the_spot", 0), ("single", 20), ("joint", 45), ("lower_review", 20)])
def test_each_mode_has_its_limit(mode: str, days: int) -> None:
    plan = PlannedItem(item="land", department="land", mode=Mode(mode))
    registered = structs.replace(REGISTERED, items=(plan,))

    project = given(registered, submitted()).when(ACCEPT, by=LAND)

    project.then(
        structs.replace(accepted(), mode=Mode(mode), limit=days, article=LAW.limit(mode).article, promise_days=None)
    )


def test_acceptance_follows_the_items_special_law() -> None:
    special = next(iter(LAW.specials))
    law = LAW.under(special)
    plan = PlannedItem(item="land", department="land", special=special)
    limit = law.limit("single")

    given(structs.replace(REGISTERED, items=(plan,)), submitted()).when(ACCEPT, by=LAND).then(
        structs.replace(
            accepted(), law=law.name, limit=limit.days, unit=limit.unit, article=limit.article, promise_days=None
        )
    )


def test_an_item_waits_for_its_preconditions() -> None:
    waiting = given(REGISTERED, submitted("site-plan")).when(AcceptItem(item="site-plan"), by=PLANNING)
    refusal = waiting.refused("precondition-unmet", "granted: land", unmet=["land"], accepted_by_silence=True)
    assert "silence accepts it after the last day of intake" in refusal.remedy


def test_only_a_law_whose_silence_accepts_is_said_to_accept_by_silence() -> None:
    received = structs.replace(submitted("site-plan"), law=DUTCH_LAW.name)
    waiting = given(REGISTERED, received).when(AcceptItem(item="site-plan"), by=PLANNING, law=DUTCH_LAW)
    refusal = waiting.refused("precondition-unmet", unmet=["land"], accepted_by_silence=False)
    assert refusal.remedy == "accept it once they are granted"


def test_only_a_grant_meets_a_precondition() -> None:
    refused = (*under_examination(), completed(outcome=Outcome.REFUSED), submitted("site-plan"))
    granted = (*under_examination(), completed(), submitted("site-plan"))
    accept = AcceptItem(item="site-plan")

    given(REGISTERED, *refused).when(accept, by=PLANNING).refused("precondition-unmet")
    given(REGISTERED, *granted).when(accept, by=PLANNING).then(accepted("site-plan"))


def test_papers_still_missing_do_not_hinder_acceptance() -> None:
    """容缺受理 (B5.8)."""
    command = AcceptItem(item="land", lacking=("deed", "map"))

    item = (
        given(REGISTERED, submitted(), NOTICE)
        .when(command, by=LAND)
        .then(accepted(lacking=("map", "seal", "deed")))
        .state()
        .items["land"]
    )

    assert (item.stage, item.missing) == (Stage.ACCEPTED, ("map", "seal", "deed"))


def test_only_the_items_own_department_accepts_it() -> None:
    for by in (FIRE, MANAGER, LEADER):
        given(REGISTERED, submitted()).when(ACCEPT, by=by).refused(
            "wrong-department", "an item of land", department="land"
        )


def test_the_manager_keys_in_for_a_department_outside_the_system() -> None:
    given(REGISTERED, submitted("tax")).when(AcceptItem(item="tax"), by=MANAGER).then(accepted("tax"))


def test_nothing_is_accepted_before_it_is_submitted_or_twice() -> None:
    given(REGISTERED).when(ACCEPT, by=LAND).refused("wrong-stage", "land is not_started", stage="not_started")
    given(REGISTERED, *under_examination()).when(ACCEPT, by=LAND).refused("wrong-stage", "land is accepted")


def test_declining_needs_reasons() -> None:
    refusal = (
        given(REGISTERED, submitted())
        .when(DeclineItem(item="land", reasons=" "), by=LAND)
        .refused("reasons-missing", "declining land needs reasons")
    )

    assert "32" in refusal.article


def test_a_declined_item_is_at_its_end() -> None:
    fact = ItemDeclined(item="land", reasons="not within our powers")

    assert (
        given(REGISTERED, submitted()).when(DECLINE, by=LAND).then(fact).state().items["land"].stage is Stage.DECLINED
    )
    given(REGISTERED, submitted(), declined()).when(DECLINE, by=LAND).refused("wrong-stage")
    given(REGISTERED, submitted()).when(DECLINE, by=FIRE).refused("wrong-department")


def test_a_notice_dated_after_the_acceptance_leaves_no_paper_to_come() -> None:
    """It has no effect, so nothing that it asks for was tolerated as missing."""
    before = NOW - timedelta(hours=1)

    given(REGISTERED, submitted(), NOTICE).when(ACCEPT, by=LAND, at=before, now=NOW).then(accepted())
