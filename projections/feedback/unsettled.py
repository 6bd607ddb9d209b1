"""What complaints and evaluations that are not settled count in, from when until when: figures make no reading of them.

Time alone lets their clocks pass, but on days that are known in advance, by the calendar of the day of the fold. So
each has a row for every span of time in which its figures and clocks stay as they are: figures at an instant are a
count of rows, and which clocks go on is looked up. Most are settled within weeks: there are never many.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString, TypeAlias

from psycopg.sql import SQL, Composed, Identifier

from domain.law.feedback.clock import FeedbackClock, FeedbackClockState
from domain.law.feedback.terms import FeedbackStep
from domain.law.licensing.forecast import DISTANT
from projections.clocks.fold import counted_by
from projections.feedback.complaints import ComplaintRow
from projections.feedback.evaluations import EvaluationRow
from projections.feedback.summary import FeedbackCounts
from projections.feedback.sums import BETWEEN, figures_at, given_at, is_settled, last_instant, runs_of
from projections.feedback.sums_query import counts_by, counts_so
from projections.reader import Laws
from projections.snapshots import Cursor
from projections.view import Row, Table

OPEN = Table(
    "open_voice",
    (
        ("project", "uuid"),
        ("kind", "text"),  # the table: complaint or evaluation
        ("voice", "text"),  # the id
        ("nth", "integer"),  # of its spans
        ("department", "text NOT NULL"),
        ("item", "text NOT NULL"),
        ("figures", "text NOT NULL"),  # in which it counts, a line each
        ("going_on", "text[] NOT NULL"),  # its clocks that run or are overdue, as `going_on`
        ("counted_by", "text NOT NULL"),  # the calendar; empty where no clock was counted
        ("given_at", "timestamptz NOT NULL"),
        ("from_at", "timestamptz NOT NULL"),
        ("until_at", "timestamptz"),  # absent: for good, if nothing is done
    ),
    key=4,
)
COUNTED: LiteralString = """
    SELECT v.department, v.item, v.figures, v.counted_by, count(*) FROM views.open_voice AS v
    WHERE v.from_at <= %(t)s AND (v.until_at IS NULL OR v.until_at > %(t)s) AND {conditions}
    GROUP BY v.department, v.item, v.figures, v.counted_by
"""
# Those that may have such a clock at an instant: what is counted by other calendars may have any.
MAY_HAVE: LiteralString = """
    EXISTS (SELECT FROM views.open_voice AS o WHERE o.project = v.project AND o.kind = {kind} AND o.voice = v.{name}
        AND o.from_at <= %(t)s AND (o.until_at IS NULL OR o.until_at > %(t)s)
        AND (o.going_on && {clocks}::text[] OR o.counted_by = ANY({others}::text[])))
"""
CALENDARS = "SELECT DISTINCT o.counted_by FROM views.open_voice AS o"
GOING_ON = (FeedbackClockState.RUNNING, FeedbackClockState.OVERDUE)  # states of clocks of what is not settled alone
# From when until when, the figures, and the clocks that go on.
FigureSpan: TypeAlias = tuple[datetime, datetime | None, Sequence[str], Sequence[str]]


def open_rows(kind: str, voice: str, row: ComplaintRow | EvaluationRow, laws: Laws) -> list[Row]:
    """The rows of a complaint or evaluation; none once it is settled."""
    if is_settled(row):
        return []
    calendar = counted_by(row.law, laws, DISTANT.date()) if row.law and runs_of(row) else ""
    of_row = row.project, kind, voice
    return [
        (
            *(*of_row, nth, row.department, row.item),
            *(BETWEEN.join(figures), clocks, calendar, given_at(row), begin, end),
        )
        for nth, (begin, end, figures, clocks) in enumerate(spans_of(row, laws))
    ]


def spans_of(row: ComplaintRow | EvaluationRow, laws: Laws) -> Iterator[FigureSpan]:
    """When which figures hold, from its last fact on: they change when a clock that runs is over."""
    begin, runs = given_at(row), runs_of(row)
    figures, clocks = figures_at(row, laws, last_instant(runs) if runs else begin)
    going = going_on(clocks)
    for instant in sorted({clock.over_at for clock in clocks if clock.state is FeedbackClockState.RUNNING}):
        following, clocks_then = figures_at(row, laws, instant)
        if (following, going_on(clocks_then)) != (figures, going):
            yield begin, instant, figures, going
            begin, figures, going = instant, following, going_on(clocks_then)
    yield begin, None, figures, going


def going_on(clocks: Iterable[FeedbackClock]) -> list[str]:
    """Those of *clocks* that run or are overdue, each as its name and state."""
    return [clock_name(clock.clock, clock.state) for clock in clocks if clock.state in GOING_ON]


def clock_name(step: FeedbackStep, state: FeedbackClockState) -> str:
    """How a row names a clock in its state."""
    return f"{step}:{state}"


async def may_have(
    cursor: Cursor, kind: str, name: str, clocks: Iterable[str], laws: Laws, known: datetime
) -> Composed:
    """The condition that a row of *kind* that is not settled may have one of these *clocks* at %(t)s."""
    await cursor.execute(CALENDARS)
    others = [calendar for (calendar,) in await cursor.fetchall() if not counts_so(calendar, laws, known)]
    return SQL(MAY_HAVE).format(kind=kind, name=Identifier(name), clocks=list(clocks), others=others)


async def open_counts(
    cursor: Cursor, conditions: SQL | Composed, params: Mapping[str, Any], laws: Laws, t: datetime, known: datetime
) -> FeedbackCounts | None:
    """What those count in at *t* that are not settled; None where some are counted by another calendar than *known*.

    *conditions* are on `v`, with *params*.
    """
    await cursor.execute(SQL(COUNTED).format(conditions=conditions), {**params, "t": t})
    return counts_by(await cursor.fetchall(), laws, known)
