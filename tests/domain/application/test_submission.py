"""申请: who may apply, and when a further application may follow."""

from __future__ import annotations

import pytest

from domain.core.ledger import Actor
from domain.core.types import Outcome, Stage
from domain.messages import AnyFact
from domain.project.application.completion import ItemCompleted
from domain.project.application.submission import SubmitItem
from domain.project.application.withdrawal import ItemWithdrawn
from tests.examples import (
    APPLICANT,
    BUREAU,
    FIRE,
    LAND,
    LEADER,
    MANAGER,
    REGISTERED,
    accepted,
    completed,
    declined,
    submitted,
    under_examination,
)
from tests.spec import given

SUBMIT = SubmitItem(item="land")


@pytest.mark.parametrize("by", [APPLICANT, MANAGER, LAND, FIRE])
def test_the_enterprise_its_manager_and_any_window_apply(by: Actor) -> None:
    project = given(REGISTERED).when(SUBMIT, by=by).then(submitted()).state()

    assert project.items["land"].stage is Stage.SUBMITTED


@pytest.mark.parametrize("by", [BUREAU, LEADER])
def test_those_who_watch_do_not_apply(by: Actor) -> None:
    given(REGISTERED).when(SUBMIT, by=by).refused("wrong-role", "can't apply for an item")


def test_an_item_the_project_does_not_have_is_named_with_those_it_has() -> None:
    refusal = given(REGISTERED).when(SubmitItem(item="moon"), by=APPLICANT).refused("unknown-item", "moon")

    assert "land, site-plan" in refusal.remedy
    given().when(SUBMIT, by=APPLICANT).refused("not-registered")


@pytest.mark.parametrize("before", [[submitted()], [*under_examination()], [*under_examination(), completed()]])
def test_an_open_or_granted_item_is_not_applied_for_again(before: list[AnyFact]) -> None:
    given(REGISTERED, *before).when(SUBMIT, by=APPLICANT).refused("wrong-stage", "can't be applied for")


@pytest.mark.parametrize(
    "before",
    [
        [submitted(), declined()],
        [submitted(), ItemWithdrawn(item="land")],
        [*under_examination(), completed(outcome=Outcome.REFUSED)],
        [*under_examination(), completed(outcome=Outcome.TERMINATED)],
    ],
)
def test_after_an_end_without_a_grant_a_new_application_starts_afresh(before: list[AnyFact]) -> None:
    item = given(REGISTERED, *before).when(SUBMIT, by=APPLICANT).then(submitted()).state().items["land"]

    assert (item.stage, item.application, item.outcome) == (Stage.SUBMITTED, 2, None)


def test_a_new_application_forgets_the_papers_requested_before() -> None:
    lacking = (
        submitted(),
        accepted(lacking=("map",)),
        ItemCompleted(item="land", outcome=Outcome.REFUSED, reasons="no"),
    )

    assert given(REGISTERED, *lacking).when(SUBMIT, by=APPLICANT).then(submitted()).state().items["land"].missing == ()
