"""A pipeline connection whose server hangs up, stalls or refuses: waiting callers get the error, and it reconnects."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, closing
from select import select
from typing import Any

import psycopg
import pytest
import uvloop
from psycopg.pq.abc import PGresult

from infrastructure.ledger import pipeline_connection as lanes
from infrastructure.ledger.pipeline_connection import ConnectionLostError, NotConnectedError, PipelineConnection
from tests.effort import PATIENCE_SECONDS
from tests.faults.processes import cut_connections, wait_until, waiting_for_locks

LOCK = b"SELECT pg_advisory_lock(7)"
LOCKED_READ = b"SELECT count(*) FROM ledger.event"
LARGE = bytes(16 << 20)  # bytes: more than the buffers of a connection take
NOWHERE = "postgresql:///?host=/nowhere"
LOOPS = [asyncio.run, uvloop.run]

Run = Callable[[Coroutine[Any, Any, None]], None]


@asynccontextmanager
async def stuck(database_url: str) -> AsyncIterator[tuple[PipelineConnection, asyncio.Future[PGresult]]]:
    """An open lane, and its first statement, which waits for a lock until the block ends."""
    with (
        psycopg.connect(database_url) as other,
        closing(PipelineConnection(database_url, {"lock": LOCK, "size": b"SELECT length($1::bytea)"})) as lane,
    ):
        await lane.open()
        other.execute("SELECT pg_advisory_xact_lock(7)")
        first = lane.run("lock", [])
        await asyncio.to_thread(wait_until, lambda: waiting_for_locks(database_url) == 1, "the first one waits")
        yield lane, first


async def ends_of(sent: list[asyncio.Future[PGresult]]) -> set[type]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        return {type(end) for end in await asyncio.gather(*sent, return_exceptions=True)}


def test_two_interrupted_statements_both_fail_also_under_uvloop(database_url: str) -> None:
    """The server hangs up with the second one unread: it resets the connection after its last words, and a loop that
    is busy meanwhile finds both at once.
    """

    async def cut() -> None:
        async with stuck(database_url) as (lane, first):
            second = lane.run("size", [b""])
            cut_connections(database_url, LOCK.decode())
            assert await ends_of([first, second]) == {ConnectionLostError}

    uvloop.run(cut())


@pytest.mark.parametrize("run", LOOPS, ids=["asyncio", "uvloop"])
def test_a_statement_interrupted_while_being_sent_fails(database_url: str, run: Run) -> None:
    """The server hangs up while much of the second one waits to be sent, and the next one is the first to notice."""

    async def cut() -> None:
        async with stuck(database_url) as (lane, first):
            second = lane.run("size", [LARGE])
            await asyncio.sleep(0)
            cut_connections(database_url, LOCK.decode())
            later = [lane.run("size", [LARGE]) for _ in range(2)]
            assert await ends_of([first, second, *later]) <= {ConnectionLostError, NotConnectedError}
            await lane.reopen()
            assert (await lane.run("size", [LARGE])).get_value(0, 0) == len(LARGE).to_bytes(4)

    run(cut())


async def test_nothing_else_waits_while_a_server_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://127.0.0.1:{silent.getsockname()[1]}/?connect_timeout=2&sslmode=disable&gssencmode=disable"
        opening = asyncio.create_task(PipelineConnection(url, {}).open())
        for _ in range(100):
            await asyncio.sleep(0)
        await asyncio.to_thread(select, [silent], [], [], PATIENCE_SECONDS)
        assert not opening.done()
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening


async def test_a_server_that_does_not_get_ready_is_given_up(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        psycopg.connect(database_url) as other,
        closing(PipelineConnection(database_url, {"read": LOCKED_READ})) as lane,
    ):
        other.execute("LOCK TABLE ledger.event")
        with monkeypatch.context() as patch:
            patch.setattr(lanes, "READY_SECONDS_MAX", 0.05)
            with pytest.raises(ConnectionLostError, match="did not get ready within"):
                await lane.open()
        with pytest.raises(ConnectionLostError, match="not connected"):
            await lane.run("read", [])
        other.rollback()
        await lane.open()
        assert (await lane.run("read", [])).get_value(0, 0) == bytes(8)


async def test_a_refusal_to_prepare_keeps_the_servers_message(database_url: str) -> None:
    with closing(
        PipelineConnection(database_url, {"one": b"SELECT 1", "none": b"SELECT nowhere", "two": b"SELECT 2"})
    ) as lane:
        with pytest.raises(psycopg.errors.UndefinedColumn, match="nowhere"):
            await lane.open()
        with pytest.raises(ConnectionLostError, match="not connected"):
            await lane.run("one", [])


async def test_an_answer_that_never_comes_without_a_waiter_is_not_logged() -> None:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, complaint: complaints.append(complaint))
    PipelineConnection(NOWHERE, {}).run("append", [])
    gc.collect()
    assert complaints == []
