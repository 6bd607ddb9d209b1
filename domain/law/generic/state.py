"""The generic clock: when a period of any of the known laws ends, and its state at an instant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct

from domain.law.calendar.moment import months_later, next_day
from domain.law.generic.course import ClockCourse, course_of
from domain.law.generic.days import DAY
from domain.law.generic.period import CountedPeriod, closing, is_over
from domain.law.generic.rule import DAYS_PER_WEEK, GeneralEvent, GeneralRule, Moment
from domain.law.licensing.clock import Level, State, level
from domain.law.packs.terms import Silence

SILENCE_DECIDES: tuple[Silence, ...] = (
    "deemed_accepted",
    "deemed_granted",
    "deemed_renewed",
    "deemed_consent",
    "deemed_refused",
)
HOUR = timedelta(hours=1)


class PeriodDays(Struct, frozen=True, kw_only=True):
    """When the period of one clock begins, ends and is near its end.

    *length* is in counting days (working days, or calendar days for weeks and months), for working hours in hours.
    *due* is None while an open suspension makes it unknowable.
    """

    start: date
    length: int
    due: Moment | None
    yellow_from: Moment | None


class ClockStanding(PeriodDays, frozen=True, kw_only=True):
    """The state of one clock at an instant, with what is used up and left by then.

    *used* and *remaining* are in units of the *length*, parts of hours included. On the last day *remaining* is 1.
    *overdue_days* are working days. *earliest_due* is what an unknowable last day would be if the answer came at that
    instant. *deemed* is the legal effect silence has had from the date *deemed_from* on.
    """

    earliest_due: Moment | None
    used: float
    remaining: float
    overdue_days: int
    state: State
    level: Level
    deemed: Silence | None
    deemed_from: date | None
    provisional: bool
    flags: tuple[str, ...]


def due(rule: GeneralRule, events: Sequence[GeneralEvent]) -> Moment | None:
    """The last day, or instant, in time; None before the start and while an open suspension makes it unknowable."""
    period = course_of(rule, events).period
    return period.end() if period else None


def standing(rule: GeneralRule, events: Sequence[GeneralEvent], t: datetime) -> ClockStanding | None:
    """The state of the clock at *t*, from the events effective by then; None if it has not started."""
    return standing_of(course_of(rule, events, t), t)


def standing_of(course: ClockCourse, t: datetime) -> ClockStanding | None:
    """The state of the clock at *t* by its *course* up to then; None if it has not started."""
    rule, period = course.rule, course.period
    if period is None:
        return None
    days = days_of(period)
    ended, end = course.closed_at, days.due
    state, upto = state_of(course, end, t), ended or t
    used = used_by(period, upto, stopped=ended is not None)
    deemed = rule.on_silence if state is State.DEEMED else None
    known = end if end is not None else if_resumed(course, t)
    return ClockStanding(
        start=days.start,
        length=days.length,
        due=end,
        earliest_due=known if end is None else None,
        yellow_from=days.yellow_from,
        used=used,
        remaining=remaining_at(period, end, upto, used, stopped=ended is not None),
        overdue_days=overdue_days(period, end, upto),
        state=state,
        level=level(state, near=begun(days.yellow_from, t, rule)),
        deemed=deemed,
        deemed_from=next_day(day_of(end, rule)) if deemed and end else None,
        provisional=known is not None and rule.calendar.provisional(day_of(known, rule)),
        flags=tuple(sorted(course.flags)),
    )


def days_of(period: CountedPeriod) -> PeriodDays:
    """When *period* begins, ends and is near its end."""
    return PeriodDays(start=period.day0, length=period.length, due=period.end(), yellow_from=yellow_from(period))


def day_of(moment: Moment, rule: GeneralRule) -> date:
    """The local date of a day or an instant."""
    return rule.local_day(moment) if isinstance(moment, datetime) else moment


def state_of(course: ClockCourse, end: Moment | None, t: datetime) -> State:
    """What became of the clock. Silence that decides has decided once the end has passed, whatever came later."""
    over = is_over(end, course.stopped or course.withdrawn or t, course.rule)
    if over and course.rule.on_silence in SILENCE_DECIDES:
        return State.DEEMED
    if course.withdrawn is not None:
        return State.VOID
    if over:
        return State.LATE if course.stopped else State.OVERDUE
    if course.stopped:
        return State.MET
    return State.SUSPENDED if any(s.end is None for s in course.suspensions) else State.RUNNING


def begun(moment: Moment | None, t: datetime, rule: GeneralRule) -> bool:
    """Whether *t* is at or after *moment*, a day counting from its first instant."""
    if moment is None:
        return False
    return t >= moment if isinstance(moment, datetime) else rule.local_day(t) >= moment


def yellow_from(period: CountedPeriod) -> Moment | None:
    """When the warning begins: after all but the threshold is used up; a short period warns from its start."""
    quiet = period.length - period.rule.yellow.threshold(period.length)
    if period.rule.counts_hours:
        return period.reach_hours(HOUR * max(0, quiet))
    if quiet <= 0:
        return period.day0
    last_green = period.reach_day(quiet)
    return None if last_green is None else next_day(date.fromordinal(last_green))


def used_by(period: CountedPeriod, upto: datetime, *, stopped: bool) -> float:
    """How much is used up: days that are over, with the day of the stop itself if *stopped*; hours as they pass."""
    if period.rule.counts_hours:
        return period.used_hours(upto) / HOUR
    day = period.rule.local_day(upto)
    return period.used_days(day if stopped else day - DAY)


def remaining_at(period: CountedPeriod, end: Moment | None, upto: datetime, used: float, *, stopped: bool) -> float:
    """How much is left: through the last day if it is known, else of the length."""
    if end is None or period.rule.counts_hours:
        return max(0, period.length - used)
    last = day_of(end, period.rule)
    day = period.rule.local_day(upto)
    return max(0, period.used_days(last) - period.used_days(day if stopped else day - DAY))


def overdue_days(period: CountedPeriod, end: Moment | None, upto: datetime) -> int:
    """Working days after the last day up to today or the stop; later suspensions do not reduce them (rule B3.7)."""
    if end is None:
        return 0
    return period.rule.calendar.working_days_between(day_of(end, period.rule), period.rule.local_day(upto))


def if_resumed(course: ClockCourse, t: datetime) -> Moment | None:
    """What the end would be if every open suspension were answered at *t*."""
    period = course.period
    if period is None:
        return None
    answered = tuple((start, end or t) for start, end in period.stretches)
    return CountedPeriod(period.rule, period.started, period.n, period.added, answered, period.agreed).end()


def last_day_before(rule: GeneralRule, event_on: date, *, clear_days: bool = False) -> date:
    """The last day to act *n* units before *event_on*: filing 30 days before expiry, notice 7 days before a hearing.

    That day itself is in time. With *clear_days* *n* whole counting days lie strictly between.
    """
    if rule.unit == "working_day":
        nth = rule.calendar.nth_working_day_before(event_on, rule.n)
        return nth - DAY if clear_days else nth
    if rule.unit == "month":
        return months_later(event_on, -rule.n)[0] - DAY * clear_days
    days = rule.n * DAYS_PER_WEEK if rule.unit == "week" else rule.n
    return event_on - DAY * (days + clear_days)


__all__ = ["ClockStanding", "GeneralEvent", "GeneralRule", "Moment", "closing", "due", "last_day_before", "standing"]
