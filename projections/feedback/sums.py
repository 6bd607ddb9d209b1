"""What settled complaints and evaluations count in: sums by day, month and year, so that figures read no rows.

Time alone changes nothing about a settled one, except that a calendar notice moves the last days of its clocks: each
sum says by which calendar it was counted. What is not settled yet has spans of time, see `unsettled`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import LiteralString, TypeAlias

from domain.law.calendar.period import Span
from domain.law.feedback.clock import FeedbackClock, FeedbackRun
from domain.law.licensing.forecast import DISTANT
from projections.clocks.fold import counted_by
from projections.feedback.complaints import ComplaintRow, complaint_runs
from projections.feedback.evaluations import EvaluationRow, evaluation_runs
from projections.feedback.reading import complaint_reading, evaluation_reading
from projections.feedback.summary import GOOD, FeedbackCounts, complaint_figures, evaluation_figures
from projections.reader import Laws
from projections.sums import BEGINS, day_of, table_of
from projections.view import Row, Rows, Table

SUMS = "voice_sum"
COLUMNS: tuple[tuple[str, LiteralString], ...] = (
    ("given_on", "date"),  # a year, a month: its first day
    ("register", "text"),
    ("department", "text"),  # empty: the supervision bureau
    ("item", "text"),
    ("figures", "text"),  # in which each of these counts, a line each
    ("counted_by", "text"),  # the calendar; empty where no clock was counted
    ("n", "integer NOT NULL"),
)
SUMMED = tuple(Table(table_of(SUMS, span), COLUMNS, key=6, summed=True) for span in Span)
BETWEEN = "\n"  # no code of a department has one
# Which rows are not settled, as `is_settled` has it: an appeal may be open after the call-back.
UNSETTLED: dict[str, LiteralString] = {
    "complaint": "v.closed_at IS NULL",
    "evaluation": "(v.closed_at IS NULL OR v.appeal = 'open')",
}

Contribution: TypeAlias = tuple[date, str, str, str, str]  # day, department, item, figures, calendar


def is_settled(row: ComplaintRow | EvaluationRow) -> bool:
    """Whether time alone changes none of its figures any more."""
    return row.closed_at is not None and not (isinstance(row, EvaluationRow) and row.appeal == "open")


def contribution_of(row: ComplaintRow | EvaluationRow, laws: Laws) -> Contribution | None:
    """What a row adds to the sums; None while it is not settled."""
    if not is_settled(row):
        return None
    figures, calendar = _figures(row, laws)
    return day_of(given_at(row)), row.department, row.item, BETWEEN.join(figures), calendar


def given_at(row: ComplaintRow | EvaluationRow) -> datetime:
    """When the complaint was filed, or the evaluation given."""
    return row.filed_at if isinstance(row, ComplaintRow) else row.evaluated_at


def sum_rows(contributions: Iterable[Contribution], register: str) -> Rows:
    """The rows of the tables of a project of *register*."""
    tables: dict[str, list[Row]] = {}
    by_day = list(contributions)
    for span in Span:
        counts: dict[Row, int] = {}
        for given_on, *others in by_day:
            key = (BEGINS[span](given_on), register, *others)
            counts[key] = counts.get(key, 0) + 1
        tables[table_of(SUMS, span)] = [(*key, number) for key, number in counts.items()]
    return tables


def _figures(row: ComplaintRow | EvaluationRow, laws: Laws) -> tuple[Sequence[str], str]:
    """The figures of a settled row, and the calendar by which its clocks were counted."""
    if isinstance(row, EvaluationRow) and not row.bad:
        return ("void" if row.state == "void" else GOOD,), ""
    calendar = counted_by(row.law, laws, DISTANT.date()) if row.law else ""
    return figures_at(row, laws, last_instant(runs_of(row)))[0], calendar


def figures_at(
    row: ComplaintRow | EvaluationRow, laws: Laws, t: datetime
) -> tuple[Sequence[str], Sequence[FeedbackClock]]:
    """The figures in which *row* counts at *t*, and its clocks then."""
    if isinstance(row, ComplaintRow):
        complaint = complaint_reading(row, laws, t, DISTANT)
        return complaint_figures(complaint), complaint.clocks
    evaluation = evaluation_reading(row, laws, t, DISTANT)
    return evaluation_figures(evaluation), evaluation.clocks


def runs_of(row: ComplaintRow | EvaluationRow) -> Sequence[FeedbackRun]:
    """The clocks of *row* that have started."""
    return complaint_runs(row) if isinstance(row, ComplaintRow) else evaluation_runs(row)


def last_instant(runs: Iterable[FeedbackRun]) -> datetime:
    """When something last happened to one of these clocks: where all have ended, the end of the last one."""
    return max(at for run in runs for at in (run.started_at, run.ended_at, run.extended_at) if at is not None)


def add_figures(counts: FeedbackCounts, department: str, item: str, figures: str, number: int = 1) -> None:
    """Count a *number* in each of *figures*, which a row names a line each."""
    for name in figures.split(BETWEEN):
        counts[department, item, name] += number
