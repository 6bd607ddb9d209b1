"""The progress table as of a past day: figures as long as their lists, every order, clocks as they were, a file."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from infrastructure.ledger.approvals import Approvals
from tests.api.client import Door, identity
from tests.examples import LEADER
from tests.law.questions import at
from tests.projections.zone import project_id, zone_looked_at

pytestmark = [pytest.mark.pages, pytest.mark.usefixtures("projector")]

HANDS = [at("03-01")]  # the clock on the wall
FIGURE = r'<a class="(\w+)[^"]*" href="([^"]*)"[^>]*>[^<]*<b class="number">([0-9,]+)</b>'
END = "2026-04-21T00:00:00+08:00"
TABLE = "/pages/progress"


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    """A small zone, looked at on the 30th of May."""
    async with zone_looked_at(shared_database_url, HANDS, "05-30 12:00") as opened:
        yield opened


async def table(door: Door, **params: str) -> str:
    response = await door.get(TABLE, LEADER, lang="en", **params)
    assert response.status_code == 200, response.text
    return response.text


def listed(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/pages/projects/([0-9a-f-]{36})\?', page)


async def follow(door: Door, href: str) -> str:
    """The page at an address of another."""
    return (await door.client.get(href.replace("&amp;", "&"), headers=identity(LEADER))).text


async def test_each_figure_of_a_past_day_is_the_length_of_its_list(door: Door) -> None:
    page = await table(door, as_of=END)

    figures = {name: (href, int(number)) for name, href, number in re.findall(FIGURE, page)}
    assert set(figures) == {"under_way", "stuck", "late", "soon", "applicant", "stale"}
    now = {name: int(number) for name, _, number in re.findall(FIGURE, await table(door))}
    assert now != {name: number for name, (_, number) in figures.items()}
    for href, number in figures.values():
        assert len(listed(await follow(door, href))) == number
    for words in ("A past day", "as was recorded by then", 'value="2026-04-20"', "as_of=2026-04-21"):
        assert words in page


@pytest.mark.parametrize("sort", ["harm", "left", "changed", "phase"])
async def test_every_order_of_a_past_day_has_all_projects_once_page_by_page(door: Door, sort: str) -> None:
    whole = listed(await table(door, as_of=END, sort=sort))

    page = await table(door, as_of=END, sort=sort, limit="3")
    pieces = listed(page)
    while following := re.search(r'rel="next" href="([^"]*)"', page):
        page = await follow(door, following[1])
        pieces += listed(page)
    assert pieces == whole
    assert len(set(whole)) == len(whole) > 3


async def test_rows_have_the_clocks_of_the_day_and_views_and_files_are_of_it_too(door: Door) -> None:
    late = str(project_id("late"))
    row = (await table(door, as_of=END)).partition(f'<tr id="row-{late}">')[2].partition("</tr>")[0]
    assert "Accepted" in row, "it was decided in May"
    assert '<svg class="limit"' in row

    for view in ("matrix", "gantt"):
        assert f"/pages/projects/{late}?as_of=2026-04-21" in await table(door, as_of=END, view=view)
    file = await door.get("/pages/exports/progress/csv", LEADER, lang="en", as_of=END)
    assert file.status_code == 200
    (line,) = [line for line in file.text.splitlines() if late in line]
    assert "2026-05-08" not in line


async def test_a_day_is_chosen_by_the_form(door: Door) -> None:
    chosen = await door.client.get(f"{TABLE}?on=2026-04-20&limit=3", headers=identity(LEADER), follow_redirects=False)

    assert chosen.status_code == 303
    assert len(listed(await follow(door, chosen.headers["location"]))) == 3
    known_now = await table(door, as_of=END, known_at=HANDS[0].isoformat())
    assert "Show it as was recorded by then" in known_now
    assert (await door.get(TABLE, LEADER, on="2026-13-01")).status_code == 400
