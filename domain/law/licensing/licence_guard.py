"""The outlook of the guard of a licence's last day (Art. 50): its state on any day to come.

It ends with the licence, after no number of days, so that its outlook holds dates and no counts.
"""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from domain.law.calendar.calendar import WorkingCalendar
from domain.law.licensing import renewal
from domain.law.licensing.case import Case
from domain.law.licensing.clock import Clock, State, date_of

ENDED_IN_TIME = (State.MET, State.VOID)


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
        """Whether nothing can change any more, neither by time nor by anybody."""
        return self.over is None

    def on(self, today: date, calendar: WorkingCalendar) -> Clock | None:
        """The reading on a local day, not before that of the last event; None before it exists."""
        if self.exists_from is not None and today < self.exists_from:
            return None
        state = self.over if self.over is not None and today > self.due else self.state
        over = self.stopped_on.toordinal() if self.stopped_on else today.toordinal() - 1
        return renewal.guard_clock(self.start, self.due, state, over, calendar, self.yellow_days, self.article)


def guard_outlook(case: Case, exists_from: date | None) -> GuardOutlook | None:
    """The guard of a *case* that was replayed to `DISTANT`; None where it renews nothing, or was not accepted."""
    guard, ended = renewal.guard(case), case.ended
    yellow = renewal.guard_yellow_from(case)
    if guard is None or guard.due is None or yellow is None:
        return None
    days, state, by = case.rule.renewal.yellow_days, guard.state, guard.article
    if ended is None:
        return GuardOutlook(guard.start, guard.due, yellow, days, State.RUNNING, state, by, None, exists_from)
    stopped = date_of(ended.day) if state in ENDED_IN_TIME else None
    return GuardOutlook(guard.start, guard.due, yellow, days, state, None, by, stopped, exists_from)
