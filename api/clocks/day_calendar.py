"""日历 the days of a clock as month grids: those that count, numbered, those of rest, and those left out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby

from msgspec import Struct

from domain.law.licensing.explain import DayPhase, DayReason, ExplainedDay

CELL_PX, HEAD_PX, WEEK_DAYS = 36, 24, 7
RESTING = (DayReason.REST, DayReason.HOLIDAY, DayReason.STATUTORY)


class DayCell(Struct, frozen=True):
    """One day in its grid: its *kind* as it is drawn, and which counting day it is; 0 for none."""

    day: date
    x: int
    y: int
    kind: str
    number: int
    is_due: bool
    makes_up: bool
    reason: DayReason


class MonthGrid(Struct, frozen=True):
    """The days of one month that the clock lists."""

    label: str
    height: int
    cells: list[DayCell]


def month_grids(days: Sequence[ExplainedDay]) -> list[MonthGrid]:
    """The grids of *days*, which are in their order."""
    by_month = groupby(days, key=lambda day: (day.day.year, day.day.month))
    return [_grid(year, month, list(of_month)) for (year, month), of_month in by_month]


def _grid(year: int, month: int, days: Sequence[ExplainedDay]) -> MonthGrid:
    lead = date(year, month, 1).weekday()
    first = (lead + days[0].day.day - 1) // WEEK_DAYS
    cells = [_cell(day, lead + day.day.day - 1, first) for day in days]
    return MonthGrid(f"{year}-{month:02}", cells[-1].y + CELL_PX + 2, cells)


def _cell(day: ExplainedDay, nth: int, first_week: int) -> DayCell:
    week, weekday = divmod(nth, WEEK_DAYS)
    return DayCell(
        day.day,
        weekday * CELL_PX,
        HEAD_PX + (week - first_week) * CELL_PX,
        kind_of_day(day),
        day.number or day.overdue or 0,
        day.is_due,
        day.reason is DayReason.MAKE_UP,
        day.reason,
    )


def kind_of_day(day: ExplainedDay) -> str:
    """How *day* is drawn: "start", "out" of the count by a suspension, "resting", "late", "coming" or "counted"."""
    if day.reason is DayReason.START:
        return "start"
    if day.reason is DayReason.SUSPENDED:
        return "out"
    if day.reason in RESTING or not (day.number or day.overdue):
        return "resting"
    if day.phase is DayPhase.AFTER_DUE:
        return "late"
    return "coming" if day.projected and not day.counted else "counted"
