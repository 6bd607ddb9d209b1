"""Renewal of a licence (行政许可法 Art. 50): no answer by its last day renews it, if applied for in time.

Its clock, the guard, ends on the licence's last day, after no number of days, so that its outlook holds dates and no
counts.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from domain.law.calendar.calendar import WorkingCalendar
from domain.law.calendar.moment import next_day
from domain.law.licensing.clock import Clock, ClockKind, State, date_of, level

if TYPE_CHECKING:
    from domain.law.licensing.case import Case

RENEWAL_GUARD = ClockKind("renewal_guard")
RENEWAL_FILING = "renewal_filing"
ENDED_IN_TIME = (State.MET, State.VOID)


class Deemed(Struct, frozen=True, rename={"since": "from"}):
    """What silence brought about, and from which local date."""

    kind: Literal["renewed"]
    since: date


def filed_in_time(case: Case, expiry: date) -> bool:
    """Receipt at least so many CALENDAR days before expiry, that day included, no rolling (B9.6)."""
    rounds, accepted = case.intake.rounds, case.intake.accepted
    filed = rounds[0].start if rounds else accepted.day if accepted else 0
    return filed <= expiry.toordinal() - case.rule.renewal.file_before_days


def flag_late_filing(case: Case) -> None:
    """Flag an application that was filed too late to be renewed by silence, by its receipt or else its acceptance."""
    expiry, filed = case.rule.licence_expiry, case.intake.rounds or case.intake.accepted
    if expiry is not None and filed and not filed_in_time(case, expiry):
        case.flags.add("renewal_filed_late")


def guard(case: Case) -> Clock | None:
    """The clock to the licence's last day, from acceptance on."""
    expiry, accepted = case.rule.licence_expiry, case.intake.accepted
    if expiry is None or accepted is None:
        return None
    state = state_of(case, expiry)
    over = case.ended.day if case.ended and state in (State.MET, State.VOID) else case.now.day - 1
    start, rule = date.fromordinal(accepted.day), case.rule
    article = rule.article(RENEWAL_GUARD.name)
    return guard_clock(start, expiry, state, over, case.calendar, rule.renewal.yellow_days, article)


def guard_clock(
    start: date, expiry: date, state: State, over: int, calendar: WorkingCalendar, yellow_days: int, article: str
) -> Clock:
    """The guard's reading in *state*, by *article*; the day *over* is the last that is over or on which it stopped."""
    last = expiry.toordinal()
    left = max(0, calendar.count_to(last) - calendar.count_to(over))
    return Clock(
        start=start,
        length=None,
        due=expiry,
        earliest_due=None,
        yellow_from=None,
        used=None,
        remaining=left,
        overdue_days=0,
        state=state,
        level=level(state, near=left <= yellow_days),
        provisional=calendar.is_provisional(last),
        article=article,
    )


def yellow_from(expiry: date, calendar: WorkingCalendar, yellow_days: int) -> date:
    """The day from which at most so many working days are left before the licence expires (B9.7)."""
    last_green = calendar.count_to(expiry.toordinal()) - yellow_days
    return next_day(date.fromordinal(calendar.at_count(max(1, last_green))))


def guard_yellow_from(case: Case) -> date | None:
    """The same for a case; None where it renews nothing."""
    expiry = case.rule.licence_expiry
    return None if expiry is None else yellow_from(expiry, case.calendar, case.rule.renewal.yellow_days)


def state_of(case: Case, expiry: date) -> State:
    """What became of the guard: a decision or a withdrawal ends it in time, the licence's last day for good."""
    last = expiry.toordinal()
    if case.ended is not None and case.ended.day <= last:
        return State.VOID if case.ended is case.withdrawn else State.MET
    if case.now.day <= last:
        return State.RUNNING
    if case.decided is None and not case.silence_proves(last):  # a decision dated later proves the silence before it
        return State.UNCONFIRMED if case.ended is None else State.VOID
    return State.DEEMED if filed_in_time(case, expiry) else State.LAPSED


def deemed(clock: Clock | None) -> Deemed | None:
    """The renewal that silence brought about, if it did."""
    if clock is None or clock.state is not State.DEEMED or clock.due is None:
        return None
    return Deemed("renewed", next_day(clock.due))


class GuardOutlook(Struct, frozen=True, gc=False):
    """The guard on every day from the last event on. *state* holds until the licence's last day *due* is over.

    Then *over* does; None: *state* holds for good, since *stopped_on* where an act ended it in time. From
    *exists_from* on it exists, by silence (None: it does), and from *yellow_from* on it is near its end.
    """

    start: date
    due: date
    yellow_from: date
    yellow_days: int
    state: State
    over: State | None
    article: str
    stopped_on: date | None = None
    exists_from: date | None = None

    @property
    def closed(self) -> bool:
        """Whether nothing can change any more, neither by time nor by an event."""
        return self.over is None

    def on(self, today: date, calendar: WorkingCalendar) -> Clock | None:
        """The reading on a local day, not before that of the last event; None before it exists."""
        if self.exists_from is not None and today < self.exists_from:
            return None
        state = self.over if self.over is not None and today > self.due else self.state
        over = self.stopped_on.toordinal() if self.stopped_on else today.toordinal() - 1
        return guard_clock(self.start, self.due, state, over, calendar, self.yellow_days, self.article)


def guard_outlook(case: Case, exists_from: date | None) -> GuardOutlook | None:
    """The guard of a *case* that was replayed to `DISTANT`; None where it renews nothing, or was not accepted."""
    last_day, ended = guard(case), case.ended
    yellow = guard_yellow_from(case)
    if last_day is None or last_day.due is None or yellow is None:
        return None
    days, state, by = case.rule.renewal.yellow_days, last_day.state, last_day.article
    if ended is None:
        return GuardOutlook(last_day.start, last_day.due, yellow, days, State.RUNNING, state, by, None, exists_from)
    stopped = date_of(ended.day) if state in ENDED_IN_TIME else None
    return GuardOutlook(last_day.start, last_day.due, yellow, days, state, None, by, stopped, exists_from)
