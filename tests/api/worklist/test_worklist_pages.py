"""A department's desk and the working behind a clock: what is on it, in which order, and every day that counts."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio

from domain.core.ledger import Actor
from domain.project.application.supplement import RequestSupplement
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from tests.api.client import Door, identity
from tests.api.exports.linked import linked_rows, projects_in
from tests.effort import PATIENCE_SECONDS, long_unless
from tests.examples import FIRE, LAND, LEADER
from tests.law.questions import at
from tests.projections.zone import project_id, tell_zone

pytestmark = [pytest.mark.pages, pytest.mark.usefixtures("projector")]

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
        await Views(opened.store).catch_up(await opened.store.head(), patience=PATIENCE_SECONDS)
        yield opened


async def shown(door: Door, path: str = "/desk", by: Actor = LEADER, /, **params: str) -> str:
    response = await door.get(path, by, lang="en", **params)
    assert response.status_code == 200, response.text
    return response.text


def rows(page: str, group: str) -> list[str]:
    """The rows of the table in the section whose heading has the id *group*."""
    body = page.partition(f'<h2 id="{group}"')[2].partition("</section>")[0].partition("<tbody>")[2]
    return body.partition("</tbody>")[0].split("</tr>")[:-1]


def figures(page: str) -> dict[str, int]:
    """The figures at the head of the desk, by group."""
    matches = re.findall(r'<a class="(\w+)[^"]*" href="[^"]*"[^>]*>[^<]*<b class="number">([\d,]+)</b>', page)
    return {name: int(number.replace(",", "")) for name, number in matches}


def dues(page: str, *groups: str) -> list[str]:
    """The last days in the rows of *groups*, as far as they have one."""
    return [
        day
        for group in groups
        for row in rows(page, group)
        for day in re.findall(r"<time>(2026-\d\d-\d\d)</time>", row)[:1]
    ]


async def test_what_ends_first_is_on_top_with_what_it_waits_for_and_what_lateness_means(door: Door) -> None:
    page = await shown(door, department="land")

    assert dues(page, "today", "week", "later") == sorted(dues(page, "today", "week", "later"))
    assert all(day <= "2026-04-14" for day in dues(page, "today"))
    assert all("2026-04-14" < day <= "2026-04-19" for day in dues(page, "week"))
    (running,) = [row for row in rows(page, "week") + rows(page, "later") if str(project_id("running")) in row]
    assert "The decision" in running
    assert "a yellow card" in running, "its promise ends before the limit of the law"
    assert '<svg class="limit"' in running
    assert "How is this counted?" in running
    (paused,) = [row for row in rows(page, "others") if "Paused" in row]
    assert "The end of a suspension: testing" in paused
    assert "if resumed now" in paused


@pytest.mark.parametrize("department", ["land", "fire"])
async def test_every_figure_is_the_length_of_its_list(door: Door, department: str) -> None:
    desk, desks = await shown(door, department=department), await shown(door)

    numbers = figures(desk)
    assert numbers
    assert {name: len(rows(desk, name)) for name in numbers} == numbers
    for name, number in numbers.items():
        alone = await shown(door, department=department, group=name)
        assert len(rows(alone, name)) == number
    line = desks.partition(f"department={department}&amp;")[2].partition("</tr>")[0]
    (holds,) = re.findall(r'data-label="To do" class="figure">(\d+)<', line)
    assert sum(numbers[name] for name in ("today", "week", "later", "opinions")) == int(holds)
    counted = (await door.get("/v1/waiting/holders")).json()["holders"]
    assert [count["holds"] for count in counted if count["holder"] == department] == [int(holds)]


@pytest.mark.parametrize("department", ["land", "fire"])
async def test_what_is_due_by_the_end_of_the_week_is_shown_however_many_waits_are_longer(
    door: Door, monkeypatch: pytest.MonkeyPatch, department: str
) -> None:
    def due(page: str) -> list[list[str]]:
        return [projects_in(rows(page, group)) for group in ("today", "week", "opinions")]

    whole = await shown(door, department=department)
    assert any(due(whole)[:2])
    assert "The queue is longer than shown" not in whole
    monkeypatch.setattr("api.worklist.view_models.WAITS_MAX", 1)
    cut = await shown(door, department=department)

    assert due(cut) == due(whole)
    assert "The queue is longer than shown" in cut
    assert rows(cut, "later") == [], "only what is due this week is looked at beside the longest wait"


@pytest.mark.parametrize("department", long_unless(lambda department: department == "fire", ["land", "fire"]))
async def test_the_file_of_a_desk_has_its_rows_group_by_group(door: Door, department: str) -> None:
    desk = await shown(door, department=department)
    table = await linked_rows(door, desk, "worklist", LEADER)

    assert [line["Project id"] for line in table] == [
        project for name in figures(desk) for project in projects_in(rows(desk, name))
    ]
    for name, number in figures(desk).items():
        alone = await shown(door, department=department, group=name)
        assert len(await linked_rows(door, alone, "worklist", LEADER)) == number
    assert [line["Due"] for line in table if line["List"] == "This week"] == dues(desk, "week")
    if department == "land":
        (supplement,) = [line for line in table if line["List"] == "Waiting on applicants"]
        assert supplement["Step"] == "Papers: 红线图 (Applicant)"
        assert {line["If it is late"] for line in table} >= {"a yellow card, as a promise is broken"}


async def test_the_file_of_a_desk_is_that_of_the_reader_or_of_the_one_named(door: Door) -> None:
    own = await linked_rows(door, await shown(door, "/desk", FIRE), "worklist", FIRE)
    assert own == await linked_rows(door, await shown(door, department="fire"), "worklist", FIRE)
    unnamed = await door.get("/pages/exports/worklist/csv", LEADER, lang="en")
    assert unnamed.status_code == 400
    assert "the desk of which department" in unnamed.text


async def test_the_choice_of_desks_leads_to_the_file_of_all_waits(door: Door) -> None:
    table = await linked_rows(door, await shown(door), "waiting", LEADER)
    waiting = (await door.get("/v1/waiting", limit="500")).json()["waiting"]
    assert [line["Project id"] for line in table] == [wait["project"] for wait in waiting]
    assert {line["Waits for"] for line in table} >= {"Papers", "The decision", "A countersignature"}
    assert not any("<time" in cell for line in table for cell in line.values())


async def test_what_others_hold_up_is_on_a_desk_however_much_the_department_holds_itself(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await shown(door, department="land")
    of_others = {name: len(rows(desk, name)) for name in ("applicant", "others")}
    assert all(of_others.values())
    monkeypatch.setattr("api.worklist.view_models.WAITS_MAX", sum(of_others.values()))

    shorter = await shown(door, department="land")

    assert {name: len(rows(shorter, name)) for name in of_others} == of_others


async def test_opinions_and_supplements_have_groups_of_their_own(door: Door) -> None:
    (opinion,) = rows(await shown(door, department="fire"), "opinions")
    assert str(project_id("joint")) in opinion
    assert '<span class="tag late">Overdue' in opinion
    assert "A countersignature" in opinion

    (supplement,) = rows(await shown(door, department="land"), "applicant")
    assert "红线图" in supplement
    assert str(project_id("silent")) in supplement


async def test_readers_find_their_own_desk_and_others_choose(door: Door) -> None:
    assert "Department desk – fire" in await shown(door, "/desk", FIRE)
    choice = await shown(door)
    assert "Choose a department." in choice
    assert 'href="/desk?department=fire&amp;lang=en"' in choice
    nothing = await shown(door, department="nobody")
    assert "Nothing waits for this department." in nothing
    assert (await door.get("/desk", LEADER, department="\0")).status_code == 400
    assert (await door.get("/desk", LEADER, group="everything")).status_code == 400


def days_of(page: str) -> list[str]:
    """The rows of the table of days."""
    body = page.partition('<caption id="days-caption"')[2].partition("</table>")[0].partition("<tbody>")[2]
    return body.split("</tr>")[:-1]


async def test_a_clock_is_counted_day_by_day(door: Door) -> None:
    page = await shown(door, department="land")
    (row,) = [row for row in rows(page, "week") + rows(page, "later") if str(project_id("running")) in row]
    href = re.findall(r'href="([^"]*/clock\?[^"]*)"', row)[0].replace("&amp;", "&")
    due = re.findall(r"<time>([^<]*)</time>", row)[0]
    page = (await door.client.get(href, headers=identity(LEADER))).text

    days = days_of(page)
    numbered = [
        re.findall(r'scope="row" class="number">([^<]*)</th>.*<td class="figure">(\d+)<', day, re.DOTALL)
        for day in days
    ]
    last = [matches[0] for matches in numbered if matches][-1]
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
    assert "failure to act" not in await shown(door, path, **params | {"as_of": "2026-05-06T12:00:00+08:00"})


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
