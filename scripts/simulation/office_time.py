"""Random instants in office hours of working days, some working days after another instant."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from domain.law.calendar.calendar import WorkingCalendar
from domain.law.calendar.moment import local_day
from scripts.simulation.chance import Chance

ZONE = "Asia/Shanghai"
OPENS, CLOSES = 9 * 60, 17 * 60  # minutes of the local day; the law's day closes at half past five


class OfficeTime:
    """Office hours of the zone. Days are working days of *calendar*."""

    def __init__(self, calendar: WorkingCalendar, chance: Chance) -> None:
        self._calendar, self._chance = calendar, chance

    def after(self, at: datetime, days: int) -> datetime:
        """An instant in office hours, *days* working days after *at*; with 0, later on the same day if possible."""
        local = at.astimezone(ZoneInfo(ZONE))
        opens = OPENS
        day = local.date()
        if days <= 0 and self._calendar.is_working(day):
            opens = max(OPENS, local.hour * 60 + local.minute + 1)
            if opens < CLOSES:
                return self._moment(day, self._chance.between(opens, CLOSES))
            days, opens = 1, OPENS
        return self._moment(
            self._calendar.nth_working_day_after(day, max(days, 1)), self._chance.between(opens, CLOSES)
        )

    def on(self, day: date) -> datetime:
        """An instant in office hours of the working day *day*, or of the next one."""
        first = day if self._calendar.is_working(day) else self._calendar.next_working_day(day)
        return self._moment(first, self._chance.between(OPENS, CLOSES))

    def day_of(self, at: datetime) -> date:
        return local_day(at, ZONE)

    def day_after(self, at: datetime, days: int) -> date:
        """The working day *days* after that of *at*."""
        return self._calendar.nth_working_day_after(self.day_of(at), days)

    def _moment(self, day: date, minute: int) -> datetime:
        wall = time(minute // 60, minute % 60, self._chance.between(0, 59))
        return datetime.combine(day, wall, ZoneInfo(ZONE)).astimezone(UTC)
