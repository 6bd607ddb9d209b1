"""Reads of single streams, coalesced: requests made while a query is in flight join the next one.

A query through the pool costs as much processor time as three commands. A project never seen here is read once,
and one that another process wrote to is read on: both in the way of a command, and often many at a time.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from uuid import UUID

import structlog
from msgspec import Struct
from psycopg.adapt import Transformer
from psycopg.pq import Format
from psycopg.pq.abc import PGresult

from infrastructure.ledger.high_water import STATEMENT, HighWater
from infrastructure.ledger.mapper import COLUMNS, StoredRow
from infrastructure.ledger.pg_binary import UUID_BYTES, UUID_OID, even_array, int4_array
from infrastructure.ledger.pipeline_connection import ConnectionLostError, PipelineConnection
from infrastructure.ledger.reader import ANSWER_SECONDS_MAX, NoAnswer

STREAMS_AT_ONCE_MAX = 64
READ = f"""
    SELECT asked.nth, {COLUMNS}
    FROM unnest($1::uuid[], $2::int4[]) WITH ORDINALITY AS asked (of, after, nth)
    JOIN ledger.event ON stream = asked.of AND version > asked.after ORDER BY asked.nth, version
""".encode()  # noqa: S608 our own constants
# Planned once, and not by the size that the ledger happened to have then.
PLANNED = (b"SET plan_cache_mode = force_generic_plan", b"SET enable_seqscan = off")

log = structlog.get_logger()


class PendingRead(Struct, eq=False):
    """A read that waits for the rows of *stream* above version *after*."""

    stream: UUID
    after: int
    rows: asyncio.Future[list[StoredRow]]


class StreamLoader:
    """Open it in an event loop. Reads change nothing, so what a lost connection cuts short is repeated.

    Unless the database has gone back meanwhile: a reader may hold entries that are no longer there.
    """

    def __init__(self, url: str, high_water: HighWater | None = None) -> None:
        self._url = url
        self._high_water = high_water or HighWater()
        self._queue: deque[PendingRead] = deque()
        self._has_queue = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    async def open(self) -> None:
        self._lane = PipelineConnection(self._url, STATEMENT | {"streams": READ}, PLANNED)
        await self._lane.open()
        self._task = asyncio.create_task(self._read_loop())

    async def close(self) -> None:
        """Pending and later reads fail: the connection is closed."""
        self._closed = True
        if self._task is None:
            return
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        self._lane.close()
        while self._queue:
            _fail(self._queue.popleft(), ConnectionLostError("the application was closed"))

    async def rows(self, stream: UUID, after: int = -1) -> list[StoredRow]:
        """The rows of one stream above version *after*, in order.

        Raises NoAnswer where there is none within ANSWER_SECONDS_MAX, ConnectionLostError once this is closed,
        LedgerWentBackError where the database has gone back, and psycopg's errors where the server refuses.
        """
        if self._closed:
            raise ConnectionLostError("the application was closed")
        read = PendingRead(stream, after, asyncio.get_running_loop().create_future())
        self._queue.append(read)
        self._has_queue.set()
        try:
            async with asyncio.timeout(ANSWER_SECONDS_MAX) as limit:
                return await read.rows
        except TimeoutError as late:
            if not limit.expired():
                raise
            raise NoAnswer(f"the database did not answer within {ANSWER_SECONDS_MAX:g} s") from late

    async def _read_loop(self) -> None:
        while True:
            if not self._queue:
                self._has_queue.clear()
                await self._has_queue.wait()
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), STREAMS_AT_ONCE_MAX))]
            batch = [read for read in batch if not read.rows.done()]  # without those cancelled meanwhile
            try:
                self._hand_out(batch, await self._insist(batch))
            except asyncio.CancelledError:
                for read in batch:
                    _fail(read, ConnectionLostError("the application was closed"))
                raise
            except Exception as failure:  # noqa: BLE001  whatever it is, every waiting reader gets it
                for read in batch:
                    _fail(read, failure)

    async def _insist(self, batch: list[PendingRead]) -> PGresult:
        """Repeat the query until the server answers; after too long a silence, on a new connection."""
        params = [
            even_array(UUID_OID, UUID_BYTES, [read.stream.bytes for read in batch]),
            int4_array([read.after for read in batch]),
        ]
        while True:
            try:
                async with asyncio.timeout(ANSWER_SECONDS_MAX):
                    return await self._lane.run("streams", params)
            except (ConnectionLostError, TimeoutError) as lost:
                log.warning("read_retried", error=str(lost).strip(), streams=len(batch))
            await self._high_water.reopen(self._lane)

    def _hand_out(self, batch: list[PendingRead], result: PGresult) -> None:
        """Give every pending read its rows."""
        rows_by_read: list[list[StoredRow]] = [[] for _ in batch]
        if result.ntuples:
            loader = Transformer()
            loader.set_pgresult(result, format=Format.BINARY)
            for nth, *row in loader.load_rows(0, result.ntuples, tuple):
                rows_by_read[nth - 1].append(StoredRow(*row))
        for read, rows in zip(batch, rows_by_read, strict=True):
            if rows:
                self._high_water.note(rows[-1].seq, rows[-1].hash)
            if not read.rows.done():
                read.rows.set_result(rows)


def _fail(read: PendingRead, failure: Exception) -> None:
    if not read.rows.done():
        read.rows.set_exception(failure)
