"""合计 what the board adds up, by day, month and year: how often a figure came about, and when that was learned.

A sum has two times, so that it answers as of any instant: the local day on which something truly happened, and the one
on which it was recorded. What a card is later found to be is a further recording: one less of what it was, one more of
what it is. Tables of years, months and days hold the same; a long period is mostly years. Each figure is kept for its
department, and for all of them together.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import LiteralString
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from domain.law.calendar.period import Span
from projections.view import Row, Rows

ZONE = "Asia/Shanghai"  # whose days these are; a board of another zone's days is counted from the lists
IN_ZONE = ZoneInfo(ZONE)
ALL = ""  # in the place of a department, and what no department is known for counts there alone
NO_DAYS = -1  # where nothing is measured in working days
DAYS_KEPT_MAX = 4096  # a dozen years of working days
COLUMNS: tuple[tuple[str, LiteralString], ...] = (
    ("happened_on", "date"),  # a year, a month: its first day
    ("department", "text"),  # empty: all together
    ("recorded_on", "date"),
    ("figure", "text"),
    ("days", "integer"),
    ("register", "text"),  # whose projects these are: empty for the zone's own
    ("n", "integer NOT NULL"),
)
KEY = 6  # of its columns
# The first day of the span that a day is in; one object, as it is a key of many counts.
BEGINS = {span: lru_cache(maxsize=DAYS_KEPT_MAX)(span.begin) for span in Span}
DEPARTMENT = 1  # where a key tells whose it is
INDEXES: tuple[LiteralString, ...] = ("(happened_on, recorded_on) WHERE department = ''", "(recorded_on)")
Key = tuple[date, str, date, str, int]  # happened on, department, recorded on, figure, days
Counts = dict[Key, int]


def table_of(name: str, span: Span) -> str:
    """The table of those sums of *name* that hold whole *span*s."""
    return f"{name}_{span.value}"


class Sums(Struct):
    """What one project of a *register* brings about."""

    register: str = ""
    by_day: Counts = field(default_factory=dict)

    def add(
        self,
        department: str,
        happened_at: datetime,
        recorded_at: datetime,
        figure: str,
        *,
        days: int = NO_DAYS,
        times: int = 1,
    ) -> None:
        """Count *figure* once more, or once less."""
        happened_on = day_of(happened_at)
        recorded_on = happened_on if recorded_at == happened_at else day_of(recorded_at)
        key = (happened_on, department, recorded_on, figure, days)
        self.by_day[key] = self.by_day.get(key, 0) + times

    def rows(self, name: str) -> Rows:
        """The rows of the tables called *name*; a longer span adds up what the next shorter one counted."""
        counts, tables = self.by_day, dict[str, list[Row]]()
        for span in reversed(Span):
            counts = counts if span is Span.DAY else added_up(counts, span)
            tables[table_of(name, span)] = [
                (*key, self.register, times) for key, times in with_all(counts).items() if times
            ]
        return tables


def added_up(counts: Mapping[Key, int], span: Span) -> Counts:
    """The same by the longer *span*."""
    sums, begin = dict[Key, int](), BEGINS[span]
    for (happened_on, department, recorded_on, figure, days), times in counts.items():
        first = begin(happened_on)
        learned = first if recorded_on is happened_on else begin(recorded_on)
        key = (first, department, learned, figure, days)
        sums[key] = sums.get(key, 0) + times
    return sums


def with_all(counts: Mapping[Key, int]) -> Counts:
    """For each department, and for all of them together, where what has no department any more counts once too."""
    totals = {key: times for key, times in counts.items() if key[DEPARTMENT] != ALL}
    for (happened_on, _, recorded_on, figure, days), times in counts.items():
        key = (happened_on, ALL, recorded_on, figure, days)
        totals[key] = totals.get(key, 0) + times
    return totals


def day_of(at: datetime) -> date:
    """The local day of an instant."""
    return at.astimezone(IN_ZONE).date()
