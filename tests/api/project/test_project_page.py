"""A project's page shows its state: phases, the clocks of each item with their working, what is known and said."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from msgspec import structs

from domain.core.ledger import Actor
from domain.core.plan import PlannedItem
from domain.core.types import Outcome
from domain.examples.zone import CATALOGUE_STORY, CONSULTATION, FLOW_NAME, FLOW_STORY, ZONE_NAME
from domain.messages import AnyCommand
from domain.project.application.acceptance import AcceptItem, DeclineItem
from domain.project.application.completion import CompleteItem
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from domain.project.feedback.complaint import FileComplaint
from domain.project.feedback.evaluation import EvaluateService, Grade
from domain.project.flow.adoption import StartFlow
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from tests.api.client import Door, identity, problem, unmarked
from tests.effort import PATIENCE_SECONDS
from tests.examples import APPLICANT, LEADER, MANAGER, USCC
from tests.law.questions import at

pytestmark = [pytest.mark.pages, pytest.mark.usefixtures("projector")]

HANDS = [at("03-01")]  # the clock on the wall
OFFICE = Actor("lin", "zone-office")
REGISTRATION = RegisterProject(name="研发楼", enterprise=Enterprise("恒信新材料有限公司", USCC), manager="wang")


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    async with Approvals(shared_database_url, clock=lambda: HANDS[0]) as opened:
        yield opened


DatedCommand = tuple[str, Actor, AnyCommand]


async def page_after(door: Door, approvals: Approvals, *commands: DatedCommand) -> tuple[UUID, str]:
    """A project of which these things were said at local times; and its page, once the views have it."""
    project, position = uuid4(), 0
    for day, by, command in commands:
        HANDS[0] = at(day)
        position = (await door.done(project, command, by))["position"]
    await Views(approvals.store).catch_up(position, patience=PATIENCE_SECONDS)
    response = await door.get(f"/pages/projects/{project}", LEADER, lang="en")
    assert response.status_code == 200, response.text
    return project, response.text


def row(page: str, item: str) -> str:
    """The row of one item."""
    return page.partition(f'<tr id="item-{item}">')[2].partition("</tr>")[0]


async def test_a_clock_is_beside_its_item_with_a_link_to_its_working(door: Door, approvals: Approvals) -> None:
    items = (
        PlannedItem(item="land", department="land", promise_days=7),
        PlannedItem(item="lease", department="land"),
        PlannedItem(item="site", department="planning", requires_any=(("land", "lease"),)),
    )
    registered: DatedCommand = ("03-02 09:00", MANAGER, structs.replace(REGISTRATION, items=items))
    applied: DatedCommand = ("03-02 10:00", APPLICANT, SubmitItem(item="land"))
    accepted: DatedCommand = ("03-03 09:00", Actor("li", "land"), AcceptItem(item="land"))
    project, page = await page_after(door, approvals, registered, applied, accepted)

    land = row(page, "land")
    assert "Promise <time>2026-03-12</time>" in land  # seven working days after its acceptance
    assert re.search(r'<td class="figure"[^>]*>7 working days</td>', land)
    for clock in ("commitment", "decision"):
        href = f"/pages/projects/{project}/clock?item=land&amp;clock={clock}&amp;application=1&amp;lang=en"
        assert href in land
        assert (await door.client.get(href.replace("&amp;", "&"), headers=identity(LEADER))).status_code == 200
    assert "<li>land or lease</li>" in row(page, "site")
    graph = page.partition('<svg class="graph"')[2].partition("</svg>")[0]
    assert re.findall(r'class="node (\w+)"', graph) == ["open", "unstarted", "unstarted"]
    assert re.findall(r'class="edge (\w+)"', graph) == ["holds", "holds"]
    assert graph.count('class="diamond"') == 1
    assert "No evaluations." in page
    assert re.search(r"Information known</a></dt><dd>0 / \d+</dd>", page)
    assert 'id="phases"' not in page


async def test_phases_say_how_far_they_are(door: Door, approvals: Approvals) -> None:
    HANDS[0] = at("03-02 12:00")
    for path, step in (
        *((f"/v1/catalogues/{ZONE_NAME}", step) for step in CATALOGUE_STORY),
        *((f"/v1/flows/{FLOW_NAME}", step) for step in FLOW_STORY),
    ):
        assert (await door.say(path, step.dated, step.by)).status_code == 200
    project, page = await page_after(
        door,
        approvals,
        ("03-03 09:00", MANAGER, REGISTRATION),
        ("03-03 09:30", MANAGER, StartFlow(flow=FLOW_NAME, kind="manufacturing", edition=1)),
        ("03-09 09:00", APPLICANT, SubmitItem(item="consultation")),
        ("03-09 10:00", OFFICE, AcceptItem(item="consultation")),
        ("03-10 09:00", OFFICE, CompleteItem(item="consultation", outcome=Outcome.GRANTED)),
        ("03-11 09:00", APPLICANT, EvaluateService(item="consultation", grade=Grade.DISSATISFIED, comment="等了很久")),
    )
    phases = page.partition('<ol class="phases">')[2].partition("</ol>")[0]

    assert re.findall(r'<li class="(\w+)">', phases) == ["done", "not_begun"]
    assert re.findall(r'<span class="number">([^<]*)</span>', phases) == ["1 / 1", "1 / 15 working days", "0 / 1"]
    assert "Entry and project initiation" in phases
    assert f">{CONSULTATION.task_name_en}</a></th>" in row(page, "consultation")
    assert f">{CONSULTATION.dept_name_en}</td>" in row(page, "consultation")
    assert ">建设用地规划许可证核发</a></th>" in unmarked(row(page, "land-permit"))  # it has no English name
    chinese = (await door.get(f"/pages/projects/{project}", LEADER, lang="zh")).text
    assert "入区咨询与立项" in chinese
    assert f">{CONSULTATION.dept_name}</td>" in row(chinese, "consultation")
    assert "Completed" in phases
    assert "Manufacturing" in page
    table = page.partition('<caption id="evaluations-caption">')[2].partition("</table>")[0]
    assert '<span class="tag late">Dissatisfied</span>' in table
    assert "等了很久" in table
    assert "Not taken up yet" in table


async def test_the_page_of_a_past_day_says_what_was_known_then(door: Door, approvals: Approvals) -> None:
    land = PlannedItem(item="land", department="land")
    registered: DatedCommand = ("03-02 09:00", MANAGER, structs.replace(REGISTRATION, items=(land,)))
    applied: DatedCommand = ("03-03 10:00", APPLICANT, SubmitItem(item="land"))
    declined: DatedCommand = ("03-05 09:00", Actor("li", "land"), DeclineItem(item="land", reasons="不属本部门职权"))
    complained: DatedCommand = ("03-06 09:00", APPLICANT, FileComplaint(complaint="late-1", about="慢"))
    project, page = await page_after(door, approvals, registered, applied, declined, complained)
    path = f"/pages/projects/{project}"

    then = (await door.get(path, LEADER, lang="en", on="2026-03-04")).text
    assert 'class="tag submitted"' in row(then, "land")
    assert 'class="tag declined"' in row(page, "land")
    assert ("投诉〔2026〕" in page, "投诉〔2026〕" in then) == (True, False)
    assert ("不属本部门职权" in page, "不属本部门职权" in then) == (True, False)
    assert "2026-03-05T00:00:00+08:00" in then  # the end of that day, which everything is as of
    assert 'value="2026-03-04"' in then
    assert "as_of=2026-03-0" in row(then, "land"), "the working is that of the day"
    assert f'href="{path}?lang=en"' in then, "the way back to now"

    same = (await door.get(path, LEADER, lang="en", as_of="2026-03-04T16:00:00Z")).text
    assert row(same, "land") == row(then, "land")
    for on, status in (("", 200), ("2030-01-01", 200), ("2026-03-01", 404), ("2026-02-30", 400), ("0001-01-01", 400)):
        assert (await door.get(path, LEADER, lang="en", on=on)).status_code == status, on


@pytest.mark.parametrize("path", ["/pages/projects/0193f0a2-7c00", "/pages/none", "/progres"])
async def test_a_mistyped_address_is_a_page_to_a_browser_and_a_problem_to_a_program(door: Door, path: str) -> None:
    seen = await door.client.get(
        path, headers={"Accept": "text/html,*/*;q=0.8", "Accept-Language": "zh"} | identity(LEADER)
    )
    assert (seen.status_code, seen.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "这个网址下没有内容" in seen.text
    problem(await door.client.get(path, headers=identity(LEADER)), "not-found")
