"""办理环节 open applications by the step they are at, and how many of them are late."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from psycopg.sql import SQL, Composed

from domain.project.state.step import CaseStep
from projections.clocks.list import EXISTS
from projections.clocks.warned import LATE_FIGURES, figures_at
from projections.progress.query import LATE, PROGRESS
from projections.progress.sums import COUNTS_OF_REGISTER, STEP_FIGURES
from projections.reader import Reader
from projections.scope import Scope
from projections.snapshots import snapshot

STEP = SQL("""CASE
    WHEN i.stage IN ('submitted', 'supplementing') THEN 'acceptance'
    WHEN i.stage = 'accepted' AND cardinality(i.awaiting || i.queued || i.suspended) > 0 THEN 'examination'
    WHEN i.stage = 'accepted' THEN 'decision'
    WHEN i.stage = 'completed' AND i.live AND i.delivered_at IS NULL THEN 'delivery' END""")
CASES = SQL("""
    SELECT i.project, i.item, i.name, i.department, p.name AS project_name, p.code,
        coalesce(i.decided_at, i.accepted_at, i.submitted_at) AS since, {step} AS step,
        EXISTS (SELECT FROM views.clock AS c WHERE c.project = i.project AND c.item = i.item
            AND c.application = i.application AND NOT c.closed AND {exists} AND {late}) AS is_late
    FROM views.item AS i JOIN views.project AS p ON p.project = i.project
    WHERE i.stage IN ('submitted', 'supplementing', 'accepted', 'completed') AND {within}
""")
SUMMED = SQL(COUNTS_OF_REGISTER)
COUNTED = SQL("SELECT k.step, count(*), count(*) FILTER (WHERE k.is_late) FROM ({}) AS k GROUP BY k.step")
LISTED = SQL("""
    SELECT k.project, k.item, k.name, k.department, k.project_name, k.code, k.since, k.is_late FROM ({}) AS k
    WHERE k.step = %(step)s AND (k.is_late OR NOT %(late)s)
    ORDER BY k.is_late DESC, k.since, k.project, k.item LIMIT %(limit)s OFFSET %(offset)s
""")


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
        await cursor.execute(COUNTED.format(_cases(scope)), {"t": t})
        counts = {step: (cases, late) for step, cases, late in await cursor.fetchall() if step}
    return [StepCount(step, *counts.get(step.value, (0, 0))) for step in CaseStep]


async def _summed(store: Reader, t: datetime, scope: Scope) -> list[StepCount]:
    """The same of a whole register, from sums."""
    async with snapshot(store) as cursor:
        await cursor.execute(SUMMED, {"register": scope.register})
        cases = dict(await cursor.fetchall())
        (late,) = await figures_at(cursor, [t], scope)
    return [StepCount(step, int(cases.get(STEP_FIGURES[step], 0)), late[LATE_FIGURES[step]]) for step in CaseStep]


async def step_cases(
    store: Reader, t: datetime, scope: Scope, step: CaseStep, *, late: bool, limit: int, offset: int
) -> Sequence[StepCase]:
    """The applications behind a count: late ones first, then the oldest."""
    params = {"t": t, "step": step.value, "late": late, "limit": limit, "offset": offset}
    async with store.cursor() as cursor:
        await cursor.execute(LISTED.format(_cases(scope)), params)
        return [StepCase(*row) for row in await cursor.fetchall()]


def _cases(scope: Scope) -> Composed:
    return CASES.format(step=STEP, exists=EXISTS, late=LATE, within=scope.of("i", PROGRESS))
