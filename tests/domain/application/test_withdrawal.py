"""撤回: the applicant's side takes an open application back."""

from __future__ import annotations

import pytest

from domain.core.ledger import Actor
from domain.core.types import Stage
from domain.messages import AnyFact
from domain.project.application.withdrawal import ItemWithdrawn, WithdrawItem
from tests.examples import (
    APPLICANT,
    BUREAU,
    FIRE,
    LAND,
    MANAGER,
    REGISTERED,
    completed,
    declined,
    submitted,
    under_examination,
)
from tests.spec import given

WITHDRAW = WithdrawItem(item="land", reasons="another site")
WITHDRAWN = ItemWithdrawn(item="land", reasons="another site")


@pytest.mark.parametrize("by", [APPLICANT, MANAGER, LAND])
def test_the_applicants_side_withdraws(by: Actor) -> None:
    item = given(REGISTERED, *under_examination()).when(WITHDRAW, by=by).then(WITHDRAWN).state().items["land"]

    assert item.stage is Stage.WITHDRAWN


def test_neither_departments_nor_bureau_withdraw_an_application() -> None:
    for by in (FIRE, BUREAU):
        given(REGISTERED, submitted()).when(WITHDRAW, by=by).refused("wrong-role", "withdraw land")


@pytest.mark.parametrize(
    "before", [[], [submitted(), declined()], [*under_examination(), completed()], [submitted(), WITHDRAWN]]
)
def test_only_an_open_application_is_withdrawn(before: list[AnyFact]) -> None:
    given(REGISTERED, *before).when(WITHDRAW, by=APPLICANT).refused("wrong-stage", "can't be withdrawn")
