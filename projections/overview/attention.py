"""需要关注 projects that are stuck or late, those first behind whose obstacle most items wait."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from psycopg.sql import SQL

from domain.law.licensing.clock import SILENT, State
from projections.clocks.list import AWAITED, EXISTS
from projections.progress.query import LATE, registered, within
from projections.reader import Reader
from projections.scope import Scope

NOT_AWAITED = (*SILENT, State.UNCONFIRMED, State.VOID)  # states in which a clock waits for no act
# One obstacle a project: the item that was turned down, else the clock that was over first, else nothing that moves.
# Items behind it are those that have it on their chain, which the view counts. Names are read for the few that are
# shown.
ATTENTION = SQL("""
    WITH late AS (
        SELECT DISTINCT ON (c.project) c.project, c.item, c.application, c.clock, c.department, c.over_at
        FROM views.clock AS c WHERE NOT c.closed AND {late} AND {exists} AND {awaited}
        ORDER BY c.project, c.over_at, c.item
    ), turned_down AS (
        SELECT DISTINCT ON (w.project) w.project, w.item, w.what, w.since
        FROM views.waiting AS w WHERE w.kind = 'application' AND cardinality(w.what) > 0
        ORDER BY w.project, w.since, w.item
    ), obstacle AS (
        SELECT p.project, p.name, p.code, p.stuck, coalesce(x.item, l.item, '') AS item,
            coalesce(x.what[1], '') AS ended, CASE WHEN x.item IS NULL THEN coalesce(l.clock, '') ELSE '' END AS clock,
            CASE WHEN x.item IS NULL THEN coalesce(l.department, '') ELSE '' END AS department,
            coalesce(x.since, l.over_at) AS since
        FROM (SELECT s.project FROM views.project AS s WHERE s.stuck UNION SELECT late.project FROM late) AS n
        JOIN views.project AS p ON p.project = n.project
        LEFT JOIN turned_down AS x ON x.project = p.project AND p.stuck
        LEFT JOIN late AS l ON l.project = p.project
        WHERE {within}
    )
    SELECT k.project, k.name, k.code, k.stuck, k.item, coalesce(i.name, '') AS item_name, k.ended, k.clock,
        k.department, k.since, k.behind
    FROM (
        SELECT o.*, coalesce(b.n, 0) AS behind FROM obstacle AS o
        LEFT JOIN views.waiting_behind AS b ON b.project = o.project AND b.item = o.item
        ORDER BY behind DESC, o.since, o.project LIMIT %(limit)s
    ) AS k LEFT JOIN views.item AS i ON (i.project, i.item) = (k.project, k.item)
    ORDER BY k.behind DESC, k.since, k.project
""")


class ProjectObstacle(Struct, frozen=True):
    """A project that is stuck or late, and its obstacle.

    *ended* says how an item was turned down: an outcome or a stage; else *clock* is the one that was over first, which
    *department* has to act on; with neither, no one can act on anything. *since* is when that began; *behind* is the
    number of items that wait for the item at the end of their chain of preconditions.
    """

    project: UUID
    name: str
    code: str
    is_stuck: bool
    item: str
    item_name: str
    ended: str
    clock: str
    department: str
    since: datetime | None
    behind: int


async def obstacles(store: Reader, t: datetime, scope: Scope, limit: int | None) -> Sequence[ProjectObstacle]:
    """The obstacles at *t* of projects in *scope*: most items behind first, then the oldest; *limit* at most."""
    query = ATTENTION.format(late=LATE, exists=EXISTS, awaited=AWAITED, within=within(scope))
    params = {
        "t": t,
        "limit": limit,
        "silent": [state.value for state in NOT_AWAITED],
    }
    async with store.cursor() as cursor:
        await cursor.execute(query, params | registered(scope))
        return [ProjectObstacle(*row) for row in await cursor.fetchall()]
