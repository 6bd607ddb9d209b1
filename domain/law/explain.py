"""The explanation of a clock: every calendar day from its start, counted or not, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from domain.law import renewal
from domain.law.calendar import CalendarBook, WorkingCalendar
from domain.law.case import Case
from domain.law.clock import SILENT, Clock, Run, State
from domain.law.counting import Gap
from domain.law.evaluation import replay, runs
from domain.law.event import LawEvent
from domain.law.rule import Rule
from domain.law.suspension import Suspension, taken_out
from domain.law.timeline import Timeline

EXPLAINED_DAYS_MAX = 3_700  # ten years: more is no explanation but an error in the record


class Reason(StrEnum):
    """Why a day counts or does not; the calendar's words, and three of the clock's own."""

    START = "start"  # day 0 never counts
    WORKING = "working"
    MAKE_UP = "make_up"
    REST = "rest"
    HOLIDAY = "holiday"
    STATUTORY = "statutory"
    SUSPENDED = "suspended"
    EVERY_DAY = "every_day"  # the period is counted in calendar days


class Phase(StrEnum):
    """Which part of the period a day falls into."""

    PERIOD = "period"
    EXTENSION = "extension"
    ROLLED = "rolled"  # from a last day on which the office rests to the next on which it is open
    AFTER_DUE = "after_due"


class ExplainedDay(Struct, frozen=True):
    """One calendar day. *counted*: it counts and is over; *projected*: it will count if nothing else happens.

    *number* is which counting day it is (1 = the first). *notice* is the calendar notice that makes it work or rest;
    *suspended_by* lists the sid and reason of each suspension that takes it out.
    """

    day: date
    counted: bool
    projected: bool
    number: int | None
    reason: Reason
    phase: Phase
    notice: str
    suspended_by: tuple[tuple[str, str], ...]
    provisional: bool


class Explanation(Struct, frozen=True):
    """The working behind one clock: as many days are counted as its reading says are used.

    *clock* is the reading, *length* and *extended* its parts in the days that count (None: it ends on a given date):
    working days, or calendar days where its law counts those, or weeks or months. Where a suspension is open the
    projection assumes that it ends now (*assumes_resumption*). *complete* is false where only the first
    `EXPLAINED_DAYS_MAX` days are listed.
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


def explain(
    rule: Rule,
    events: Sequence[LawEvent] | Timeline,
    book: CalendarBook,
    t: datetime,
    known: datetime | None,
    clock_name: str,
) -> Explanation:
    """Explain one clock at *t* as known at *known*; raises KeyError if it has not started by then."""
    case = replay(rule, events, book, t, known)
    if clock_name == renewal.RENEWAL_GUARD.name:
        return _of_guard(case)
    for run in runs(case):
        if run.name == clock_name:
            return _of_run(case, run)
    raise KeyError(clock_name)


def _of_run(case: Case, run: Run) -> Explanation:
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
    )
    rule = case.rule.suspension_day_rule
    gaps = [(one, gap) for one in case.suspensions.on(run.reasons) for gap in taken_out([one], rule, until)]
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
        days=tuple(listing.days(case.calendar, gaps)),
    )


def _last(case: Case, run: Run, clock: Clock, end: date) -> int:
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
    )


class Listing(Struct, frozen=True):
    """The days from *start* to *last*: through *over* they are over, through *due* they are in time (ordinals).

    *first* is the first that can count: the one after day 0 (B3.1), or day 0 itself where the days up to a date are
    what is left (B9.7). *length* is the period without its extension, None where days are only listed.
    """

    start: int
    first: int
    last: int
    over: int
    due: int
    length: int | None
    extended: int
    projects: bool

    @property
    def complete(self) -> bool:
        """Whether all days are listed."""
        return self.last - self.start < EXPLAINED_DAYS_MAX

    def days(self, calendar: WorkingCalendar, gaps: list[tuple[Suspension, Gap]]) -> Iterator[ExplainedDay]:
        """Each day with its reason, counting as it goes."""
        number = 0
        for ordinal in range(self.start, min(max(self.last, self.start), self.start + EXPLAINED_DAYS_MAX - 1) + 1):
            day = date.fromordinal(ordinal)
            said = calendar.day(day)
            working = said.works and ordinal >= self.first
            by = tuple((s.sid, s.reason) for s, (first, after) in gaps if working and first <= ordinal < after)
            counts = working and not by
            beyond = self.length is not None and self.extended > 0 and number >= self.length
            number += counts
            yield ExplainedDay(
                day=day,
                counted=counts and ordinal <= self.over and self.length is not None,
                projected=self.projects and counts and self.over < ordinal <= self.due,
                number=number if counts and self.length is not None else None,
                reason=Reason.START if ordinal < self.first else Reason.SUSPENDED if by else Reason(said.kind),
                phase=Phase.AFTER_DUE if ordinal > self.due else Phase.EXTENSION if beyond else Phase.PERIOD,
                notice=said.notice,
                suspended_by=by,
                provisional=calendar.is_provisional(ordinal),
            )
