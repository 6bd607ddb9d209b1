"""When the deadline watcher has to look at which project: kept in the database, so that a restart reads little."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from msgspec import Struct

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


class Looked(Struct, frozen=True):
    """A project that was looked at: all up to *version* is told, and *next* is when to look again, None for never."""

    project: UUID
    version: int
    next: datetime | None


class WatchTable:
    """The table, on the connection of the watcher that leads; whoever has lost that connection writes no more."""

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self._connection = connection

    async def lead(self) -> bool:
        """Become the leader if there is none."""
        await self._connection.execute("SET timezone = 'UTC'")
        row = await self._one("SELECT pg_try_advisory_lock(%s)", [LEADER_KEY])
        return bool(row[0])

    async def note_news(self, now: datetime) -> int:
        """Put the projects with new entries on the list; how many entries those were."""
        cursor = await self._connection.execute(NOTE_NEWS, {"limit": ENTRIES_MAX, "now": now})
        row = await cursor.fetchone()
        return int(row[0]) if row else 0

    async def note_calendars(self, calendars: str, now: datetime) -> bool:
        """Put every project on the list if clocks were counted by other *calendars* so far; whether they were."""
        (known,) = await self._one("SELECT calendars FROM watch.position", [])
        if known == calendars:
            return False
        async with self._connection.transaction():
            await self._connection.execute("UPDATE watch.project SET look_at = least(look_at, %s)", [now])
            await self._connection.execute("UPDATE watch.position SET calendars = %s", [calendars])
        return True

    async def due(self, now: datetime, limit: int) -> list[UUID]:
        """The projects to look at by *now*, the longest due first."""
        cursor = await self._connection.execute(
            "SELECT project FROM watch.project WHERE look_at <= %s ORDER BY look_at, project LIMIT %s", [now, limit]
        )
        return [project for (project,) in await cursor.fetchall()]

    async def next(self) -> datetime | None:
        """When the next project has to be looked at."""
        (at,) = await self._one("SELECT min(look_at) FROM watch.project", [])
        return at if isinstance(at, datetime) else None

    async def looked(self, found: Sequence[Looked]) -> None:
        """Remember when to look at these again."""
        columns = ([one.project for one in found], [one.version for one in found], [one.next for one in found])
        await self._connection.execute(
            "UPDATE watch.project AS known SET version = new.version, look_at = new.look_at"
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
