"""Reading the ledger: a project's entries, a command's first answer, the whole log in its order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import psycopg
from msgspec import Struct
from psycopg.rows import TupleRow
from psycopg.sql import Identifier
from psycopg_pool import AsyncConnectionPool

from infrastructure.chain import StoredRow

CHANNEL = Identifier("countersign_appended")
ROLE = "SET ROLE countersign_app"
COLUMNS = "seq, stream, version, type, data, meta, occurred_at, recorded_at, hash"
PAGE_ROWS_MAX = 5000


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
    await connection.execute(ROLE)
    await connection.execute("SET timezone = 'UTC'")
    await connection.commit()


class Store:
    """Asynchronous reads, from a pool of connections."""

    def __init__(self, url: str, connections_max: int) -> None:
        self.pool: AsyncConnectionPool[psycopg.AsyncConnection[TupleRow]] = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=connections_max,
            configure=configure_async,
            open=False,
            kwargs={"autocommit": True},
        )

    @asynccontextmanager
    async def cursor(self) -> AsyncIterator[psycopg.AsyncCursor[TupleRow]]:
        async with self.pool.connection() as connection, connection.cursor(binary=True) as cursor:
            yield cursor

    async def stream(self, stream: UUID, after: int = -1, limit: int | None = None) -> list[StoredRow]:
        """The rows of one stream above version *after*, in order."""
        query = f"SELECT {COLUMNS} FROM ledger.event WHERE stream = %s AND version > %s ORDER BY version LIMIT %s"  # noqa: S608 our own constant
        async with self.cursor() as cursor:
            await cursor.execute(query, [stream, after, limit])
            return [StoredRow(*row) for row in await cursor.fetchall()]

    async def first_answer(self, command_id: UUID) -> FirstAnswer | None:
        """What *command_id* was answered; None where it was never stored."""
        async with self.cursor() as cursor:
            await cursor.execute("SELECT fingerprint, seq, reply FROM ledger.command WHERE id = %s", [command_id])
            row = await cursor.fetchone()
            return FirstAnswer(*row) if row else None

    async def head(self) -> int:
        """The last position."""
        async with self.cursor() as cursor:
            await cursor.execute("SELECT seq FROM ledger.head")
            return int((await cursor.fetchone() or (0,))[0])


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
