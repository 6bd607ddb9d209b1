"""年历 a year of a working-day calendar as month grids: days that work, rest, are off by notice, or are made up for."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from msgspec import Struct

from domain.law.calendar.calendar import DayKind, WorkingCalendar

CELL_PX, HEAD_PX, WEEK_DAYS, MONTHS = 28, 42, 7, 12
WEEKS_MAX = 6


class YearDay(Struct, frozen=True):
    """One day in its grid, drawn by its *kind*; *provisional*: no notice has made it certain."""

    day: date
    x: int
    y: int
    kind: DayKind
    provisional: bool


class YearMonth(Struct, frozen=True):
    """One month: its days, and how many of them work."""

    label: str
    days: list[YearDay]
    working: int


def year_grid(calendar: WorkingCalendar, year: int) -> list[YearMonth]:
    """The twelve months of *year*, weeks beginning on Monday."""
    return [_month(calendar, year, month) for month in range(1, MONTHS + 1)]


def grid_height() -> int:
    """The height of a month's grid in pixels: enough for six weeks, so that all are equal."""
    return HEAD_PX + WEEKS_MAX * CELL_PX + 2


def _month(calendar: WorkingCalendar, year: int, month: int) -> YearMonth:
    lead, length = monthrange(year, month)
    days = [_day(calendar, date(year, month, number), lead + number - 1) for number in range(1, length + 1)]
    return YearMonth(f"{year}-{month:02}", days, sum(calendar.is_working(day.day) for day in days))


def _day(calendar: WorkingCalendar, day: date, nth: int) -> YearDay:
    week, weekday = divmod(nth, WEEK_DAYS)
    return YearDay(
        day,
        weekday * CELL_PX,
        HEAD_PX + week * CELL_PX,
        calendar.day(day).kind,
        calendar.provisional(day),
    )
