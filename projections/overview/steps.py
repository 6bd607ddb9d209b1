"""办理环节 open applications by the step they are at, and how many of them are late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from psycopg.sql import SQL, Composed

from domain.project.state.step import CaseStep
from projections.clocks.list import EXISTS
from projections.clocks.warned import LATE_FIGURES, figures_at
from projections.progress.query import LATE, PROGRESS
from projections.progress.rows import AT_STEP as ITEMS_AT_STEP
from projections.progress.rows import SINCE
from projections.progress.sums import COUNTS_OF_REGISTER, STEP_FIGURES
from projections.reader import Reader
from projections.scope import Scope
from projections.snapshots import Cursor, snapshot

AT_STEP: Mapping[CaseStep, SQL] = {step: SQL(condition) for step, condition in ITEMS_AT_STEP.items()}
STEP = SQL("CASE {} END").format(
    SQL(" ").join(SQL("WHEN {} THEN {}").format(condition, step.value) for step, condition in AT_STEP.items())
)
COLUMNS = SQL(f"i.project, i.item, i.name, i.department, {SINCE} AS since")
LATE_CLOCK = SQL("NOT c.closed AND {} AND {}").format(EXISTS, LATE)
IS_LATE = SQL(
    "EXISTS (SELECT FROM views.clock AS c WHERE c.project = i.project AND c.item = i.item"
    " AND c.application = i.application AND {})"
).format(LATE_CLOCK)
CASES = SQL("SELECT {columns}, {late} AS is_late FROM views.item AS i WHERE {at_step} AND {within}")
SUMMED = SQL(COUNTS_OF_REGISTER)
COUNTED = SQL("""
    SELECT k.step, count(*), count(*) FILTER (WHERE k.is_late) FROM (
        SELECT {step} AS step, {late} AS is_late FROM views.item AS i
        WHERE i.stage IN ('submitted', 'supplementing', 'accepted', 'completed') AND {within}
    ) AS k GROUP BY k.step
""")
# The others are read in their order, of which an index has a step's: a page ends before all are read. Few late ones are
# sooner found by their clocks, of which an index has the late ones together. IS TRUE keeps the planner from joining.
LATE_CASES = SQL("""
    SELECT {columns}, true AS is_late FROM (
        SELECT DISTINCT c.project, c.item, c.application FROM views.clock AS c WHERE {clock}
    ) AS l JOIN views.item AS i ON i.project = l.project AND i.item = l.item AND i.application = l.application
    WHERE {at_step} AND {within}
""")
OTHER_CASES = SQL("""
    SELECT {columns}, false AS is_late FROM views.item AS i WHERE {at_step} AND {within} AND {late} IS NOT TRUE
""")
LATE_IN_ORDER = SQL("""
    SELECT {columns}, true AS is_late FROM views.item AS i WHERE {at_step} AND {within} AND {late} IS TRUE
""")
FEW_LATE = 1 / 8  # of a step: to look for one by its clock takes as long as to read eight in their order
NUMBER = SQL("SELECT count(*) FROM ({}) AS k")
PAGE = SQL("""
    WITH k AS MATERIALIZED (
        SELECT k.* FROM ({cases}) AS k ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s
    )
    SELECT k.project, k.item, k.name, k.department, p.name, p.code, k.since, k.is_late
    FROM k JOIN views.project AS p ON p.project = k.project ORDER BY {order}
""")
LATE_FIRST = SQL("k.is_late DESC, k.since, k.project, k.item")


class StepCount(Struct, frozen=True):
    """How many applications are at a step, and how many of them have a clock past its last day."""

    step: CaseStep
    cases: int = 0
    late: int = 0


class StepCase(Struct, frozen=True):
    """One application at a step, since when, and whether it is late."""

    project: UUID
    item: str
    item_name: str
    department: str
    project_name: str
    code: str
    since: datetime | None
    is_late: bool


async def step_counts(store: Reader, t: datetime, scope: Scope) -> list[StepCount]:
    """The applications in *scope* at *t*, step by step."""
    if scope.sees_all(PROGRESS):
        return await _summed(store, t, scope)
    async with store.cursor() as cursor:
        await cursor.execute(COUNTED.format(step=STEP, late=IS_LATE, within=_within(scope)), {"t": t})
        counts = {step: (cases, late) for step, cases, late in await cursor.fetchall() if step}
    return [StepCount(step, *counts.get(step.value, (0, 0))) for step in CaseStep]


async def step_count(store: Reader, t: datetime, scope: Scope, step: CaseStep) -> StepCount:
    """Those at one *step*."""
    return next(count for count in await step_counts(store, t, scope) if count.step is step)


async def _summed(store: Reader, t: datetime, scope: Scope) -> list[StepCount]:
    """The same of a whole register, from sums."""
    async with snapshot(store) as cursor:
        await cursor.execute(SUMMED, {"register": scope.register})
        cases = dict(await cursor.fetchall())
        (late,) = await figures_at(cursor, [t], scope)
    return [StepCount(step, int(cases.get(STEP_FIGURES[step], 0)), late[LATE_FIGURES[step]]) for step in CaseStep]


async def step_cases(
    store: Reader, t: datetime, scope: Scope, count: StepCount, *, late: bool, limit: int, offset: int
) -> Sequence[StepCase]:
    """The applications behind a *count*: late ones first, then the oldest."""
    pages = CasePages(t, scope, count.step)
    async with snapshot(store) as cursor:
        if not scope.sees_all(PROGRESS):
            cases = SQL("SELECT * FROM ({}) AS s WHERE s.is_late OR NOT {}").format(pages.query(CASES), late)
            return await pages.read(cursor, cases, limit, offset)
        late_cases = pages.query(LATE_CASES if count.late < count.cases * FEW_LATE else LATE_IN_ORDER)
        rows = await pages.read(cursor, late_cases, limit, offset)
        if late or len(rows) == limit:
            return rows
        before = 0 if rows or not offset else offset - await pages.number(cursor, late_cases)
        return [*rows, *await pages.read(cursor, pages.query(OTHER_CASES), limit - len(rows), before)]


class CasePages(Struct, frozen=True):
    """Pages of the applications in *scope* that are at a *step*, at *t*."""

    t: datetime
    scope: Scope
    step: CaseStep

    def query(self, cases: SQL) -> Composed:
        """The query for these of the *cases*."""
        at_step, within = AT_STEP[self.step], _within(self.scope)
        return cases.format(columns=COLUMNS, late=IS_LATE, clock=LATE_CLOCK, at_step=at_step, within=within)

    async def read(self, cursor: Cursor, cases: Composed, limit: int, offset: int) -> list[StepCase]:
        """A page of *cases*, in their order."""
        query = PAGE.format(cases=cases, order=LATE_FIRST)
        await cursor.execute(query, {"t": self.t, "limit": limit, "offset": offset})
        return [StepCase(*row) for row in await cursor.fetchall()]

    async def number(self, cursor: Cursor, cases: Composed) -> int:
        """How many *cases* there are."""
        await cursor.execute(NUMBER.format(cases), {"t": self.t})
        ((number,),) = await cursor.fetchall()
        return int(number)


def _within(scope: Scope) -> SQL | Composed:
    return scope.of("i", PROGRESS)
