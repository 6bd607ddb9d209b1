"""When projects have a clock that is late or soon due, and had one that ended late: spans of time, as rows and sums.

Time alone makes a clock late, but the instant is known in advance. The spans of a project are disjoint, so that there
are as many such projects as spans that hold an instant. Those of clocks that run are few; of those that ended late, in
weeks gone by, days are added up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import TypeAlias
from uuid import UUID

from psycopg.sql import SQL

from domain.law.calendar.moment import midnight, next_day
from domain.law.licensing.clock import Level
from projections.clocks.rows import ClockRow
from projections.reader import Reader
from projections.scope import Scope
from projections.sums import ZONE, day_of
from projections.view import Row, Rows, Table

WARNED = Table(
    "project_warned",
    (
        ("project", "uuid"),
        ("level", "text"),  # late, soon; over: a clock that ended late, on whole days after the last one
        ("nth", "integer"),
        ("from_at", "timestamptz NOT NULL"),
        ("until_at", "timestamptz"),  # absent: for good, if nothing is done
    ),
    key=3,
    indexes=("(level, from_at) INCLUDE (until_at, project) WHERE level <> 'over'",),
)
DAYS = Table(
    "project_over_day",
    (
        ("register", "text"),
        ("day", "date"),  # local
        ("n", "bigint NOT NULL"),  # spans of "over" that begin less those that end
    ),
    key=2,
    summed=True,
)
LATE, SOON, OVER = "late", "soon", "over"
RED, GREEN, PAUSED = Level.RED.value, Level.GREEN.value, Level.PAUSED.value
WARNED_AT = SQL("""
    SELECT w.level, count(*)::integer FROM views.project_warned AS w
    WHERE w.level <> 'over' AND w.from_at <= %(t)s AND (w.until_at IS NULL OR w.until_at > %(t)s) AND {within}
    GROUP BY w.level
""")
# Projects whose clocks ended late are added up; those with one that is late now are few, and looked at one by one.
LATE_ON = SQL("""
    WITH over AS MATERIALIZED (
        SELECT greatest(d.day, %(first)s) AS day, sum(d.n) AS n FROM views.project_over_day AS d
        WHERE d.register = %(register)s GROUP BY 1
    ), late AS MATERIALIZED (
        SELECT w.project, w.from_at FROM views.project_warned AS w
        WHERE w.level = 'late' AND w.from_at <= %(last)s AND {within}
    )
    SELECT coalesce((SELECT sum(o.n) FROM over AS o WHERE o.day <= k.day), 0) + (
        SELECT count(*) FROM late AS l WHERE l.from_at <= k.at AND NOT EXISTS (
            SELECT FROM views.project_warned AS o
            WHERE o.project = l.project AND o.level = 'over' AND o.from_at <= k.at AND o.until_at > k.at))
    FROM unnest(%(days)s::date[], %(instants)s::timestamptz[]) WITH ORDINALITY AS k (day, at, nth) ORDER BY k.nth
""")

WarnedSpan: TypeAlias = tuple[str, datetime, datetime | None]  # level, and from when until when
NAMES = ClockRow.__struct_fields__
CLOSED, LIVE, DUE_ON, STOPPED_ON = map(NAMES.index, ("closed", "live", "due_on", "stopped_on"))
OVER_AT, EXISTS_AT, YELLOW_AT, PAUSED_UNTIL = map(NAMES.index, ("over_at", "exists_at", "yellow_at", "paused_until"))
LEVEL, OVER_LEVEL = map(NAMES.index, ("level", "over_level"))


def spans_of(rows: Iterable[Row]) -> tuple[WarnedSpan, ...]:
    """The spans of each of the clocks in *rows*."""
    return tuple(span for row in rows for span in (_ended(row) if row[CLOSED] else _running(row)))


def _ended(row: Row) -> Iterator[WarnedSpan]:
    due, stopped = row[DUE_ON], row[STOPPED_ON]
    if row[LIVE] and due is not None and stopped is not None and stopped > due and next_day(due) < stopped:
        yield OVER, midnight(next_day(due), ZONE), midnight(stopped, ZONE)


def _running(row: Row) -> Iterator[WarnedSpan]:
    over_at, exists_at, yellow_at = row[OVER_AT], row[EXISTS_AT], row[YELLOW_AT]
    if over_at is None:
        return
    if row[OVER_LEVEL] == RED:
        yield LATE, over_at if exists_at is None else max(over_at, exists_at), None
    paused_until = row[PAUSED_UNTIL] if row[LEVEL] == PAUSED else None
    if yellow_at is not None and (row[LEVEL] == GREEN or paused_until is not None):
        begin = max(yellow_at, exists_at or yellow_at, paused_until or yellow_at)
        if begin < over_at:
            yield SOON, begin, over_at


def warned_rows(project: UUID, register: str, spans: Iterable[WarnedSpan]) -> Rows:
    """The rows of a project whose clocks have these *spans*."""
    by_level: dict[str, list[WarnedSpan]] = {}
    for span in spans:
        by_level.setdefault(span[0], []).append(span)
    rows, days = list[Row](), dict[date, int]()
    for level, of_level in by_level.items():
        for nth, (_, begin, end) in enumerate(united(of_level)):
            rows.append((project, level, nth, begin, end))
            for at, number in ((begin, 1), (end, -1)) if level == OVER else ():
                if at is not None:
                    days[day_of(at)] = days.get(day_of(at), 0) + number
    return {WARNED.name: rows, DAYS.name: [(register, day, number) for day, number in days.items() if number]}


def united(spans: Sequence[WarnedSpan]) -> Iterator[WarnedSpan]:
    """*spans* of one level, those that overlap or touch as one."""
    ordered = sorted(spans, key=lambda span: span[1])
    level, begin, end = ordered[0]
    for _, following, until in ordered[1:]:
        if end is None:
            break
        if following > end:
            yield level, begin, end
            begin, end = following, until
        else:
            end = None if until is None else max(end, until)
    yield level, begin, end


async def warned_projects(store: Reader, t: datetime, scope: Scope) -> dict[str, int]:
    """How many projects of a register have a clock that is late at *t*, and how many one that is soon due."""
    async with store.cursor() as cursor:
        await cursor.execute(WARNED_AT.format(within=scope.registered("w")), {"t": t})
        return {level: int(number) for level, number in await cursor.fetchall()}


async def late_on(store: Reader, days: Sequence[date], scope: Scope) -> list[int]:
    """How many projects of a whole register had a clock past its last day at the beginning of each of these *days*."""
    if not days:
        return []
    instants = [midnight(day, ZONE) for day in days]
    params: dict[str, object] = {"register": scope.register, "days": list(days), "instants": instants}
    params |= {"first": min(days), "last": max(instants)}
    async with store.cursor() as cursor:
        await cursor.execute(LATE_ON.format(within=scope.registered("w")), params)
        return [int(number) for (number,) in await cursor.fetchall()]
