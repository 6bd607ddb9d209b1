"""The overview: what needs attention and why, figures that are the lengths of their lists, weeks, steps, emptiness."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from html import unescape
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from litestar.status_codes import HTTP_503_SERVICE_UNAVAILABLE

from api.exports import download
from api.overview.view_models import WEEKS, spark, weeks_until
from domain.core.ledger import Actor
from domain.core.plan import PlannedItem
from domain.core.types import Outcome
from domain.messages import AnyCommand
from domain.project.application.acceptance import AcceptItem, DeclineItem
from domain.project.application.completion import CompleteItem
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from domain.project.state.step import CaseStep
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from projections.overview.attention import obstacles
from projections.overview.steps import step_cases, step_counts
from projections.overview.weeks import decided_weeks, weekly_figures
from projections.scope import ZONE_SCOPE, Scope
from tests.api.client import Door
from tests.api.exports.linked import linked_rows, projects_in
from tests.effort import PATIENCE_SECONDS
from tests.examples import APPLICANT, LAND, LEADER, MANAGER, USCC, project_id_of
from tests.infrastructure.projector.test_projector import project_all
from tests.law.questions import at

pytestmark = [pytest.mark.pages, pytest.mark.usefixtures("projector")]

HANDS = [at("04-01 09:00")]
NOW = at("05-20 12:00")
MARK = "<script>alert('厂房')</script>"
PLAN = (
    PlannedItem(item="land", name="用地批准", department="land", promise_days=10),
    PlannedItem(item="plan", name="规划许可", department="land", requires=("land",)),
    PlannedItem(item="permit", name="施工许可", department="land", requires=("plan",)),
)
FIGURE = re.compile(
    r'<a class="(under_way|stuck|late|decided)[^"]*" href="([^"]+)"><span>[^<]+</span> <b class="number">([\d,]+)'
)
LENGTH = re.compile(r'<span class="number">\(?([\d,]+)\)?</span>')  # the first one of a list is its length


def project_of(name: str) -> UUID:
    """The project called *name* here."""
    return project_id_of(UUID(int=11), name)


def steps() -> list[tuple[str, str, Actor, AnyCommand]]:
    """A project declined long ago, one late, one done, one in time; the declined one has a hostile name."""
    register = {
        name: RegisterProject(
            name=MARK if name == "stuck" else f"项目{name}",
            code=f"O-{name}",
            enterprise=Enterprise("恒信", USCC),
            manager=MANAGER.id,
            items=PLAN[:1] if name == "done" else PLAN,
        )
        for name in ("stuck", "late", "done", "fine")
    }
    granted = CompleteItem(item="land", outcome=Outcome.GRANTED)
    return [
        *((day, name, MANAGER, register[name]) for day, name in (("04-01 09:00", "stuck"), ("04-01 09:05", "late"))),
        ("04-02 09:00", "stuck", APPLICANT, SubmitItem(item="land")),
        ("04-03 09:00", "stuck", LAND, DeclineItem(item="land", reasons="不属于本机关职权范围")),
        ("04-03 10:00", "late", APPLICANT, SubmitItem(item="land")),
        ("04-07 10:00", "late", LAND, AcceptItem(item="land")),
        ("05-11 09:00", "done", MANAGER, register["done"]),
        ("05-11 10:00", "done", APPLICANT, SubmitItem(item="land")),
        ("05-12 10:00", "done", LAND, AcceptItem(item="land")),
        ("05-19 10:00", "done", LAND, granted),
        ("05-18 09:00", "fine", MANAGER, register["fine"]),
        ("05-18 10:00", "fine", APPLICANT, SubmitItem(item="land")),
    ]


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    async with Approvals(shared_database_url, clock=lambda: HANDS[0]) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module")
async def empty(door: Door) -> dict[str, str]:
    """The page before anything was registered, by language."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        # the views are being made, and there is no entry yet that they could catch up with
        while (await door.get("/", LEADER)).status_code == HTTP_503_SERVICE_UNAVAILABLE:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return {lang: (await door.get("/", LEADER, lang=lang)).text for lang in ("zh", "en")}


@pytest_asyncio.fixture(scope="module")
async def zone(empty: dict[str, str], approvals: Approvals) -> Approvals:
    """The four projects, looked at on 20 May."""
    assert empty
    for when, name, by, command in steps():
        HANDS[0] = at(when)
        await approvals.handle(project_of(name), command, by, uuid4())
    HANDS[0] = NOW
    await Views(approvals.store).catch_up(await approvals.store.head(), patience=PATIENCE_SECONDS)
    return approvals


