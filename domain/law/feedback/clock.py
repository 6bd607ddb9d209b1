"""The clock of one step with a complaint or an evaluation: so many working days, counted from the day after."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from domain.law.calendar.calendar import WorkingCalendar
from domain.law.calendar.moment import midnight, next_day
from domain.law.generic.course import course_of
from domain.law.generic.rule import Extended, GeneralEvent, GeneralRule, Started, local_date
from domain.law.packs.feedback import FeedbackStep, FeedbackTerms
from domain.law.packs.terms import ClockTerms


class FeedbackClockState(StrEnum):
    """What became of a clock."""

    RUNNING = "running"
    OVERDUE = "overdue"  # its last day is over, and nothing was done
    KEPT = "kept"  # done in time
    LATE = "late"  # done, after its last day


class FeedbackClock(Struct, frozen=True):
    """One clock at one instant.

    *days* are working days, *extension_days* among them; *due_on* is the last one, a local date, and the clock is over
    at *over_at*. *remaining_days* are working days after the day of *t* (or the day it ended) through
    *due_on*; below zero, those since. *provisional*: *due_on* lies beyond the published calendar and may yet move.
    """

    clock: FeedbackStep
    holder: str
    state: FeedbackClockState
    started_at: datetime
    ended_at: datetime | None
    days: int
    extension_days: int
    due_on: date
    over_at: datetime
    remaining_days: int
    provisional: bool
    calendar: str
    rule: str
    basis: str


class FeedbackRun(Struct, frozen=True):
    """The input of a clock: when its step began and, if it did, ended, who has to act, and an extension."""

    step: FeedbackStep
    holder: str
    started_at: datetime
    ended_at: datetime | None = None
    extension_days: int = 0
    extended_at: datetime | None = None


def feedback_clock(
    run: FeedbackRun, terms: FeedbackTerms, calendar: WorkingCalendar, zone: str, t: datetime
) -> FeedbackClock | None:
    """The clock of *run* at *t*; None where its step has not begun by then.

    What comes after *t* is not known at *t*. An extension counts if it was granted before the clock was over.
    """
    if run.started_at > t:
        return None
    rule = rule_of(terms.clocks[run.step], calendar, zone)
    period = course_of(rule, _events(run, terms), t).period
    due = local_date(period.end()) if period else None
    if period is None or due is None:
        return None
    ended = run.ended_at if run.ended_at is not None and run.ended_at <= t else None
    over_at = midnight(next_day(due), zone)
    late = (ended or t) >= over_at
    return FeedbackClock(
        clock=run.step,
        holder=run.holder,
        state=_state(ended=ended is not None, late=late),
        started_at=run.started_at,
        ended_at=ended,
        days=period.length,
        extension_days=period.length - rule.n,
        due_on=due,
        over_at=over_at,
        remaining_days=_remaining(calendar, rule.local_day(ended or t), due),
        provisional=calendar.provisional(due),
        calendar=calendar.version,
        rule=terms.name,
        basis=terms.basis(run.step),
    )


def rule_of(clock: ClockTerms, calendar: WorkingCalendar, zone: str) -> GeneralRule:
    """The rule by which the days of *clock* are counted on *calendar*, the calendar of the project's law."""
    return GeneralRule(
        zone=zone,
        calendar=calendar,
        unit=clock.unit,
        n=clock.days or 0,
        first_day=clock.first_day,
        start_shift=clock.start_shift,
        roll=clock.roll,
        extension=clock.extension,
        yellow=clock.yellow,
    )


def _events(run: FeedbackRun, terms: FeedbackTerms) -> list[GeneralEvent]:
    """The events of the period: its start, and an extension, at most the longest allowed."""
    started = Started(run.started_at)
    if run.extended_at is None:
        return [started]
    at = max(run.extended_at, run.started_at)
    return [started, Extended(at, min(run.extension_days, terms.extension_days_max))]


def _state(*, ended: bool, late: bool) -> FeedbackClockState:
    if ended:
        return FeedbackClockState.LATE if late else FeedbackClockState.KEPT
    return FeedbackClockState.OVERDUE if late else FeedbackClockState.RUNNING


def _remaining(calendar: WorkingCalendar, day: date, due: date) -> int:
    if day <= due:
        return calendar.working_days_between(day, due)
    return -calendar.working_days_between(due, day)
