"""Snapshots: several queries over the same rows, within one request or over all pages of a list.

The pages of a list are read by requests that come seconds or minutes apart, while others write. A `PagedReader` settles
on one position of the ledger with the first page; the cursor carries it to the others. Projects of which the views
have learned more since are read from the ledger, up to that position, and take the place of their rows.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import LiteralString
from uuid import UUID

from psycopg import AsyncCursor
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Composed

from projections.reader import Reader, StoredEntry

Cursor = AsyncCursor[TupleRow]

SNAPSHOT = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
CHANGED_MAX = 5_000  # projects read from the ledger for one page: some ten seconds
EVERY_PROJECT = SQL("true")
REACHED: LiteralString = "SELECT min(v.seq), max(v.seq) FROM views.position AS v WHERE v.view = ANY(%(views)s)"
CHANGED = SQL("""
    SELECT s.project FROM (
        SELECT x.stream AS project FROM ledger.stream AS x WHERE x.kind = 'project' AND x.stream IN (
            SELECT e.stream FROM ledger.event AS e WHERE e.seq > %(position)s AND e.seq <= %(reached)s)
    ) AS s WHERE {within} LIMIT %(limit)s
""")


class CursorOutdatedError(Exception):
    """The list can't be continued at its position: too much was written since, or the database went back."""


class SnapshotReader:
    """A reader whose queries share the snapshot of one *cursor*. Entries above *position* are left out.

    *changed*: the projects whose rows may hold what came after that position.
    """

    def __init__(self, store: Reader, cursor: Cursor, position: int | None, changed: Sequence[UUID] = ()) -> None:
        self._store, self._cursor = store, cursor
        self.position, self.changed = position, changed

    @asynccontextmanager
    async def cursor(self) -> AsyncIterator[Cursor]:
        """The one cursor, again."""
        yield self._cursor

    async def stream(self, stream: UUID, after: int = -1, limit: int | None = None) -> Sequence[StoredEntry]:
        """The entries of one stream above version *after*, in order."""
        rows = [row for row in await self.streams([stream]) if row.version > after]
        return rows[:limit]

    async def streams(self, streams: Sequence[UUID]) -> Sequence[StoredEntry]:
        """The entries of several streams, each stream's together and in order."""
        return await self.streams_in(self._cursor, streams)

    async def streams_in(self, cursor: Cursor, streams: Sequence[UUID]) -> Sequence[StoredEntry]:
        """The same, by an open cursor and so in its snapshot."""
        rows = await self._store.streams_in(cursor, streams)
        return rows if self.position is None else [row for row in rows if row.seq <= self.position]


class PagedReader:
    """The reader of one request. Where it *is_paged*, lists are as of *position*, settled on with the first page."""

    def __init__(self, store: Reader, *, is_paged: bool = False, position: int | None = None) -> None:
        self._store, self.is_paged, self.position = store, is_paged, position

    def cursor(self) -> AbstractAsyncContextManager[Cursor]:
        """A cursor of its own connection, in autocommit mode."""
        return self._store.cursor()

    async def stream(self, stream: UUID, after: int = -1, limit: int | None = None) -> Sequence[StoredEntry]:
        """The entries of one stream above version *after*, in order."""
        return await self._store.stream(stream, after, limit)

    async def streams(self, streams: Sequence[UUID]) -> Sequence[StoredEntry]:
        """The entries of several streams, each stream's together and in order."""
        return await self._store.streams(streams)

    async def streams_in(self, cursor: Cursor, streams: Sequence[UUID]) -> Sequence[StoredEntry]:
        """The same, by an open cursor and so in its snapshot."""
        return await self._store.streams_in(cursor, streams)


@asynccontextmanager
async def snapshot(store: Reader) -> AsyncIterator[Cursor]:
    """A cursor with one snapshot for several queries, as rows and their sums change together."""
    async with store.cursor() as cursor:
        if isinstance(store, SnapshotReader):
            yield cursor
            return
        await cursor.execute(SNAPSHOT)
        try:
            yield cursor
        finally:
            await cursor.execute("ROLLBACK")


def is_paged(store: Reader) -> bool:
    """Whether *store* reads the pages of a list, which have to be as of one position."""
    return isinstance(store, PagedReader) and store.is_paged


def position_of(store: Reader) -> int | None:
    """The position that the pages of a list were settled on; None where it is not read page by page."""
    return store.position if isinstance(store, PagedReader | SnapshotReader) else None


@asynccontextmanager
async def settled_snapshot(
    store: Reader, views: Sequence[str], within: SQL | Composed = EVERY_PROJECT, *, changed_max: int = CHANGED_MAX
) -> AsyncIterator[SnapshotReader]:
    """A snapshot of *views*, at the position of the list that *store* pages through; else at that of the views.

    *within*: the condition, on `s`, for the projects of the list. Raises CursorOutdatedError, also where more than
    *changed_max* projects have changed since the first page.
    """
    async with snapshot(store) as cursor:
        if not isinstance(store, PagedReader) or not store.is_paged:
            yield SnapshotReader(store, cursor, None)
            return
        await cursor.execute(REACHED, {"views": list(views)})
        low, high = await cursor.fetchone() or (None, None)
        if store.position is None:
            store.position = low or 0
        elif (low or 0) < store.position:
            raise CursorOutdatedError("the views are at an earlier position than the page before")
        changed: list[UUID] = []
        if store.position < (high or 0):
            params = {"position": store.position, "reached": high, "limit": changed_max + 1}
            await cursor.execute(CHANGED.format(within=within), params)
            changed = [project for (project,) in await cursor.fetchall()]
        if len(changed) > changed_max:
            raise CursorOutdatedError(f"more than {changed_max} projects have changed since the first page")
        yield SnapshotReader(store, cursor, store.position, changed)
