"""About how many working days limits come to, and days counted on a calendar for estimates."""

from __future__ import annotations

from datetime import date

import pytest

from domain.law.calendar.calendar import WorkingCalendar
from domain.law.estimate import (
    allowed_days,
    counted_days,
    expected_on,
    longest_cure,
    longest_promise,
    promise_too_long,
    working_days_of,
)
from domain.law.packs.terms import Limit, Unit
from tests.examples import DUTCH_LAW, LAW

PLAIN = WorkingCalendar()


@pytest.mark.parametrize(
    ("number", "unit", "days"),
    [
        *((20, "working_day", 20), (7, "calendar_day", 5), (8, "calendar_day", 6), (3, "week", 15), (2, "month", 42)),
        *((8, "working_hour", 1), (9, "working_hour", 2), (0, "working_day", 0)),
    ],
)
def test_limits_of_other_units_are_converted_to_working_days(number: int, unit: Unit, days: int) -> None:
    assert working_days_of(Limit(number, unit, "")) == days


def test_the_days_allowed_are_those_of_acceptance_and_decision() -> None:
    assert allowed_days(LAW, "single", None) == (25, 25)  # five to accept, twenty to decide (Art. 32, 42)
    assert allowed_days(LAW, "joint", 10) == (10, 50)
    assert allowed_days(LAW, "single", 60) == (25, 25)  # no promise makes a limit longer
    limit = working_days_of(DUTCH_LAW.limit())
    assert allowed_days(DUTCH_LAW, "single", None) == (limit, limit)


@pytest.mark.parametrize(("days", "most"), [(7, 5), (30, 22), (60, 44), (5, 5), (6, 5)])
def test_a_promise_in_working_days_has_to_fit_into_calendar_days(days: int, most: int) -> None:
    """Sixty days are eight weeks of five working days, and four days more."""
    assert longest_promise(LAW, Limit(days, "calendar_day", "")) == most
    assert longest_promise(DUTCH_LAW, Limit(days, "calendar_day", "")) == days  # it has no clock of a promise
    assert longest_promise(LAW, Limit(days, "working_day", "")) == days


@pytest.mark.parametrize(
    ("days", "unit", "most"),
    [(20, "working_day", 20), (60, "calendar_day", 44), (2, "month", 45), (24, "working_hour", 3), (2, "week", 10)],
)
def test_tolerated_papers_come_within_the_working_days_of_any_limit(days: int, unit: Unit, most: int) -> None:
    assert longest_cure(LAW, Limit(days, unit, ""), None) == most
    assert longest_cure(LAW, Limit(days, unit, ""), 7) == 7
    assert longest_cure(DUTCH_LAW, Limit(30, "calendar_day", ""), 7) == 5  # its promise is in calendar days


def test_a_promise_that_does_not_fit_is_said_with_its_unit() -> None:
    assert promise_too_long(LAW, Limit(30, "calendar_day", ""), 22) == ""
    assert promise_too_long(LAW, Limit(30, "calendar_day", ""), 23) == (
        "promises 23 working days, but 30 calendar days hold at most 22 working days"
    )
    assert promise_too_long(DUTCH_LAW, Limit(1, "calendar_day", ""), 2) == (
        "promises 2 calendar days, but its statutory limit is 1 calendar day"
    )


def test_a_promise_is_counted_in_working_days_whatever_the_limit_is() -> None:
    assert allowed_days(LAW.under("eia_report"), "single", 25) == (25, 48)


def test_a_law_without_a_limit_allows_what_was_promised() -> None:
    assert allowed_days(LAW, "no-such-mode", None) == (5, 5)
    assert allowed_days(LAW, "no-such-mode", 30) == (30, 30)


def test_expected_days_skip_the_weekend() -> None:
    friday = date(2026, 4, 10)
    assert [expected_on(PLAIN, friday, days) for days in (0, 1, 5)] == [
        friday,
        date(2026, 4, 13),
        date(2026, 4, 17),
    ]


def test_differences_of_counts_are_working_days() -> None:
    counts = dict(counted_days(PLAIN, date(2026, 4, 6), date(2026, 4, 13)))
    assert len(counts) == 8
    assert counts[date(2026, 4, 13)] - counts[date(2026, 4, 6)] == 5
    assert counts[date(2026, 4, 12)] - counts[date(2026, 4, 10)] == 0
