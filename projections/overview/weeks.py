"""十二周 the figures of the overview at the ends of weeks, and the share of the limit that decisions took.

All of it is as is known now: what was recorded late counts in the week in which it happened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from msgspec import Struct
from psycopg.sql import SQL, Composed

from domain.law.calendar.moment import midnight
from domain.law.licensing.review import DECISION
from projections.clocks.fold import DAYS_UNTIL_STOP
from projections.clocks.list import CLOCKS, EXISTS
from projections.clocks.warned import LATE as LATE_PROJECTS
from projections.clocks.warned import OVER, figures_at
from projections.progress.query import PROGRESS, registered, within
from projections.reader import Reader
from projections.scope import Scope
from projections.sums import NO_DAYS, ZONE
from projections.supervision.figures import median_of
from projections.supervision.fold import SUPERVISION

# What was done before the first of the weeks ended is in none of them: projects that are under way, and those of which
# something happened since, are few of all there ever were.
UNDER_WAY = SQL("""
    WITH q AS MATERIALIZED (
        SELECT p.registered_at, CASE WHEN p.items_done = p.items_total THEN coalesce(
            (SELECT max(i.decided_at) FROM views.item AS i WHERE i.project = p.project), p.changed_at) END AS done_at
        FROM views.project AS p
        WHERE p.items_total > 0 AND (p.items_done < p.items_total OR p.happened_at > %(first_end)s) AND {within}
    )
    SELECT count(q.registered_at) FROM unnest(%(ends)s::timestamptz[]) WITH ORDINALITY AS w (ended, nth)
    LEFT JOIN q ON q.registered_at <= w.ended AND (q.done_at IS NULL OR q.done_at > w.ended)
    GROUP BY w.nth ORDER BY w.nth
""")
# The same of a whole zone: what was registered less what was over, before the weeks and day by day.
UNDER_WAY_SUMMED = SQL("""
    SELECT greatest(d.day, %(since)s), sum(CASE d.figure WHEN 'registered' THEN d.n ELSE -d.n END)
    FROM views.project_day AS d WHERE d.register = %(register)s GROUP BY 1
""")
# Of a clock that runs the instant at which it was over is known; of one that ended, the days. A clock that silence will
# start is late from its start on at the earliest.
LATE = SQL("""
    WITH q AS MATERIALIZED (
        SELECT c.project, c.closed, c.over_at, c.due_on, c.stopped_on FROM views.clock AS c
        WHERE c.closed AND c.live AND c.stopped_on > c.due_on AND c.stopped_on > %(first_day)s AND {exists} AND {within}
        UNION ALL
        SELECT c.project, c.closed, greatest(c.over_at, c.exists_at), c.due_on, c.stopped_on FROM views.clock AS c
        WHERE NOT c.closed AND c.over_level = 'red' AND c.over_at <= %(t)s AND {exists} AND {within}
    )
    SELECT count(DISTINCT q.project)
    FROM unnest(%(ends)s::timestamptz[], %(last_days)s::date[]) WITH ORDINALITY AS w (ended, day, nth)
    LEFT JOIN q ON CASE WHEN q.closed THEN q.due_on < w.day AND q.stopped_on > w.day ELSE q.over_at <= w.ended END
    GROUP BY w.nth ORDER BY w.nth
""")
# From indexes alone: since when each is stuck, by the week whose end is the first after that.
STUCK = SQL("""
    WITH q AS MATERIALIZED (
        SELECT width_bucket(coalesce(x.since, p.changed_at), %(after)s::timestamptz[]) AS week, count(*) AS n
        FROM views.project AS p LEFT JOIN views.waiting_obstacle AS x ON x.project = p.project
        WHERE p.stuck AND {within} GROUP BY 1
    )
    SELECT coalesce(sum(q.n), 0) FROM unnest(%(ends)s::timestamptz[]) WITH ORDINALITY AS w (ended, nth)
    LEFT JOIN q ON q.week < w.nth
    GROUP BY w.nth ORDER BY w.nth
""")
SHARES = SQL("""
    SELECT s.department, s.week, s.used, s.length, s.n FROM views.decision_share AS s
    WHERE s.week >= %(since)s AND s.week <= %(until)s AND s.register = %(register)s
""")
DAYS_USED = SQL("""
    SELECT d.department, width_bucket(d.decided_at, %(begins)s::timestamptz[]) - 1, count(*),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY ({days})::float / c.length) FILTER (WHERE c.length > 0)
    FROM views.decision AS d LEFT JOIN views.clock AS c
        ON (c.project, c.item, c.application, c.clock) = (d.project, d.item, d.application, %(decision)s)
    WHERE d.decided_at >= %(first)s AND d.decided_at <= %(t)s AND {within}
    GROUP BY 1, 2
