"""When projects have a clock that is late or soon due: spans of time, so that how many there are at any time is a sum.

Time alone makes a clock late, but the instant is known in advance. The spans of a project are disjoint: at any instant
there are as many such projects as spans have begun less those that are over. Days before today are added up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, TypeAlias
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
        ("level", "text"),  # late, soon
        ("from_at", "timestamptz"),
        ("until_at", "timestamptz"),  # absent: for good, if nothing is done
    ),
    key=3,
    indexes=("(from_at)", "(until_at) WHERE until_at IS NOT NULL"),
)
DAYS = Table(
    "project_warned_day",
    (
        ("register", "text"),
        ("level", "text"),  # those of spans; and over, which clocks that ended late count in as well, by whole days
        ("day", "date"),  # local
        ("n", "bigint NOT NULL"),  # spans that begin less those that end
    ),
    key=3,
    summed=True,
)
LATE, SOON, OVER = "late", "soon", "over"
RED, GREEN, PAUSED = Level.RED.value, Level.GREEN.value, Level.PAUSED.value
WARNED_AT = SQL("""
    SELECT x.level, sum(x.n)::integer FROM (
        SELECT d.level, d.n FROM views.project_warned_day AS d WHERE d.register = %(register)s AND d.day < %(today)s
        UNION ALL SELECT w.level, 1 FROM views.project_warned AS w
        WHERE w.from_at >= %(midnight)s AND w.from_at <= %(t)s AND {within}
        UNION ALL SELECT w.level, -1 FROM views.project_warned AS w
        WHERE w.until_at >= %(midnight)s AND w.until_at <= %(t)s AND {within}
    ) AS x GROUP BY x.level
""")
OVER_ON = SQL("""
    SELECT sum(d.n)::integer FROM unnest(%(days)s::date[]) WITH ORDINALITY AS k (day, nth)
    LEFT JOIN (
        SELECT greatest(d.day, %(first)s) AS day, sum(d.n) AS n FROM views.project_warned_day AS d
        WHERE d.register = %(register)s AND d.level = 'over' GROUP BY 1
    ) AS d ON d.day <= k.day
    GROUP BY k.nth ORDER BY k.nth
""")

WarnedSpan: TypeAlias = tuple[str, Any, Any]  # level, and two instants; of OVER two days. The second is absent or later


def spans_of(rows: Iterable[Row]) -> tuple[WarnedSpan, ...]:
    """The spans of each of the clocks in *rows*."""
    return tuple(span for row in rows for span in _spans(ClockRow(*row)))


def _spans(clock: ClockRow) -> Iterator[WarnedSpan]:
    if clock.closed:
        due, stopped = clock.due_on, clock.stopped_on
        if clock.live and due is not None and stopped is not None and next_day(due) < stopped:
            yield OVER, next_day(due), stopped
        return
    over_at, exists_at = clock.over_at, clock.exists_at
    if over_at is None:
        return
    if clock.over_level == RED:
        late_at = max(over_at, exists_at or over_at)
        yield LATE, late_at, None
        yield OVER, _first_day(late_at), None
    paused_until = clock.paused_until if clock.level == PAUSED else None
    if clock.yellow_at is not None and (clock.level == GREEN or paused_until is not None):
        begin = max(clock.yellow_at, exists_at or clock.yellow_at, paused_until or clock.yellow_at)
        if begin < over_at:
            yield SOON, begin, over_at


def _first_day(at: datetime) -> date:
    """The first local day that does not begin before *at*."""
    day = day_of(at)
    return day if midnight(day, ZONE) == at else next_day(day)


def warned_rows(project: UUID, register: str, spans: Iterable[WarnedSpan]) -> Rows:
    """The rows of a project whose clocks have these *spans*."""
    by_level: dict[str, list[WarnedSpan]] = {}
    for span in spans:
        by_level.setdefault(span[0], []).append(span)
    rows, days = list[Row](), dict[tuple[str, date], int]()
    for level, of_level in by_level.items():
        for _, begin, end in united(of_level):
            if level != OVER:
                rows.append((project, level, begin, end))
            for at, number in ((begin, 1), (end, -1)):
                if at is not None:
                    day = at if level == OVER else day_of(at)
                    days[level, day] = days.get((level, day), 0) + number
    summed = [(register, level, day, number) for (level, day), number in days.items() if number]
    return {WARNED.name: rows, DAYS.name: summed}


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
    """How many projects of a whole register have a clock that is late at *t*, and how many one that is soon due."""
    params = {"register": scope.register, "today": day_of(t), "midnight": midnight(day_of(t), ZONE), "t": t}
    async with store.cursor() as cursor:
        await cursor.execute(WARNED_AT.format(within=scope.registered("w")), params)
        return {level: int(number) for level, number in await cursor.fetchall()}


async def late_on(store: Reader, days: Sequence[date], scope: Scope) -> list[int]:
    """How many projects of a whole register had a clock past its last day at the beginning of each of these *days*."""
    params = {"register": scope.register, "days": list(days), "first": min(days, default=None)}
    async with store.cursor() as cursor:
        await cursor.execute(OVER_ON, params)
        return [int(number or 0) for (number,) in await cursor.fetchall()]
