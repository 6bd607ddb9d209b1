"""Checks of commands on catalogues, flows and calendars: the same refusals, the effect, and nothing stored."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from msgspec import structs, to_builtins

from domain.calendar.notice import ApproveNotice, ImportNotice
from domain.catalogue.listing import DefineServiceItem
from domain.catalogue.publication import PublishCatalogue
from domain.core.ledger import Command
from domain.examples.zone import FIRST_FLOW, FLOW_NAME, HEAD, LAND_PERMIT, ZONE_NAME
from infrastructure.ledger.approvals import Approvals
from tests.api.client import Door, identity
from tests.examples import MANAGER
from tests.law.questions import at

CATALOGUE, FLOW, CALENDAR = f"/v1/catalogues/{ZONE_NAME}", f"/v1/flows/{FLOW_NAME}", "/v1/law/calendars/CN-GX"
FASTER = DefineServiceItem(catalogue=ZONE_NAME, service=structs.replace(LAND_PERMIT, promise_day=5))
PUBLISH = PublishCatalogue(catalogue=ZONE_NAME, valid_from=at("04-01").date())
NOTICE = ImportNotice(
    calendar="CN-GX",
    notice="GX-1",
    published=at("03-02").date(),
    papers=("https://www.gxzf.gov.cn/x",),
    days={at("04-20").date(): 0},
)


async def checked(door: Door, path: str, command: Command, status: int = 200) -> Any:
    headers = identity(HEAD if status != 403 else MANAGER)
    answer: httpx.Response = await door.client.post(
        f"{path}/commands/check", json=to_builtins(command), headers=headers
    )
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("path", "command", "fact"),
    [
        (CATALOGUE, FASTER, "service_item_defined"),
        (FLOW, FIRST_FLOW, "flow_published"),
        (CALENDAR, NOTICE, "notice_imported"),
    ],
)
async def test_a_check_has_one_shape_and_stores_nothing(
    door: Door, approvals: Approvals, path: str, command: Command, fact: str
) -> None:
    head = await approvals.store.head()
    effect = await checked(door, path, command)
    assert [expected["fact"]["fact"] for expected in effect["facts"]] == [fact]
    assert {"name", "at", "version"} <= effect.keys()
    assert await approvals.store.head() == head
    assert (await checked(door, path, command, 403))["code"] == "access-denied"


async def test_the_effect_counts_what_differs_for_projects(door: Door, approvals: Approvals) -> None:
    assert (await checked(door, CATALOGUE, FASTER))["items"] == []  # the draft alone
    assert (await checked(door, CATALOGUE, PUBLISH, 409))["code"] == "nothing-to-publish"
    await door.say(CATALOGUE, FASTER, HEAD)
    effect = await checked(door, CATALOGUE, PUBLISH)
    (item,) = effect["items"]
    assert (item["task_code"], item["fields"], item["waiting"], effect["projects"]) == (
        "land-01",
        ["promise_day"],
        1,
        1,
    )
    flow = await checked(door, FLOW, FIRST_FLOW)
    assert [(step["step"], step["change"]) for step in flow["steps"]] == [
        ("land-permit", "changed"),
        ("eia", "removed"),
    ]
    assert flow["running"] == [{"edition": 2, "kind": "research", "projects": 1}]
    assert (await checked(door, CALENDAR, NOTICE))["impact"]["calendar"] == "CN-GX"
    assert (await checked(door, CALENDAR, ApproveNotice(calendar="CN-GX", notice="none"), 409))[
        "code"
    ] == "unknown-notice"
