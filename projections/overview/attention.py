"""需要关注 projects that are stuck or late, those first behind whose obstacle most items wait."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from psycopg.sql import SQL, Literal

from projections.progress.query import LATE_AWAITED, NOT_AWAITED, PROGRESS, registered, within
from projections.reader import Reader
from projections.scope import Scope

# One obstacle a project: the item that was turned down, else the clock that was over first, else nothing that moves.
# Items behind it are those that have it on their chain, which the view counts. Stuck projects whose obstacle the view
# has are read from an index in the order of the list, all others from indexes alone; the number behind is looked up by
# its key, where a join would read them all. Names are read for the few that are shown.
ATTENTION = SQL("""
    WITH late AS MATERIALIZED (
        SELECT DISTINCT ON (c.project) c.project, c.item, c.clock, c.department, c.over_at
        FROM views.clock AS c WHERE {late}
        ORDER BY c.project, c.over_at, c.item, c.application, c.clock
    ), turned_down AS (
        SELECT x.project, x.item, x.ended, '' AS clock, '' AS department, x.since, x.n AS behind
        FROM views.waiting_obstacle AS x JOIN views.project AS p ON p.project = x.project
        WHERE p.stuck AND {within}
        ORDER BY x.n DESC, x.since, x.project LIMIT {limit}
    ), stuck AS MATERIALIZED (
        SELECT s.project FROM views.project AS s WHERE s.stuck
    ), others AS (
        SELECT l.* FROM late AS l WHERE NOT EXISTS (SELECT FROM stuck AS s WHERE s.project = l.project)
        UNION ALL
        SELECT u.project, coalesce(l.item, ''), coalesce(l.clock, ''), coalesce(l.department, ''), l.over_at
        FROM (
            SELECT s.project FROM stuck AS s
            WHERE NOT EXISTS (SELECT FROM views.waiting_obstacle AS x WHERE x.project = s.project)
        ) AS u LEFT JOIN late AS l ON l.project = u.project
    ), moving AS (
        SELECT o.project, o.item, '' AS ended, o.clock, o.department, o.over_at AS since, coalesce((
            SELECT b.n FROM views.waiting_behind AS b WHERE b.project = o.project AND b.item = o.item), 0) AS behind
        FROM others AS o WHERE {of_others}
        ORDER BY behind DESC, since, o.project LIMIT {limit}
    ), k AS MATERIALIZED (
        SELECT t.* FROM turned_down AS t UNION ALL SELECT m.* FROM moving AS m
        ORDER BY behind DESC, since, project LIMIT {limit}
    )
    SELECT k.project, p.name, p.code, p.stuck, k.item, coalesce(i.name, '') AS item_name, k.ended, k.clock,
        k.department, k.since, k.behind
    FROM k JOIN views.project AS p ON p.project = k.project
    LEFT JOIN views.item AS i ON (i.project, i.item) = (k.project, k.item)
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
    query = ATTENTION.format(
        late=LATE_AWAITED,
        within=within(scope),
        of_others=scope.of("o", PROGRESS),
        limit=Literal(limit),  # known to the plan: the first few of an index are cheaper than all
    )
    async with store.cursor() as cursor:
        await cursor.execute(query, {"t": t, **NOT_AWAITED, **registered(scope)})
        return [ProjectObstacle(*row) for row in await cursor.fetchall()]
