"""A period is compared with the one before it, and with the same one a year before."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.law.calendar.moment import monday, sunday
from domain.law.calendar.period import Period, Span

DAYS = st.dates(date(1990, 1, 1), date(2099, 12, 31))


def period(first: str, last: str) -> Period:
    return Period(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("bounds", "before", "year_before"),
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
    bounds: tuple[str, str], before: tuple[str, str], year_before: tuple[str, str]
) -> None:
    assert period(*bounds).before() == period(*before)
    assert period(*bounds).year_before() == period(*year_before)


@pytest.mark.parametrize(
    ("bounds", "today", "before", "year_before"),
    [
        (("2026-03-01", "2026-03-31"), "2026-03-01", ("2026-02-01", "2026-02-01"), ("2025-03-01", "2025-03-01")),
        (("2026-03-01", "2026-03-31"), "2026-03-30", ("2026-02-01", "2026-02-28"), ("2025-03-01", "2025-03-30")),
        (("2026-03-01", "2026-03-31"), "2026-03-31", ("2026-02-01", "2026-02-28"), ("2025-03-01", "2025-03-31")),
        (("2026-03-01", "2026-03-31"), "2026-02-28", ("2026-02-01", "2026-02-28"), ("2025-03-01", "2025-03-31")),
        (("2026-01-01", "2026-12-31"), "2026-02-03", ("2025-01-01", "2025-02-03"), ("2025-01-01", "2025-02-03")),
        (("2026-03-02", "2026-03-08"), "2026-03-04", ("2026-02-23", "2026-02-25"), ("2025-03-02", "2025-03-04")),
    ],
)
def test_a_running_period_is_compared_with_as_many_days(
    bounds: tuple[str, str], today: str, before: tuple[str, str], year_before: tuple[str, str]
) -> None:
    compared = period(*bounds).compared(date.fromisoformat(today))

    assert compared == (period(*before), period(*year_before))


@given(DAYS, DAYS)
def test_the_period_before_ends_where_it_begins(day: date, other: date) -> None:
    period = Period(min(day, other), max(day, other))

    assert period.before().ends("Asia/Shanghai") == period.begins("Asia/Shanghai")


@given(DAYS)
def test_a_month_holds_its_days(day: date) -> None:
    month = Period.month_of(day)

    assert month.first <= day <= month.last
    assert Period.month_of(month.last) == month == Period.month_of(month.first)
    assert month.before() == Period.month_of(month.before().last)


@given(DAYS, st.integers(0, 1_100))
def test_the_parts_of_a_period_come_to_its_days(first: date, length: int) -> None:
    period = Period(first, first + timedelta(days=length))
    result, held = Counter[date](), None
    for part in period.parts():
        assert part.before == held
        for days, times in [*((days, 1) for days in part.more), *((days, -1) for days in part.less)]:
            assert all(part.span.begin(day) == day for day in days)
            result.update({days[0] + timedelta(days=n): times for n in range((days[1] - days[0]).days)})
        whole = sorted(day for day, times in result.items() if times)
        assert set(result.values()) <= {0, 1}
        held = (whole[0], whole[-1] + timedelta(days=1)) if whole else None
    assert held == (period.first, period.last + timedelta(days=1))
    assert len(whole) == length + 1


def test_few_days_are_asked_for_beside_whole_months_and_years() -> None:
    parts = period("2023-12-05", "2026-10-28").parts()

    assert [(part.span, len(part.more), len(part.less)) for part in parts] == [
        (Span.YEAR, 1, 0),  # 2024 to 2026
        (Span.MONTH, 1, 1),  # with December 2023, without the last two months of 2026
        (Span.DAY, 0, 2),  # without four days of the one, and three of the other
    ]


@given(st.dates())
def test_a_day_is_in_the_week_that_ends_on_its_sunday(day: date) -> None:
    last = sunday(day)

    assert monday(day) <= day <= last
    assert monday(last) == monday(day)
    assert last == date.max or last.isoweekday() == 7
