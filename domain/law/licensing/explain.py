"""The explanation of a clock: every calendar day from its start, counted or not, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from domain.law.authority import Authority, CitedNotice, Lawsuit
from domain.law.calendar.calendar import CalendarBook, WorkingCalendar
from domain.law.explained_acts import (
    OUTSIDE_CLOCK,
    End,
    ExplainedExtension,
    ExplainedSuspension,
    Stretch,
    explained_suspension,
)
from domain.law.licensing import renewal
from domain.law.licensing.case import Case
from domain.law.licensing.clock import COUNTED_ON, SILENT, Clock, ClockRun, State
from domain.law.licensing.counting import Gap
from domain.law.licensing.evaluation import prepared, replay, runs
from domain.law.licensing.event import LawEvent
from domain.law.licensing.review import ExtensionEvent
from domain.law.licensing.rule import Rule
from domain.law.licensing.suspension import Suspension, taken_out
from domain.law.licensing.timeline import Act, Timeline

EXPLAINED_DAYS_MAX = 3_700  # ten years: more is no explanation but an error in the record


class DayReason(StrEnum):
    """Why a day counts or does not; the calendar's words, and three of the clock's own."""

    START = "start"  # day 0 never counts
    WORKING = "working"
    MAKE_UP = "make_up"
    REST = "rest"
    HOLIDAY = "holiday"
    STATUTORY = "statutory"
    SUSPENDED = "suspended"
    EVERY_DAY = "every_day"  # the period is counted in calendar days


class DayPhase(StrEnum):
    """Which part of the period a day falls into."""

    PERIOD = "period"
    EXTENSION = "extension"
    ROLLED = "rolled"  # from a last day on which the office rests to the next on which it is open
    AFTER_DUE = "after_due"


class ExplainedDay(Struct, frozen=True):
    """One calendar day. *counted*: it counts and is over; *projected*: it will count if nothing else happens.

    *number* is which counting day it is (1 = the first), through the last one in time, which *is_due*; of a working day
    after that *overdue* says which day too late it is. *notice* is the calendar notice that makes it work or rest;
    *suspended_by* lists the sid and reason of each suspension that takes it out.
    """

    day: date
    counted: bool
    projected: bool
    number: int | None
    reason: DayReason
    phase: DayPhase
    notice: str
    suspended_by: tuple[tuple[str, str], ...]
    provisional: bool
    is_due: bool = False
    overdue: int | None = None


class Explanation(Struct, frozen=True):
    """The working behind one clock: it counts as many days as its reading has used.

    *clock* is the reading, *length* and *extended* its parts in the days that count (None: it ends on a given date):
    working days, or calendar days where its law counts those, or weeks or months. Where a suspension is open the
    projection assumes that it ends now (*assumes_resumption*). *complete* is false where only the first
    `EXPLAINED_DAYS_MAX` days are listed. *stopped_on* is the day on which it stopped, None while it runs.

    *authorities* are the rules it is counted by, each with its article and the law's words; *notices* those of the
    calendar that make a listed day work or rest. *suspensions* and *extensions* are what was done to it, effective or
    void. *lawsuit* says, of an overdue decision, when an action over the inaction may be brought.
    """

    name: str
    clock: Clock
    length: int | None
    extended: int
    article: str
    rule: str
    calendar: str
    assumes_resumption: bool
    complete: bool
    days: tuple[ExplainedDay, ...]
    stopped_on: date | None = None
    language: str = ""
    authorities: tuple[Authority, ...] = ()
    notices: tuple[CitedNotice, ...] = ()
    suspensions: tuple[ExplainedSuspension, ...] = ()
    extensions: tuple[ExplainedExtension, ...] = ()
    lawsuit: Lawsuit | None = None


def explain(
    rule: Rule,
    events: Sequence[LawEvent] | Timeline,
    book: CalendarBook,
    t: datetime,
    known: datetime | None,
    clock_name: str,
) -> Explanation:
    """Explain one clock at *t* as known at *known*; raises KeyError if it has not started by then."""
    timeline = prepared(rule, events)
    case = replay(rule, timeline, book, t, known)
    if clock_name == renewal.RENEWAL_GUARD.name:
        return _of_guard(case)
    for run in runs(case):
        if run.name == clock_name:
            extensions = [act for act in timeline.by(t, t if known is None else known) if _extends(act, clock_name)]
            return _of_run(case, run, extensions)
    raise KeyError(clock_name)


def _extends(act: Act, clock: str) -> bool:
    return isinstance(act[1], ExtensionEvent) and act[1].clock == clock


def _of_run(case: Case, run: ClockRun, extensions: Sequence[Act]) -> Explanation:
    clock = run.read(case)
    until = case.now if clock.due is None else run.stop
    end = clock.due or clock.earliest_due or clock.start
    listing = Listing(
        start=run.start,
        first=run.start + 1,
        last=_last(case, run, clock, end),
        over=run.stop.day if run.stop else case.now.day - 1,
        due=end.toordinal(),
        length=run.length - run.extended,
        extended=run.extended,
        projects=run.stop is None,
        counts_overdue=clock.state in COUNTED_ON,
        knows_due=clock.due is not None,
    )
    rule = case.rule.suspension_day_rule
    gaps = [
        (suspension, gap)
        for suspension in case.suspensions.on(run.reasons)
        for gap in taken_out([suspension], rule, until)
    ]
    days = tuple(listing.days(case.calendar, gaps))
    return Explanation(
        name=run.name,
        clock=clock,
        length=listing.length,
        extended=run.extended,
        article=clock.article,
        rule=case.rule.pack,
        calendar=case.calendar.version,
        assumes_resumption=clock.due is None,
        complete=listing.complete,
        days=days,
        stopped_on=None if run.stop is None else date.fromordinal(run.stop.day),
        suspensions=tuple(_suspensions(case, run, days)),
        extensions=tuple(_extension(case, act) for act in extensions),
    )


def _suspensions(case: Case, run: ClockRun, days: Sequence[ExplainedDay]) -> Iterator[ExplainedSuspension]:
    """Those that fell into the listed days, whether they stopped the clock or not; none where nothing can stop it."""
    if not run.reasons:
        return
    listed = [(day.day, day.suspended_by) for day in days if day.phase is not DayPhase.AFTER_DUE]
    rule = case.rule
    for suspension in case.suspensions.all:
        end, how = (suspension.end, End.RESUMED) if suspension.end is not None else (None, End.OPEN)
        if run.stop is not None and (end is None or run.stop.is_before(end)):
            end, how = run.stop, End.CLOCK
        if suspension.start.day > days[-1].day.toordinal() or (end is not None and end.day < run.start):
            continue
        if end is not None and end.is_before(suspension.start):  # it began after the clock had stopped
            continue
        stretch = Stretch(
            event=suspension.event,
            sid=suspension.sid,
            ground=suspension.reason,
            stops=suspension.reason in run.reasons,
            start=date.fromordinal(suspension.start.day),
            end=None if end is None else date.fromordinal(end.day),
            how=how,
            end_event=suspension.end_event if how is End.RESUMED else "",
            notified=suspension.notified,
            planned_until=suspension.planned_until,
        )
        today = date.fromordinal(case.now.day)
        yield explained_suspension(stretch, listed, resume_day_out=rule.resume_day_out, today=today)


def _extension(case: Case, act: Act) -> ExplainedExtension:
    """One extension as it was judged."""
    _, event, when = act
    assert isinstance(event, ExtensionEvent), "only extensions are asked for"
    void = case.review.verdicts.get(event.id, OUTSIDE_CLOCK)
    return ExplainedExtension(
        event=event.id, days=event.days, approved_on=date.fromordinal(when.day), notified=event.notified, void=void
    )


def _last(case: Case, run: ClockRun, clock: Clock, end: date) -> int:
    """The last day worth listing: where the clock stopped, else today or the due date, whichever is later."""
    if run.stop is not None:
        return run.stop.day
    return end.toordinal() if clock.state in SILENT else max(case.now.day, end.toordinal())


def _of_guard(case: Case) -> Explanation:
    """The licence's remaining days: nothing is counted, working days still to come are projected."""
    clock = renewal.guard(case)
    if clock is None or clock.due is None:
        raise KeyError(renewal.RENEWAL_GUARD.name)
    ended_in_time = clock.state in (State.MET, State.VOID) and case.ended is not None
    listing = Listing(
        start=clock.start.toordinal(),
        first=clock.start.toordinal(),
        last=clock.due.toordinal(),
        over=case.ended.day if case.ended and ended_in_time else case.now.day - 1,
        due=clock.due.toordinal(),
        length=None,
        extended=0,
        projects=True,
        counts_overdue=False,
        knows_due=True,
    )
    return Explanation(
        name=renewal.RENEWAL_GUARD.name,
        clock=clock,
        length=None,
        extended=0,
        article=clock.article,
        rule=case.rule.pack,
        calendar=case.calendar.version,
        assumes_resumption=False,
        complete=listing.complete,
        days=tuple(listing.days(case.calendar, [])),
        stopped_on=date.fromordinal(case.ended.day) if case.ended and ended_in_time else None,
    )


