"""What a leader's attention is drawn to is what one query over every stuck or late project gives, whatever the zone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from psycopg.sql import SQL, Composed

from domain.access.principal import Caller, PrincipalKind
from domain.core.ledger import Role
from infrastructure.ledger.reader import Store
from projections.clocks.list import AWAITED, EXISTS
from projections.overview.attention import ProjectObstacle, obstacles
from projections.overview.weeks import Weeks, weekly_figures
from projections.progress.query import LATE, NOT_AWAITED, registered, within
from projections.scope import Scope
from tests.effort import tried
from tests.projections.random_views import T, fill_views

PROJECTS = 150
# Every clock, every wait and every project, joined: without the view's own table of obstacles.
EVERYTHING_JOINED = SQL("""
    WITH late AS (
        SELECT DISTINCT ON (c.project) c.* FROM views.clock AS c
        WHERE NOT c.closed AND {late} AND {exists} AND {awaited}
        ORDER BY c.project, c.over_at, c.item, c.application, c.clock
    ), turned_down AS (
        SELECT DISTINCT ON (w.project) w.* FROM views.waiting AS w
        WHERE w.kind = 'application' AND cardinality(w.what) > 0 ORDER BY w.project, w.since, w.item
    ), obstacle AS (
        SELECT p.project, p.name, p.code, p.stuck, coalesce(x.item, l.item, '') AS item,
            coalesce(x.what[1], '') AS ended, CASE WHEN x.item IS NULL THEN coalesce(l.clock, '') ELSE '' END AS clock,
            CASE WHEN x.item IS NULL THEN coalesce(l.department, '') ELSE '' END AS department,
            coalesce(x.since, l.over_at) AS since
        FROM views.project AS p
        LEFT JOIN turned_down AS x ON x.project = p.project AND p.stuck
        LEFT JOIN late AS l ON l.project = p.project
        WHERE (p.stuck OR l.project IS NOT NULL) AND {within}
    )
    SELECT o.project, o.name, o.code, o.stuck, o.item, coalesce(i.name, ''), o.ended, o.clock, o.department, o.since,
        coalesce(b.n, 0) AS behind
    FROM obstacle AS o
    LEFT JOIN views.waiting_behind AS b ON b.project = o.project AND b.item = o.item
    LEFT JOIN views.item AS i ON i.project = o.project AND i.item = o.item
    ORDER BY behind DESC, o.since, o.project
""")
STUCK_BY = SQL("""
    SELECT count(*) FROM views.project AS p WHERE p.stuck AND {within} AND %(end)s >= coalesce((
        SELECT min(w.since) FROM views.waiting AS w
        WHERE w.project = p.project AND w.kind = 'application' AND cardinality(w.what) > 0), p.changed_at)
""")
SCOPES = [
    Scope(),
    Scope("old"),
    Scope(caller=Caller("wang", "", PrincipalKind.PERSON, Role.PROJECT_MANAGER)),
    Scope("old", caller=Caller("li", "", PrincipalKind.PERSON, Role.LEADER)),
]


in_each_scope = pytest.mark.parametrize("scope", SCOPES, ids=["zone", "register", "manager", "leader"])
in_random_zones = pytest.mark.parametrize("seed", range(tried(3)))


async def rows_of(store: Store, query: Composed, params: dict[str, Any]) -> Sequence[tuple[Any, ...]]:
    """The rows that *query* reads."""
    async with store.cursor() as cursor:
        await cursor.execute(query, params)
        return await cursor.fetchall()


def sort_of(obstacle: ProjectObstacle) -> str:
    """Which of the obstacles there are it is."""
    return "turned down" if obstacle.ended else "late" if obstacle.clock else "unmoved"


@in_each_scope
@in_random_zones
async def test_the_first_obstacles_are_the_first_of_all(
    shared_database_url: str, store: Store, seed: int, scope: Scope
) -> None:
    fill_views(shared_database_url, Random(seed), PROJECTS)
    query = EVERYTHING_JOINED.format(late=LATE, exists=EXISTS, awaited=AWAITED, within=within(scope))
    rows = await rows_of(store, query, {"t": T, **NOT_AWAITED, **registered(scope)})
    wanted = [ProjectObstacle(*row) for row in rows]

    assert {sort_of(obstacle) for obstacle in wanted} == {"turned down", "late", "unmoved"}
    for limit in (1, 2, 7, len(wanted), None):
        assert await obstacles(store, T, scope, limit) == wanted[:limit]


@in_each_scope
@in_random_zones
async def test_projects_are_stuck_from_the_first_item_turned_down_on(
    shared_database_url: str, store: Store, seed: int, scope: Scope
) -> None:
    fill_views(shared_database_url, Random(seed), PROJECTS)
    begins = [T - timedelta(days=days) for days in (9, 2, 1)]  # at which some were turned down
    weeks = Weeks(begins, [date(2026, 5, 1)] * len(begins), T)

    figures = await weekly_figures(store, weeks, scope)

    query = STUCK_BY.format(within=within(scope))
    numbers = [(await rows_of(store, query, {"end": end, **registered(scope)}))[0][0] for end in weeks.ends]
    assert figures.stuck == numbers
    assert numbers[0] < numbers[-1] or scope.register, "of a zone some are stuck since this week"
    assert numbers[-1]
