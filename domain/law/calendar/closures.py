"""Recurring closures: stretches of every year without a working day, such as 20 December to 10 January."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

FIRST_YEAR, LAST_YEAR = 1970, 2099  # closures are written out for these years; no pack reaches further
LEAP_YEAR = 2000  # so that 02-29 is a day


def closed_days(closures: Iterable[tuple[str, str]]) -> Iterator[date]:
    """Every day of *closures*, pairs "MM-DD" of first and last day; a pair may run over the new year.

    Raises ValueError for what is no day of the year.
    """
    for first, last in closures:
        begins, ends = day_of_year(first), day_of_year(last)
        over_new_year = ends < begins
        for year in range(FIRST_YEAR, LAST_YEAR + 1):
            day = in_year(year - over_new_year, begins)
            end = in_year(year, ends)
            while day <= end:
                yield day
                day += timedelta(days=1)


def day_of_year(text: str) -> date:
    """The day "MM-DD" in a leap year."""
    return date.fromisoformat(f"{LEAP_YEAR}-{text}")


def in_year(year: int, day: date) -> date:
    """The same day in *year*; 29 February is 28 February in a common year."""
    if (day.month, day.day) == (2, 29) and not isleap(year):
        return date(year, 2, 28)
    return day.replace(year=year)
