"""A department's desk and the working behind a clock: what is on it, in which order, and every day that counts."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from litestar import Litestar

from api.app import PAGES, create_app
from domain.project.application.supplement import RequestSupplement
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from infrastructure.settings import Settings
from tests.api.client import Door, identity
from tests.examples import FIRE, LAND, LEADER
from tests.law.questions import at
from tests.projections.zone import project_id, tell_zone

pytestmark = pytest.mark.usefixtures("projector")

HANDS = [at("03-01")]  # the clock on the wall
LACKING = RequestSupplement(item="land", missing=("红线图",))


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    """A small zone, looked at on the 14th of April; one applicant owes a map."""
    async with Approvals(shared_database_url, clock=lambda: HANDS[0]) as opened:
        await tell_zone(opened, HANDS)
        HANDS[0] = at("04-07 10:00")
        await opened.handle(project_id("silent"), LACKING, LAND, uuid4())
        HANDS[0] = at("04-14 12:00")
        await Views(opened.store).catch_up(await opened.store.head(), patience=10)
        yield opened


@pytest.fixture(scope="module")
def app(approvals: Approvals) -> Litestar:
    return create_app(approvals, Views(approvals.store), Settings(data=Path("unused")), pages=PAGES)


async def shown(door: Door, path: str = "/worklist", **params: str) -> str:
    response = await door.get(path, LEADER, lang="en", **params)
    assert response.status_code == 200, response.text
    return response.text


def rows(page: str, table: str) -> list[str]:
    """The rows of the table whose caption has the id *table*."""
    body = page.partition(f'<caption id="{table}"')[2].partition("</table>")[0].partition("<tbody>")[2]
    return body.split("</tr>")[:-1]


async def test_what_ends_first_is_on_top_with_why_and_what_it_waits_for(door: Door) -> None:
    queue = rows(await shown(door, department="land"), "queue")

    unclocked = [row for row in queue if "No clock is running" in row]
    queue = queue[: len(queue) - len(unclocked)]
    assert not [row for row in queue if row in unclocked], "what has no end comes last"

    days = [re.findall(r"<time>(\d{4}-\d\d-\d\d|–)</time>", row)[0] for row in queue]
    running = [day for day, row in zip(days, queue, strict=True) if "Paused" not in row]
    assert running == sorted(running)
    assert all("How is this counted?" in row for row in queue)
    assert not [row for row in queue if "Paused" in row]
    (paused,) = [row for row in rows(await shown(door, department="land"), "others") if "Paused" in row]
    assert "The end of a suspension: testing" in paused
    assert "if resumed now" in paused


@pytest.mark.parametrize("department", ["land", "fire"])
async def test_a_worklist_lists_as_many_tasks_as_the_overview_counts(door: Door, department: str) -> None:
    desk, desks = await shown(door, department=department), await shown(door)

    line = desks.partition(f"department={department}&amp;")[2].partition("</tr>")[0]
    (holds,) = re.findall(r'data-label="To do" class="figure">(\d+)<', line)
    assert re.findall(r'<div class="queue"[^>]*><dt>To do</dt><dd>(\d+)</dd>', desk) == [holds]
    assert len(rows(desk, "queue")) + len(rows(desk, "opinions")) == int(holds)
    counted = (await door.get("/v1/waiting/holders")).json()["holders"]
    assert [row["holds"] for row in counted if row["holder"] == department] == [int(holds)]


async def test_opinions_and_supplements_have_lists_of_their_own(door: Door) -> None:
    fire = await shown(door, department="fire")
    (opinion,) = rows(fire, "opinions")
    assert str(project_id("joint")) in opinion
    assert '<span class="tag late">Overdue' in opinion
    assert all("Countersignature" not in row for row in rows(fire, "queue"))
    assert "No item waits for papers." in fire

    (supplement,) = rows(await shown(door, department="land"), "supplements")
    assert "红线图" in supplement
    assert str(project_id("silent")) in supplement


async def test_readers_find_their_own_desk_and_others_choose(door: Door) -> None:
    own = await door.get("/worklist", FIRE, lang="en")
    assert "Department desk – fire" in own.text
    choice = await shown(door)
    assert "Choose a department." in choice
    assert 'href="/worklist?department=fire&amp;lang=en"' in choice
    nothing = await shown(door, department="nobody")
    assert "Nothing waits for this department." in nothing
    assert (await door.get("/worklist", LEADER, department="\0")).status_code == 400


async def test_a_clock_is_counted_day_by_day(door: Door) -> None:
    (row,) = [
        text for text in rows(await shown(door, department="land"), "queue") if str(project_id("running")) in text
    ][:1]
    href = re.findall(r'href="([^"]*/clock\?[^"]*)"', row)[0].replace("&amp;", "&")
    due = re.findall(r"<time>([^<]*)</time>", row)[0]
    page = (await door.client.get(href, headers=identity(LEADER))).text

    days = rows(page, "days-caption")
    numbered = [
        re.findall(r'scope="row" class="number">([^<]*)</th>.*<td class="figure">(\d+)<', text, re.DOTALL)
        for text in days
    ]
    last = [numbers[0] for numbers in numbered if numbers][-1]
    length = re.findall(r"<dd>(\d+) working days</dd>", page)[0]
    assert last == (due, length)
    assert "Day 0, never counts" in days[0]


async def test_the_page_of_a_clock_shows_what_was_known_then(door: Door) -> None:
    """The receipt of April 1 was recorded then, the acceptance of the 2nd on the 2nd."""
    path, late = f"/pages/projects/{project_id('running')}/clock", "2026-04-10T12:00:00+08:00"
    params = {"item": "land", "clock": "intake#1"}

    then = await shown(door, path, as_of=late, known_at="2026-04-01T12:00:00+08:00", **params)
    now = await shown(door, path, as_of=late, **params)

    assert "as was recorded by" in then
    assert "as was recorded by" not in now
    assert ("<dd>Lapsed</dd>" in then, "<dd>In time</dd>" in now) == (True, True)
    assert (await door.get(path, LEADER, known_at="2026-04-01", **params)).status_code == 400


async def test_the_page_of_an_overdue_decision_names_the_remedy_in_both_languages(door: Door) -> None:
    path = f"/pages/projects/{project_id('running')}/clock"
    params = {"item": "land", "clock": "decision", "as_of": "2026-05-20T12:00:00+08:00"}

    english = await shown(door, path, **params)
    chinese = (await door.get(path, LEADER, lang="zh", **params)).text

    assert "from 2026-05-07 to 2026-11-06" in english
    assert "Interpretation of the Administrative Procedure Law, Art. 66" in english
    assert "自 2026-05-07 起，至 2026-11-06 止" in chinese
    assert "的解释第六十六条" in chinese
    assert "suit over" not in await shown(door, path, **params | {"as_of": "2026-05-06T12:00:00+08:00"})


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "zh",
            (
                "民法典第二百零一条第一款",
                "国务院办公厅关于2026年部分节假日安排的通知",
                "已书面告知",
                "本行政机关负责人",
            ),
        ),
        ("en", ("Civil Code, Art. 201(1)", "Written notice to the applicant", "the head of the agency")),
    ],
)
async def test_the_page_of_a_clock_shows_what_the_count_rests_on(door: Door, lang: str, words: tuple[str, ...]) -> None:
    path = f"/pages/projects/{project_id('story')}/clock"
    params = {"item": "land-use", "clock": "decision", "as_of": "2026-05-20T12:00:00+08:00", "lang": lang}
    page = (await door.get(path, LEADER, **params)).text

    assert all(word in page for word in (*words, "周局长", "听证意见需要核实", "所需时间不计算在本节规定的期限内"))


async def test_a_clock_that_has_not_started_is_not_found(door: Door) -> None:
    path = f"/pages/projects/{project_id('running')}/clock"
    assert (await door.get(path, LEADER, item="land", clock="delivery")).status_code == 404
    assert (await door.get(path, LEADER, item="none", clock="decision")).status_code == 404
    assert (await door.get(path, LEADER, clock="decision")).status_code == 400
