"""The deadline watcher's schedule: when to check each project next, stored in the database to survive restarts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from msgspec import Struct

from infrastructure.postgres.lease import Lease

WORK = "watcher"
LEADER_KEY = 0x436F756E_57415443  # advisory lock of the leading watcher
ENTRIES_MAX = 5000  # per query, which takes some milliseconds
# Schedules projects with new entries; entries that the watcher has read, such as its own, do not count.
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
# With another calendar, a running clock may end on another day; a closed one can only be judged differently. Projects
# that the clocks view does not have yet are scheduled by their new entries.
SWEEP = """
    UPDATE watch.project SET sweep = true WHERE look_at IS NULL OR look_at > %(now)s
"""
MOVABLE = """
    UPDATE watch.project SET look_at = least(look_at, %(now)s), sweep = false
    WHERE project IN (SELECT project FROM views.clock WHERE NOT closed AND split_part(law, '/', 1) = ANY(%(laws)s))
"""


class CheckedProject(Struct, frozen=True):
    """A project checked up to *version*; *next* is when to check it again, None if only after new entries."""

    project: UUID
    version: int
    next: datetime | None


class WatchTable:
    """The schedule's table. Uses the leader's own connection, so that a watcher without it can't write."""

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self._connection = connection

    async def lead(self, lease: Lease) -> bool:
        """Become the leader if there is none, or if its lease has expired."""
        await self._connection.execute("SET timezone = 'UTC'")
        return await lease.take_async(self._connection)

    async def note_news(self, now: datetime) -> int:
        """Schedule the projects with new entries for now; returns the number of entries."""
        cursor = await self._connection.execute(NOTE_NEWS, {"limit": ENTRIES_MAX, "now": now})
        row = await cursor.fetchone()
        return int(row[0]) if row else 0

    async def note_calendars(self, calendars: str, laws: Sequence[str], now: datetime) -> None:
        """Schedule every project, because the *calendars*, or the rules of counting named with them, have changed.

        Projects with a clock under one of *laws*, which the change can move, come first; the others are checked when
        nothing else is due.
        """
        async with self._connection.transaction():
            await self._connection.execute(SWEEP, {"now": now})
            if await self._fetch_row("SELECT to_regclass('views.clock') IS NOT NULL", []) == (True,):
                await self._connection.execute(MOVABLE, {"now": now, "laws": list(laws)})
            await self._connection.execute("UPDATE watch.position SET calendars = %s", [calendars])

    async def calendars(self) -> str:
        """The rules and calendars by which the projects were last checked, as `versions_of` writes them."""
        (known,) = await self._fetch_row("SELECT calendars FROM watch.position", [])
        return str(known or "")

    async def due(self, now: datetime, limit: int) -> list[UUID]:
        """The projects due by *now*, longest due first; if there are none, those that a calendar change left over."""
        for query in (DUE, LEFT):
            cursor = await self._connection.execute(query, {"now": now, "limit": limit})
            if projects := [project for (project,) in await cursor.fetchall()]:
                return projects
        return []

    async def next(self) -> datetime | None:
        """When the next project is due."""
        (at,) = await self._fetch_row("SELECT min(look_at) FROM watch.project", [])
        return at if isinstance(at, datetime) else None

    async def reschedule(self, checked: Sequence[CheckedProject]) -> None:
        """Store when to check these projects again."""
        columns = ([p.project for p in checked], [p.version for p in checked], [p.next for p in checked])
        await self._connection.execute(
            "UPDATE watch.project AS known SET version = new.version, look_at = new.look_at, sweep = false"
            " FROM unnest(%s::uuid[], %s::int[], %s::timestamptz[]) AS new (project, version, look_at)"
            " WHERE known.project = new.project",
            columns,
        )

    async def stored_at(self, commands: Sequence[UUID]) -> Mapping[UUID, datetime]:
        """When each of these commands was stored in this ledger."""
        cursor = await self._connection.execute(
            "SELECT id, at FROM ledger.command WHERE id = ANY(%s)", [list(commands)]
        )
        return dict(await cursor.fetchall())

    async def _fetch_row(self, query: Any, params: Sequence[object]) -> tuple[Any, ...]:
        cursor = await self._connection.execute(query, params)
        row: tuple[Any, ...] | None = await cursor.fetchone()
        return row or (None,)
