"""上报: the lower level examines, the upper level decides."""

from __future__ import annotations

from domain.core.ledger import Actor, Role
from domain.core.types import Outcome
from domain.project.application.completion import CompleteItem, ItemCompleted
from domain.project.application.forwarding import (
    ForwardedItemReceived,
    ForwardItem,
    ItemForwarded,
    ReceiveForwardedItem,
)
from tests.examples import LAND, MANAGER, PROVINCE, REGISTERED, WATER, completed, submitted, under_examination
from tests.spec import given

FORWARD = ForwardItem(item="discharge", upper="province")
RECEIVE = ReceiveForwardedItem(item="discharge")
FORWARDED = ItemForwarded(item="discharge", upper="province")
RECEIVED = ForwardedItemReceived(item="discharge")
GRANT = CompleteItem(item="discharge", outcome=Outcome.GRANTED)
EXAMINED = (REGISTERED, *under_examination("discharge"))


def test_the_examined_file_goes_up() -> None:
    given(*EXAMINED).when(FORWARD, by=WATER).then(FORWARDED)


def test_it_goes_up_once_and_after_acceptance() -> None:
    given(*EXAMINED, FORWARDED).when(FORWARD, by=WATER).refused("already-forwarded")
    given(REGISTERED, submitted("discharge")).when(FORWARD, by=WATER).refused("wrong-stage")
    given(*EXAMINED).when(FORWARD, by=LAND).refused("wrong-department")


def test_only_items_in_that_mode_go_up() -> None:
    given(REGISTERED, *under_examination()).when(ForwardItem(item="land"), by=LAND).refused("wrong-mode", "mode single")
    given(REGISTERED, *under_examination()).when(ReceiveForwardedItem(item="land"), by=LAND).refused("wrong-mode")


def test_the_upper_level_takes_it_in_once() -> None:
    given(*EXAMINED, FORWARDED).when(RECEIVE, by=PROVINCE).then(RECEIVED)
    given(*EXAMINED, FORWARDED, RECEIVED).when(RECEIVE, by=PROVINCE).refused("not-under-way")
    given(*EXAMINED).when(RECEIVE, by=PROVINCE).refused("not-under-way")


def test_a_case_that_ended_on_the_way_is_not_taken_in() -> None:
    ended = completed("discharge", Outcome.TERMINATED)

    given(*EXAMINED, FORWARDED, ended).when(RECEIVE, by=PROVINCE).refused("wrong-stage", "is completed")


def test_no_one_else_takes_it_in() -> None:
    for by in (WATER, MANAGER, Actor("head", "province", Role.LEADER)):
        given(*EXAMINED, FORWARDED).when(RECEIVE, by=by).refused("wrong-department", "forwarded to province")


def test_an_upper_level_outside_the_system_is_recorded_by_the_lower_one() -> None:
    outside = ItemForwarded(item="discharge")

    given(*EXAMINED, outside).when(RECEIVE, by=WATER).then(RECEIVED)
    given(*EXAMINED, outside).when(RECEIVE, by=PROVINCE).refused("wrong-department")


def test_the_upper_level_decides_once_it_has_the_file() -> None:
    given(*EXAMINED).when(GRANT, by=WATER).refused("not-forwarded")
    given(*EXAMINED, FORWARDED).when(GRANT, by=WATER).refused("not-forwarded")
    given(*EXAMINED, FORWARDED, RECEIVED).when(GRANT, by=WATER).refused("wrong-department", "an item of province")
    given(*EXAMINED, FORWARDED, RECEIVED).when(GRANT, by=PROVINCE).then(
        ItemCompleted(item="discharge", outcome=Outcome.GRANTED)
    )


def test_the_lower_level_may_terminate() -> None:
    end = CompleteItem(item="discharge", outcome=Outcome.TERMINATED, reasons="applicant dissolved")

    given(*EXAMINED).when(end, by=WATER).then(
        ItemCompleted(item="discharge", outcome=Outcome.TERMINATED, reasons="applicant dissolved")
    )
