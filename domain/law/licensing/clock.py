"""The reading of a clock, and the run it is computed from: start, length, stop, what a passed due date means."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from msgspec import Struct

from domain.law.calendar.calendar import LAST_ORDINAL, WorkingCalendar
from domain.law.calendar.moment import Moment, next_day
from domain.law.licensing.counting import CountedSpan, on_the_spot, span
from domain.law.licensing.rule import Yellow
from domain.law.licensing.suspension import taken_out

if TYPE_CHECKING:
    from domain.law.licensing.case import Case


class State(StrEnum):
    """What became of a clock."""

    RUNNING = "running"
    SUSPENDED = "suspended"
    OVERDUE = "overdue"
    MET = "met"
    LATE = "late"
    VOID = "void"  # ended by something that makes the question moot
    LAPSED = "lapsed"  # silence cost a right, or the agency its say
    DEEMED = "deemed"  # silence had its legal effect
    UNCONFIRMED = "unconfirmed"  # keyed-in department: silence proves nothing (B11.1)


class Level(StrEnum):
    """The colour of one clock (B10.1)."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    PAUSED = "paused"
    NONE = "none"


class Card(StrEnum):
    """The colour of the item: red if a statutory limit was missed, yellow if a promise was (B10.4)."""

    NONE = "none"
    YELLOW = "yellow"
    RED = "red"


NO_REASONS: frozenset[str] = frozenset()
COURSES_CACHED_MAX = 16_384  # clocks of a year start on 250 days, with a dozen lengths, on a few calendars

date_of = date.fromordinal

# Tuples, as they are searched by identity: the hash of an enum member is slow.
BROKEN = (State.OVERDUE, State.LATE, State.LAPSED, State.DEEMED)
SILENT = (State.LAPSED, State.DEEMED)  # the question is closed: nothing is counted after the due date
COUNTED_ON = (State.OVERDUE, State.LATE, State.VOID)  # days after the due date are counted


class ClockKind(Struct, frozen=True, gc=False):
    """One kind of clock: its name, the card it costs, and what its silence means. Its article is the pack's to say."""

    name: str
    card: Card = Card.RED
    silence: State = State.OVERDUE
    of_agency: bool = True  # false: the applicant's own, or a consulted department's; B11.1 is not about it
    coloured: bool = True


class Clock(Struct, frozen=True, gc=False):
    """A clock at an instant. Days are working days; dates are local dates.

    *start* is day 0 and never counts. *length* includes lawful extensions (None: it ends on a given date). *due* is
    the last day in time, None while an open suspension makes it unknowable; then *earliest_due* is what it would be
    if the clock resumed now. From 00:00 of *yellow_from* it is yellow. *used* counts days already over (for a stopped
    clock: through the stop day). *provisional*: the due date lies beyond the published calendar.
    """

    start: date
    length: int | None
    due: date | None
    earliest_due: date | None
    yellow_from: date | None
    used: int | None
    remaining: int
    overdue_days: int
    state: State
    level: Level
    provisional: bool
    article: str

    @property
    def over_from(self) -> date | None:
        """The local date from whose 00:00 the due date is over; the second timer a clock needs (B10.2)."""
        return None if self.due is None else next_day(self.due)


