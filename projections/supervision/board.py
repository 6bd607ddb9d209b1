"""监察统计表 the board, read from sums by day, month and year: equal to the lengths of the lists, without reading them.

A query is a rectangle in two times: happened in a period, recorded by an instant. Whole years of both are read from
the sums of years, the rest from months, then days, and for the instant's own day from the rows themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg.sql import SQL, Composed, Identifier, Literal

from domain.law.calendar.moment import midnight
from domain.law.calendar.period import Part, Period, Span
from projections.clocks.fold import DAYS_UNTIL_STOP, JUDGED, UNJUDGED
from projections.clocks.fold import SUMS as DECISION_SUMS
from projections.scope import ZONE_SCOPE, Scope
from projections.snapshots import Cursor
from projections.sums import ALL, NO_DAYS, ZONE, day_of, table_of
from projections.supervision.figures import Counts, DailyCounts, counted_for
from projections.supervision.fold import SUMS as SIGNAL_SUMS
from projections.supervision.fold import SUPERVISION, figures_of

NEXT = """
    SELECT least(
        (SELECT x.since FROM views.signal_state AS x WHERE x.since > %(as_of)s ORDER BY x.since LIMIT 1),
        (SELECT d.recorded_at FROM views.decision AS d WHERE d.recorded_at > %(as_of)s ORDER BY d.recorded_at LIMIT 1))
"""
WHOLE = """
    SELECT department, figure, days, {sign}n FROM views.{table}
    WHERE happened_on >= {first} AND happened_on < {end} AND recorded_on < {until} AND department {whose} ''
      AND register = {register}
"""
SINCE = """
    SELECT department, figure, days, n FROM views.{table}
    WHERE happened_on >= {first} AND happened_on < {end} AND recorded_on >= {since} AND recorded_on < {until}
      AND department {whose} '' AND register = {register}
"""
ADDED = "SELECT department, figure, days, sum(n) FROM ({}) AS s GROUP BY department, figure, days HAVING sum(n) <> 0"
DAILY = """
    SELECT happened_on, department, figure, sum(n) FROM views.{table}
    WHERE happened_on >= {first} AND happened_on <= {last} AND recorded_on < {until} AND register = {register}
    GROUP BY happened_on, department, figure
"""
# A signal counts in its new state, minus its state before; {which} selects the recordings or projects.
SIGNALS = """
    SELECT s.happened_at, s.department, s.level, now.state, was.state FROM (
        SELECT DISTINCT x.project, x.card FROM views.signal_state AS x WHERE {which} AND x.since <= %(as_of)s
    ) AS t
    JOIN views.signal AS s USING (project, card)
    JOIN LATERAL (
        SELECT x.state FROM views.signal_state AS x
        WHERE x.project = t.project AND x.card = t.card AND x.since <= %(as_of)s ORDER BY x.version DESC LIMIT 1
    ) AS now ON true
    LEFT JOIN LATERAL (
        SELECT x.state FROM views.signal_state AS x
        WHERE x.project = t.project AND x.card = t.card AND x.since < %(from)s AND s.told_at < %(from)s
        ORDER BY x.version DESC LIMIT 1
    ) AS was ON true
    WHERE s.happened_at >= %(first)s AND s.happened_at < %(end)s AND s.told_at <= %(as_of)s AND {within}
"""
DECISIONS = """
    SELECT d.department, c.state, {days} FROM views.decision AS d
    LEFT JOIN views.clock AS c ON (c.project, c.item, c.application, c.clock)
        = (d.project, d.item, d.application, 'decision')
    WHERE {which} AND d.recorded_at <= %(as_of)s AND d.decided_at >= %(first)s AND d.decided_at < %(end)s
      AND {within}
