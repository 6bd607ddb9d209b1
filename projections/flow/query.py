"""Queries on adoptions: which projects follow which edition of a flow, at any instant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from msgspec import Struct
from psycopg.sql import SQL, Composed

from projections.keyset import Ordering, SortKey
from projections.reader import Reader
from projections.scope import ZONE_SCOPE, Scope

RUNNING: LiteralString = """
    a.flow = %(flow)s AND a.since <= %(at)s AND (a.until IS NULL OR a.until > %(at)s)
"""
LISTED: LiteralString = f"""
    SELECT a.project, p.code, p.name, p.enterprise, p.manager, a.edition, a.kind, a.since, a.by
    FROM views.adoption AS a JOIN views.project AS p USING (project)
    WHERE {RUNNING} AND {{readable}} AND {{following}}
      AND (%(edition)s = 0 OR a.edition = %(edition)s) AND (%(kind)s = '' OR a.kind = %(kind)s)
    ORDER BY {{order}} LIMIT %(limit)s
"""  # noqa: S608 our own constants
COUNTED: LiteralString = f"""
    SELECT a.edition, a.kind, count(*)::integer FROM views.adoption AS a WHERE {RUNNING}
      AND {{readable}} GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608 our own constants


ORDER = Ordering((SortKey("a.since", descending=True), SortKey("a.project")))
RunningKey = tuple[datetime, UUID]
BY_QUERY = ("scope", "last")  # fields that are conditions of the query, not parameters


class RunningProject(Struct, frozen=True):
    """A project that follows an edition of a flow *since* an instant; *by* is who moved it."""

    project: UUID
    code: str
    name: str
    enterprise: str
    manager: str
    edition: int
    kind: str
    since: datetime
    by: str


class RunningCount(Struct, frozen=True):
    """The number of projects of one kind that follow one edition."""

    edition: int
    kind: str
    projects: int


class RunningFilter(Struct, frozen=True, kw_only=True):
    """Filter of projects on a flow at an instant; edition 0 and the empty kind don't restrict."""

    flow: str
    at: datetime
    edition: int = 0
    kind: str = ""
    scope: Scope = ZONE_SCOPE
    limit: int = 100
    last: RunningKey | None = None  # the row before the page


class RunningProjects:
    """Queries on the view's table."""

    def __init__(self, store: Reader) -> None:
        self._store = store

    async def listed(self, criteria: RunningFilter) -> list[RunningProject]:
        """A page of projects, the latest adoption first."""
        params = {name: getattr(criteria, name) for name in RunningFilter.__struct_fields__ if name not in BY_QUERY}
        parts = {"following": ORDER.following(criteria.last), "order": ORDER.clause}
        return [RunningProject(*row) for row in await self._rows(LISTED, params, criteria.scope, parts)]

    async def counted(self, flow: str, at: datetime, scope: Scope = ZONE_SCOPE) -> list[RunningCount]:
        """The number of projects, by edition and kind."""
        return [RunningCount(*row) for row in await self._rows(COUNTED, {"flow": flow, "at": at}, scope)]

    async def _rows(
        self,
        query: LiteralString,
        params: dict[str, object],
        scope: Scope,
        parts: Mapping[str, SQL | Composed] | None = None,
    ) -> list[tuple[Any, ...]]:
        async with self._store.cursor() as cursor:
            await cursor.execute(SQL(query).format(readable=scope.readable("a", "read:flow"), **(parts or {})), params)
            return await cursor.fetchall()
