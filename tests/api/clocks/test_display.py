"""How much is left of a clock, in words."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from api.clocks.display import left
from api.html.page import PageAddress, PageContext
from domain.law.licensing.clock import Level, State
from projections.clocks.reading import Reading

NOVEMBER = datetime.fromisoformat("2026-11-25T12:00:00+08:00")


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
        ("working_day", 3.0, 0, "3 working days"),
        ("working_day", 1, 0, "1 working day"),
        ("calendar_day", 56, 0, "56 calendar days"),
        ("working_hour", 2.5, 0, "2.5 working hours"),
        ("week", 2, 0, "2 weeks"),
        ("working_day", 0, 24, "−24 working days"),
        ("working_hour", 0, 2, "−2 working days"),
        # The last day is the 21st of October, a day of the calendar: so are the days after it.
        ("month", 0, 24, "−35 calendar days"),
        ("calendar_day", 0, 24, "−35 calendar days"),
    ],
)
def test_what_is_left_or_over_is_shown_in_the_unit_of_the_clock(
    unit: str, remaining: float, overdue_days: int, says: str
) -> None:
    paper = PageContext(PageAddress(query={"lang": "en"}))
    assert left(paper, reading(unit, remaining, overdue_days), NOVEMBER) == says


def test_calendar_days_are_distinguished_in_chinese() -> None:
    paper = PageContext(PageAddress(query={"lang": "zh"}))
    assert left(paper, reading("calendar_day", 7, 0), NOVEMBER) == "7 天（自然日）"
    assert left(paper, reading("working_day", 0, 2), NOVEMBER) == "−2 个工作日"
