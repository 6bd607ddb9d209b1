"""The page of an item over HTTP: who reads it, on which day, and what it links to."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
import pytest_asyncio

from domain.core.ledger import Actor
from infrastructure.ledger.approvals import Approvals
from tests.api.client import Door
from tests.examples import APPLICANT, LAND, LEADER, MANAGER, WATER
from tests.law.questions import at
from tests.projections.zone import project_id, tell_zone

pytestmark = [pytest.mark.pages, pytest.mark.usefixtures("projector")]

HANDS = [at("03-01")]
LOOKED_AT = at("05-20 18:00")
STORY = project_id("story")


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    async with Approvals(shared_database_url, clock=lambda: HANDS[0]) as opened:
        await tell_zone(opened, HANDS)
        HANDS[0] = LOOKED_AT
        yield opened


async def page_of(door: Door, project: UUID, item: str, by: Actor | None = LEADER, **params: str) -> str:
    response = await door.get(f"/pages/projects/{project}/items/{item}", by, **params)
    assert response.status_code == 200, response.text
    assert " style=" not in response.text
    assert "<script" not in response.text
    return response.text


def part(page: str, heading: str) -> str:
    """The section that *heading* names."""
    return page.partition(f'aria-labelledby="{heading}"')[2].partition("</section>")[0]


def named(acts: str) -> list[str]:
    return re.findall(r"<b>([^<]*)</b>", acts)


async def test_an_officer_sees_the_possible_acts_and_their_effects(door: Door) -> None:
    acts = part(await page_of(door, project_id("silent"), "land", LAND), "acts")
    now, _, barred = acts.partition("<details>")
    assert named(now)[:3] == ["受理", "一次告知补正", "不予受理"]
    assert "决定时限开始" in now
    assert "作出决定" in named(barred)
    assert "现在是“已申请”" in barred


async def test_another_department_sees_whose_turn_it_is(door: Door) -> None:
    acts = part(await page_of(door, project_id("silent"), "land", WATER, lang="en"), "acts")
    assert "There is nothing for you to do here now." in acts
    assert "Accept" in named(acts)
    assert "land" in acts


async def test_the_applicant_may_withdraw(door: Door) -> None:
    acts = part(await page_of(door, project_id("silent"), "land", APPLICANT), "acts")
    assert "撤回申请" in named(acts)


async def test_the_binding_day_is_shown_beside_who_has_to_act(door: Door) -> None:
    who = part(await page_of(door, project_id("running"), "land", lang="en"), "who")
    assert 'class="until late"' in who
    assert re.search(r"<b><time>\d{4}-\d\d-\d\d</time></b>", who)
    href = re.findall(r'href="([^"]*/clock\?[^"]*)"', who)[0].replace("&amp;", "&")
    assert (await door.get(href)).status_code == 200


async def test_the_picture_says_beneath_what_it_shows(door: Door) -> None:
    clocks = part(await page_of(door, project_id("running"), "land", lang="en"), "clocks")
    drawn = re.findall(r'<text x="0" y="\d+">([^<]*)</text>', clocks)
    listed = re.findall(r'<th scope="row"><a[^>]*>([^<]*)<span', clocks)
    assert sorted(drawn) == sorted(listed)
    assert 'role="img"' in clocks


async def test_a_past_day_shows_the_item_as_it_was_and_no_actions(door: Door) -> None:
    page = await page_of(door, project_id("running"), "land", LAND, on="2026-04-01", lang="en")
    assert 'class="tag submitted"' in page
    acts = part(page, "acts")
    assert named(acts) == []
    assert "go back to now" in acts


async def test_what_it_waits_for_and_what_waits_for_it_link_to_each_other(door: Door) -> None:
    page = await page_of(door, STORY, "land-use")
    for item in re.findall(rf'href="/pages/projects/{STORY}/items/([a-z-]+)"', page):
        assert (await door.get(f"/pages/projects/{STORY}/items/{item}", LEADER)).status_code == 200


async def test_an_item_that_the_project_has_not_is_not_found(door: Door) -> None:
    response = await door.get(f"/pages/projects/{STORY}/items/nothing-such", LEADER, lang="en")
    assert response.status_code == 404
    assert response.headers["content-type"].startswith("text/html")


async def test_the_project_and_the_desk_lead_to_the_item(door: Door) -> None:
    address = f"/pages/projects/{project_id('running')}/items/land"
    for path in (f"/pages/projects/{project_id('running')}", "/desk?department=land"):
        assert address in (await door.get(path)).text


async def test_an_item_outside_the_system_is_for_the_manager_to_key_in(door: Door) -> None:
    acts = part(await page_of(door, project_id("running"), "tax", MANAGER), "acts")
    assert "录入系统外结果" in named(acts.partition("<details>")[0])
    assert "受理" not in named(acts)


async def test_what_was_not_as_the_law_asks_is_said_with_its_article(door: Door) -> None:
    zh, en = [
        part(await page_of(door, project_id("paused"), "land", lang=tongue), "remarks") for tongue in ("zh", "en")
    ]
    assert "中止时未将所需时间告知申请人；该时间仍不计入期限。" in zh
    assert "行政许可法" in zh
    assert "suspend_not_notified" not in zh
    assert "The applicant was not informed of a suspension" in en
    assert part(await page_of(door, project_id("running"), "land"), "remarks") == ""


async def test_an_office_outside_the_system_is_not_blamed_for_what_is_not_on_record(door: Door) -> None:
    assert part(await page_of(door, STORY, "tax", lang="zh"), "remarks") == ""
