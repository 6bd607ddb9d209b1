"""How much is left of a clock, in words."""

from __future__ import annotations

from datetime import date

import pytest
from litestar.testing import RequestFactory

from api.paper import Paper
from api.progress_paper import left
from domain.law.clock import Level, State
from projections.readings import Reading


def reading(unit: str, remaining: float, overdue_days: int) -> Reading:
    """A decision's clock counted in *unit*, of which so much is left."""
    return Reading(
        item="permit",
        application=1,
        clock="decision",
        department="general",
        mode="single",
        node="decision",
        live=True,
        state=State.OVERDUE if overdue_days else State.RUNNING,
        level=Level.RED if overdue_days else Level.GREEN,
        start_on=date(2026, 8, 21),
        length=61,
        unit=unit,
        due_on=date(2026, 10, 21),
        earliest_due_on=None,
        yellow_on=None,
        used=0,
        remaining=remaining,
        overdue_days=overdue_days,
        closed=False,
        yellow_at=None,
        over_at=None,
        provisional=False,
        article="APA 51",
        law="tw-apa@2001-01-01",
    )


@pytest.mark.parametrize(
    ("unit", "remaining", "overdue_days", "says"),
    [
        ("working_day", 3.0, 0, "3"),
        ("calendar_day", 56, 0, "56 calendar days"),
        ("working_day", 0, 24, "−24"),
        ("month", 0, 24, "−24 working days"),  # days over are working days, whatever the clock counts
    ],
)
def test_days_over_are_working_days_whatever_the_clock_counts(
    unit: str, remaining: float, overdue_days: int, says: str
) -> None:
    paper = Paper(RequestFactory().get("/", query_params={"lang": "en"}))
    assert left(paper, reading(unit, remaining, overdue_days)) == says
