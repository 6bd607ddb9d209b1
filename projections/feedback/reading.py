"""Readings of complaints and evaluations at an instant: rows with their clocks, and the rule of each step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from msgspec import structs

from domain.law.calendar.moment import local_day
from domain.law.feedback.clock import FeedbackClock, FeedbackClockState, FeedbackRun, feedback_clock
from domain.law.feedback.terms import FeedbackStep, terms_of
from domain.messages import tag_of
from domain.project.feedback.complaint import (
    ComplaintAccepted,
    ComplaintAnswered,
    ComplaintClosed,
    ComplaintDeclined,
    ComplaintExtended,
    ComplaintFiled,
    ComplaintTransferred,
)
from domain.project.feedback.evaluation import (
    EvaluationAppealDecided,
    EvaluationAppealed,
    EvaluationCalledBack,
    EvaluationRectified,
    RectificationStarted,
    ServiceEvaluated,
)
from projections.feedback.complaints import APPLICANT, ComplaintRow, complaint_runs
from projections.feedback.evaluations import EvaluationRow, evaluation_runs
from projections.law.shipped import shipped_law
from projections.reader import Laws

GRADES = "GB/T 39735-2020"  # the five grades, and which of them are bad
STEPS: Mapping[str, FeedbackStep] = {
    tag_of(fact): step
    for step, facts in {
        FeedbackStep.ACCEPTANCE: (ComplaintFiled, ComplaintAccepted, ComplaintDeclined),
        FeedbackStep.TRANSFER: (ComplaintTransferred,),
        FeedbackStep.ANSWER: (ComplaintExtended, ComplaintAnswered),
        FeedbackStep.SATISFACTION: (ComplaintClosed,),
        FeedbackStep.START: (RectificationStarted,),
        FeedbackStep.RECTIFICATION: (EvaluationRectified,),
        FeedbackStep.CALL_BACK: (EvaluationCalledBack,),
        FeedbackStep.APPEAL: (EvaluationAppealed, EvaluationAppealDecided),
    }.items()
    for fact in facts
}


class ComplaintReading(ComplaintRow, kw_only=True):
    """One complaint and its clocks. *due_on* and *remaining_days* are those of the running clock that ends first;
    *overdue*: a department or the bureau has let one of them pass.
    """

    clocks: list[FeedbackClock]
    due_on: date | None
    remaining_days: int | None
    overdue: bool


class EvaluationReading(EvaluationRow, kw_only=True):
    """One evaluation and its clocks, none for a good one; the other fields as with complaints."""

    clocks: list[FeedbackClock]
    due_on: date | None
    remaining_days: int | None
    overdue: bool


Reading = ComplaintReading | EvaluationReading


def complaint_reading(row: ComplaintRow, laws: Laws, t: datetime, known: datetime) -> ComplaintReading:
    """The reading of *row* at *t*, by the calendar as known at *known*; *row* holds nothing later than *t*."""
    clocks = clocks_of(complaint_runs(row), row.rule, row.law, laws, t, known)
    due_on, remaining, overdue = _next(clocks)
    return ComplaintReading(
        **structs.asdict(row), clocks=clocks, due_on=due_on, remaining_days=remaining, overdue=overdue
    )


def evaluation_reading(row: EvaluationRow, laws: Laws, t: datetime, known: datetime) -> EvaluationReading:
    """The reading of an evaluation, likewise."""
    clocks = clocks_of(evaluation_runs(row), row.rule, row.law, laws, t, known)
    due_on, remaining, overdue = _next(clocks)
    return EvaluationReading(
        **structs.asdict(row), clocks=clocks, due_on=due_on, remaining_days=remaining, overdue=overdue
    )


def clocks_of(
    runs: Sequence[FeedbackRun], rule: str, law: str, laws: Laws, t: datetime, known: datetime
) -> list[FeedbackClock]:
    """The clocks that had begun by *t*; none without a recorded law, and so without a calendar."""
    if not law:
        return []
    pack = laws.pack(law)
    calendar = laws.calendar(pack, local_day(known, pack.zone))
    clocks = []
    for run in runs:
        terms = terms_of(pack.feedback, rule, local_day(run.started_at, pack.zone))
        if clock := feedback_clock(run, terms, calendar, pack.zone, t):
            clocks.append(clock)
    return clocks


def _next(clocks: Iterable[FeedbackClock]) -> tuple[date | None, int | None, bool]:
    """Last day and remaining days of the running clock that ends first; whether one of the authorities is overdue."""
    running = sorted((clock for clock in clocks if clock.ended_at is None), key=lambda clock: clock.over_at)
    overdue = any(clock.state is FeedbackClockState.OVERDUE and clock.holder != APPLICANT for clock in running)
    return (running[0].due_on, running[0].remaining_days, overdue) if running else (None, None, overdue)


def article_of(fact: str, rule: str, day: date) -> str:
    """The rule that requires a step, given by its fact's stored name, on the local *day*; empty if there is none.

    *rule* is the edition named in the fact, if any.
    """
    if fact == tag_of(ServiceEvaluated):
        return GRADES
    step = STEPS.get(fact)
    return terms_of(shipped_law().feedback, rule, day).basis(step) if step else ""
