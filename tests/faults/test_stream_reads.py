"""Gathered reads of streams: one statement for many, and an answer for everyone, whatever happens to the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import UUID, uuid4

import psycopg
import pytest
import pytest_asyncio
from psycopg.pq.abc import PGresult

from domain.examples.story import MANAGER
from domain.project.application.note import NoteStep
from domain.project.application.registration import Enterprise, RegisterProject
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.mapper import StoredRow
from infrastructure.ledger.pipeline_connection import ConnectionLostError, PipelineConnection
from infrastructure.ledger.reader import NoAnswer
from infrastructure.ledger.stream_loader import StreamLoader
from tests.faults.processes import cut_connections, wait_until, waiting_for_locks

REGISTER = RegisterProject(name="Fab 2", enterprise=Enterprise("Hengxin"), manager="wang")
STEPS = 3


@pytest_asyncio.fixture
async def reads(database_url: str) -> AsyncIterator[StreamLoader]:
    reads = StreamLoader(database_url)
    await reads.open()
    yield reads
    await reads.close()


async def filled_streams(database_url: str, projects: int) -> list[UUID]:
    """So many registered projects with STEPS notes each."""
    streams = [uuid4() for _ in range(projects)]
    async with Approvals(database_url) as approvals:
        for stream in streams:
            await approvals.handle(stream, REGISTER, MANAGER, uuid4())
            for n in range(STEPS):
                await approvals.handle(stream, NoteStep(activity=f"{n}"), MANAGER, uuid4())
    return streams


async def test_everyone_gets_the_rows_that_the_ledger_has_for_him(reads: StreamLoader, database_url: str) -> None:
    streams = await filled_streams(database_url, 3)
    requests = [(stream, after) for stream in (*streams, uuid4(), streams[0]) for after in (-1, 2, STEPS + 1)]

    results = await asyncio.gather(*[reads.rows(stream, after) for stream, after in requests])

    async with Approvals(database_url) as approvals:
        expected: list[list[StoredRow]] = [await approvals.store.stream(stream, after) for stream, after in requests]
    assert results == expected
    assert [len(rows) for rows in results[:3]] == [STEPS + 1, STEPS - 1, 0]


async def test_many_who_ask_at_once_are_answered_by_two_statements(
    reads: StreamLoader, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, run = list[str](), PipelineConnection.run

    def count(lane: PipelineConnection, name: str, params: Sequence[bytes | None]) -> asyncio.Future[PGresult]:
        sent.append(name)
        return run(lane, name, params)

    monkeypatch.setattr(PipelineConnection, "run", count)
    await asyncio.gather(reads.rows(uuid4()), *[reads.rows(uuid4()) for _ in range(40)])
    assert len(sent) <= 2


async def test_a_gathered_read_cut_short_is_asked_again(reads: StreamLoader, database_url: str) -> None:
    with psycopg.connect(database_url) as other:
        other.execute("LOCK TABLE ledger.event")
        requests = [asyncio.create_task(reads.rows(uuid4())) for _ in range(3)]
        for _ in range(2):
            await asyncio.to_thread(wait_until, lambda: waiting_for_locks(database_url) == 1, "the read waits")
            await asyncio.to_thread(cut_connections, database_url, "%unnest%")
        other.rollback()
        assert await asyncio.gather(*requests) == [[]] * 3


async def test_a_refused_read_fails_and_the_next_one_is_answered(reads: StreamLoader, database_url: str) -> None:
    with psycopg.connect(database_url) as other:
        other.execute("LOCK TABLE ledger.event")
        requests = asyncio.create_task(reads.rows(uuid4()))
        await asyncio.to_thread(wait_until, lambda: waiting_for_locks(database_url) == 1, "the read waits")
        other.execute("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        with pytest.raises(psycopg.errors.QueryCanceled):
            await requests
    assert await reads.rows(uuid4()) == []


async def test_a_silent_server_is_given_up_and_asked_again(
    reads: StreamLoader, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(database_url) as other:
        other.execute("LOCK TABLE ledger.event")
        monkeypatch.setattr("infrastructure.ledger.stream_loader.ANSWER_SECONDS_MAX", 0.05)
        with pytest.raises(NoAnswer, match="did not answer within"):
            await reads.rows(uuid4())
    monkeypatch.undo()
    assert await reads.rows(uuid4()) == []


async def test_a_pending_read_fails_when_the_application_ends(database_url: str) -> None:
    reads = StreamLoader(database_url)
    await reads.open()
    with psycopg.connect(database_url) as other:
        other.execute("LOCK TABLE ledger.event")
        requests = [asyncio.create_task(reads.rows(uuid4())) for _ in range(2)]
        await asyncio.to_thread(wait_until, lambda: waiting_for_locks(database_url) == 1, "the read waits")
        requests.append(asyncio.create_task(reads.rows(uuid4())))
        await asyncio.sleep(0)
        await reads.close()
        assert all(
            isinstance(end, ConnectionLostError) for end in await asyncio.gather(*requests, return_exceptions=True)
        )
    with pytest.raises(ConnectionLostError):
        await reads.rows(uuid4())
