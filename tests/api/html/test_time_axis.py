"""The axis of days: every day has its place, runs hold exactly their days, months come in order."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from api.html.time_axis import TimeAxis, fitted

DAYS = st.dates(date(2015, 1, 1), date(2035, 12, 31))
KINDS = st.sampled_from(["department", "applicant", ""])


@st.composite
def axes(draw: st.DrawFn) -> TimeAxis:
    first, last = sorted([draw(DAYS), draw(DAYS)])
    return fitted(first, last, draw(st.integers(0, 200)), 900, 14)


@given(axes(), DAYS, DAYS)
def test_later_days_lie_further_right_and_all_on_the_axis(axis: TimeAxis, earlier: date, other: date) -> None:
    early, late = sorted([earlier, other])
    assert axis.left <= axis.x(early) <= axis.x(late) <= axis.right + 0.1
    assert axis.right <= 900.1


@given(axes())
def test_months_come_in_order_and_labels_do_not_overlap(axis: TimeAxis) -> None:
    months = axis.months()
    assert [month.x for month in months] == sorted(month.x for month in months)
    labelled = [month.x for month in months if month.label]
    assert all(after - before >= 47.9 for before, after in pairwise(labelled))
    assert all(x >= axis.left + 71.9 for x in labelled)


def test_days_of_one_kind_are_one_run_and_days_of_none_are_a_gap() -> None:
    axis = TimeAxis(date(2026, 3, 1), date(2026, 3, 31), 100, 10)
    kinds = {2: "department", 3: "department", 4: "", 5: "department", 6: "applicant", 9: "applicant"}
    runs = axis.runs((date(2026, 3, day), kind) for day, kind in kinds.items())
    assert [(run.kind, run.first.day, run.last.day, run.x, run.width) for run in runs] == [
        ("department", 2, 3, 110, 20),
        ("department", 5, 5, 140, 10),
        ("applicant", 6, 6, 150, 10),
        ("applicant", 9, 9, 180, 10),
    ]


def test_a_month_is_drawn_where_it_begins() -> None:
    axis = TimeAxis(date(2026, 1, 10), date(2026, 3, 31), 0, 4)
    assert [(month.x, month.label) for month in axis.months()] == [(88, "2026-02"), (200, "2026-03")]


@given(st.lists(KINDS, min_size=1, max_size=60))
def test_runs_cover_each_day_of_a_kind_exactly_once(kinds: list[str]) -> None:
    axis = TimeAxis(date(2026, 1, 1), date(2026, 3, 1), 0, 5)
    days = [(date(2026, 1 + nth // 28, 1 + nth % 28), kind) for nth, kind in enumerate(kinds[:28])]
    covered = [(day, run.kind) for run in axis.runs(days) for day, _ in days if run.first <= day <= run.last]
    assert covered == [(day, kind) for day, kind in days if kind]
