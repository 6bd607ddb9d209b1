"""合计 sums for the board, by day, month and year: how often a figure occurred, and when that was recorded.

Sums are bitemporal, so that they can be read as of any instant: by the local day of the event and by that of its
recording. A later change of a card is a further recording: minus one of the old state, plus one of the new. Tables of
years, months and days hold the same sums; a long period is read mostly from years. Each figure is summed by
department, and over all departments.
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

ZONE = "Asia/Shanghai"  # the time zone of the days; a board in another one is counted from the lists
IN_ZONE = ZoneInfo(ZONE)
ALL = ""  # in place of a department; signals without a known department count here only
NO_DAYS = -1  # for figures not measured in working days
DAYS_CACHED_MAX = 4096  # a dozen years of working days
COLUMNS: tuple[tuple[str, LiteralString], ...] = (
    ("happened_on", "date"),  # a year, a month: its first day
    ("department", "text"),  # empty: all departments
    ("recorded_on", "date"),
    ("figure", "text"),
    ("days", "integer"),
    ("register", "text"),  # of the projects; empty for the zone's own
    ("n", "integer NOT NULL"),
)
KEY = 6  # number of key columns
# The first day of the span of a day; interned, as it is a key of many counts.
BEGINS = {span: lru_cache(maxsize=DAYS_CACHED_MAX)(span.begin) for span in Span}
DEPARTMENT, FIGURE = 1, 3  # indexes in a key
INDEXES: tuple[LiteralString, ...] = ("(happened_on, recorded_on) WHERE department = ''", "(recorded_on)")
Key = tuple[date, str, date, str, int]  # happened on, department, recorded on, figure, days
Counts = dict[Key, int]


def table_of(name: str, span: Span) -> str:
    """The table of the sums of *name* by *span*."""
    return f"{name}_{span.value}"


class Sums(Struct):
    """The contributions of one project of a *register*."""

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
        """Add *times* (which may be negative) to *figure*."""
        key = key_of(department, happened_at, recorded_at, figure, days)
        self.by_day[key] = self.by_day.get(key, 0) + times

    def rows(self, name: str) -> Rows:
        """The rows of the tables of *name*; each longer span sums up the next shorter one."""
        counts, tables = self.by_day, dict[str, list[Row]]()
        for span in reversed(Span):
            counts = counts if span is Span.DAY else added_up(counts, span)
            tables[table_of(name, span)] = [
                (*key, self.register, times) for key, times in with_all(counts).items() if times
            ]
        return tables


def added_up(counts: Mapping[Key, int], span: Span) -> Counts:
    """The counts summed up by the longer *span*."""
    sums: Counts = {}
    begin = BEGINS[span]
    for (happened_on, department, recorded_on, figure, days), times in counts.items():
        first = begin(happened_on)
        learned = first if recorded_on is happened_on else begin(recorded_on)
        key = (first, department, learned, figure, days)
        sums[key] = sums.get(key, 0) + times
    return sums


def with_all(counts: Mapping[Key, int]) -> Counts:
    """The counts by department and over all departments; contributions without a department count in the latter."""
    totals = {key: times for key, times in counts.items() if key[DEPARTMENT] != ALL}
    for (happened_on, _, recorded_on, figure, days), times in counts.items():
        key = (happened_on, ALL, recorded_on, figure, days)
        totals[key] = totals.get(key, 0) + times
    return totals


def key_of(department: str, happened_at: datetime, recorded_at: datetime, figure: str, days: int) -> Key:
    """Where an occurrence of *figure* counts, by day."""
    happened_on = day_of(happened_at)
    return happened_on, department, happened_on if recorded_at == happened_at else day_of(recorded_at), figure, days


def day_of(at: datetime) -> date:
    """The local day of an instant."""
    return at.astimezone(IN_ZONE).date()
