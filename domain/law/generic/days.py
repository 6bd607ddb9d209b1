"""Counting days: gaps that do not count, the n-th day that does, months, and what happens on a rest day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple, Protocol

from domain.law.calendar.moment import months_later
from domain.law.licensing.rule import DayRule

FOREVER = date.max.toordinal()  # the last day of a gap that is still open

DAY = timedelta(days=1)


class DayCounting(Protocol):
    """Which days count at all: `count_to` is their running number, `at_count` its inverse."""

    def count_to(self, ordinal: int, /) -> int: ...

    def at_count(self, count: int, /) -> int: ...


class EveryDay:
    """Calendar days: each one counts."""

    def count_to(self, ordinal: int, /) -> int:
        return ordinal

    def at_count(self, count: int, /) -> int:
        return min(count, FOREVER)


class Gap(NamedTuple):
    """Days taken out of a period, both ends included, as ordinals."""

    first: int
    last: int


def gaps(stretches: Iterable[tuple[date, date | None]], rule: DayRule) -> list[Gap]:
    """The days that the suspensions (day of suspension, day of resumption or None) take out: sorted and disjoint.

    The bracket says of each of the two days whether it is taken out: a square one does, a round one does not.
    """
    after_start, before_end = int(rule[0] == "("), int(rule[-1] == ")")
    raw = (
        Gap(start.toordinal() + after_start, end.toordinal() - before_end if end else FOREVER)
        for start, end in stretches
    )
    merged: list[Gap] = []
    for gap in sorted(gap for gap in raw if gap.first <= gap.last):
        if merged and gap.first <= merged[-1].last + 1:
            merged[-1] = Gap(merged[-1].first, max(merged[-1].last, gap.last))
        else:
            merged.append(gap)
    return merged


def nth_day(days: DayCounting, after: int, n: int, out: Sequence[Gap]) -> int | None:
    """The *n*-th (>= 1) counting day after *after*, None while an open gap makes it unknowable."""
    target = days.count_to(after) + n
    for gap in out:
        if gap.last <= after:
            continue
        if days.at_count(target) < gap.first:
            break
        if gap.last == FOREVER:
            return None
        target += days.count_to(gap.last) - days.count_to(max(gap.first - 1, after))
    return days.at_count(target)


def counted(days: DayCounting, after: int, through: int, out: Sequence[Gap]) -> int:
    """How many days d with after < d <= through count."""
    if through <= after:
        return 0
    lost = 0
    for gap in out:
        first, last = max(gap.first - 1, after), min(gap.last, through)
        if first < last:
            lost += days.count_to(last) - days.count_to(first)
    return days.count_to(through) - days.count_to(after) - lost


def is_out(ordinal: int, out: Sequence[Gap]) -> bool:
    """Whether the day is taken out."""
    return any(gap.first <= ordinal <= gap.last for gap in out)


def last_day_of_months(first: date, months: int) -> date:
    """The last day of a period of *months* whose first day, itself counted, is *first*.

    It is the day before the corresponding day, or the last day of a month that has none (Korean Civil Code 160,
    Taiwan APA 48(3)): from 1 January to 31 January, from 31 January to 28 February.
    """
    corresponding, exists = months_later(first, months)
    return corresponding - DAY if exists else corresponding
