"""Reading the ledger: a project's entries, a command's first answer, the whole log in its order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import structlog
from msgspec import Struct
from psycopg.abc import RV, PQGen
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Composed, Identifier, Literal
from psycopg_pool import AsyncConnectionPool

from infrastructure.ledger.mapper import COLUMNS, StoredRow

CHANNEL = Identifier("countersign_appended")
ROLE = "SET ROLE countersign_app"
# How many rows a list reads depends on its instant, its reader and the size of a desk. A statement that a connection
# repeats is planned without those values from the eleventh time on: "since an instant" then counts as a third of all.
PLANNED_BY_VALUES = "SET plan_cache_mode = force_custom_plan"
PAGE_ROWS_MAX = 5000
PATIENCE_SECONDS = 30.0  # for a connection of the pool
TRIES_MAX = 5  # of a read that a dying server cuts short; between two of them the pool waits for a new connection
ANSWER_SECONDS_MAX = 30.0  # a query takes milliseconds: what takes this long waits for a frozen server, or worse
LOOK_SECONDS = 0.1  # psycopg's own: how often a wait looks for an interruption
TYPE_QUERIES_CACHED_MAX = 100  # each caller asks for the same types
RECONNECT_SECONDS = 1.0  # the pool's own pauses double: after an hour's outage it would look again in an hour

log = structlog.get_logger()


class FirstAnswer(Struct, frozen=True):
    """What a command was answered when it was stored."""

    fingerprint: bytes
    position: int
    reply: bytes


def configure(connection: psycopg.Connection[Any]) -> None:
    """Put a pooled connection into the application's own role, which can only read and append."""
    connection.execute(ROLE)
    connection.execute("SET timezone = 'UTC'")
    connection.commit()


async def configure_async(connection: psycopg.AsyncConnection[Any]) -> None:
    """The same for a connection that reads, whose statements are planned for their parameters each time."""
    await connection.execute(ROLE)
    await connection.execute("SET timezone = 'UTC'")
    await connection.execute(PLANNED_BY_VALUES)
    await connection.commit()


def is_open(connection: psycopg.AsyncConnection[Any]) -> bool:
    """Whether the server has not hung up on a waiting connection. Asks the socket, not the server."""
    try:
        for _ in range(2):  # there may be a last message before the end
            connection.pgconn.consume_input()
    except psycopg.OperationalError:
        return False
    return True


class NoAnswer(psycopg.OperationalError):
    """The server is there, and silent. Asking it again would only take as long again."""


