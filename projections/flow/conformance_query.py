"""Queries on conformance: a flow step by step, the whole of it in figures, and the items behind a number."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from msgspec import Struct, structs
from psycopg.sql import SQL, Composed

from domain.project.flow.conformance import Deviation
from projections.flow.conformance_sums import HANDLED, WAITED, ConformanceFigure
from projections.flow.conformance_sums_query import ConformanceSums, SummedStep
from projections.reader import Reader
from projections.scope import EVERYTHING, Scope
from projections.snapshots import Cursor, snapshot

READ = "read:flow"
# Days are whole turns of the clock, not working days: a chain runs through waiting and handling without a gap.
DAYS: LiteralString = """
    SELECT s.*, (s.waited_us / 86400e6)::float8 AS waited, (s.handled_us / 86400e6)::float8 AS handled
    FROM views.conformance AS s
    WHERE s.register = %(register)s AND s.flow = %(flow)s AND (%(edition)s = 0 OR s.edition = %(edition)s)
      AND {readable}
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
        SELECT DISTINCT s.flow, s.edition, s.project FROM views.conformance AS s
        WHERE s.register = %(register)s AND {readable}
    ) AS q GROUP BY 1, 2 ORDER BY 1, 2 DESC
"""
# Of one edition, for which an index has them in the order of the list.
DEPARTING: LiteralString = """
    (SELECT s.project, s.item, s.registered_at, s.nth FROM views.deviation AS s
     WHERE s.register = %(register)s AND s.flow = %(flow)s AND s.edition = {edition} AND s.deviation = %(deviation)s
       AND {of_item} AND {readable}
     ORDER BY s.registered_at DESC, s.project, s.nth LIMIT %(limit)s::bigint + %(offset)s)
"""
LISTED: LiteralString = """
    WITH k AS MATERIALIZED (
        SELECT * FROM ({departing}) AS d ORDER BY d.registered_at DESC, d.project, d.nth
        LIMIT %(limit)s OFFSET %(offset)s
    )
    SELECT k.project, p.name, p.code, k.item, s.name, s.department, s.deviations, s.begun_at, s.granted_at
    FROM k JOIN views.conformance AS s ON s.project = k.project AND s.item = k.item
    JOIN views.project AS p ON p.project = k.project
    ORDER BY k.registered_at DESC, k.project, k.nth
"""
OF_ITEM = SQL("s.item = %(item)s")


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
    """Queries on the view's tables, of one edition of a flow, within the scope of the reader."""

    def __init__(self, store: Reader, choice: FlowChoice, scope: Scope) -> None:
        self._store, self._choice, self._scope = store, choice, scope

    def within(self, store: Reader) -> ConformanceOf:
        """The same queries on what *store* reads."""
        return ConformanceOf(store, self._choice, self._scope)

    async def steps(self) -> list[ConformanceStep]:
        """Every item of the flow's projects, in the order of the flow."""
        if self._scope.sees_all(READ):
            async with snapshot(self._store) as cursor:
                return [_step_of(step) for step in await self._sums(cursor).steps()]
        counted: dict[str, dict[Deviation, int]] = {}
        for item, deviation, count in await self._rows(DEVIATING):
            counted.setdefault(item, {})[Deviation(deviation)] = count
        steps = [ConformanceStep(*row) for row in await self._rows(STEPS)]
        return [structs.replace(step, deviations=counted.get(step.item, {})) for step in steps]

    async def figures(self) -> ConformanceFigures:
        """How many projects follow the flow, and how many never left it."""
        if self._scope.sees_all(READ):
            async with snapshot(self._store) as cursor:
                projects, counts = await self._sums(cursor).projects()
            return ConformanceFigures(projects, counts[ConformanceFigure.CONFORMING], counts[ConformanceFigure.DONE])
        ((projects, conforming, done),) = await self._rows(PROJECTS)
        return ConformanceFigures(projects, conforming, done)

    async def listed(self, deviation: Deviation, item: str, limit: int, offset: int) -> list[DeviatingItem]:
        """The items behind a number; those of the newest projects first."""
        params = {"deviation": deviation.value, "item": item, "limit": limit, "offset": offset}
        departing = SQL(" UNION ALL ").join(
            SQL(DEPARTING).format(
                edition=edition, of_item=OF_ITEM if item else EVERYTHING, readable=self._scope.readable("s", READ)
            )
            for edition in await self._editions()
        )
        return [DeviatingItem(*row) for row in await self._read(SQL(LISTED).format(departing=departing), params)]

    async def _editions(self) -> list[int]:
        """The editions that the choice means."""
        if self._choice.edition:
            return [self._choice.edition]
        choices = await flow_choices(self._store, self._scope)
        return [each.edition for each in choices if each.flow == self._choice.flow] or [0]

    def _sums(self, cursor: Cursor) -> ConformanceSums:
        return ConformanceSums(cursor, self._scope.register, self._choice.flow, self._choice.edition)

    async def _rows(self, query: LiteralString) -> list[tuple[Any, ...]]:
        return await self._read(SQL(query).format(readable=self._scope.readable("s", READ)), {})

    async def _read(self, query: Composed, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        of_flow = {"register": self._scope.register, "flow": self._choice.flow, "edition": self._choice.edition}
        async with self._store.cursor() as cursor:
            await cursor.execute(query, {**of_flow, **params})
            return await cursor.fetchall()


def _step_of(step: SummedStep) -> ConformanceStep:
    figures = step.figures
    return ConformanceStep(
        step.item,
        step.name,
        step.department,
        step.projects,
        figures[ConformanceFigure.BEGUN],
        figures[ConformanceFigure.GRANTED],
        figures[ConformanceFigure.SUPPLEMENT],
        step.medians.get(WAITED),
        step.medians.get(HANDLED),
        figures[ConformanceFigure.CHAIN],
        step.chain.get(WAITED, 0.0),
        step.chain.get(HANDLED, 0.0),
        {deviation: figures[deviation] for deviation in Deviation if figures[deviation]},
    )


async def flow_choices(store: Reader, scope: Scope) -> list[FlowChoice]:
    """The editions of flows that projects in *scope* follow, the newest of each flow first."""
    async with store.cursor() as cursor:
        if scope.sees_all(READ):
            return [FlowChoice(*row) for row in await ConformanceSums(cursor, scope.register, "", 0).editions()]
        await cursor.execute(SQL(EDITIONS).format(readable=scope.readable("s", READ)), {"register": scope.register})
        return [FlowChoice(*row) for row in await cursor.fetchall()]
