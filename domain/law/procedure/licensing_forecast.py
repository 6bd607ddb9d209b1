"""Stored forecasts of the licensing engine: the reading of a clock on any later day, without its events."""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from domain.law.calendar.calendar import WorkingCalendar
from domain.law.calendar.moment import next_day
from domain.law.documented import kind_of
from domain.law.licensing.clock import COUNTED_ON, SILENT, Clock, Level, State, level
from domain.law.licensing.forecast import ClockForecast
from domain.law.licensing.renewal import RENEWAL_GUARD, GuardOutlook
from domain.law.licensing.rule import Rule


def clock_on(forecast: ClockForecast, rule: Rule, calendar: WorkingCalendar, today: date) -> Clock | None:
    """The clock of *forecast* on a local day, not before that of the last event, once it exists.

    *rule* and *calendar* are those it was made with.
    """
    if forecast.name == RENEWAL_GUARD.name:
        return guard_outlook_of(forecast, rule).on(today, calendar)
    return StoredClock(forecast, rule, calendar).on(today)


class StoredClock(Struct, frozen=True, gc=False):
    """A *forecast* that counts days, with the rule and the calendar it was made with."""

    forecast: ClockForecast
    rule: Rule
    calendar: WorkingCalendar

    @property
    def length(self) -> int:
        """Its length in working days."""
        return self.forecast.length or 0

    def on(self, today: date) -> Clock:
        """Its reading on a local day, not before that of the last event."""
        forecast, calendar, length = self.forecast, self.calendar, self.length
        is_over = forecast.due is not None and today > forecast.due
        state = forecast.over if is_over and forecast.over is not None else forecast.state
        earliest = self.earliest_due(today) if forecast.due is None else None
        used = self.used_on(today, state)
        remaining = max(0, length - used)
        near = remaining <= self.rule.yellow.threshold(length)
        last = forecast.due or earliest
        return Clock(
            start=forecast.start,
            length=length,
            due=forecast.due,
            earliest_due=earliest,
            yellow_from=forecast.yellow_from,
            used=used,
            remaining=remaining,
            overdue_days=self._overdue_days(today) if state in COUNTED_ON else 0,
            state=state,
            level=Level.NONE if forecast.level is Level.NONE else level(state, near=near),
            provisional=last is not None and calendar.provisional(last),
            article=self.rule.article(kind_of(forecast.name)),
        )

    def used_on(self, today: date, state: State) -> int:
        """The counting days that are over (B3.5); where silence closed the question, through the due date."""
        forecast, working_days_between = self.forecast, self.calendar.working_days_between
        if forecast.counted_through is None:
            return forecast.used
        if state in SILENT and forecast.due is not None:
            return working_days_between(forecast.start, forecast.due)
        until = today if forecast.paused_from is None else min(today, forecast.paused_from)
        if until <= forecast.counted_through:
            return forecast.used
        return forecast.used + working_days_between(forecast.counted_through, until) - self.calendar.is_working(until)

    def earliest_due(self, today: date) -> date | None:
        """The due date if every open suspension ended today (B7.6); None where none makes it unknowable."""
        counted_through, paused_from = self.forecast.counted_through, self.forecast.paused_from
        if paused_from is None or counted_through is None:
            return None
        resumed = next_day(today) if self.rule.resume_day_out else today
        first = self.calendar.next_working_day(max(resumed, paused_from, next_day(counted_through)))
        left = self.length - self.used_on(paused_from, State.SUSPENDED)
        return first if left <= 1 else self.calendar.nth_working_day_after(first, left - 1)

    def _overdue_days(self, today: date) -> int:
        due = self.forecast.due
        return 0 if due is None else self.calendar.working_days_between(due, self.forecast.stopped_on or today)


def guard_outlook_of(forecast: ClockForecast, rule: Rule) -> GuardOutlook:
    """The outlook of the guard of a licence's last day that a stored *forecast* was made from."""
    return GuardOutlook(
        start=forecast.start,
        due=forecast.due or forecast.start,
        yellow_from=forecast.yellow_from or forecast.start,
        yellow_days=rule.renewal.yellow_days,
        state=forecast.state,
        over=forecast.over,
        article=rule.article(RENEWAL_GUARD.name),
        stopped_on=forecast.stopped_on,
    )
