"""An independent, naive auditor of the general clock: it walks day by day, or in steps of five minutes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

STEP = timedelta(minutes=5)
ONE = timedelta(days=1)
PATIENCE_DAYS = 500  # a period that has not ended by then never does
PATIENCE_BY_STEPS = timedelta(days=70)  # the same for the few hours and short suspensions of the tests


@dataclass
class NaiveClock:
    """The inputs of one period, as plain data: local days of suspension, or instants for working hours."""

    unit: str
    n: int
    start: datetime
    weekend: tuple[int, ...] = (5, 6)
    holidays: frozenset[date] = frozenset()
    first_included: bool = False
    day_before: bool = False
    roll: str = "none"
    day_rule: str = "[s,e)"
    hours: tuple[tuple[time, time], ...] = ()
    zone: str = "Asia/Shanghai"
    suspensions: list[tuple[datetime, datetime | None]] = field(default_factory=list)

    def local(self, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.zone)).date()

    def works(self, day: date) -> bool:
        return day.weekday() not in self.weekend and day not in self.holidays

    def is_out(self, day: date) -> bool:
        """Whether a suspension takes the day out, straight from the meaning of the brackets."""
        for begun, ended in self.suspensions:
            s = self.local(begun)
            from_s = day >= s if self.day_rule.startswith("[") else day > s
            if ended is None:
                to_e = True
            else:
                e = self.local(ended)
                to_e = day <= e if self.day_rule.endswith("]") else day < e
            if from_s and to_e:
                return True
        return False

    def due(self) -> date | datetime | None:
        if self.unit == "working_hour":
            return self.due_by_steps()
        day = self.last_counted_day()
        if day is None or self.roll == "none":
            return day
        for _ in range(PATIENCE_DAYS):
            if self.works(day) and not self.is_out(day):
                return day
            day += ONE
        return None

    def last_counted_day(self) -> date | None:
        day = self.local(self.start)
        if not self.first_included:
            day += ONE
        left = self.calendar_length() if self.unit != "working_day" else self.n
        for _ in range(PATIENCE_DAYS):
            if not self.is_out(day) and (self.unit != "working_day" or self.works(day)):
                left -= 1
                if left == 0:
                    return day
            day += ONE
        return None

    def calendar_length(self) -> int:
        """Days in the period if nothing stops it."""
        if self.unit == "calendar_day":
            return self.n
        if self.unit == "week":
            return self.n * 7
        day0 = self.local(self.start)
        first = day0 if self.first_included else day0 + ONE
        if self.first_included or self.day_before:
            end = self.corresponding(first)
            if end.day == first.day:
                end -= ONE
        else:
            end = self.corresponding(day0)
        return (end - first).days + 1

    def corresponding(self, day: date) -> date:
        """The same number n months later, or the last day of that month, found by walking."""
        year, month = day.year, day.month
        for _ in range(self.n):
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        result = date(year, month, 1)
        while result.day < day.day and (result + ONE).month == month:
            result += ONE
        return result

    def due_by_steps(self) -> datetime | None:
        """Walk in steps; a step counts if its beginning lies in opening hours and in no suspension."""
        at, left, zone = self.start, self.n * 12, ZoneInfo(self.zone)
        limit = self.start + PATIENCE_BY_STEPS
        while at < limit:
            local = at.astimezone(zone)
            is_open = self.works(local.date()) and any(a <= local.time() < b for a, b in self.hours)
            held = any(s <= at and (e is None or at < e) for s, e in self.suspensions)
            at += STEP
            if is_open and not held:
                left -= 1
                if left == 0:
                    return at
        return None
