"""What complaints and evaluations that are not settled count in, from when until when: figures make no reading of them.

Time alone lets their clocks pass, but on days that are known in advance, by the calendar of the day of the fold. So
each has a row for every span of time in which its figures stay as they are, and figures at an instant are a count of
rows. Most are settled within weeks: there are never many.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString, TypeAlias

from psycopg.sql import SQL, Composed

from domain.law.feedback.clock import FeedbackClockState
from domain.law.licensing.forecast import DISTANT
from projections.clocks.fold import counted_by
from projections.feedback.complaints import ComplaintRow
from projections.feedback.evaluations import EvaluationRow
from projections.feedback.summary import FeedbackCounts
from projections.feedback.sums import BETWEEN, figures_at, given_at, is_settled, last_instant, runs_of
from projections.feedback.sums_query import counts_by
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
FigureSpan: TypeAlias = tuple[datetime, datetime | None, Sequence[str]]  # from when until when, and the figures


def open_rows(kind: str, voice: str, row: ComplaintRow | EvaluationRow, laws: Laws) -> list[Row]:
    """The rows of a complaint or evaluation; none once it is settled."""
    if is_settled(row):
        return []
    calendar = counted_by(row.law, laws, DISTANT.date()) if row.law and runs_of(row) else ""
    of_row = row.project, kind, voice
    return [
        (*of_row, nth, row.department, row.item, BETWEEN.join(figures), calendar, given_at(row), begin, end)
        for nth, (begin, end, figures) in enumerate(spans_of(row, laws))
    ]


def spans_of(row: ComplaintRow | EvaluationRow, laws: Laws) -> Iterator[FigureSpan]:
    """When which figures hold, from its last fact on: they change when a clock that runs is over."""
    begin, runs = given_at(row), runs_of(row)
    figures, clocks = figures_at(row, laws, last_instant(runs) if runs else begin)
    for instant in sorted({clock.over_at for clock in clocks if clock.state is FeedbackClockState.RUNNING}):
        following, _ = figures_at(row, laws, instant)
        if following != figures:
            yield begin, instant, figures
            begin, figures = instant, following
    yield begin, None, figures


async def open_counts(
    cursor: Cursor, conditions: SQL | Composed, params: Mapping[str, Any], laws: Laws, t: datetime, known: datetime
) -> FeedbackCounts | None:
    """What those count in at *t* that are not settled; None where some are counted by another calendar than *known*.

    *conditions* are on `v`, with *params*.
    """
    await cursor.execute(SQL(COUNTED).format(conditions=conditions), {**params, "t": t}, prepare=False)
    return counts_by(await cursor.fetchall(), laws, known)