async def test_an_empty_zone_says_so(empty: dict[str, str]) -> None:
    assert "还没有登记项目" in empty["zh"]
    assert "needs your attention" not in empty["en"].lower()


async def test_what_needs_attention_is_said_in_a_sentence_with_holder_and_link(door: Door, zone: Approvals) -> None:
    assert zone
    page = (await door.get("/", LEADER)).text
    rows = page.split('<ol class="todo">')[1].split("</ol>")[0].split("</li>")
    stuck, late = rows[0], rows[1]

    assert "用地批准 <time" in stuck
    assert "不予受理，企业未重新申请，已 47 天（自然日），后面还有 2 项" in re.sub("<[^>]+>", "", stuck)
    assert f"/pages/projects/{project_of('stuck')}" in stuck
    assert MARK not in page
    assert "项目late" in late
    assert "已超" in late
    assert "后面还有 2 项" in late
    assert "项目fine" not in "".join(rows)


async def test_obstacles_come_by_the_items_behind_them(zone: Approvals) -> None:
    rows = await obstacles(zone.store, NOW, ZONE_SCOPE, 7)
    assert [(row.project, row.behind, bool(row.ended)) for row in rows] == [
        (project_of("stuck"), 2, True),
        (project_of("late"), 2, False),
    ]
    assert len(await obstacles(zone.store, NOW, ZONE_SCOPE, 1)) == 1


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_every_figure_is_the_length_of_its_list(door: Door, zone: Approvals, lang: str) -> None:
    assert zone
    page = (await door.get("/", LEADER, lang=lang)).text
    figures = {name: (href, number) for name, href, number in FIGURE.findall(page)}
    assert {name: number for name, (_, number) in figures.items()} == {
        "under_way": "3",
        "stuck": "1",
        "late": "1",
        "decided": "1",
    }
    for href, number in figures.values():
        address = urlsplit(unescape(href))
        response = await door.client.get(f"{address.path}?{address.query}", headers=leader())
        assert response.status_code == 200
        assert LENGTH.findall(response.text)[0] == number, href


async def test_steps_are_the_lengths_of_their_lists(door: Door, zone: Approvals) -> None:
    counts = await step_counts(zone.store, NOW, ZONE_SCOPE)
    assert {count.step: (count.cases, count.late) for count in counts} == {
        CaseStep.ACCEPTANCE: (1, 0),
        CaseStep.EXAMINATION: (0, 0),
        CaseStep.DECISION: (1, 1),
        CaseStep.DELIVERY: (1, 0),
    }
    for count in counts:
        for late, number in ((False, count.cases), (True, count.late)):
            rows = await step_cases(zone.store, NOW, ZONE_SCOPE, count, late=late, limit=9, offset=0)
            assert len(rows) == number
    page = (await door.get("/pages/cases", LEADER, step="decision", late="true")).text
    assert "项目late" in page
    assert "没有这样的在办件" in (await door.get("/pages/cases", LEADER, step="examination")).text
    assert (await door.get("/pages/cases", LEADER, step="nowhere")).status_code == 400


async def test_lists_of_the_overview_are_files_with_all_their_rows(
    door: Door, zone: Approvals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "BATCH_ROWS", 1)
    page = (await door.get("/", LEADER)).text
    shown = page.split('<ol class="todo">')[1].split("</ol>")[0].split("</li>")[:-1]
    table = await linked_rows(door, page, "attention", LEADER)
    assert [line["项目标识"] for line in table] == projects_in(shown)
    assert table[0]["受阻情况"].endswith("企业未重新申请，已 47 天（自然日），后面还有 2 项")
    assert table[0]["等待它的事项数"] == "2"
    for count in await step_counts(zone.store, NOW, ZONE_SCOPE):
        for late, number in (("", count.cases), ("true", count.late)):
            listed = (await door.get("/pages/cases", LEADER, step=count.step.value, late=late)).text
            body = listed.partition("<tbody>")[2].partition("</tbody>")[0].split("</tr>")[:-1]
            cases = await linked_rows(door, listed, "cases", LEADER)
            assert [line["项目标识"] for line in cases] == projects_in(body)
            assert len(cases) == number


