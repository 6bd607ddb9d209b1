"""A database that goes back to an earlier moment: noticed, and nothing is written on what is no longer there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.examples.story import MANAGER
from domain.project.application.note import NoteStep
from infrastructure.ledger.append_batch import AppendItem, AppendStatus, Row
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.high_water import HighWater, LedgerWentBackError
from infrastructure.ledger.pipeline_connection import PipelineConnection
from infrastructure.postgres.embedded import EmbeddedPostgres
from infrastructure.projector.projector import Projector
from infrastructure.projector.rebuild import rebuild
from infrastructure.watcher.watch_cache import WatchCache
from tests.conftest import reachable_folder
from tests.effort import PATIENCE_SECONDS
from tests.faults.going_back import REGISTER, rounds
from tests.faults.ledgers import command_ends
from tests.faults.processes import APPENDING, cut_connections, wait_until
from tests.infrastructure.projector.running import require_lead

NOTES = 4
NOTE = NoteStep(activity="site visit")
# What a backup would bring back, or a standby that was behind: the same ledger as it was at an earlier position.
GO_BACK = """
    SET session_replication_role = replica;
    DELETE FROM ledger.event WHERE seq > 2;
    DELETE FROM ledger.command WHERE seq > 2;
    UPDATE ledger.head SET seq = 2;
    DELETE FROM ledger.stream WHERE stream NOT IN (SELECT stream FROM ledger.event);
    UPDATE ledger.stream AS s SET version = e.version, hash = e.hash, seq = e.seq
    FROM (SELECT DISTINCT ON (stream) * FROM ledger.event ORDER BY stream, version DESC) AS e
    WHERE e.stream = s.stream;
"""


@pytest.fixture
def data() -> Iterator[Path]:
    with reachable_folder() as folder:
        yield folder / "data"


@pytest.mark.slow
async def test_nothing_is_written_on_what_a_database_taken_back_no_longer_holds(data: Path) -> None:
    await rounds(data, 1)
    EmbeddedPostgres(data).stop()


async def noted(approvals: Approvals) -> UUID:
    """A project with some notes."""
    project = uuid4()
    await approvals.handle(project, REGISTER, MANAGER, uuid4())
    for _ in range(NOTES):
        await approvals.handle(project, NOTE, MANAGER, uuid4())
    return project


def go_back(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as other:
        other.execute(GO_BACK)


async def test_the_next_command_goes_on_from_what_is_there(database_url: str) -> None:
    async with Approvals(database_url) as approvals, asyncio.timeout(PATIENCE_SECONDS):
        project = await noted(approvals)
        go_back(database_url)
        cut_connections(database_url)
        await asyncio.to_thread(wait_until, lambda: approvals.high_water.times == 1, "it is noticed without a command")
        receipt = (await approvals.handle(project, NOTE, MANAGER, uuid4())).receipt
    assert (receipt.position, receipt.version) == (3, 3)
    assert len(command_ends(database_url)) == 3


async def test_a_reader_does_not_see_what_is_gone(database_url: str) -> None:
    async with Approvals(database_url) as approvals, asyncio.timeout(PATIENCE_SECONDS):
        project = await noted(approvals)
        go_back(database_url)
        cut_connections(database_url, "%unnest%")  # those that read single streams
        with pytest.raises(LedgerWentBackError, match=f"position {NOTES + 1} is gone"):
            await approvals.project(project)
        assert (await approvals.project(project)).version == 2


async def test_an_entry_that_differs_is_noticed_too(database_url: str) -> None:
    async with Approvals(database_url) as here, asyncio.timeout(PATIENCE_SECONDS):
        project = await noted(here)
        go_back(database_url)
        async with Approvals(database_url) as there:
            for _ in range(NOTES):
                await there.handle(project, NOTE, MANAGER, uuid4())
        cut_connections(database_url)
        await asyncio.to_thread(wait_until, lambda: here.high_water.times == 1, "it is noticed")
        assert (await here.handle(project, NOTE, MANAGER, uuid4())).receipt.version == NOTES + 3
    command_ends(database_url)


async def test_what_is_under_way_may_or_may_not_be_stored(database_url: str) -> None:
    async with Approvals(database_url) as approvals, asyncio.timeout(PATIENCE_SECONDS):
        project, key = await noted(approvals), uuid4()
        with psycopg.connect(database_url) as other:
            other.execute("SELECT FROM ledger.head FOR UPDATE")
            sent = asyncio.create_task(approvals.handle(project, NOTE, MANAGER, key))
            waits = asyncio.create_task(approvals.handle(uuid4(), REGISTER, MANAGER, uuid4()))
            await asyncio.to_thread(wait_until, lambda: approvals.committer.waiting == 2, "both are on their way")
            other.execute(GO_BACK)
            other.commit()
            cut_connections(database_url, APPENDING)
        ends = await asyncio.gather(sent, waits, return_exceptions=True)
        assert {type(end) for end in ends} <= {
            LedgerWentBackError,
            type(await approvals.handle(project, NOTE, MANAGER, key)),
        }
    command_ends(database_url)


async def test_the_database_itself_refuses_what_follows_on_nothing(database_url: str) -> None:
    """Also where no connection was lost, so that no check ran."""
    async with Approvals(database_url) as approvals, asyncio.timeout(PATIENCE_SECONDS):
        project = await noted(approvals)
        go_back(database_url)
        receipt = (await approvals.handle(project, NOTE, MANAGER, uuid4())).receipt
        assert (receipt.position, receipt.version, approvals.high_water.times) == (3, 3, 1)
    assert len(command_ends(database_url)) == 3


@pytest.mark.parametrize("version", [2, 3, 9])
async def test_an_item_is_stored_only_behind_the_entry_it_follows_on(database_url: str, version: int) -> None:
    row = Row(version, b"step_noted", b"{}", b"{}", 0, 0, bytes(32))
    async with Approvals(database_url) as approvals:
        project = uuid4()
        await approvals.handle(project, REGISTER, MANAGER, uuid4())
        await approvals.handle(project, NOTE, MANAGER, uuid4())
        lost = await approvals.committer.append(
            AppendItem(project, (row,), uuid4(), bytes(32), b"{}", previous=b"x" * 32)
        )
        assert lost.status is AppendStatus.GONE


async def test_what_the_watcher_knows_of_projects_is_forgotten(database_url: str) -> None:
    async with Approvals(database_url) as approvals, asyncio.timeout(PATIENCE_SECONDS):
        cache, project = WatchCache(approvals), await noted(approvals)
        (before,), _ = await cache.read([project])
        go_back(database_url)
        cut_connections(database_url, APPENDING)
        await asyncio.to_thread(wait_until, lambda: approvals.high_water.times == 1, "it is noticed")
        (after,), _ = await cache.read([project])
    assert (before.version, after.version) == (NOTES + 1, 2)


async def test_views_that_are_ahead_of_the_ledger_are_rebuilt(database_url: str) -> None:
    async with Approvals(database_url) as approvals:
        await noted(approvals)
        with psycopg.connect(database_url, autocommit=True) as connection:
            first = Projector(database_url)
            require_lead(first, connection)
            while first.step(connection):
                pass
    go_back(database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        again = Projector(database_url)
        require_lead(again, connection)
        while again.step(connection):
            pass
    rebuilt = rebuild(database_url, swap=False)
    assert (rebuilt.position, rebuilt.differences) == (2, ())


async def test_a_process_that_has_seen_nothing_has_nothing_to_compare(database_url: str) -> None:
    high_water, lane = HighWater(), PipelineConnection(database_url, {})
    await high_water.reopen(lane)
    lane.close()
    assert high_water.times == 0
