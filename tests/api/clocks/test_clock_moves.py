"""A calendar notice over HTTP: previewed, approved and applied, it moves the clocks that run, and the view follows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from time import monotonic
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import pytest_asyncio

from domain.calendar.notice import ApplyNotice, ApproveNotice, ImportNotice
from domain.calendar.state import stream_of
from domain.examples.calendar import HEAD
from domain.project.application.announcement import AnnounceDate
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.projector import Projector
from infrastructure.projector.rebuild import rebuild
from tests.api.client import Door, problem
from tests.api.law.test_calendars import CN, say
from tests.examples import BUREAU, LAND
from tests.law.questions import at
from tests.projections.zone import project_id, tell_zone

pytestmark = pytest.mark.usefixtures("projector")

HANDS = [at("03-01")]
TODAY = "2026-04-21T12:00:00+08:00"
SECONDS_MAX = 60
SATURDAY_WORKED = ImportNotice(  # announced on a Tuesday: the Friday off is over, so a second person is asked for
    calendar="CN",
    notice="CN-2026-swap",
    published=date(2026, 4, 21),
    papers=("https://www.gov.cn/zhengce/example.htm",),
    days={date(2026, 4, 17): 0, date(2026, 4, 25): 1, date(2026, 4, 26): 1},
    title="关于调休的通知（示例）",
)


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    async with Approvals(shared_database_url, clock=lambda: HANDS[0]) as opened:
        await tell_zone(opened, HANDS)
        HANDS[0] = at("04-21")
        for clock, day in (("decision", date(2026, 5, 6)), ("commitment", date(2026, 4, 17))):
            announcement = AnnounceDate(item="land", clock=clock, announced_on=day, occurred_at=at("04-02"))
            await opened.handle(project_id("running"), announcement, LAND, uuid4())
        yield opened


async def got(door: Door, path: str, **params: Any) -> Any:
    answer = await door.get(path, BUREAU, **params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def due_dates(door: Door, **params: Any) -> dict[str, str]:
    """The last days of the decision clocks of land, by project; of a suspended one, if it resumed at once."""
    page = await got(door, "/v1/clocks", item="land", clock="decision", **params)
    return {clock["project"]: clock["due_on"] or clock["earliest_due_on"] for clock in page["clocks"]}


async def bases(approvals: Approvals) -> set[str]:
    """What the view's rows were counted by."""
    async with approvals.store.cursor() as cursor:
        await cursor.execute("SELECT DISTINCT counted_by FROM views.clock_basis")
        return {counted for (counted,) in await cursor.fetchall()}


async def test_a_notice_moves_what_its_preview_said(
    door: Door, approvals: Approvals, projector: Projector, shared_database_url: str
) -> None:
    after = await approvals.store.head()
    before = await due_dates(door, after=after)
    assert (await say(door, SATURDAY_WORKED)).status_code == 200

    preview = await got(door, f"{CN}/notices/{SATURDAY_WORKED.notice}/preview")
    days = [move["days"] for move in preview["moved"] if not move["closed"]]
    assert (preview["later"], preview["earlier"]) == (sum(n > 0 for n in days), sum(n < 0 for n in days))
    assert preview["judged_anew"] == sum(move["closed"] for move in preview["moved"])
    assert preview["version"] != preview["version_after"]
    moved = {
        move["project"]: move for move in preview["moved"] if (move["item"], move["clock"]) == ("land", "decision")
    }
    running = moved[str(project_id("running"))]
    assert (running["due_on_before"], running["due_on"], running["days"]) == ("2026-05-06", "2026-04-30", -6)
    assert [(move["project"], move["clock"], move["announced_on"]) for move in preview["past_announced"]] == [
        (str(project_id("running")), "commitment", "2026-04-17")
    ], "a decision that comes earlier passes nothing"
    assert await due_dates(door) == before, "looking changes nothing"

    notice = SATURDAY_WORKED.notice
    problem(await say(door, ApplyNotice(calendar="CN", notice=notice)), "approval-missing")
    assert (await say(door, ApproveNotice(calendar="CN", notice=notice), HEAD)).status_code == 200
    applied = (await say(door, ApplyNotice(calendar="CN", notice=notice))).json()

    now = await due_dates(door, after=applied["position"])
    assert now == {**before, **{project: move["due_on"] for project, move in moved.items()}} != before
    assert await due_dates(door, known_at="2026-04-20T12:00:00+08:00", as_of=TODAY) == before, "as was known then"

    patience = monotonic() + SECONDS_MAX
    while any(notice not in counted for counted in await bases(approvals)):
        assert monotonic() < patience, f"the view was not recounted: {await bases(approvals)}"
        await asyncio.sleep(0.05)
    assert await due_dates(door) == now, "told by the view's own rows now"
    assert rebuild(shared_database_url, swap=False).differences == ()
    assert projector.is_leader


async def test_announced_dates_stay_beside_those_counted_now(door: Door) -> None:
    listed = (await got(door, "/v1/clocks", item="land", clock="decision", department="land"))["clocks"]
    differs = {row["project"]: (row["announced_on"], row["announced_differs"]) for row in listed}
    assert differs[str(project_id("running"))] == ("2026-05-06", True)
    assert differs[str(project_id("paused"))] == (None, False)


async def test_a_projector_that_begins_later_counts_by_what_was_applied(shared_database_url: str) -> None:
    with psycopg.connect(shared_database_url, autocommit=True) as connection:
        version = connection.execute("SELECT version FROM views.position WHERE view = 'clocks'").fetchone()
    later = Projector(shared_database_url)
    assert rebuild(shared_database_url, later._views, swap=False).differences == ()
    assert version is not None
    assert version[0] != next(view.version for view in later._views if view.name == "clocks"), "the package's own"


async def test_only_a_notice_that_waits_is_previewed(door: Door) -> None:
    problem(await door.get(f"{CN}/notices/nothing/preview", BUREAU), "unknown-notice")
    problem(await door.get(f"{CN}/notices/nothing/preview", None), "actor-missing")
    problem(await door.get("/v1/law/calendars/MOON/notices/nothing/preview", BUREAU), "not-found")
    problem(await door.get(f"/v1/projects/{stream_of('CN')}/clocks", BUREAU), "project-unknown")
    problem(await door.get(f"/v1/projects/{uuid4()}/clocks", BUREAU), "project-unknown")
