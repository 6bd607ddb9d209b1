"""Reads over lost connections are repeated, so that senders of commands never see it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import pytest_asyncio

from infrastructure.ledger.reader import RECONNECT_SECONDS, NoAnswer, Store
from tests.effort import PATIENCE_SECONDS
from tests.faults.processes import cut_connections, wait_until, waiting_for_locks

CONNECTIONS = 4
IMPATIENCE_SECONDS = 5.0  # with the pauses of the pool it takes seven
PAUSE_SECONDS, LOOKS = 0.05, 12  # in place of a second; so many that the pool has given up again and again


@pytest_asyncio.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    store = Store(database_url, CONNECTIONS)
    everyone = asyncio.Barrier(CONNECTIONS)

    async def take() -> None:
        async with store.cursor():
            await everyone.wait()

    async with store.pool:
        async with asyncio.timeout(PATIENCE_SECONDS):  # each keeps its connection until all have one
            await asyncio.gather(*[take() for _ in range(CONNECTIONS)])
        yield store


async def _hold(store: Store) -> None:
    """Take a connection for a moment."""
    async with store.cursor() as cursor:
        await cursor.execute("SELECT pg_sleep(0.05)")


async def test_a_connection_cut_while_it_waits_is_never_handed_out(store: Store, database_url: str) -> None:
    await asyncio.to_thread(cut_connections, database_url)

    await asyncio.gather(*[_hold(store) for _ in range(CONNECTIONS * 2)])

    stats = store.pool.get_stats()
    assert stats["connections_lost"] + stats["returns_bad"] == CONNECTIONS


async def test_one_reader_comes_past_all_dead_connections_without_a_pause(store: Store, database_url: str) -> None:
    """As the command does that all others wait for; with pauses that double it would run out of patience."""
    await asyncio.to_thread(cut_connections, database_url)

    async with asyncio.timeout(IMPATIENCE_SECONDS):
        assert await store.head() == 0


async def test_a_read_cut_short_is_asked_again(store: Store, database_url: str) -> None:
    with psycopg.connect(database_url) as other:
        other.execute("LOCK TABLE ledger.event")
        reads = [asyncio.create_task(store.stream(uuid4())) for _ in range(CONNECTIONS)]
        for _ in range(2):
            await asyncio.to_thread(wait_until, lambda: waiting_for_locks(database_url) == CONNECTIONS, "reads wait")
            await asyncio.to_thread(cut_connections, database_url, "SELECT seq, stream%")
        assert not any(read.done() for read in reads)
        other.rollback()
        assert await asyncio.gather(*reads) == [[]] * CONNECTIONS


async def test_a_read_that_the_server_refuses_is_not_asked_again(store: Store, database_url: str) -> None:
    with psycopg.connect(database_url) as other:
        other.execute("LOCK TABLE ledger.event")
        read = asyncio.create_task(store.stream(uuid4()))
        await asyncio.to_thread(wait_until, lambda: waiting_for_locks(database_url) == 1, "the read waits")
        other.execute("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        with pytest.raises(psycopg.errors.QueryCanceled):
            await read


async def test_a_read_that_gets_no_answer_is_given_up(
    store: Store, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(database_url) as other, monkeypatch.context() as impatient:
        other.execute("LOCK TABLE ledger.event")
        impatient.setattr("infrastructure.ledger.reader.ANSWER_SECONDS_MAX", 0.05)
        with pytest.raises(NoAnswer, match="did not answer within"):
            await store.stream(uuid4())
    assert await store.head() == 0


async def test_a_database_that_is_back_is_found_within_a_second(
    store: Store, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pool's own pauses double: after an absence it would stay away for as long again."""
    pauses, schedule = list[float](), store.pool.schedule_task

    async def note(task: Any, delay: float) -> None:
        pauses.append(delay)
        await schedule(task, delay)

    assert store.pool.reconnect_timeout == RECONNECT_SECONDS <= 1
    monkeypatch.setattr(store.pool, "reconnect_timeout", PAUSE_SECONDS)
    store.pool.conninfo = "postgresql:///?host=/nowhere"
    await asyncio.to_thread(cut_connections, database_url)
    monkeypatch.setattr(store.pool, "schedule_task", note)
    read = asyncio.create_task(store.head())
    await asyncio.to_thread(wait_until, lambda: len(pauses) >= LOOKS, "it looks again and again")

    store.pool.conninfo = database_url
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await read == 0
    assert max(pauses) < 2 * PAUSE_SECONDS
