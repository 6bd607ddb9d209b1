"""What becomes of an order of the bureau: its report is in time through the day to report by."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import pytest

from projections.supervision.fold import OrderRow
from projections.supervision.orders import order_at


def there(text: str) -> datetime:
    """An instant by the clocks of Shanghai."""
    return datetime.fromisoformat(f"{text}+08:00")


@pytest.mark.parametrize(
    ("answered", "looked_at", "state"),
    [
        ("", "2026-03-20 23:59", "waiting"),
        ("", "2026-03-21 00:00", "overdue"),
        ("2026-03-20 23:59", "2026-04-01 09:00", "answered"),
        ("2026-03-21 00:00", "2026-04-01 09:00", "answered_late"),
        ("2026-03-25 09:00", "2026-03-24 09:00", "overdue"),  # as it was before the report came
    ],
)
def test_a_report_is_in_time_through_its_day(answered: str, looked_at: str, state: str) -> None:
    row = OrderRow(
        project=UUID(int=1),
        order="DB-1",
        position=7,
        item="land",
        department="land",
        about="why so late",
        feedback_by=date(2026, 3, 20),
        card="",
        ordered_by="li",
        ordered_at=there("2026-03-17 10:00"),
        answer="ill" if answered else "",
        answered_by="zhao" if answered else "",
        answered_at=there(answered) if answered else None,
    )
    assert order_at(row, there(looked_at), "Asia/Shanghai").state == state
