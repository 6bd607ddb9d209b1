"""Items are listed lawfully, an edition counts from its day, and what can be done online is the department's word."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from domain.catalogue.item import TaskType
from domain.catalogue.listing import (
    DecideOnline,
    DefineServiceItem,
    OnlineDecided,
    ServiceItemWithdrawn,
    WithdrawServiceItem,
)
from domain.catalogue.publication import CataloguePublished, PublishCatalogue
from domain.core.plan import PlannedItem
from domain.core.types import Mode
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import ItemSubmitted, SubmitItem
from domain.project.state.project import Project
from tests.domain.officer import HEAD, ZONE, ZoneDesk, service
from tests.examples import APPLICANT, LAND, LAW, MANAGER
from tests.spec import NOW, PROJECT

PERMIT = service("land-01", anticipate_day=20, promise_day=8, is_online=True)


def define(**fields: Any) -> DefineServiceItem:
    return DefineServiceItem(catalogue=ZONE, service=service("land-01", **fields))


@pytest.mark.parametrize(
    ("fields", "code", "part"),
    [
        (
            {"anticipate_day": 20, "promise_day": 21},
            "promise-exceeds-statute",
            "promises 21 working days, but its statutory limit is 20 working days",
        ),
        (
            {"anticipate_day": 60, "promise_day": 25},
            "promise-exceeds-statute",
            "its statutory limit is 20 working days",
        ),
        ({"mode": Mode.JOINT, "promise_day": 46}, "promise-exceeds-statute", "its statutory limit is 45 working days"),
        (
            {"special": "eia_form", "promise_day": 23},
            "promise-exceeds-statute",
            "promises 23 working days, but 30 calendar days hold at most 22 working days",
        ),
        ({"special": "magic"}, "special-unknown", "magic"),
        ({"special_procedure": ("holiday",)}, "no-statutory-ground", "holiday"),
        ({"is_fee": True, "fee_basis": " "}, "fee-unfounded", "charges a fee"),
        ({"task_type": TaskType.PUBLIC_SERVICE, "pre_phase": True}, "not-a-licence", "belong to the pre-phase"),
    ],
)
def test_what_contradicts_the_law_is_not_listed(fields: dict[str, Any], code: str, part: str) -> None:
    desk = ZoneDesk()
    desk.refused(code, desk.catalogue, define(**fields), part=part)


def test_a_department_lists_only_its_own_items() -> None:
    desk = ZoneDesk()
    desk.say(desk.catalogue, define(), by=LAND)
    foreign = DefineServiceItem(catalogue=ZONE, service=service("fire-01", dept_code="fire"))
    assert desk.refused("wrong-department", desk.catalogue, foreign, by=LAND).details["department"] == "fire"
    taken = DefineServiceItem(catalogue=ZONE, service=service("land-01", dept_code="fire"))
    desk.say(desk.catalogue, taken, by=HEAD)
    desk.refused("wrong-department", desk.catalogue, define(), by=LAND)


def test_an_item_listed_the_same_way_is_not_defined_again() -> None:
    desk = ZoneDesk()
    desk.say(desk.catalogue, define())
    desk.refused("service-item-unchanged", desk.catalogue, define())


def test_withdrawing_needs_reasons_and_leaves_earlier_editions_alone() -> None:
    desk = ZoneDesk()
    desk.publish(PERMIT)
    withdraw = WithdrawServiceItem(catalogue=ZONE, task_code="land-01", reasons=" ")
    desk.refused("reasons-missing", desk.catalogue, withdraw)
    facts = desk.say(desk.catalogue, WithdrawServiceItem(catalogue=ZONE, task_code="land-01", reasons="取消"), at=NOW)
    assert facts == (ServiceItemWithdrawn(catalogue=ZONE, task_code="land-01", reasons="取消"),)
    assert "land-01" in desk.catalogue.editions[0].items
    desk.refused("unknown-service-item", desk.catalogue, withdraw)


def test_an_edition_needs_something_new_and_a_day_that_is_not_past() -> None:
    desk = ZoneDesk()
    publish = PublishCatalogue(catalogue=ZONE, valid_from=date(2026, 1, 1))
    desk.refused("nothing-to-publish", desk.catalogue, publish, part="has no items")
    desk.publish(PERMIT)
    desk.refused("nothing-to-publish", desk.catalogue, publish, part="not changed")
    desk.say(desk.catalogue, define(anticipate_day=20, promise_day=7))
    desk.refused("edition-too-early", desk.catalogue, publish)
    facts = desk.say(desk.catalogue, PublishCatalogue(catalogue=ZONE, valid_from=date(2026, 3, 16)))
    assert facts == (CataloguePublished(catalogue=ZONE, edition=2, valid_from=date(2026, 3, 16), items=1),)
    desk.refused("wrong-role", desk.catalogue, publish, by=LAND)


def test_online_is_for_the_item_s_own_department_to_decide() -> None:
    desk = ZoneDesk()
    desk.publish(PERMIT)
    offline = DecideOnline(catalogue=ZONE, task_code="land-01", is_online=False, reasons="需核对原件")
    desk.refused("wrong-department", desk.catalogue, offline, by=HEAD)
    silent = DecideOnline(catalogue=ZONE, task_code="land-01", is_online=False)
    desk.refused("reasons-missing", desk.catalogue, silent, by=LAND)
    facts = desk.say(desk.catalogue, offline, by=LAND)
    assert facts == (OnlineDecided(catalogue=ZONE, task_code="land-01", is_online=False, reasons="需核对原件"),)
    desk.refused("service-item-unchanged", desk.catalogue, offline, by=LAND)


def planned_by(desk: ZoneDesk) -> Project:
    """A project with one item of the desk's catalogue."""
    project = Project(PROJECT)
    plan = PlannedItem(item="permit", department="land", service="land-01", catalogue=ZONE, promise_days=8)
    registration = RegisterProject(name="厂房", enterprise=Enterprise("恒信"), manager="wang.min", items=(plan,))
    desk.say(project, registration, by=MANAGER)
    return project


def test_what_is_offline_is_applied_for_at_the_window() -> None:
    desk = ZoneDesk()
    desk.publish(PERMIT)
    project = planned_by(desk)
    desk.say(
        desk.catalogue,
        DecideOnline(catalogue=ZONE, task_code="land-01", is_online=False, reasons="需核对原件"),
        by=LAND,
    )
    desk.refused("not-online", project, SubmitItem(item="permit"), by=APPLICANT)
    assert desk.say(project, SubmitItem(item="permit"), by=LAND)


def test_the_edition_in_force_on_the_day_of_application_stays_with_the_case() -> None:
    desk = ZoneDesk()
    desk.publish(PERMIT)
    desk.say(desk.catalogue, define(anticipate_day=20, promise_day=5, is_online=True))
    desk.say(desk.catalogue, PublishCatalogue(catalogue=ZONE, valid_from=date(2026, 4, 1)))
    before, after = planned_by(desk), planned_by(desk)
    april = datetime.fromisoformat("2026-04-01T09:00:00+08:00")
    first = desk.say(before, SubmitItem(item="permit"), by=APPLICANT)
    later = desk.say(after, SubmitItem(item="permit"), by=APPLICANT, at=april)
    assert first == (ItemSubmitted(item="permit", law=LAW.name, catalogue=f"{ZONE}@1", promise_days=8),)
    assert later == (ItemSubmitted(item="permit", law=LAW.name, catalogue=f"{ZONE}@2", promise_days=5),)
    assert (before.items["permit"].promise_days, after.items["permit"].promise_days) == (8, 5)
