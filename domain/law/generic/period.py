"""One run of a general clock: from its day 0 to its last day, with the gaps between."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property

from msgspec import Struct, field

from domain.law.calendar.calendar import DayKind
from domain.law.calendar.moment import months_later, next_day
from domain.law.generic.days import DAY, FOREVER, DayCounting, EveryDay, Gap, counted, gaps, last_day_of_months, nth_day
from domain.law.generic.hours import Stretch, end_of_hours, hours_between, open_windows
from domain.law.generic.rule import DAYS_PER_WEEK, GeneralRule, Moment
from domain.law.packs.terms import Unit

NOON = time(12)
SATURDAY = 5
NO_PLAIN_SATURDAY = (DayKind.HOLIDAY, DayKind.STATUTORY, DayKind.MAKE_UP)  # rest or work as on any weekday


class CountedPeriod(Struct, frozen=True, dict=True):
    """A period of *n* units from *started*, made longer by *added*, with *stretches* of suspension (end None: open)."""

    rule: GeneralRule
    started: datetime
    n: int
    added: tuple[tuple[int, Unit], ...] = ()
    stretches: tuple[Stretch, ...] = field(default=())
    agreed: date | None = None

    @cached_property
    def day0(self) -> date:
        """The local date from which the period is counted."""
        day = self.rule.local_day(self.started)
        if self.rule.start_shift == "none":
            return day
        return self.rule.calendar.next_working_day(next_day(day) if self._after_closing else day)

    @property
    def _after_closing(self) -> bool:
        """Whether it started at or after the close of business on its day."""
        closes_at = self.rule.closes_at
        return closes_at is not None and self.started.astimezone(self.rule.tz).time() >= closes_at

    @property
    def days(self) -> DayCounting:
        """Which days count: working days, or every day."""
        return self.rule.calendar if self.rule.unit in ("working_day", "working_hour") else EveryDay()

    @cached_property
    def before(self) -> int:
        """The ordinal after which days count: day 0 itself, or the day before it where the first day is counted."""
        return self.day0.toordinal() - (self.rule.first_day == "included")

    @cached_property
    def out(self) -> list[Gap]:
        """The days taken out by suspensions."""
        local = self.rule.local_day
        by_day = [(local(start), local(end) if end else None) for start, end in self.stretches]
        return gaps(by_day, self.rule.suspension_day_rule)

    @cached_property
    def length(self) -> int:
        """How many counting days it has; for working hours, how many hours."""
        totals = dict.fromkeys(("working_hour", "working_day", "calendar_day", "week", "month"), 0)
        for n, unit in ((self.n, self.rule.unit), *self.added):
            totals[unit] += n
        if self.rule.unit in ("working_hour", "working_day"):
            return totals[self.rule.unit]
        days = totals["calendar_day"] + DAYS_PER_WEEK * totals["week"]
        return days + (self._last_of_months(totals["month"]).toordinal() - self.before if totals["month"] else 0)

    def _last_of_months(self, months: int) -> date:
        """The last day of that many months, by the law's own convention."""
        if self.rule.first_day == "included":
            return last_day_of_months(self.day0, months)
        if self.rule.month_end == "day_before":
            return last_day_of_months(next_day(self.day0), months)
        return months_later(self.day0, months)[0]

    def end(self) -> Moment | None:
        """The last day (or instant) in time; None while an open suspension makes it unknowable."""
        if self.rule.counts_hours:
            end: Moment | None = self.reach_hours(timedelta(hours=self.length))
        else:
            nominal = self.reach_day(self.length)
            end = None if nominal is None else self._rolled(nominal)
        if self.agreed is None or end is None:
            return end
        return max(end, self.agreed, key=lambda moment: closing(moment, self.rule))

    def reach_day(self, count: int) -> int | None:
        """The ordinal of the *count*-th counting day; of the day of the start itself for 0 ("on the spot")."""
        if count > 0:
            return nth_day(self.days, self.before, count, self.out)
        late = self.rule.unit == "working_day" and self._after_closing and self.rule.start_shift == "none"
        return nth_day(self.days, self.day0.toordinal() - 1 + late, 1, self.out)

    def reach_hours(self, length: timedelta) -> datetime | None:
        """The local instant at which *length* of working time is used up."""
        windows = open_windows(self.rule.calendar, self.rule.hours, self.rule.tz, self.started)
        end = end_of_hours(windows, self.started, length, sorted(self.stretches, key=lambda stretch: stretch[0]))
        return end.astimezone(self.rule.tz) if end else None

    def used_days(self, through: date) -> int:
        """Counting days up to and with *through*."""
        return counted(self.days, self.before, through.toordinal(), self.out)

    def used_hours(self, until: datetime) -> timedelta:
        """Working time up to the instant."""
        windows = open_windows(self.rule.calendar, self.rule.hours, self.rule.tz, self.started)
        return hours_between(windows, self.started, until, sorted(self.stretches, key=lambda stretch: stretch[0]))

    def _rolled(self, ordinal: int) -> Moment | None:
        """Where the last day goes if the office rests on it. A day taken out can't be the last one either."""
        if self.rule.roll == "saturday_noon":
            return self._saturday_noon(ordinal)
        if self.rule.roll == "forward":
            rolled = nth_day(self.rule.calendar, ordinal - 1, 1, self.out)
            return None if rolled is None else date.fromordinal(rolled)
        return date.fromordinal(ordinal)

    def _saturday_noon(self, ordinal: int) -> Moment | None:
        """Sunday or holiday: the next day; Saturday: Monday noon (Taiwan, Administrative Procedure Act 48(4))."""
        while ordinal < FOREVER:
            day = date.fromordinal(ordinal)
            if gap := next((gap for gap in self.out if gap.first <= ordinal <= gap.last), None):
                if gap.last == FOREVER:
                    return None
                ordinal = gap.last + 1
            elif day.weekday() == SATURDAY and self.rule.calendar.day(day).kind not in NO_PLAIN_SATURDAY:
                ordinal += 2
                if self._is_open(ordinal):
                    return datetime.combine(date.fromordinal(ordinal), NOON, self.rule.tz)
            elif self.rule.calendar.works(ordinal):
                return day
            else:
                ordinal += 1
        return date.max

    def _is_open(self, ordinal: int) -> bool:
        return nth_day(self.rule.calendar, ordinal - 1, 1, self.out) == ordinal


def closing(moment: Moment, rule: GeneralRule) -> datetime:
    """The instant at which *moment* is over: itself, or the midnight that ends the day."""
    if isinstance(moment, datetime):
        return moment
    if moment == date.max:  # the year 9999 has no next midnight
        return datetime.max.replace(tzinfo=UTC)
    return datetime.combine(moment + DAY, time(), rule.tz)


def is_over(moment: Moment | None, at: datetime, rule: GeneralRule) -> bool:
    """Whether *at* is after *moment*: a deadline met on its last instant is met in time."""
    if moment is None:
        return False
    if isinstance(moment, datetime):
        return at > moment
    return rule.local_day(at) > moment
