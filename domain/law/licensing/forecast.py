"""The outlook of an item's clocks: the state of each on any day to come, if nothing more happens to the item.

Time alone changes little: a clock turns yellow, its due date passes, and silence accepts an application, whereupon
further clocks start. All of it comes at midnights known in advance (B10.2), so that an outlook, computed once, is
right for every instant from the last event on without looking at the events again.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import UTC, date, datetime

from msgspec import Struct

from domain.law.calendar.calendar import LAST_ORDINAL, CalendarBook, WorkingCalendar
from domain.law.calendar.moment import next_day
from domain.law.licensing.case import Case
from domain.law.licensing.clock import COUNTED_ON, SILENT, Clock, ClockRun, Level, State, date_of, level
from domain.law.licensing.counting import CountedSpan
from domain.law.licensing.evaluation import replay, runs
from domain.law.licensing.event import LawEvent
from domain.law.licensing.renewal import GuardOutlook, guard_outlook
from domain.law.licensing.review import COMMITMENT, DECISION, LOWER_REVIEW
from domain.law.licensing.rule import Rule
from domain.law.licensing.timeline import Timeline

DISTANT = datetime(9999, 1, 1, tzinfo=UTC)  # by then all that time alone can do is done
STARTED_BY_ACCEPTANCE = (DECISION.name, LOWER_REVIEW.name, COMMITMENT.name)


class Outlook(Struct, frozen=True, gc=False):
    """One clock on every day from the last event on. Dates are local, days are working days.

    *state* holds until *due* is over, and for good where *over* is None; then *over* does. *used* days were counted
    through *counted_through*; from the next day on every working day counts, up to *paused_from*, where a suspension
    that is still open begins. *counted_through* is None for a clock that has closed: *used* is final, and *stopped_on*
    says when, unless silence closed it. On *exists_from* the clock begins to exist, by silence (None: it does).
    *resume_day_out*: the day of a resumption is itself not counted.
    """

    name: str
    article: str
    start: date
    length: int
    extended: int
    due: date | None
    yellow_from: date | None
    threshold: int
    coloured: bool
    state: State
    over: State | None
    used: int
    counted_through: date | None
    paused_from: date | None
    resume_day_out: bool
    stopped_on: date | None
    exists_from: date | None

    @property
    def closed(self) -> bool:
        """Whether nothing can change any more, neither by time nor by an event."""
        return self.counted_through is None

    @property
    def over_from(self) -> date | None:
        """The local date from whose 00:00 it is in the state *over*; None where that can't come."""
        return None if self.over is None or self.due is None else next_day(self.due)

    @property
    def always_near(self) -> bool:
        """Whether it is yellow as long as it runs (B3.9)."""
        return self.length <= self.threshold

    def level_in(self, state: State, *, near: bool = False) -> Level:
        """Its colour in *state*."""
        return level(state, near=near) if self.coloured else Level.NONE

    def on(self, today: date, calendar: WorkingCalendar) -> Clock | None:
        """The reading on a local day, not before that of the last event; None before it exists.

        *calendar* is the one it was computed with.
        """
        if self.exists_from is not None and today < self.exists_from:
            return None
        is_over = self.over is not None and self.due is not None and today > self.due
        state = self.over if is_over and self.over is not None else self.state
        earliest = self.earliest_due(today, calendar) if self.due is None else None
        used = self.used_on(today, calendar, state)
        remaining = max(0, self.length - used)
        last = self.due or earliest
        return Clock(
            start=self.start,
            length=self.length,
            due=self.due,
            earliest_due=earliest,
            yellow_from=self.yellow_from,
            used=used,
            remaining=remaining,
            overdue_days=self._overdue_days(today, calendar) if state in COUNTED_ON else 0,
            state=state,
            level=self.level_in(state, near=remaining <= self.threshold),
            provisional=last is not None and calendar.provisional(last),
            article=self.article,
        )

    def used_on(self, today: date, calendar: WorkingCalendar, state: State) -> int:
        """The counting days that are over (B3.5); where silence closed the question, through the due date."""
        if self.counted_through is None:
            return self.used
        if state in SILENT and self.due is not None:
            return calendar.working_days_between(self.start, self.due)
        until = today if self.paused_from is None else min(today, self.paused_from)
        if until <= self.counted_through:
            return self.used
        return self.used + calendar.working_days_between(self.counted_through, until) - calendar.is_working(until)

    def earliest_due(self, today: date, calendar: WorkingCalendar) -> date | None:
        """The due date if every open suspension ended today (B7.6); None where none makes it unknowable."""
        if self.paused_from is None or self.counted_through is None:
            return None
        resumed = next_day(today) if self.resume_day_out else today
        first = calendar.next_working_day(max(resumed, self.paused_from, next_day(self.counted_through)))
        left = self.length - self.used_on(self.paused_from, calendar, State.SUSPENDED)
        return first if left <= 1 else calendar.nth_working_day_after(first, left - 1)

    def _overdue_days(self, today: date, calendar: WorkingCalendar) -> int:
        return 0 if self.due is None else calendar.working_days_between(self.due, self.stopped_on or today)


