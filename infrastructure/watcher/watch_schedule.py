"""When the deadline watcher has to look at which project: kept in the database, so that a restart reads little."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from msgspec import Struct

from infrastructure.postgres.lease import Lease

WORK = "watcher"
LEADER_KEY = 0x436F756E_57415443  # the advisory lock of whoever watches
ENTRIES_MAX = 5000  # of the ledger at a time: some milliseconds
# Entries that the watcher has read, its own among them, are no news. The position moves on with what is noted.
NOTE_NEWS = """
    WITH news AS (
        SELECT stream, version, seq FROM ledger.event
        WHERE seq > (SELECT seq FROM watch.position) ORDER BY seq LIMIT %(limit)s
    ), streams AS (
        SELECT stream, max(version) AS version FROM news GROUP BY stream
    ), noted AS (
        INSERT INTO watch.project AS known (project, version, look_at)
        SELECT streams.stream, -1, %(now)s FROM streams LEFT JOIN watch.project AS before ON project = stream
        WHERE before.version IS NULL OR before.version < streams.version
        ON CONFLICT (project) DO UPDATE SET look_at = least(known.look_at, excluded.look_at)
    )
    UPDATE watch.position SET seq = (SELECT max(seq) FROM news) WHERE EXISTS (SELECT FROM news)
    RETURNING (SELECT count(*) FROM news)
"""


DUE = "SELECT project FROM watch.project WHERE look_at <= %(now)s ORDER BY look_at, project LIMIT %(limit)s"
LEFT = "SELECT project FROM watch.project WHERE sweep ORDER BY project LIMIT %(limit)s"
# A clock that runs may end on another day by another calendar; one that is closed can only be judged anew. What the
# view does not know yet has new entries, and is looked at for these.
SWEEP = """
    UPDATE watch.project SET sweep = true WHERE look_at IS NULL OR look_at > %(now)s
"""
MOVABLE = """
    UPDATE watch.project SET look_at = least(look_at, %(now)s), sweep = false
    WHERE project IN (SELECT project FROM views.clock WHERE NOT closed AND split_part(law, '/', 1) = ANY(%(laws)s))
"""


class CheckedProject(Struct, frozen=True):
    """A project that was looked at: all up to *version* is told, and *next* is when to look again, None for never."""

    project: UUID
    version: int
    next: datetime | None


class WatchTable:
    """The table, on the connection of the watcher that leads; whoever has lost that connection writes no more."""

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self._connection = connection

    async def lead(self, lease: Lease) -> bool:
        """Become the leader if there is none, or if the one there is has fallen silent."""
        await self._connection.execute("SET timezone = 'UTC'")
        return await lease.take_async(self._connection)

    async def note_news(self, now: datetime) -> int:
        """Put the projects with new entries on the list; how many entries those were."""
        cursor = await self._connection.execute(NOTE_NEWS, {"limit": ENTRIES_MAX, "now": now})
        row = await cursor.fetchone()
        return int(row[0]) if row else 0

    async def note_calendars(self, calendars: str, laws: Sequence[str], now: datetime) -> None:
        """Put every project on the list, as clocks are counted by other *calendars* from now on.

        First come those with a clock that runs by one of *laws*, which the change can move; the others are looked at
        when nothing else is due.
        """
        async with self._connection.transaction():
            await self._connection.execute(SWEEP, {"now": now})
            if await self._one("SELECT to_regclass('views.clock') IS NOT NULL", []) == (True,):
                await self._connection.execute(MOVABLE, {"now": now, "laws": list(laws)})
            await self._connection.execute("UPDATE watch.position SET calendars = %s", [calendars])

    async def calendars(self) -> str:
        """By which calendars clocks were counted so far."""
        (known,) = await self._one("SELECT calendars FROM watch.position", [])
        return str(known or "")

    async def due(self, now: datetime, limit: int) -> list[UUID]:
        """The projects to look at by *now*, the longest due first; where none is due, those left to sweep."""
        for query in (DUE, LEFT):
            cursor = await self._connection.execute(query, {"now": now, "limit": limit})
            if found := [project for (project,) in await cursor.fetchall()]:
                return found
        return []

    async def next(self) -> datetime | None:
        """When the next project has to be looked at."""
        (at,) = await self._one("SELECT min(look_at) FROM watch.project", [])
        return at if isinstance(at, datetime) else None

    async def looked(self, found: Sequence[CheckedProject]) -> None:
        """Remember when to look at these again."""
        columns = ([one.project for one in found], [one.version for one in found], [one.next for one in found])
        await self._connection.execute(
            "UPDATE watch.project AS known SET version = new.version, look_at = new.look_at, sweep = false"
            " FROM unnest(%s::uuid[], %s::int[], %s::timestamptz[]) AS new (project, version, look_at)"
            " WHERE known.project = new.project",
            columns,
        )

    async def brought_in(self, commands: Sequence[UUID]) -> Mapping[UUID, datetime]:
        """When each of these commands was stored in this ledger."""
        cursor = await self._connection.execute(
            "SELECT id, at FROM ledger.command WHERE id = ANY(%s)", [list(commands)]
        )
        return dict(await cursor.fetchall())

    async def _one(self, query: Any, params: Sequence[object]) -> tuple[Any, ...]:
        cursor = await self._connection.execute(query, params)
        row: tuple[Any, ...] | None = await cursor.fetchone()
        return row or (None,)
