"""A region's own holidays: a notice imported for it moves the clocks of the items that name it, and no others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from uuid import uuid4

import pytest
import pytest_asyncio

from domain.calendar.notice import ApplyNotice, ImportNotice
from domain.core.plan import PlannedItem
from domain.project.application.acceptance import AcceptItem
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from infrastructure.ledger.approvals import Approvals
from tests.api.client import Door, problem
from tests.api.clocks.test_clock_moves import got
from tests.examples import APPLICANT, BUREAU, LAND, MANAGER, USCC
from tests.law.questions import at

pytestmark = pytest.mark.usefixtures("projector")

GUANGXI = "CN-GX"
PROJECT = uuid4()
HANDS = [at("04-01")]
ITEMS = (
    PlannedItem(item="here", department="land", calendar=GUANGXI),
    PlannedItem(item="there", department="land"),
    PlannedItem(item="report", department="land", calendar=GUANGXI, special="discharge_permit"),
)
THIRD_OF_THE_THIRD = ImportNotice(
    calendar=GUANGXI,
    notice="GX-2026",
    published=date(2026, 3, 20),
    papers=("http://www.gxzf.gov.cn/example.htm",),
    days={date(2026, 4, 20): 0, date(2026, 4, 21): 0},
    title="壮族三月三放假安排（示例）",
)


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    async with Approvals(shared_database_url, clock=lambda: HANDS[0]) as opened:
        register = RegisterProject(name="Nanning", enterprise=Enterprise("Hengxin", USCC), manager="wang", items=ITEMS)
        await opened.handle(PROJECT, register, MANAGER, uuid4())
        for code in ("here", "there", "report"):
            await opened.handle(PROJECT, SubmitItem(item=code), APPLICANT, uuid4())
            await opened.handle(PROJECT, AcceptItem(item=code), LAND, uuid4())
        HANDS[0] = at("04-10")
        yield opened


async def due(door: Door) -> dict[str, tuple[str, str, str]]:
    """The law, and the last days for intake and decision, of each item."""
    instant = "2026-04-10T12:00:00+08:00"
    items = (await got(door, f"/v1/projects/{PROJECT}/clocks", as_of=instant, known_at=instant))["items"]
    clocks_of = {item["item"]: {clock["clock"]: clock for clock in item["clocks"]} for item in items}
    return {
        code: (clocks["decision"]["law"], clocks["decision"]["due_on"], clocks["decision"]["article"])
        for code, clocks in clocks_of.items()
    }


async def test_a_notice_for_the_region_moves_its_items_alone(door: Door, approvals: Approvals) -> None:
    before = await due(door)
    await got(door, "/v1/clocks", after=await approvals.store.head())  # the preview asks the view
    path = f"/v1/law/calendars/{GUANGXI}"
    assert (await door.say(path, THIRD_OF_THE_THIRD, BUREAU)).status_code == 200
    preview = await got(door, f"{path}/notices/GX-2026/preview")
    assert {move["item"] for move in preview["moved"]} == {"here", "report"}
    assert (await door.say(path, ApplyNotice(calendar=GUANGXI, notice="GX-2026"), BUREAU)).status_code == 200
    after = await due(door)

    law = "cn-licensing@2019-04-23"
    assert before == {
        "here": (f"{law}+{GUANGXI}", "2026-04-30", "行政许可法 42(1)"),
        "there": (law, "2026-04-30", "行政许可法 42(1)"),
        "report": (f"{law}+{GUANGXI}/discharge_permit", "2026-05-18", "排污许可管理条例 12"),
    }
    assert {code: row[1] for code, row in after.items()} == {
        "here": "2026-05-07",  # two days later, beyond Labour Day
        "there": "2026-04-30",
        "report": "2026-05-20",
    }
    shown = await got(door, path, known="2026-04-10")
    assert (shown["calendar"]["stacks_on"], [notice["id"] for notice in shown["notices"]][-1]) == ("CN", "GX-2026")


async def test_only_calendars_that_stack_on_the_laws_own_can_be_named(door: Door) -> None:
    item = {"item": "far", "department": "land", "calendar": "NL"}
    refusal = problem(await door.post(PROJECT, {"command": "plan_item", "item": item}), "region-unknown")

    assert refusal["calendars"] == ["CN", "CN-GX", "CN-NM", "CN-NX", "CN-XJ", "CN-XZ"]
    assert refusal["article"] == "全国年节及纪念日放假办法 4"
    allowed = {"command": "plan_item", "item": {**item, "calendar": "CN-XJ"}}
    assert (await door.post(PROJECT, allowed)).status_code == 200


async def test_a_catalogue_item_may_name_a_region_too(door: Door) -> None:
    service = {"task_code": "gx-1", "task_name": "用地", "task_type": "licence", "dept_code": "land"}
    define = {"command": "define_service_item", "catalogue": "nanning", "service": {**service, "calendar": "CN-GX"}}
    assert (await door.say("/v1/catalogues/nanning", define, BUREAU)).status_code == 200
    define["service"] = {**service, "calendar": "NL"}
    problem(await door.say("/v1/catalogues/nanning", define, BUREAU), "region-unknown")
