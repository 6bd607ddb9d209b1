"""Positions of the views, waiting for them to reach a position (read your writes), and summary figures."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any, LiteralString, TypeVar
from uuid import UUID

from msgspec import Struct
from psycopg.sql import SQL, Composed

from infrastructure.ledger.reader import Store
from infrastructure.projector.view_stall import StallDetector
from projections.progress.query import PROGRESS
from projections.progress.rows import ProgressItem
from projections.progress.sums import COUNTS_OF_REGISTER
from projections.scope import ZONE_SCOPE, Scope

R = TypeVar("R")

PATIENCE_SECONDS = 2.0
LOOK_SECONDS = 0.2  # for pages: shorter, as a page says when it does not show the newest entries
PAUSE_SECONDS = 0.002  # an active projector takes a few milliseconds

COUNTED: LiteralString = """
    SELECT count(*), count(*) FILTER (WHERE p.items_done < p.items_total), count(*) FILTER (WHERE p.stuck),
           coalesce(sum(p.items_total), 0), coalesce(sum(p.items_open), 0), coalesce(sum(p.items_done), 0),
           coalesce(sum(p.items_turned_down), 0), coalesce(sum(p.complaints_open), 0)
    FROM views.project AS p WHERE p.register = %s AND {readable}
"""
POSITIONS: LiteralString = "SELECT view, seq, error FROM views.position WHERE NOT history ORDER BY view"
HISTORY_POSITIONS: LiteralString = "SELECT view, seq, error FROM views.position WHERE history ORDER BY view"


FIGURES = {"items": "items_total"}  # as the sums call them, where that is not the name here


class ViewPosition(Struct, frozen=True):
    """The position of a view; *error* is why it stopped."""

    view: str
    position: int
    error: str | None


class ViewBehindError(TimeoutError):
    """The views have not *reached* the wanted position in time. Retry in a moment."""

    def __init__(self, reached: int, wanted: int) -> None:
        super().__init__(f"the views are at position {reached}, not yet at {wanted}")
        self.reached = reached


class Summary(Struct, frozen=True):
    """Counts of the zone, or of an imported register. *stuck* and *under_way* count projects.

    *items_done* are granted or terminated, *items_turned_down* refused or declined and not applied for again.
    """

    projects: int
    under_way: int
    stuck: int
    items: int
    items_open: int
    items_done: int
    items_turned_down: int
    complaints_open: int


class Views:
    """Reads view tables and positions through the store's pool."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.stall = StallDetector()

    async def positions(self) -> list[ViewPosition]:
        async with self._store.cursor() as cursor:
            await cursor.execute(POSITIONS)
            return [ViewPosition(*row) for row in await cursor.fetchall()]

    async def reached(self) -> int:
        """The position that every view has reached."""
        return min((view.position for view in await self.positions()), default=0)

    async def catch_up(self, position: int | None, patience: float = PATIENCE_SECONDS) -> None:
        """Wait until every view has reached *position*. Raises ViewBehindError after *patience* seconds."""
        if not position:
            return
        limit, pause = monotonic() + patience, PAUSE_SECONDS
        while True:
            reached = await self.reached()
            if reached >= position:
                return
            if monotonic() > limit:
                raise ViewBehindError(reached, position)
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 0.05)

    async def lag(self, patience: float = LOOK_SECONDS) -> int:
        """How many entries of the current ledger the views still lack after at most *patience* seconds."""
        head = await self._store.head()
        try:
            await self.catch_up(head, patience)
        except ViewBehindError as behind:
            return head - behind.reached
        return 0

    async def summary(self, scope: Scope = ZONE_SCOPE) -> Summary:
        """The counts of what may be read of *scope*."""
        if not scope.sees_all(PROGRESS):
            query = SQL(COUNTED).format(readable=scope.readable("p", PROGRESS))
            (row,) = await self._rows(query, [scope.register])
            return Summary(*(int(number) for number in row))
        counts = {
            figure: int(number) for figure, number in await self._rows(COUNTS_OF_REGISTER, {"register": scope.register})
        }
        return Summary(**{name: counts.get(FIGURES.get(name, name), 0) for name in Summary.__struct_fields__})

    async def items(self, project: UUID) -> list[ProgressItem]:
        """One project's items, in their order in the project."""
        rows = await self._rows("SELECT * FROM views.item WHERE project = %s ORDER BY nth", [project])
        return [ProgressItem(*row) for row in rows]

    async def _rows(
        self, query: LiteralString | Composed, params: list[object] | dict[str, object]
    ) -> list[tuple[Any, ...]]:
        async with self._store.cursor() as cursor:
            await cursor.execute(query, params)
            return await cursor.fetchall()
