"""Asking who has to act on what: a list over all projects, and how much each holder has."""

from __future__ import annotations

from datetime import datetime
from typing import Any, LiteralString

from msgspec import Struct

from infrastructure.store import Store
from projections.waiting import WaitingRow

LISTED = """
    SELECT w.*, p.code, p.name, p.manager FROM views.waiting AS w JOIN views.project AS p ON p.project = w.project
    WHERE (%(department)s = '' OR w.department = %(department)s)
      AND (%(holder)s = '' OR w.holder = %(holder)s)
      AND (%(held_by)s = '' OR w.held_by = %(held_by)s)
      AND (%(kind)s = '' OR w.kind = %(kind)s)
      AND (%(manager)s = '' OR p.manager = %(manager)s)
    ORDER BY w.since, w.project, w.nth, w.kind, w.ref LIMIT %(limit)s OFFSET %(offset)s
"""
HOLDERS = """
    SELECT w.held_by, w.holder,
        count(*) FILTER (WHERE w.kind <> 'precondition'), count(*) FILTER (WHERE w.kind = 'precondition'),
        count(DISTINCT w.project), min(w.since) FILTER (WHERE w.kind <> 'precondition')
    FROM views.waiting AS w WHERE %(department)s = '' OR w.department = %(department)s
    GROUP BY w.held_by, w.holder ORDER BY 3 DESC, 4 DESC, w.held_by, w.holder LIMIT %(limit)s
"""


class WaitingFilter(Struct, frozen=True, kw_only=True):
    """Which waits to list; empty fields ask for nothing."""

    department: str = ""  # whose item it is
    holder: str = ""
    held_by: str = ""
    kind: str = ""
    manager: str = ""
    limit: int = 100
    offset: int = 0


class ListedWaiting(WaitingRow, frozen=True):
    """One thing waited for, with the project it is about."""

    project_code: str
    project_name: str
    manager: str


class HolderCount(Struct, frozen=True):
    """How much one holder has. *behind*: items that wait for other items, the chain of which ends with this holder.

    *projects*: in how many projects; *oldest_since*: since when the oldest of *holds*, None where it holds nothing.
    """

    held_by: str
    holder: str
    holds: int
    behind: int
    projects: int
    oldest_since: datetime | None


class WaitingRows:
    """Reads the view's table through the store's pool."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def listed(self, asked: WaitingFilter) -> list[ListedWaiting]:
        """A page over all projects, what has waited longest first."""
        rows = await self._rows(LISTED, {name: getattr(asked, name) for name in asked.__struct_fields__})
        return [ListedWaiting(*row) for row in rows]

    async def holders(self, department: str, limit: int) -> list[HolderCount]:
        """Who holds how much, those who hold most first; of one department's items or of all."""
        return [HolderCount(*row) for row in await self._rows(HOLDERS, {"department": department, "limit": limit})]

    async def _rows(self, query: LiteralString, params: dict[str, Any]) -> list[tuple[Any, ...]]:
        async with self._store.cursor() as cursor:
            await cursor.execute(query, params)
            return await cursor.fetchall()
