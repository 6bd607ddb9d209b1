"""Queries on external results: of one project, or of all, filtered by staleness or discrepancy."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from psycopg.sql import SQL

from projections.external.fold import OutsideRow
from projections.reader import Reader
from projections.scope import ZONE_SCOPE, Scope

LISTED = """
    SELECT o.* FROM views.outside AS o
    WHERE (%(department)s = '' OR o.department = %(department)s)
      AND (%(manager)s = '' OR o.manager = %(manager)s)
      AND (%(disputed)s::boolean IS NULL OR o.disputed = %(disputed)s)
      AND (%(days)s::integer IS NULL OR o.needed
           AND (%(at)s::timestamptz AT TIME ZONE o.zone)::date - o.verified_on > %(days)s)
      AND {within}
    ORDER BY o.verified_on, o.project, o.item LIMIT %(limit)s OFFSET %(offset)s
"""


class OutsideFilter(Struct, frozen=True, kw_only=True):
    """Filter of external results; empty fields don't restrict. *stale_days* None: stale or not."""

    department: str = ""
    manager: str = ""
    disputed: bool | None = None
    stale_days: int | None = None  # last verified longer ago than this, at *at*
    at: datetime
    scope: Scope = ZONE_SCOPE
    limit: int = 100
    offset: int = 0


class OutsideResults:
    """Queries on the view's table."""

    def __init__(self, store: Reader) -> None:
        self._store = store

    async def of_project(self, project: UUID) -> list[OutsideRow]:
        """The results of one project, by item."""
        async with self._store.cursor() as cursor:
            await cursor.execute("SELECT * FROM views.outside WHERE project = %s ORDER BY item", [project])
            return [OutsideRow(*row) for row in await cursor.fetchall()]

    async def listed(self, criteria: OutsideFilter) -> list[OutsideRow]:
        """A page of the results of all projects, the longest unverified first."""
        async with self._store.cursor() as cursor:
            await cursor.execute(
                SQL(LISTED).format(within=criteria.scope.of("o", "read:external")),
                {
                    "department": criteria.department,
                    "manager": criteria.manager,
                    "disputed": criteria.disputed,
                    "days": criteria.stale_days,
                    "at": criteria.at,
                    "limit": criteria.limit,
                    "offset": criteria.offset,
                },
            )
            return [OutsideRow(*row) for row in await cursor.fetchall()]
