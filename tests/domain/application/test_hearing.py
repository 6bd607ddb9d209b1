"""听证: the notice of the right, the request, the announcement and the hearing, in this order."""

from __future__ import annotations

from datetime import date

import pytest

from domain.core.ledger import Actor
from domain.core.types import Outcome
from domain.messages import AnyCommand, AnyFact
from domain.project.application.hearing import (
    GiveHearingNotice,
    HearingHeld,
    HearingNoticeGiven,
    HearingRequested,
    HearingRightTold,
    HoldHearing,
    RequestHearing,
    TellHearingRight,
)
from tests.examples import APPLICANT, FIRE, LAND, MANAGER, REGISTERED, completed, submitted, under_examination
from tests.spec import given

ON = date(2026, 4, 1)
EXAMINED = (REGISTERED, *under_examination())
TELL, ASK, HOLD = TellHearingRight(item="land"), RequestHearing(item="land"), HoldHearing(item="land")
ANNOUNCE = GiveHearingNotice(item="land", hearing_on=ON)
TOLD, ASKED, HELD = HearingRightTold(item="land"), HearingRequested(item="land"), HearingHeld(item="land")
ANNOUNCED = HearingNoticeGiven(item="land", hearing_on=ON)


@pytest.mark.parametrize(
    ("before", "command", "by", "fact"),
    [
        ((), TELL, LAND, TOLD),
        ((TOLD,), ASK, APPLICANT, ASKED),
        ((TOLD,), ASK, MANAGER, ASKED),
        ((TOLD, ASKED), ANNOUNCE, LAND, ANNOUNCED),
        ((TOLD, ASKED, ANNOUNCED), HOLD, LAND, HELD),
    ],
)
def test_the_steps_of_a_hearing(before: tuple[AnyFact, ...], command: AnyCommand, by: Actor, fact: AnyFact) -> None:
    given(*EXAMINED, *before).when(command, by=by).then(fact)


def test_the_department_may_hold_one_of_its_own_accord() -> None:
    """Art. 46."""
    given(*EXAMINED).when(ANNOUNCE, by=LAND).then(ANNOUNCED)


def test_an_announced_day_may_be_moved() -> None:
    moved = HearingNoticeGiven(item="land", hearing_on=date(2026, 4, 8))

    given(*EXAMINED, ANNOUNCED).when(GiveHearingNotice(item="land", hearing_on=date(2026, 4, 8)), by=LAND).then(moved)


@pytest.mark.parametrize(
    ("before", "command", "by"),
    [
        ((TOLD,), TELL, LAND),
        ((), ASK, APPLICANT),
        ((TOLD, ASKED), ASK, APPLICANT),
        ((), HOLD, LAND),
        ((TOLD, ASKED), HOLD, LAND),
        ((ANNOUNCED, HELD), HOLD, LAND),
        ((ANNOUNCED, HELD), ANNOUNCE, LAND),
    ],
)
def test_no_step_is_skipped_or_repeated(before: tuple[AnyFact, ...], command: AnyCommand, by: Actor) -> None:
    given(*EXAMINED, *before).when(command, by=by).refused("hearing-order")


@pytest.mark.parametrize("command", [TELL, ANNOUNCE, HOLD])
def test_another_department_holds_no_hearing(command: AnyCommand) -> None:
    given(*EXAMINED).when(command, by=FIRE).refused("wrong-department")


def test_another_department_asks_for_none() -> None:
    given(*EXAMINED, TOLD).when(ASK, by=FIRE).refused("wrong-role")


@pytest.mark.parametrize(("command", "by"), [(TELL, LAND), (ASK, APPLICANT), (ANNOUNCE, LAND), (HOLD, LAND)])
def test_a_hearing_belongs_to_the_examination(command: AnyCommand, by: Actor) -> None:
    given(REGISTERED, submitted()).when(command, by=by).refused("wrong-stage")
    given(*EXAMINED, TOLD, completed()).when(command, by=by).refused("wrong-stage")


def test_the_next_application_has_a_hearing_of_its_own() -> None:
    again = (ANNOUNCED, HELD, completed(outcome=Outcome.REFUSED), *under_examination())

    given(*EXAMINED, *again).when(TELL, by=LAND).then(TOLD)