""")


class Weeks(Struct, frozen=True):
    """Some weeks in a row: the instant at which each *begins*, and *t*, up to which the last one is counted.

    *first_days* are the local days on which they begin.
    """

    begins: Sequence[datetime]
    first_days: Sequence[date]
    t: datetime

    @property
    def ends(self) -> list[datetime]:
        """The instants at whose figures the weeks are shown: the beginning of the next week, for the last one *t*."""
        return [*self.begins[1:], self.t]

    @property
    def are_summed(self) -> bool:
        """Whether they are weeks of the zone whose days and weeks sums have."""
        return self.begins[0] == midnight(self.first_days[0], ZONE)


class WeeklyFigures(Struct, frozen=True):
    """Numbers of projects at the end of each week; *stuck* are those stuck today that were so by then."""

    under_way: list[int]
    stuck: list[int]
    late: list[int]


class DecidedWeek(Struct, frozen=True):
    """The decisions of a department in the week number *week*, from 0, and how much of the limit they took.

    *share* is the median of working days used, divided by the limit; None where no decision has a limit.
    """

    department: str
    week: int
    decided: int
    share: float | None


async def weekly_figures(store: Reader, weeks: Weeks, scope: Scope) -> WeeklyFigures:
    """The figures of projects in *scope*."""
    last_days = [*weeks.first_days[1:], weeks.t.date()]
    params: dict[str, Any] = {"ends": weeks.ends, "last_days": last_days}
    params["after"] = [end + timedelta.resolution for end in weeks.ends]  # what began at an end is in its week
    params |= {"first_end": weeks.ends[0], "first_day": last_days[0], "t": weeks.t}
    params |= registered(scope)
    is_summed = weeks.are_summed and scope.sees_all(PROGRESS)
    under_way = await _under_way(store, weeks, scope) if is_summed else None
    late = await _late(store, weeks, scope) if is_summed and scope.sees_all(CLOCKS) else None

    async def by_week(query: SQL, condition: SQL | Composed) -> list[int]:
        async with store.cursor() as cursor:
            await cursor.execute(query.format(within=condition, exists=EXISTS), params)
            return [int(number) for (number,) in await cursor.fetchall()]

    return WeeklyFigures(
        under_way=under_way or await by_week(UNDER_WAY, within(scope)),
        stuck=await by_week(STUCK, within(scope)),
        late=late or await by_week(LATE, scope.of("c", CLOCKS)),
    )


async def _under_way(store: Reader, weeks: Weeks, scope: Scope) -> list[int]:
    """The projects under way at the end of each week, from sums."""
    async with store.cursor() as cursor:
        await cursor.execute(UNDER_WAY_SUMMED, {"since": weeks.first_days[0], **registered(scope)})
        by_day = await cursor.fetchall()
    ends = [*weeks.first_days[1:], date.max]
    return [sum(int(number) for day, number in by_day if day < end) for end in ends]


async def _late(store: Reader, weeks: Weeks, scope: Scope) -> list[int]:
    """The projects that were late at the end of each week, from sums; the last week is not over."""
    async with store.cursor() as cursor:
        ends = await figures_at(cursor, weeks.ends, scope)
    return [figures[LATE_PROJECTS] + figures[OVER] for figures in ends]


async def decided_weeks(store: Reader, weeks: Weeks, scope: Scope) -> list[DecidedWeek]:
    """The decisions in *scope*, by department and week."""
    if weeks.are_summed and scope.sees_all(SUPERVISION):
        return await _shares(store, weeks, scope)
    params = {"begins": list(weeks.begins), "first": weeks.begins[0], "t": weeks.t, "decision": DECISION.name}
    within = scope.of("d", SUPERVISION, department="department")
    query = DAYS_USED.format(days=DAYS_UNTIL_STOP, within=within)
    async with store.cursor() as cursor:
        await cursor.execute(query, params)
        return [DecidedWeek(*row) for row in await cursor.fetchall()]


async def _shares(store: Reader, weeks: Weeks, scope: Scope) -> list[DecidedWeek]:
    """The same, from sums."""
    params = {"since": weeks.first_days[0], "until": weeks.first_days[-1], **registered(scope)}
    async with store.cursor() as cursor:
        await cursor.execute(SHARES, params)
        rows = await cursor.fetchall()
    decided, shares = Counter[tuple[str, date]](), dict[tuple[str, date], Counter[float]]()
    for department, week, used, length, number in rows:
        decided[department, week] += number
        if length != NO_DAYS:
            shares.setdefault((department, week), Counter())[used / length] += number
    numbers = {first: nth for nth, first in enumerate(weeks.first_days)}
    return [
        DecidedWeek(department, numbers[week], number, median_of(shares.get((department, week), Counter())))
        for (department, week), number in decided.items()
    ]
