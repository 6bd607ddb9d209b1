"""Counts kept as sums are those of the rows: numbers of a whole zone, as of those who may see all of it or not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from random import Random

import psycopg
import pytest
import pytest_asyncio
from psycopg.sql import SQL, Identifier

from api.overview.view_models import weeks_until
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from infrastructure.projector.projector import Projector
from infrastructure.projector.rebuild import rebuild
from projections.clocks.warned import TURNS
from projections.overview.steps import step_counts
from projections.overview.weeks import decided_weeks, weekly_figures
from projections.progress.query import ProgressList, Tiles
from projections.scope import ZONE_SCOPE, Scope
from projections.sums import ZONE
from projections.waiting.query import WaitingRows
from tests.infrastructure.projector.test_projector import project_all
from tests.projections.supervision import test_board
from tests.projections.supervision.test_board import BEGIN, SEED, lived
from tests.projections.supervision.test_query import Zone
from tests.watching import Hands

DAYS = 25


@pytest.fixture
def database_url(projected_database_url: str) -> str:
    """A fresh database with empty views."""
    return projected_database_url


@pytest_asyncio.fixture
async def zone(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Zone]:
    """A zone in which something happened on most of some days."""
    monkeypatch.setattr(test_board, "DAYS", DAYS)
    hands = Hands("2026-03-02 09:00")
    async with Approvals(database_url, clock=hands) as approvals:
        zone = Zone(database_url, approvals, hands)
        await lived(zone, Random(SEED))
        yield zone


async def numbers(zone: Zone, t: datetime) -> list[object]:
    """All that is summed for a whole zone, at *t*."""
    store, weeks = zone.approvals.store, weeks_until(t, ZONE)
    progress, waiting = ProgressList(store), WaitingRows(store)
    return [
        await progress.tiles(t, t - timedelta(days=7), 10),
        await progress.standing(t),
        await Views(zone.approvals.store).summary(),
        await progress.choices(),
        await step_counts(store, t, ZONE_SCOPE),
        await weekly_figures(store, weeks, ZONE_SCOPE),
        sorted(await decided_weeks(store, weeks, ZONE_SCOPE), key=lambda week: (week.department, week.week)),
        await waiting.holders("", 100),
        await waiting.holders("land", 100),
    ]


@pytest.mark.long
async def test_sums_of_all_are_those_of_the_rows(
    zone: Zone, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_all(database_url, Projector(database_url))
    instants = [
        BEGIN + timedelta(days=DAYS),
        *(BEGIN + timedelta(days=days, hours=days) for days in range(DAYS + 1, 80, 9)),
    ]
    summed = [await numbers(zone, t) for t in instants]
    monkeypatch.setattr(Scope, "sees_all", lambda *_: False)
    assert summed == [await numbers(zone, t) for t in instants]
    assert all(summed[0])
    assert len({str(counts[0]) for counts in summed}) > len(instants) // 2, "time alone changes them"
    tiles = summed[0][0]
    assert isinstance(tiles, Tiles)
    assert tiles.projects > 1
    assert tiles.items_open or tiles.items_done
    assert rebuild(database_url, swap=False).differences == ()
    with psycopg.connect(database_url) as connection:
        for table in (
            "project_count",
            "project_choice",
            "project_day",
            "waiting_count",
            "decision_share",
            TURNS.name,
        ):
            empty = SQL("SELECT count(*) FROM views.{} WHERE n = 0").format(Identifier(table))
            assert connection.execute(empty).fetchone() == (0,)