class ClockRun(Struct, gc=False):
    """A clock that has started: what its reading is computed from. *start* is the local date, *minute* the time.

    *length* includes the days it was *extended* by; *reasons* are the grounds that suspend it.
    """

    kind: ClockKind
    name: str
    start: int
    minute: int
    length: int
    stop: Moment | None = None
    void: bool = False
    silence: State = State.OVERDUE
    reasons: frozenset[str] = NO_REASONS
    extended: int = 0

    def days(self, case: Case, stop: Moment | None) -> CountedSpan:
        """Its counting days, with the suspensions still open at *stop* closed there."""
        suspensions = case.suspensions
        if not self.reasons or not suspensions.all:
            return CountedSpan(case.calendar, self.start, case.calendar.count_to(self.start))
        gaps = taken_out(suspensions.on(self.reasons), case.rule.suspension_day_rule, stop)
        return span(case.calendar, self.start, gaps)

    def due(self, case: Case, days: CountedSpan) -> int | None:
        """Its last day in time, None while an open suspension makes it unknowable (B3.3, B3.4, B7.6)."""
        if self.length:
            return days.nth(self.length)
        return on_the_spot(case.calendar, self.start, self.minute, case.rule.close_minute)

    def course(self, case: Case) -> CountedCourse:
        """Its counting days, and when it is due and turns yellow."""
        if self.length and not (self.reasons and case.suspensions.all):
            return uninterrupted(case.calendar, self.start, self.length, case.rule.yellow)
        days = self.days(case, self.stop)
        return counted_course(days, self.due(case, days), self.length, case.rule.yellow)

    def read(self, case: Case) -> Clock:
        """Its reading now."""
        days, due, due_on, yellow_on, threshold = self.course(case)
        state = self.state(case, due)
        used = days.through(self.last_used(case, state, due))
        earliest = self.due(case, self.days(case, case.now)) if due is None else None
        remaining = self.length - used if used < self.length else 0
        return Clock(
            date_of(self.start),
            self.length,
            due_on,
            None if earliest is None else date_of(earliest),
            yellow_on,
            used,
            remaining,
            self._overdue_days(case, due) if due is not None and state in COUNTED_ON else 0,
            state,
            level(state, near=remaining <= threshold) if self.kind.coloured else Level.NONE,
            case.calendar.is_provisional(due or earliest or 0),
            case.rule.article(self.kind.name),
        )

    def state(self, case: Case, due: int | None) -> State:
        """What has become of it by now; *due* is its last day in time (B3.7, B3.8)."""
        if self.stop is not None:
            if self.void:
                return State.VOID
            return State.MET if due is None or self.stop.day <= due else State.LATE
        if due is not None and case.now.day > due:
            return self.silence if not self.kind.of_agency or case.silence_proves(due) else State.UNCONFIRMED
        if self.reasons and case.suspensions.in_force(self.reasons):
            return State.SUSPENDED
        return State.RUNNING

    def last_used(self, case: Case, state: State, due: int | None) -> int:
        """The last day that may have been used: today is not over (B3.5)."""
        if self.stop is not None:
            return self.stop.day
        return due if due is not None and state in SILENT else case.now.day - 1

    def _overdue_days(self, case: Case, due: int) -> int:
        """Working days after the due date; suspensions after it do not reduce them (B3.7)."""
        last = self.stop.day if self.stop is not None else case.now.day
        return case.calendar.count_to(max(last, due)) - case.calendar.count_to(due)


class CountedCourse(NamedTuple):
    """The counting *days* of a clock, when it is *due*, also as a date, and when it turns yellow.

    The dates are None while an open suspension makes them unknowable. It is near its end from *threshold* days on.
    """

    days: CountedSpan
    due: int | None
    due_on: date | None
    yellow_on: date | None
    threshold: int


@lru_cache(maxsize=COURSES_CACHED_MAX)
def uninterrupted(calendar: WorkingCalendar, start: int, length: int, terms: Yellow) -> CountedCourse:
    """The course of a clock of *length* days that nothing suspends. Many of a zone begin on one day."""
    days = CountedSpan(calendar, start, calendar.count_to(start))
    return counted_course(days, days.nth(length), length, terms)


def counted_course(days: CountedSpan, due: int | None, length: int, terms: Yellow) -> CountedCourse:
    """The course of a clock of *length* days, on its counting *days*."""
    threshold = terms.threshold(length)
    due_on = None if due is None else date_of(due)
    return CountedCourse(days, due, due_on, yellow_from(days, length, threshold), threshold)


def yellow_from(days: CountedSpan, length: int, threshold: int) -> date | None:
    """The day after the (length - threshold)-th counting day; the start where there is none (B3.9, B10.2)."""
    if length <= threshold:
        return date_of(days.start)
    last_green = days.nth(length - threshold)
    return None if last_green is None else date_of(min(last_green + 1, LAST_ORDINAL))


def level(state: State, *, near: bool) -> Level:
    """The colour of a clock in *state*; *near* says that a running one has come under its threshold (B10.1)."""
    if state is State.RUNNING:
        return Level.YELLOW if near else Level.GREEN
    if state is State.MET or state is State.VOID:
        return Level.NONE
    if state is State.SUSPENDED:
        return Level.PAUSED
    return Level.YELLOW if state is State.UNCONFIRMED else Level.RED


AcceptanceKind = Literal["explicit", "deemed", "implied"]


class Acceptance(Struct, frozen=True, gc=False):
    """How and on which local date the application was accepted."""

    kind: AcceptanceKind
    date: date