"""
WHOSE = {False: SQL(">="), True: SQL("=")}  # '': each department and the total, or the total only
RECENT = (SQL("x.since >= %(from)s"), SQL("d.recorded_at >= %(from)s"))
OF_PROJECTS = (SQL("x.project = ANY(%(projects)s)"), SQL("d.project = ANY(%(projects)s)"))
BEGINNING = datetime.fromisoformat("0001-01-02T00:00:00+00:00")


class Reach(Struct, frozen=True):
    """The recordings by span: whole spans *until* a day each, the next shorter ones from there on, then single rows.

    *rest* is the instant from which rows are read; None if nothing more was recorded by the given instant.
    """

    until: dict[Span, date]
    rest: datetime | None


async def reach_of(cursor: Cursor, as_of: datetime) -> Reach:
    """The ends of whole years, months and days. A span counts as whole if nothing was recorded in the rest of it."""
    await cursor.execute(NEXT, {"as_of": as_of})
    ((following,),) = await cursor.fetchall()
    today, until = day_of(as_of), dict[Span, date]()
    for span in Span:
        if following is None or day_of(following) >= span.following(today):
            return Reach({each: until.get(each, span.following(today)) for each in Span}, None)
        until[span] = span.begin(today)
    return Reach(until, midnight(today, ZONE))


async def counts_of(
    cursor: Cursor,
    period: Period,
    as_of: datetime,
    without: Sequence[UUID],
    *,
    together: bool = False,
    scope: Scope = ZONE_SCOPE,
) -> Counts:
    """The count of each figure in *scope*, by department and working days, excluding projects *without*.

    *together*: of all departments together only, which is faster.
    """
    reach = await reach_of(cursor, as_of)
    summed = await _summed(cursor, statement(period.parts(), reach, together=together, register=scope.register))
    params: dict[str, Any] = {"first": period.begins(ZONE), "end": period.ends(ZONE), "as_of": as_of}
    if reach.rest is not None:
        summed.update(await _rows(cursor, RECENT, {**params, "from": reach.rest}, scope, together=together))
    if without:
        params |= {"from": BEGINNING, "projects": list(without)}
        summed.subtract(await _rows(cursor, OF_PROJECTS, params, scope, together=together))
    return Counter({key: number for key, number in summed.items() if number})


async def signals_by_day(
    cursor: Cursor, period: Period, as_of: datetime, without: Sequence[UUID], scope: Scope = ZONE_SCOPE
) -> DailyCounts:
    """The count of each figure of signals in *scope*, by local day and department, excluding projects *without*."""
    reach, counts = await reach_of(cursor, as_of), DailyCounts()
    of_days = {"table": Identifier(table_of(SIGNAL_SUMS, Span.DAY)), "until": reach.until[Span.DAY]}
    query = SQL(DAILY).format(first=period.first, last=period.last, register=Literal(scope.register), **of_days)
    await cursor.execute(query)
    for day, department, figure, number in await cursor.fetchall():
        counts[day, department, figure] += number
    params: dict[str, Any] = {"first": period.begins(ZONE), "end": period.ends(ZONE), "as_of": as_of}
    if reach.rest is not None:
        await _add_rows(cursor, counts, RECENT[0], {**params, "from": reach.rest}, scope, times=1)
    if without:
        params |= {"from": BEGINNING, "projects": list(without)}
        await _add_rows(cursor, counts, OF_PROJECTS[0], params, scope, times=-1)
    return counts


async def _add_rows(
    cursor: Cursor, counts: DailyCounts, which: SQL, params: dict[str, Any], scope: Scope, *, times: int
) -> None:
    """Add to *counts* what the signals *which* changed, *times* each."""
    await cursor.execute(SQL(SIGNALS).format(which=which, within=scope.of("s", SUPERVISION)), params)
    for happened_at, of, level, now, was in await cursor.fetchall():
        day = day_of(happened_at)
        for department in counted_for(of):
            for figure in figures_of(level, now):
                counts[day, department, figure] += times
            for figure in figures_of(level, was) if was else ():
                counts[day, department, figure] -= times


async def _summed(cursor: Cursor, query: Composed) -> Counts:
    await cursor.execute(query)
    return Counter({(department, figure, days): n for department, figure, days, n in await cursor.fetchall()})


def statement(parts: Sequence[Part], reach: Reach, *, together: bool = False, register: str = "") -> Composed:
    """The query over the sums, limited to the tables that the period and the instant need."""
    terms, since = list[Composed](), date.min
    for part in parts:
        until = reach.until[part.span]
        for name in (SIGNAL_SUMS, DECISION_SUMS):
            sql_parts = {"table": Identifier(table_of(name, part.span)), "until": until, "whose": WHOSE[together]}
            sql_parts["register"] = Literal(register)
            if part.before and since < until:
                terms.append(SQL(SINCE).format(since=since, first=part.before[0], end=part.before[1], **sql_parts))
            for sign, spans in ((SQL(""), part.more), (SQL("-"), part.less)):
                terms += [SQL(WHOLE).format(sign=sign, first=first, end=end, **sql_parts) for first, end in spans]
        since = until
    return SQL(ADDED).format(SQL(" UNION ALL ").join(terms))


async def _rows(
    cursor: Cursor, which: tuple[SQL, SQL], params: dict[str, Any], scope: Scope, *, together: bool
) -> Counts:
    """Counts from single rows: recorded from an instant on, or of some projects."""
    counts: Counts = Counter()
    await cursor.execute(SQL(SIGNALS).format(which=which[0], within=scope.of("s", SUPERVISION)), params)
    for _, of, level, now, was in await cursor.fetchall():
        for department in (ALL,) if together else counted_for(of):
            counts.update((department, figure, NO_DAYS) for figure in figures_of(level, now))
            counts.subtract((department, figure, NO_DAYS) for figure in (figures_of(level, was) if was else ()))
    within = scope.of("d", SUPERVISION)
    await cursor.execute(SQL(DECISIONS).format(days=DAYS_UNTIL_STOP, which=which[1], within=within), params)
    for of, state, days in await cursor.fetchall():
        for department in (ALL,) if together else counted_for(of):
            counts[department, decided_figure(state), NO_DAYS if days is None else days] += 1
    return counts


def decided_figure(state: str | None) -> str:
    """The figure in which a decision counts, by the state of its clock."""
    return state if state in JUDGED else UNJUDGED
