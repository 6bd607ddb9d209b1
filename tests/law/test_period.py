"""A period is compared with the one before it, and with the same one a year before."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.law.period import Period

DAYS = st.dates(date(1990, 1, 1), date(2099, 12, 31))


def period(first: str, last: str) -> Period:
    return Period(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("asked", "before", "year_before"),
    [
        (("2026-03-01", "2026-03-31"), ("2026-02-01", "2026-02-28"), ("2025-03-01", "2025-03-31")),
        (("2026-01-01", "2026-03-31"), ("2025-10-01", "2025-12-31"), ("2025-01-01", "2025-03-31")),
        (("2026-01-01", "2026-12-31"), ("2025-01-01", "2025-12-31"), ("2025-01-01", "2025-12-31")),
        (("2025-02-01", "2025-02-28"), ("2025-01-01", "2025-01-31"), ("2024-02-01", "2024-02-29")),
        (("2026-03-02", "2026-03-08"), ("2026-02-23", "2026-03-01"), ("2025-03-02", "2025-03-08")),
        (("2024-02-29", "2024-02-29"), ("2024-02-28", "2024-02-28"), ("2023-02-28", "2023-02-28")),
    ],
)
def test_what_a_period_is_compared_with(
    asked: tuple[str, str], before: tuple[str, str], year_before: tuple[str, str]
) -> None:
    assert period(*asked).before() == period(*before)
    assert period(*asked).year_before() == period(*year_before)


@given(DAYS, DAYS)
def test_the_period_before_ends_where_it_begins(one: date, other: date) -> None:
    asked = Period(min(one, other), max(one, other))

    assert asked.before().ends("Asia/Shanghai") == asked.begins("Asia/Shanghai")


@given(DAYS)
def test_a_month_holds_its_days(day: date) -> None:
    month = Period.month_of(day)

    assert month.first <= day <= month.last
    assert Period.month_of(month.last) == month == Period.month_of(month.first)
    assert month.before() == Period.month_of(month.before().last)
