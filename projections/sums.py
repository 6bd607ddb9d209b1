"""合计 what the board adds up, by day, month and year: how often a figure came about, and when that was learned.

A sum has two times, so that it answers as of any instant: the local day on which something truly happened, and the one
on which it was recorded. What a card is later found to be is a further recording: one less of what it was, one more of
what it is. Tables of years, months and days hold the same; a long period is mostly years. Each figure is kept for its
department, and for all of them together.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from functools import lru_cache
from typing import LiteralString
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from domain.law.period import Span
from projections.view import Row, Rows

ZONE = "Asia/Shanghai"  # whose days these are; a board of another zone's days is counted from the lists
ALL = ""  # in the place of a department
NO_DAYS = -1  # where nothing is measured in working days
DAYS_KEPT_MAX = 4096
COLUMNS: tuple[tuple[str, LiteralString], ...] = (
    ("happened_on", "date"),  # a year, a month: its first day
    ("department", "text"),  # empty: all together
    ("recorded_on", "date"),
    ("figure", "text"),
    ("days", "integer"),
    ("n", "integer NOT NULL"),
)
KEY = 5  # of its columns
INDEXES: tuple[LiteralString, ...] = ("(happened_on, recorded_on) WHERE department = ''", "(recorded_on)")
Key = tuple[str, datetime, datetime, str, int]


def table_of(name: str, span: Span) -> str:
    """The table of those sums of *name* that hold whole *span*s."""
    return f"{name}_{span.value}"


class Sums(Struct):
    """What one project brings about."""

    counts: Counter[Key] = field(default_factory=Counter)

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
        self.counts[department, happened_at, recorded_at, figure, days] += times

    def rows(self, name: str) -> Rows:
        """The rows of the tables called *name*."""
        found: dict[Span, Counter[Row]] = {span: Counter() for span in Span}
        for (department, happened_at, recorded_at, figure, days), times in self.counts.items():
            happened_on, recorded_on = day_of(happened_at), day_of(recorded_at)
            for span, counter in found.items():
                happened, recorded = span.begin(happened_on), span.begin(recorded_on)
                counter[happened, department, recorded, figure, days] += times
                counter[happened, ALL, recorded, figure, days] += times
        return {
            table_of(name, span): [(*key, times) for key, times in counter.items() if times]
            for span, counter in found.items()
        }


@lru_cache(maxsize=DAYS_KEPT_MAX)
def day_of(at: datetime) -> date:
    """The local day of an instant."""
    return at.astimezone(ZoneInfo(ZONE)).date()
