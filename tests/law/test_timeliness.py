"""Lags and nights: days of the calendar, nearest ranks, and what is no night."""

from __future__ import annotations

from collections import Counter
from datetime import date
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.law.timeliness import is_nightly, lag_days, percentile
from tests.law.packs.books import china
from tests.law.questions import at

CALENDAR = china().as_known(date(2026, 1, 5))


@pytest.mark.parametrize(
    ("happened", "recorded", "days"),
    [
        (date(2026, 3, 4), date(2026, 3, 4), 0),
        (date(2026, 3, 6), date(2026, 3, 7), 0),  # Friday's act on Saturday
        (date(2026, 3, 6), date(2026, 3, 9), 1),
        (date(2026, 2, 13), date(2026, 2, 24), 2),  # Spring Festival lies between, the Saturday before is worked
        (date(2026, 3, 9), date(2026, 3, 6), 0),  # recorded before it is said to have happened
    ],
)
def test_a_lag_is_counted_in_working_days(happened: date, recorded: date, days: int) -> None:
    assert lag_days(CALENDAR, happened, recorded) == days


@given(st.lists(st.integers(0, 30), min_size=1, max_size=40), st.integers(1, 100))
def test_a_percentile_is_a_value_of_the_list_at_its_nearest_rank(values: list[int], percent: int) -> None:
    assert percentile(Counter(values), percent) == sorted(values)[ceil(len(values) * percent / 100) - 1]


def test_nothing_has_no_percentile() -> None:
    assert percentile({}, 50) is None


@pytest.mark.parametrize(
    ("begun", "resumed", "nightly"),
    [
        ("03-03 17:00", "03-04 08:30", True),
        ("03-03 12:00", "03-04 11:59", True),
        ("03-06 17:00", "03-09 08:30", True),  # over a weekend
        ("03-06 17:00", "03-07 08:30", True),
        ("02-13 17:00", "02-14 08:30", True),  # a Saturday that was worked
        ("03-03 11:59", "03-04 08:30", False),
        ("03-03 17:00", "03-04 12:00", False),
        ("03-03 17:00", "03-05 08:30", False),
        ("03-03 17:00", "03-03 18:00", False),
        ("03-03 17:00", None, False),
    ],
)
def test_a_night_is_from_an_afternoon_to_the_next_working_morning(
    begun: str, resumed: str | None, nightly: bool
) -> None:
    assert is_nightly(at(begun), at(resumed) if resumed else None, CALENDAR, "Asia/Shanghai") is nightly
