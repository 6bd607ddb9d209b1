"""The progress table as a page: tiles that lead to as many rows as they say, filters, cells, and the first clock."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from litestar import Litestar

from api.app import PAGES, create_app
from api.web.zones import zone_of
from domain.law.calendar.moment import week_from
from infrastructure.ledger.approvals import DEFAULT_LAW, Approvals
from infrastructure.projector.positions import Views
from infrastructure.settings import Settings
from tests.api.client import Door, identity
from tests.examples import LEADER
from tests.law.questions import at
from tests.projections.zone import project_id, tell_zone

pytestmark = pytest.mark.usefixtures("projector")

HANDS = [at("03-01")]  # the clock on the wall
TILE = r'<dt><a href="([^"]*)">([^<]*)</a></dt><dd>([0-9,]+)</dd>'


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    """A small zone, looked at on the 30th of April: some clocks are over by then, others are not."""
    async with Approvals(shared_database_url, clock=lambda: HANDS[0]) as opened:
        await tell_zone(opened, HANDS)
        HANDS[0] = at("04-30 12:00")
        await Views(opened.store).catch_up(await opened.store.head(), patience=10)
        yield opened


@pytest.fixture(scope="module")
def app(approvals: Approvals) -> Litestar:
    return create_app(approvals, Views(approvals.store), Settings(data=Path("unused")), pages=PAGES)


async def table(door: Door, **params: str) -> str:
    response = await door.get("/", LEADER, lang="en", **params)
    assert response.status_code == 200, response.text
    return response.text


def listed(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/pages/projects/([0-9a-f-]{36})', page)


def row(page: str, name: str) -> str:
    return page.partition(f"/pages/projects/{project_id(name)}")[2].partition("</tr>")[0]


async def test_a_tile_leads_to_as_many_projects_as_it_says(door: Door) -> None:
    tiles = re.findall(TILE, await table(door))
    counts = {}
    for href, name, number in tiles:
        there = (await door.client.get(href.replace("&amp;", "&"), headers=identity(LEADER))).text
        assert len(listed(there)) == int(number), name
        counts[name] = int(number)

    assert counts["Overdue"] > 0
    assert counts["Soon due"] > 0
    assert counts["Projects under way"] == 6


async def test_filters_can_be_combined_and_stay_chosen(door: Door) -> None:
    both = await table(door, department="water", holder="fire", warned="late")
    assert listed(both) == [str(project_id("joint"))]
    assert re.search(r'<option value="water" selected>', both)
    assert re.search(r'<option value="late" selected>', both)
    assert listed(await table(door, status="done")) == []
    fabs = listed(await table(door, text="fab 3", manager="wang", status="open"))
    assert set(fabs) == {str(project_id(name)) for name in ("silent", "running", "late", "paused", "joint")}
    assert listed(await table(door, phase="none", kind="none")) == []
    assert (await door.get("/", LEADER, warned="never")).status_code == 400


async def test_a_row_shows_each_item_as_a_cell_and_the_clock_that_ends_first(door: Door) -> None:
    page = await table(door)
    joint, paused, running = (row(page, name) for name in ("joint", "paused", "running"))

    assert re.findall(r'<i class="([^"]*)" title="([^"]*)"', joint) == [
        ("unstarted", "land: Not started"),
        ("open late", "water: Under way, Overdue"),
        ("open late", "build: Under way, Overdue"),
        ("open", "tax: Under way"),
    ]
    assert "Countersignature: fire" in joint
    assert re.search(r'<td class="figure"[^>]*>−\d+ working days<br><span class="tag late">Overdue', joint)
    assert '<i class="special"' in paused
    assert "0 / 4" in paused
    assert '<span class="tag paused">Paused</span>' in paused
    assert re.search(r"Promise · land</small>", running)


async def test_a_project_without_a_flow_has_no_phase(door: Door) -> None:
    assert re.search(r'data-label="Phase">–</td>', row(await table(door), "late"))


def test_a_week_begins_with_the_local_monday() -> None:
    zone = zone_of(DEFAULT_LAW).key
    assert week_from(at("04-30 12:00"), zone) == at("04-27 00:00")
    assert week_from(at("04-27 00:30"), zone) == at("04-27 00:00")
    assert week_from(at("04-26 23:30"), zone) == at("04-20 00:00")
