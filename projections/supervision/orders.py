"""督办 orders of the bureau as of an instant: later reports are left out."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import structs

from domain.law.calendar.moment import local_day
from projections.supervision.fold import OrderRow

ORDERS = """
    SELECT o.* FROM views.supervision_order AS o
    WHERE {within} AND o.ordered_at <= %(as_of)s AND (%(department)s = '' OR o.department = %(department)s)
      AND (NOT %(open)s OR o.answered_at IS NULL OR o.answered_at > %(as_of)s)
    ORDER BY o.feedback_by, o.project, o."order" LIMIT %(limit)s OFFSET %(offset)s
"""


class OrderState(StrEnum):
    """The state of an order: *feedback_by* is the last day in time."""

    WAITING = "waiting"
    OVERDUE = "overdue"
    ANSWERED = "answered"
    ANSWERED_LATE = "answered_late"


class OrderAt(OrderRow, frozen=True, kw_only=True):
    """One order at an instant."""

    state: OrderState


def order_at(row: OrderRow, t: datetime, zone: str) -> OrderAt:
    """The order as of *t*; its day is local to *zone*."""
    if row.answered_at is not None and row.answered_at > t:
        row = structs.replace(row, answer="", answered_by="", answered_at=None)
    late = local_day(row.answered_at or t, zone) > row.feedback_by
    if row.answered_at is None:
        state = OrderState.OVERDUE if late else OrderState.WAITING
    else:
        state = OrderState.ANSWERED_LATE if late else OrderState.ANSWERED
    return OrderAt(**structs.asdict(row), state=state)
