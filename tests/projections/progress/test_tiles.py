"""Counts kept as sums are those of the rows: the tiles of a whole zone, as of those who may see all of it or not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from random import Random

import psycopg
import pytest
import pytest_asyncio

from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.projector import Projector
from infrastructure.projector.rebuild import rebuild
from projections.progress.query import ProgressList
from projections.scope import Scope
from tests.infrastructure.projector.test_projector import project_all
from tests.projections.supervision import test_board
from tests.projections.supervision.test_board import BEGIN, SEED, lived
from tests.projections.supervision.test_query import Zone
from tests.watching import Hands

DAYS = 25


@pytest_asyncio.fixture
async def zone(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Zone]:
    """A zone in which something happened on most of some days."""
    monkeypatch.setattr(test_board, "DAYS", DAYS)
    hands = Hands("2026-03-02 09:00")
    async with Approvals(database_url, clock=hands) as approvals:
        zone = Zone(database_url, approvals, hands)
        await lived(zone, Random(SEED))
        yield zone


async def test_the_tiles_of_all_are_those_of_the_rows(
    zone: Zone, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_all(database_url, Projector(database_url))
    progress = ProgressList(zone.approvals.store)
    instants = [BEGIN + timedelta(days=DAYS), BEGIN + timedelta(days=3 * DAYS)]
    summed = [await progress.tiles(t, t - timedelta(days=7), 10) for t in instants]
    monkeypatch.setattr(Scope, "sees_all", lambda *_: False)
    assert summed == [await progress.tiles(t, t - timedelta(days=7), 10) for t in instants]
    assert summed[0].projects > 1
    assert summed[0].items_open or summed[0].items_done
    assert rebuild(database_url, swap=False).differences == ()
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM views.project_count WHERE n = 0").fetchone() == (0,)
