"""十二周 warnings and cards by week and department, drawn as columns; every number leads to the list that it counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from api.html.page import PageContext
from api.supervision.view_models import Links
from domain.law.calendar.moment import day_before, local_day, week_from, weeks_later
from domain.law.calendar.period import Period
from projections.sums import ALL
from projections.supervision.figures import SignalCounts
from projections.supervision.query import SupervisionAt

WEEKS = 12
LEVELS = ("red", "yellow", "warning")  # as they are stacked, from the foot
DEPARTMENTS_DRAWN_MAX = 8  # those with most of them; the table has all
LABEL_PX, WEEK_PX, COLUMN_PX = 168, 60, 28
WHOLE_PX, DEPARTMENT_PX, HEAD_PX = 72, 34, 18  # heights of the row of all departments, and of each


class TrendNumber(Struct, frozen=True):
    """One number of a week with the list that it is the length of; no address where it is zero."""

    number: int
    href: str


class TrendLine(Struct, frozen=True):
    """One level of one department, or of all where it is empty, week by week."""

    department: str
    level: str
    numbers: list[TrendNumber]


class Column(Struct, frozen=True):
    """A part of a column in pixels: one *level* of one week."""

    level: str
    x: float
    y: float
    height: float
    week: date
    number: int


class TrendRow(Struct, frozen=True):
    """The columns of one department, or of all where it is empty, above the line at *foot*; *totals* over them."""

    department: str
    foot: int
    columns: list[Column]
    totals: list[tuple[float, float, int]]


class Trends(Struct, frozen=True):
    """The picture, *width* by *height* pixels, the *weeks* beneath it, and the table of the same numbers."""

    weeks: list[date]
    rows: list[TrendRow]
    lines: list[TrendLine]
    width: int
    height: int

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing in all these weeks."""
        return not self.lines


def weeks_before(supervision: SupervisionAt) -> list[Period]:
    """The twelve weeks of which the last one is that of the instant."""
    monday = local_day(week_from(supervision.as_of, supervision.zone), supervision.zone)
    mondays = [weeks_later(monday, -back) for back in range(WEEKS - 1, -1, -1)]
    return [Period(first, day_before(weeks_later(first, 1))) for first in mondays]


async def trends_of(page: PageContext, supervision: SupervisionAt) -> Trends:
    """The trends up to the instant, as was known then. Raises TooMuchToReadError."""
    weeks = weeks_before(supervision)
    counts = await supervision.signals_by_period(weeks)
    departments = {department for of_week in counts for department, level in of_week if level in LEVELS}
    ranked = sorted(departments - {ALL}, key=lambda code: (-sum(_whole(of_week, code) for of_week in counts), code))
    links = [Links(page, week, supervision.as_of) for week in weeks]
    lines = [_line(department, level, counts, links) for department in (ALL, *ranked) for level in LEVELS]
    drawn = _rows([ALL, *ranked[:DEPARTMENTS_DRAWN_MAX]], weeks, counts)
    return Trends(
        [week.first for week in weeks],
        drawn,
        [line for line in lines if any(number.number for number in line.numbers)],
        LABEL_PX + WEEKS * WEEK_PX,
        drawn[-1].foot + HEAD_PX,
    )


def _whole(of_week: SignalCounts, department: str) -> int:
    return sum(of_week[department, level] for level in LEVELS)


def _line(department: str, level: str, counts: Sequence[SignalCounts], links: Sequence[Links]) -> TrendLine:
    numbers = [
        TrendNumber(of_week[department, level], link.of(level, department) if of_week[department, level] else "")
        for of_week, link in zip(counts, links, strict=True)
    ]
    return TrendLine(department, level, numbers)


def _rows(departments: Sequence[str], weeks: Sequence[Period], counts: Sequence[SignalCounts]) -> list[TrendRow]:
    """The rows below each other: that of all has a scale of its own, departments share one."""
    rows, foot = list[TrendRow](), 0
    for of_scale, height in ((departments[:1], WHOLE_PX), (departments[1:], DEPARTMENT_PX)):
        most = max((_whole(of_week, code) for of_week in counts for code in of_scale), default=0)
        for department in of_scale:
            foot += height
            rows.append(_row(department, foot, (height - HEAD_PX) / max(most, 1), weeks, counts))
    return rows


def _row(department: str, foot: int, scale: float, weeks: Sequence[Period], counts: Sequence[SignalCounts]) -> TrendRow:
    """The columns of one department, *scale* pixels a signal."""
    columns, totals = list[Column](), list[tuple[float, float, int]]()
    for nth, (week, of_week) in enumerate(zip(weeks, counts, strict=True)):
        x, y = LABEL_PX + nth * WEEK_PX + (WEEK_PX - COLUMN_PX) / 2, float(foot)
        for level in LEVELS:
            if number := of_week[department, level]:
                y -= number * scale
                columns.append(Column(level, x, round(y, 1), round(number * scale, 1), week.first, number))
        if whole := _whole(of_week, department):
            totals.append((x + COLUMN_PX / 2, round(y - 3, 1), whole))
    return TrendRow(department, foot, columns, totals)