class Listing(Struct, frozen=True):
    """The days from *start* to *last*: through *over* they are over, through *due* they are in time (ordinals).

    *first* is the first that can count: the one after day 0 (B3.1), or day 0 itself where the days up to a date are
    what is left (B9.7). *length* is the period without its extension, None where days are only listed. Working days
    after *due* are numbered as overdue where the clock *counts_overdue*; *due* is only supposed unless it *knows_due*.
    """

    start: int
    first: int
    last: int
    over: int
    due: int
    length: int | None
    extended: int
    projects: bool
    counts_overdue: bool
    knows_due: bool

    @property
    def complete(self) -> bool:
        """Whether all days are listed."""
        return self.last - self.start < EXPLAINED_DAYS_MAX

    def days(self, calendar: WorkingCalendar, gaps: list[tuple[Suspension, Gap]]) -> Iterator[ExplainedDay]:
        """Each day with its reason, counting as it goes."""
        number = overdue = 0
        for ordinal in range(self.start, min(max(self.last, self.start), self.start + EXPLAINED_DAYS_MAX - 1) + 1):
            day = date.fromordinal(ordinal)
            calendar_day = calendar.day(day)
            working = calendar_day.works and ordinal >= self.first
            by = tuple((s.sid, s.reason) for s, (first, after) in gaps if working and first <= ordinal < after)
            counts = working and not by
            beyond = self.length is not None and self.extended > 0 and number >= self.length
            in_time = ordinal <= self.due
            number += counts and in_time
            overdue += self.counts_overdue and calendar_day.works and not in_time
            yield ExplainedDay(
                day=day,
                counted=counts and ordinal <= self.over and self.length is not None,
                projected=self.projects and counts and self.over < ordinal <= self.due,
                number=number if counts and in_time and self.length is not None else None,
                reason=DayReason.START
                if ordinal < self.first
                else DayReason.SUSPENDED
                if by
                else DayReason(calendar_day.kind),
                phase=DayPhase.AFTER_DUE if not in_time else DayPhase.EXTENSION if beyond else DayPhase.PERIOD,
                notice=calendar_day.notice,
                suspended_by=by,
                provisional=calendar.is_provisional(ordinal),
                is_due=self.knows_due and ordinal == self.due,
                overdue=overdue if self.counts_overdue and calendar_day.works and not in_time else None,
            )
