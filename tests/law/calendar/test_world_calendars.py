"""The calendars of other countries, day by day against an independent package."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from holidays import HolidayBase, country_holidays

from infrastructure.law.lawbook import law_book

LIBERATION_DAY = (5, 5)  # a holiday every year for Dutch periods (Termijnenwet 3), for offices every fifth
COUNTRIES = [
    ("NL", country_holidays("NL"), 2010, 2030),
    ("GB-ENG", country_holidays("GB", subdiv="ENG"), 2015, 2027),
    ("US", country_holidays("US"), 2019, 2030),
    ("KR", country_holidays("KR"), 2016, 2027),
    ("TW", country_holidays("TW"), 2016, 2027),
    ("ES", country_holidays("ES"), 2016, 2027),
    ("NZ", country_holidays("NZ"), 2009, 2030),
]


@pytest.mark.parametrize(("name", "package", "first", "last"), COUNTRIES, ids=[case[0] for case in COUNTRIES])
def test_it_agrees_with_an_independent_package(name: str, package: HolidayBase, first: int, last: int) -> None:
    calendar = law_book().calendars()[name].as_known(date(2026, 11, 24))
    day, differing = date(first, 1, 1), []
    while day.year <= last:
        expected = package.is_working_day(day) and not (name == "NL" and (day.month, day.day) == LIBERATION_DAY)
        if calendar.is_working(day) != expected:
            differing.append(day)
        day += timedelta(days=1)
    assert differing == []
