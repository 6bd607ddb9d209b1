"""Forecasts from past applications: quantiles, substitutes, and cases that have waited already."""

from __future__ import annotations

from collections import Counter
from statistics import median_low

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.project.flow.durations import SAMPLE_SMALL_BELOW, Basis, Likeness, PastDurations, estimate, quantile
from domain.project.flow.path import Days

ALLOWED = Days(10, 10, 25)
SOME_DAYS = st.lists(st.integers(0, 60), min_size=1, max_size=30)


def like(item: str = "land", department: str = "land", mode: str = "single") -> Likeness:
    return Likeness(item, "", department, mode)


def past(*known: tuple[str, str, list[int]]) -> PastDurations:
    """Applications for an item of a department, with the days each took."""
    durations_read = PastDurations()
    for item, department, durations in known:
        for days in durations:
            durations_read.add(like(item, department), days)
    return durations_read


@given(SOME_DAYS)
def test_quantiles_are_those_of_the_sorted_list(durations: list[int]) -> None:
    ordered, sample = sorted(durations), Counter(durations)
    assert quantile(sample, 50) == median_low(durations)
    for percent in (1, 20, 80, 100):
        assert quantile(sample, percent) == ordered[-(-len(ordered) * percent // 100) - 1]


def test_an_empty_sample_has_none() -> None:
    with pytest.raises(ValueError, match="no quantiles"):
        quantile({}, 50)


def test_deputies_and_the_persons_they_act_for() -> None:
    few, many = [3, 4], [10, 11, 12, 13, 14]
    own = estimate(past(("land", "land", many), ("pool", "land", few)), like(), ALLOWED)
    assert (own.basis, own.n, own.days, own.small_sample) == (Basis.ITEM, 5, Days(10, 12, 13), False)
    departments = estimate(past(("land", "land", few), ("pool", "land", many)), like(), ALLOWED)
    assert (departments.basis, departments.n) == (Basis.DEPARTMENT, 7)
    zone = estimate(past(("land", "land", few), ("pool", "water", many)), like(), ALLOWED)
    assert (zone.basis, zone.n) == (Basis.ZONE, 7)
    small = estimate(past(("land", "land", few)), like(), ALLOWED)
    assert (small.basis, small.n, small.small_sample, small.days) == (Basis.ITEM, 2, True, Days(3, 3, 4))
    law = estimate(past(("land", "land", many)), like(mode="joint"), ALLOWED)
    assert (law.basis, law.n, law.small_sample, law.days) == (Basis.STATUTORY, 0, True, ALLOWED)


def test_a_case_that_has_waited_is_none_of_the_quick_ones() -> None:
    known = past(("land", "land", [5, 5, 5, 5, 5, 5, 20, 21, 22, 23, 24]))
    assert estimate(known, like(), ALLOWED, 0).days == Days(5, 5, 22)
    assert estimate(known, like(), ALLOWED, 18).days == Days(2, 4, 5)
    last = estimate(known, like(), ALLOWED, 30)
    assert (last.basis, last.days, last.overrun) == (Basis.STATUTORY, Days(0, 0, 0), True)
    within = estimate(PastDurations(), like(), ALLOWED, 12)
    assert (within.days, within.overrun) == (Days(0, 0, 13), False)


@given(SOME_DAYS, st.integers(0, 70))
def test_an_estimate_counts_no_case_that_was_over_by_then(durations: list[int], elapsed: int) -> None:
    estimated = estimate(past(("land", "land", durations)), like(), ALLOWED, elapsed)
    longer = [days for days in durations if days >= elapsed]
    assert estimated.n == len(longer)
    assert estimated.small_sample is (len(longer) < SAMPLE_SMALL_BELOW)
    if longer:
        assert (
            min(longer) - elapsed
            <= estimated.days.low
            <= estimated.days.median
            <= estimated.days.high
            <= max(longer) - elapsed
        )
