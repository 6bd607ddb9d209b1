"""Queries on conformance: a flow step by step, the whole of it in figures, and the items behind a number."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from msgspec import Struct, structs
from psycopg.sql import SQL

from domain.project.flow.conformance import Deviation
from projections.reader import Reader
from projections.scope import Scope

READ = "read:flow"
# Days are whole turns of the clock, not working days: a chain runs through waiting and handling without a gap. What was
# begun before it was free waited for nothing, and is handled from when it was free.
DAYS: LiteralString = """
    SELECT s.*,
        (extract(epoch FROM greatest(s.begun_at, s.free_at) - s.free_at) / 86400)::float8 AS waited,
        (greatest(extract(epoch FROM s.granted_at - greatest(s.begun_at, s.free_at)), 0) / 86400)::float8 AS handled
    FROM views.conformance AS s
    WHERE s.flow = %(flow)s AND (%(edition)s = 0 OR s.edition = %(edition)s) AND {within}
"""
STEPS: LiteralString = f"""
    SELECT d.item, max(d.name), max(d.department), count(*), count(d.begun_at), count(d.granted_at),
        sum(d.supplements)::integer,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY d.waited) FILTER (WHERE d.granted_at IS NOT NULL),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY d.handled) FILTER (WHERE d.granted_at IS NOT NULL),
        count(*) FILTER (WHERE d.on_chain),
        coalesce(sum(d.waited) FILTER (WHERE d.on_chain), 0), coalesce(sum(d.handled) FILTER (WHERE d.on_chain), 0)
    FROM ({DAYS}) AS d GROUP BY d.item ORDER BY min(d.nth), d.item
"""  # noqa: S608 our own constants
DEVIATING: LiteralString = f"""
    SELECT d.item, u.deviation, count(*) FROM ({DAYS}) AS d, unnest(d.deviations) AS u (deviation) GROUP BY 1, 2
"""  # noqa: S608 our own constants
PROJECTS: LiteralString = f"""
    SELECT count(*), count(*) FILTER (WHERE q.left_it = 0), count(*) FILTER (WHERE q.granted = q.items)
    FROM (
        SELECT d.project, count(*) FILTER (WHERE cardinality(d.deviations) > 0) AS left_it,
            count(d.granted_at) AS granted, count(*) AS items
        FROM ({DAYS}) AS d GROUP BY d.project
    ) AS q
"""  # noqa: S608 our own constants
EDITIONS: LiteralString = """
    SELECT q.flow, q.edition, count(*) FROM (
        SELECT DISTINCT s.flow, s.edition, s.project FROM views.conformance AS s WHERE {within}
    ) AS q GROUP BY 1, 2 ORDER BY 1, 2 DESC
"""
LISTED: LiteralString = f"""
    SELECT d.project, p.name, p.code, d.item, d.name, d.department, d.deviations, d.begun_at, d.granted_at
    FROM ({DAYS}) AS d JOIN views.project AS p USING (project)
    WHERE (%(item)s = '' OR d.item = %(item)s) AND %(deviation)s = ANY(d.deviations)
    ORDER BY p.registered_at DESC, d.project, d.nth LIMIT %(limit)s OFFSET %(offset)s
"""  # noqa: S608 our own constants


class FlowChoice(Struct, frozen=True):
    """An edition of a flow that projects follow; edition 0: all of them together."""

    flow: str
    edition: int
    projects: int = 0


class ConformanceStep(Struct, frozen=True):
    """One item over all projects that follow the flow; *deviations* are counted by kind.

    *wait_median* is from when it could be applied for to its application, *handling_median* from there to the grant,
    both in days of granted items; None without any. *chains* is how often it was on the chain that a project's time
    went into, *chain_wait* and *chain_handling* are the days that it took there, of all projects together.
    """

    item: str
    name: str
    department: str
    projects: int
    begun: int
    granted: int
    supplements: int
    wait_median: float | None
    handling_median: float | None
    chains: int
    chain_wait: float
    chain_handling: float
    deviations: Mapping[Deviation, int] = {}

    @property
    def chain_days(self) -> float:
        """The days of all projects that went into this step."""
        return self.chain_wait + self.chain_handling


class ConformanceFigures(Struct, frozen=True):
    """The projects that follow the flow: all, those that never left it, and those all of whose items are granted."""

    projects: int
    conforming: int
    done: int


class DeviatingItem(Struct, frozen=True):
    """One item of one project that departs from the flow."""

    project: UUID
    project_name: str
    code: str
    item: str
    item_name: str
    department: str
    deviations: list[str]
    begun_at: datetime | None
    granted_at: datetime | None


class ConformanceOf:
    """Queries on the view's table, of one edition of a flow, within the scope of the reader."""

    def __init__(self, store: Reader, choice: FlowChoice, scope: Scope) -> None:
        self._store, self._choice, self._scope = store, choice, scope

    def within(self, store: Reader) -> ConformanceOf:
        """The same queries on what *store* reads."""
        return ConformanceOf(store, self._choice, self._scope)

    async def steps(self) -> list[ConformanceStep]:
        """Every item of the flow's projects, in the order of the flow."""
        counted: dict[str, dict[Deviation, int]] = {}
        for item, deviation, count in await self._rows(DEVIATING):
            counted.setdefault(item, {})[Deviation(deviation)] = count
        steps = [ConformanceStep(*row) for row in await self._rows(STEPS)]
        return [structs.replace(step, deviations=counted.get(step.item, {})) for step in steps]

    async def figures(self) -> ConformanceFigures:
        """How many projects follow the flow, and how many never left it."""
        ((projects, conforming, done),) = await self._rows(PROJECTS)
        return ConformanceFigures(projects, conforming, done)

    async def listed(self, deviation: Deviation, item: str, limit: int, offset: int) -> list[DeviatingItem]:
        """The items behind a number; those of the newest projects first."""
        params = {"deviation": deviation.value, "item": item, "limit": limit, "offset": offset}
        return [DeviatingItem(*row) for row in await self._rows(LISTED, **params)]

    async def _rows(self, query: LiteralString, **params: Any) -> list[tuple[Any, ...]]:
        within = self._scope.of("s", READ)
        query_params = {"flow": self._choice.flow, "edition": self._choice.edition, **params}
        async with self._store.cursor() as cursor:
            await cursor.execute(SQL(query).format(within=within), query_params)
            return await cursor.fetchall()


async def flow_choices(store: Reader, scope: Scope) -> list[FlowChoice]:
    """The editions of flows that projects in *scope* follow, the newest of each flow first."""
    async with store.cursor() as cursor:
        await cursor.execute(SQL(EDITIONS).format(within=scope.of("s", READ)))
        return [FlowChoice(*row) for row in await cursor.fetchall()]