class Connection(psycopg.AsyncConnection[TupleRow]):
    """A connection whose statements have a time limit. Raises NoAnswer after ANSWER_SECONDS_MAX."""

    async def wait(self, gen: PQGen[RV], interval: float = LOOK_SECONDS, timeout: float | None = None) -> RV:  # noqa: ASYNC109  psycopg's signature
        """Every wait for the server goes through here; between two of them the connection may be held for long."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS_MAX) as limit:
                return await super().wait(gen, interval, timeout)
        except TimeoutError as late:
            if not limit.expired():
                raise
            raise NoAnswer(f"the database did not answer within {ANSWER_SECONDS_MAX:g} s") from late


class Store:
    """Asynchronous reads, from a pool of connections."""

    def __init__(
        self,
        url: str,
        connections_max: int,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
        connection_class: type[Connection] = Connection,
    ) -> None:
        """*patience_seconds* is the timeout for getting a connection."""
        self.url = url
        self.pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            url,
            connection_class=connection_class,
            min_size=1,
            max_size=connections_max,
            timeout=patience_seconds,
            configure=configure_async,
            reconnect_timeout=RECONNECT_SECONDS,
            reconnect_failed=AsyncConnectionPool.check,  # which starts to reconnect
            open=False,
            kwargs={"autocommit": True},
        )

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection that the server has not hung up on.

        Raises OperationalError where none was to be had for half a minute, the pool's patience.
        """
        connection = await self._take()
        try:
            async with connection:
                yield connection
        finally:
            await self.pool.putconn(connection)

    async def _take(self) -> Connection:
        """Where the server has hung up on one connection, look through all that wait, at once.

        The pool's own check pauses after each dead one, longer every time: a single reader would come through half a
        dozen of them in half a minute.
        """
        while True:
            connection = await self.pool.getconn()
            if is_open(connection):
                return connection
            await self.pool.putconn(connection)
            await self.pool.check()

    @asynccontextmanager
    async def cursor(self) -> AsyncIterator[psycopg.AsyncCursor[TupleRow]]:
        async with self.connection() as connection, connection.cursor(binary=True) as cursor:
            yield cursor

    async def stream(self, stream: UUID, after: int = -1, limit: int | None = None) -> list[StoredRow]:
        """The rows of one stream above version *after*, in order."""
        query = f"SELECT {COLUMNS} FROM ledger.event WHERE stream = %s AND version > %s ORDER BY version LIMIT %s"  # noqa: S608 our own constant
        return [StoredRow(*row) for row in await self._read(query, [stream, after, limit])]

    async def streams(self, streams: Sequence[UUID]) -> list[StoredRow]:
        """The rows of several streams, each stream's together and in order."""
        async with self.cursor() as cursor:
            return await self.streams_in(cursor, streams)

    async def streams_in(self, cursor: psycopg.AsyncCursor[TupleRow], streams: Sequence[UUID]) -> list[StoredRow]:
        """The same, by a cursor that is open, so in its snapshot."""
        query = f"SELECT {COLUMNS} FROM ledger.event WHERE stream = ANY(%s) ORDER BY stream, version"  # noqa: S608 our own constant
        await cursor.execute(query, [list(streams)])
        return [StoredRow(*row) for row in await cursor.fetchall()]

    async def of_stream(self, stream: UUID, types: Sequence[str]) -> list[StoredRow]:
        """The rows of one stream whose facts have one of these stored names, in order."""
        query = f"SELECT {COLUMNS} FROM ledger.event WHERE stream = %s AND type = ANY(%s) ORDER BY version"  # noqa: S608 our own constant
        return [StoredRow(*row) for row in await self._read(query, [stream, list(types)])]

    async def of_streams(self, streams: Sequence[UUID], types: Sequence[str]) -> list[StoredRow]:
        """The same of several streams, each stream's rows together and in order."""
        query = f"SELECT {COLUMNS} FROM ledger.event WHERE stream = ANY(%s) AND type = ANY(%s) ORDER BY stream, version"  # noqa: S608 our own constant
        return [StoredRow(*row) for row in await self._read(query, [list(streams), list(types)])]

    async def of_types(self, types: Sequence[str], after: int) -> list[StoredRow]:
        """The rows above position *after* whose facts have one of these stored names, in order."""
        return [StoredRow(*row) for row in await self._read(of_types(tuple(types)), [after])]

    async def first_answer(self, command_id: UUID) -> FirstAnswer | None:
        """What *command_id* was answered; None where it was never stored."""
        rows = await self._read("SELECT fingerprint, seq, reply FROM ledger.command WHERE id = %s", [command_id])
        return FirstAnswer(*rows[0]) if rows else None

    async def first_answers(self, command_ids: Sequence[UUID]) -> dict[UUID, FirstAnswer]:
        """What those of *command_ids* were answered that were stored."""
        query = "SELECT id, fingerprint, seq, reply FROM ledger.command WHERE id = ANY(%s)"
        return {row[0]: FirstAnswer(*row[1:]) for row in await self._read(query, [list(command_ids)])}

    async def head(self) -> int:
        """The last position."""
        ((seq,),) = await self._read("SELECT seq FROM ledger.head", [])
        return int(seq)

    async def _read(
        self, query: LiteralString | Composed, params: Sequence[object], tries: int = TRIES_MAX
    ) -> list[TupleRow]:
        """A read changes nothing, so one whose connection was lost is asked again. Raises as connection() does."""
        async with self.connection() as connection:
            try:
                return await (await connection.execute(query, params, binary=True)).fetchall()
            except NoAnswer:
                raise
            except psycopg.OperationalError as lost:
                if tries == 1 or not connection.broken:
                    raise
                log.warning("read_retried", error=str(lost).strip())
        return await self._read(query, params, tries - 1)


@lru_cache(TYPE_QUERIES_CACHED_MAX)
def of_types(types: tuple[str, ...]) -> Composed:
    """The query for rows above a position with one of these stored names.

    The names are literals, not parameters, so that a partial index on them suits any plan.
    """
    names = SQL(", ").join(map(Literal, types))
    columns = SQL(", ").join(map(Identifier, COLUMNS.split(", ")))
    query = SQL("SELECT {} FROM ledger.event WHERE seq > %s AND type IN ({}) ORDER BY seq")
    return query.format(columns, names)


def head_of(connection: psycopg.Connection[Any]) -> int:
    """The last position; 0 where there is none."""
    (seq,) = connection.execute("SELECT seq FROM ledger.head").fetchone() or (0,)
    return int(seq)


def walk(connection: psycopg.Connection[Any], after: int = 0) -> Iterator[list[StoredRow]]:
    """Every row above position *after*, in order, a page at a time."""
    query = f"SELECT {COLUMNS} FROM ledger.event WHERE seq > %s ORDER BY seq LIMIT {PAGE_ROWS_MAX}"  # noqa: S608 our own constants
    with connection.cursor(binary=True) as cursor:
        while True:
            cursor.execute(query, [after])
            rows = [StoredRow(*row) for row in cursor.fetchall()]
            if not rows:
                return
            yield rows
            after = rows[-1].seq
