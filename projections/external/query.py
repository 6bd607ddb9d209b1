"""Queries on external results: of one project, or of all, filtered by staleness or discrepancy, at any instant."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct
from psycopg.sql import SQL

from projections.as_of import Folding, Past, settled_at, tables_at
from projections.external.fold import OUTSIDE, External, ExternalRow
from projections.external.history import HISTORY
from projections.keyset import Ordering, SortKey
from projections.law.shipped import shipped_law
from projections.reader import Reader
from projections.scope import EVERYTHING, ZONE_SCOPE, Scope

VIEWS = (External(shipped_law),)
FOLDING = Folding(VIEWS, (OUTSIDE,), settled_at(VIEWS), (HISTORY,))
ORDER = Ordering(map(SortKey, ("o.verified_on", "o.project", "o.item")))
LISTED = """
    SELECT o.* FROM {outside} AS o
    WHERE {conditions} AND {within} AND {following}
    ORDER BY {order} LIMIT %(limit)s
"""
# Only those that restrict are in a query: the planner then knows which index fits. No zone is more than a day ahead.
STALE = SQL("""o.needed AND o.verified_on <= (%(at)s::timestamptz AT TIME ZONE 'UTC')::date - %(days)s::integer
    AND (%(at)s::timestamptz AT TIME ZONE o.zone)::date - o.verified_on > %(days)s""")
DISPUTED, NOT_DISPUTED = SQL("o.disputed"), SQL("NOT o.disputed")
ExternalKey = tuple[date, UUID, str]


class ExternalFilter(Struct, frozen=True, kw_only=True):
    """Filter of external results; empty fields don't restrict. *stale_days* None: stale or not."""

    department: str = ""
    manager: str = ""
    disputed: bool | None = None
    stale_days: int | None = None  # last verified longer ago than this, at *at*
    at: datetime
    scope: Scope = ZONE_SCOPE
    limit: int = 100
    last: ExternalKey | None = None  # the row before the page

    @property
    def conditions(self) -> list[SQL]:
        """Those that restrict."""
        conditions = [EVERYTHING]
        conditions += [SQL("o.department = %(department)s")] if self.department else []
        conditions += [SQL("o.manager = %(manager)s")] if self.manager else []
        conditions += [] if self.disputed is None else [DISPUTED if self.disputed else NOT_DISPUTED]
        return [*conditions, *([] if self.stale_days is None else [STALE])]


class ExternalResults:
    """Queries on the view's table."""

    def __init__(self, store: Reader) -> None:
        self._store = store

    async def of_project(self, project: UUID) -> list[ExternalRow]:
        """The results of one project, by item."""
        async with self._store.cursor() as cursor:
            await cursor.execute("SELECT * FROM views.outside WHERE project = %s ORDER BY item", [project])
            return [ExternalRow(*row) for row in await cursor.fetchall()]

    async def listed(self, criteria: ExternalFilter, past: Past | None = None) -> list[ExternalRow]:
        """A page of the results of all projects, the longest unverified first; now, or as of *past*.

        Raises TooMuchToReadError, HistoryBehindError.
        """
        params = {
            "department": criteria.department,
            "manager": criteria.manager,
            "disputed": criteria.disputed,
            "days": criteria.stale_days,
            "at": criteria.at,
            "limit": criteria.limit,
        }
        async with tables_at(self._store, FOLDING, past) as (cursor, tables):
            query = SQL(LISTED).format(
                conditions=SQL(" AND ").join(criteria.conditions),
                outside=tables.of(OUTSIDE),
                within=SQL("{}").format(criteria.scope.of("o", "read:external")),
                following=ORDER.following(criteria.last),
                order=ORDER.clause,
            )
            await cursor.execute(query, params | tables.params)
            return [ExternalRow(*row) for row in await cursor.fetchall()]