class Outlooks(Struct, frozen=True):
    """The clocks of one item that have started or that silence will start, and whether silence *accepted* it.

    *above*: an upper level has taken the file over. *calendar* is the version of the calendar counted with. *guard* is
    that of a licence's last day, where the application renews one: it depends on a date, not on a count of days.
    """

    clocks: tuple[Outlook, ...]
    above: bool
    calendar: str
    guard: GuardOutlook | None = None


def outlooks(
    rule: Rule,
    events: Sequence[LawEvent] | Timeline,
    book: CalendarBook,
    only: Container[str] | None = None,
    known: datetime = DISTANT,
) -> Outlooks:
    """What becomes of the clocks of *events* by time alone, by the events and notices *known*: all, unless an instant.

    *only*: of the clocks of these names; None: of all.
    """
    case = replay(rule, events, book, DISTANT, known)
    by_silence = accepted_by_silence(case)
    started = [run for run in runs(case) if only is None or run.name in only]
    return Outlooks(
        tuple([outlook(case, run, by_silence if run.kind.name in STARTED_BY_ACCEPTANCE else None) for run in started]),
        case.review.above is not None,
        case.calendar.version,
        guard_outlook(case, by_silence) if only is None else None,
    )


def accepted_by_silence(case: Case) -> date | None:
    """The day on which silence has accepted the application, if it does: the one after the open round's last."""
    accepted = case.intake.accepted
    if accepted is None or accepted.kind != "deemed":
        return None
    return next_day(date_of(case.intake.rounds[-1].due))


def outlook(case: Case, run: ClockRun, exists_from: date | None) -> Outlook:
    """The outlook of one clock of a *case* that was replayed to `DISTANT`."""
    at_last = run.count(case)
    kind, stopped, state, due, yellow = run.kind, run.stop, at_last.state, at_last.due, at_last.yellow
    if stopped is not None or (state in SILENT and case.ended is not None):
        through, used, paused, over = None, at_last.used, None, None
    else:
        through, used, paused = plainly_counted(at_last.days)
        over = None if due is None else state
        suspended = bool(run.reasons) and case.suspensions.in_force(run.reasons)
        state = State.SUSPENDED if suspended else State.RUNNING
    return Outlook(
        run.name,
        case.rule.article(kind.name),
        date_of(run.start),
        run.length,
        run.extended,
        None if due is None else date_of(due),
        None if yellow is None else date_of(yellow),
        at_last.threshold,
        kind.coloured,
        state,
        over,
        used,
        through,
        paused,
        case.rule.resume_day_out,
        None if stopped is None else date_of(stopped.day),
        exists_from,
    )


def plainly_counted(days: CountedSpan) -> tuple[date, int, date | None]:
    """The last day before plain counting begins, how many days count by its end, and where an open gap ends it."""
    through, paused = days.start, None
    for first, last, _, _ in days.breaks:
        if last >= LAST_ORDINAL:
            paused = date_of(first)
        else:
            through = max(through, last)
    return date_of(through), days.through(through), paused