async def test_weeks_show_what_was_so_at_their_ends(zone: Approvals) -> None:
    weeks = weeks_until(NOW, "Asia/Shanghai")
    assert (len(weeks.begins), weeks.first_days[-1].isoformat(), weeks.ends[-1]) == (WEEKS, "2026-05-18", NOW)
    figures = await weekly_figures(zone.store, weeks, ZONE_SCOPE)
    assert figures.under_way == [0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 3, 3]
    assert figures.stuck == [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]
    assert figures.late[:6] == [0] * 6
    assert figures.late[-1] == 1
    decided = await decided_weeks(zone.store, weeks, ZONE_SCOPE)
    assert [(row.department, row.week, row.decided) for row in decided] == [("land", WEEKS - 1, 1)]
    assert decided[0].share is not None
    assert 0 < decided[0].share < 1


async def test_a_clock_that_silence_will_start_is_not_late_before_it_starts(database_url: str) -> None:
    hands, project = [at("05-18 09:00")], project_of("silent")
    item = PlannedItem(item="land", name="用地批准", department="land", promise_days=1)
    register = RegisterProject(
        name="silent", code="O-silent", enterprise=Enterprise("恒信", USCC), manager=MANAGER.id, items=(item,)
    )
    async with Approvals(database_url, clock=lambda: hands[0]) as approvals:
        await approvals.handle(project, register, MANAGER, uuid4())
        await approvals.handle(project, SubmitItem(item="land"), APPLICANT, uuid4())
        project_all(database_url)
        before, after = (weeks_until(t, "Asia/Shanghai") for t in (NOW, at("05-28 12:00")))

        assert (await weekly_figures(approvals.store, before, ZONE_SCOPE)).late[-1] == 0, "it may still be declined"
        assert (await weekly_figures(approvals.store, after, ZONE_SCOPE)).late[-1] == 1


@pytest.mark.parametrize("law", ["cn-licensing", "kr-petitions", "tw-apa"])
async def test_a_clock_that_stopped_late_was_late_in_the_weeks_before(
    database_url: str, monkeypatch: pytest.MonkeyPatch, law: str
) -> None:
    hands, project = [at("03-02 09:00")], project_of("slow")
    item = PlannedItem(item="land", name="用地批准", department="land")
    register = RegisterProject(
        name="slow", code="O-slow", enterprise=Enterprise("恒信", USCC), manager=MANAGER.id, law=law, items=(item,)
    )
    granted = CompleteItem(item="land", outcome=Outcome.GRANTED)
    async with Approvals(database_url, clock=lambda: hands[0]) as approvals:
        for when, by, command in (
            ("03-02 09:00", MANAGER, register),
            ("03-02 10:00", APPLICANT, SubmitItem(item="land")),
            ("03-03 10:00", LAND, AcceptItem(item="land")),
        ):
            hands[0] = at(when)
            await approvals.handle(project, command, by, uuid4())
        hands[0] = at("05-13 10:00")
        project_all(database_url)
        weeks = weeks_until(hands[0], "Asia/Shanghai")
        running = (await weekly_figures(approvals.store, weeks, ZONE_SCOPE)).late
        await approvals.handle(project, granted, LAND, uuid4())
        project_all(database_url)
        stopped = await weekly_figures(approvals.store, weeks, ZONE_SCOPE)
        decided = await decided_weeks(approvals.store, weeks, ZONE_SCOPE)
        monkeypatch.setattr(Scope, "sees_all", lambda *_: False)
        by_rows = await weekly_figures(approvals.store, weeks, ZONE_SCOPE)
        decided_by_rows = await decided_weeks(approvals.store, weeks, ZONE_SCOPE)

    assert (running[0], running[-1]) == (0, 1)
    assert stopped.late == [*running[:-1], 0]
    assert by_rows == stopped
    assert [week.share is not None for week in decided] == [law == "cn-licensing"], "others don't count working days"
    assert decided_by_rows == decided


def test_a_spark_goes_from_foot_to_top() -> None:
    assert spark([0, 0, 4]) == "0.0,26.0 60.0,26.0 120.0,2.0"
    assert spark([0, 0]) == "0.0,26.0 120.0,26.0"


async def test_filters_in_the_address_lead_to_the_table_and_others_keep_their_home(door: Door, zone: Approvals) -> None:
    assert zone
    assert 'class="overview"' not in (await door.get("/", LEADER, stuck="true")).text
    assert 'class="overview"' not in (await door.get("/", LAND)).text
    assert (await door.get("/overview", LAND)).status_code == 403


def leader() -> dict[str, str]:
    """The headers of a leader who reads Chinese."""
    return {"X-Actor": LEADER.id, "X-Role": LEADER.role.value}
