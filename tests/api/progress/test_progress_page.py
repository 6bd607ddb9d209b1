"""The progress table as a page: figures that are as long as their lists, filters as chips, orders, matrix, chart."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from api.web.zones import zone_of
from domain.law.calendar.moment import week_from
from infrastructure.ledger.approvals import DEFAULT_LAW, Approvals
from tests.api.client import Door, identity
from tests.examples import LEADER
from tests.law.questions import at
from tests.projections.zone import project_id, zone_looked_at

pytestmark = [pytest.mark.pages, pytest.mark.usefixtures("projector")]

HANDS = [at("03-01")]  # the clock on the wall
FIGURE = r'<a class="(\w+)[^"]*" href="([^"]*)"[^>]*>[^<]*<b class="number">([0-9,]+)</b>'
TABLE = "/pages/progress"


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    """A small zone, looked at on the 30th of April: some clocks are over by then, others are not."""
    async with zone_looked_at(shared_database_url, HANDS, "04-30 12:00") as opened:
        yield opened


async def table(door: Door, path: str = TABLE, **params: str) -> str:
    response = await door.get(path, LEADER, lang="en", **params)
    assert response.status_code == 200, response.text
    return response.text


def listed(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/pages/projects/([0-9a-f-]{36})\?', page)


def row(page: str, name: str) -> str:
    return page.partition(f'<tr id="row-{project_id(name)}">')[2].partition("</tr>")[0]


async def follow(door: Door, page: str, pattern: str) -> str:
    """The page that the link with *pattern* in it leads to."""
    href = re.findall(rf'href="([^"]*)"[^>]*{pattern}', page)[0].replace("&amp;", "&")
    return (await door.client.get(href, headers=identity(LEADER))).text


async def test_changes_of_late_are_a_filter_with_a_chip_and_a_list_of_that_length(door: Door) -> None:
    week, month = await table(door, changed="7"), await table(door, changed="30")
    assert len(listed(week)) < len(listed(month)) == len(listed(await table(door)))
    for page in (week, month):
        assert f'<span class="number">{len(listed(page))}</span>' in page
    assert "Last change: In the last 30 days ×" in month
    assert set(listed(await table(door, changed="1"))) <= set(listed(week))
    assert (await door.get(TABLE, LEADER, changed="2")).status_code == 400


async def test_a_row_says_how_many_results_were_keyed_in(door: Door) -> None:
    keyed = row(await table(door), "story")
    assert re.search(r'title="\d+ keyed in, verified 2026-\d\d-\d\d"', keyed), keyed
    assert "keyed in" not in row(await table(door), "running")


async def test_a_figure_leads_to_as_many_projects_as_it_says(door: Door) -> None:
    figures = re.findall(FIGURE, await table(door))
    counts = {}
    for name, href, number in figures:
        there = (await door.client.get(href.replace("&amp;", "&"), headers=identity(LEADER))).text
        assert len(listed(there)) == int(number), name
        counts[name] = int(number)

    assert counts["late"] > 0
    assert counts["soon"] > 0
    assert counts["under_way"] == 6
    assert listed(await table(door, "/", status="open")) == listed(await table(door, status="open"))


async def test_filters_can_be_combined_stay_chosen_and_are_taken_off_one_by_one(door: Door) -> None:
    both = await table(door, department="water", holder="fire", warned="late")
    assert listed(both) == [str(project_id("joint"))]
    assert re.search(r'<option value="water" selected>', both)
    assert re.search(r'<option value="late" selected>', both)
    assert both.count("</span>Deadlines: Overdue ×") == 1
    fewer = await follow(door, both, '><span class="hidden">Remove </span>Deadlines')
    assert "Overdue ×" not in fewer
    assert fewer.count('<span class="hidden">Remove </span>') == 2
    assert listed(await table(door, status="done")) == []
    fabs = listed(await table(door, text="fab 3", manager="wang", status="open"))
    assert set(fabs) == {str(project_id(name)) for name in ("silent", "running", "late", "paused", "joint")}
    assert listed(await table(door, phase="none", kind="none")) == []
    assert (await door.get(TABLE, LEADER, warned="never")).status_code == 400


async def test_a_row_shows_each_item_as_a_cell_what_goes_on_and_the_clock_that_ends_first(door: Door) -> None:
    page = await table(door)
    joint, paused, running = (row(page, name) for name in ("joint", "paused", "running"))

    assert re.findall(r'<i class="([^"]*)" title="([^"]*)"', joint) == [
        ("unstarted", "land: Not started"),
        ("open late", "water: Under way, Overdue"),
        ("open late", "build: Under way, Overdue"),
        ("open", "tax: Under way"),
    ]
    assert re.search(r'<td class="clock">.*−\d+ working days <span class="tag late">Overdue', joint, re.DOTALL)
    assert '<rect class="over"' in joint
    assert '<i class="special"' in paused
    assert "0/4" in paused
    assert '<span class="tag paused">Paused</span>' in paused
    assert re.search(
        r'<td class="now"><a href="[^"]*/items/land[^"]*"[^>]*>land</a> <small>Accepted · Promise</small>', running
    )
    assert re.search(r'<td class="changed">\d+ days ago<small ', running)


async def test_a_project_without_a_flow_has_no_phase(door: Door) -> None:
    assert re.search(r'<td class="phase"><span class="number">0/4', row(await table(door), "late")) is None
    assert re.search(r'<td class="phase"><span class="number">1/4', row(await table(door), "late"))


@pytest.mark.parametrize("sort", ["harm", "left", "changed", "phase"])
async def test_every_order_has_all_projects_once_page_by_page(door: Door, sort: str) -> None:
    whole = listed(await table(door, sort=sort))
    page, pages = await table(door, sort=sort, limit="2"), []
    while True:
        pages.append(listed(page))
        if 'rel="next"' not in page:
            break
        href = re.findall(r'<a rel="next" href="([^"]*)"', page)[0].replace("&amp;", "&")
        page = (await door.client.get(href, headers=identity(LEADER))).text
    assert [len(part) for part in pages[:-1]] == [2] * (len(pages) - 1)
    assert [project for part in pages for project in part] == whole
    assert len(set(whole)) == len(whole) > 4
    assert 'rel="first"' in page


async def test_what_harms_is_on_top_and_what_ends_first_by_days_left(door: Door) -> None:
    by_harm, by_left = await table(door), await table(door, sort="left")
    for page in (by_harm, by_left):
        joint, running = (listed(page).index(str(project_id(name))) for name in ("joint", "running"))
        assert joint < running, "its limits are over"
    assert 'aria-sort="ascending"' in by_left
    assert (await door.get(TABLE, LEADER, sort="name")).status_code == 400
    assert (await door.get(TABLE, LEADER, cursor="x")).status_code == 400


async def test_a_row_opens_in_place_under_its_own_address(door: Door) -> None:
    page = await table(door)
    assert "<details open" not in page
    opened = await table(door, open=str(project_id("joint")))
    assert f'<details open id="open-{project_id("joint")}">' in opened
    items = opened.partition('<tr class="opened">')[2].partition("</details>")[0]
    assert re.findall(r'/items/(\w+)\?lang=en">', items) == ["land", "water", "build", "tax"]
    assert "Outside the system" in items
    assert listed(opened)[:1] == listed(page)[:1]


async def test_the_matrix_has_a_column_an_item_whose_cells_open_it(door: Door) -> None:
    page = await table(door, view="matrix")
    columns = re.findall(r"<th scope=\"col\"><span>([^<]*)</span>", page)
    assert set(columns) >= {"land", "water", "build", "tax"}
    joint = page.partition(f"/pages/projects/{project_id('joint')}?")[2].partition("</tr>")[0]
    assert re.search(r'<a class="open late" href="/pages/projects/[^"]*/items/water[^"]*"[^>]*>.*−\d', joint)
    assert len(listed(page)) == len(listed(await table(door)))


async def test_the_chart_has_a_bar_a_project(door: Door) -> None:
    page = await table(door, view="gantt")
    names = re.findall(r'<li><a href="/pages/projects/([0-9a-f-]{36})', page)
    assert len(names) == len(listed(await table(door)))
    assert page.count('class="whole"') >= 4
    assert '<rect class="over"' in page
    assert listed(await table(door, view="gantt", status="done")) == []


def test_a_week_begins_with_the_local_monday() -> None:
    zone = zone_of(DEFAULT_LAW).key
    assert week_from(at("04-30 12:00"), zone) == at("04-27 00:00")
    assert week_from(at("04-27 00:30"), zone) == at("04-27 00:00")
    assert week_from(at("04-26 23:30"), zone) == at("04-20 00:00")
