"""督办 orders of the bureau as of an instant: later reports are left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any, LiteralString
from uuid import UUID

from msgspec import Struct, structs
from psycopg.sql import SQL, Composed

from domain.law.calendar.moment import local_day
from projections.keyset import Ordering, SortKey
from projections.scope import Scope
from projections.supervision.fold import OrderRow
from projections.supervision.list import comes_after, in_order

ORDERS: LiteralString = """
    SELECT o.* FROM views.supervision_order AS o
    WHERE {within} AND o.ordered_at <= %(as_of)s AND (%(department)s = '' OR o.department = %(department)s)
      AND (NOT %(open)s OR o.answered_at IS NULL OR o.answered_at > %(as_of)s)
      AND (%(due_by)s::date IS NULL OR o.feedback_by <= %(due_by)s)
      AND (%(begin)s::timestamptz IS NULL OR o.ordered_at >= %(begin)s AND o.ordered_at < %(end)s)
      AND o.project <> ALL (%(without)s) AND {following}
    ORDER BY {order} LIMIT %(limit)s
"""
NAMED = (SortKey("o.project"), SortKey('o."order" COLLATE "C"'))
OrderKey = tuple[date | datetime, UUID, str]


class OrderSort(StrEnum):
    """What orders are sorted by."""

    FEEDBACK = "feedback"  # the earliest reporting day first
    ORDERED = "ordered"  # the newest first


SORTS: Mapping[OrderSort, Ordering] = {
    OrderSort.FEEDBACK: Ordering((SortKey("o.feedback_by"), *NAMED)),
    OrderSort.ORDERED: Ordering((SortKey("o.ordered_at"), *NAMED)).backwards,
}
DESCENDING = (OrderSort.ORDERED,)
KEYS: Mapping[OrderSort, Any] = {  # the types of the values in a cursor
    OrderSort.FEEDBACK: tuple[date, UUID, str],
    OrderSort.ORDERED: tuple[datetime, UUID, str],
}


class OrderFilter(Struct, frozen=True, kw_only=True):
    """Filter and page of the orders; an empty *department* means all. *last*: the order before the page.

    Ordered from *begin* until before *end*, to be reported on by *due_by*, if these are given.
    """

    department: str = ""
    unanswered: bool = False
    due_by: date | None = None
    begin: datetime | None = None
    end: datetime | None = None
    sort: OrderSort = OrderSort.FEEDBACK
    limit: int
    last: OrderKey | None = None

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of the query, except for the instant."""
        days = {"begin": self.begin, "end": self.end, "due_by": self.due_by}
        return {"department": self.department, "open": self.unanswered, "limit": self.limit, **days}

    def takes(self, row: OrderRow, as_of: datetime) -> bool:
        """Whether *row* matches: what the query does for rows of the view."""
        return (
            row.ordered_at <= as_of
            and self.department in ("", row.department)
            and not (self.unanswered and row.answered_at is not None and row.answered_at <= as_of)
            and (self.due_by is None or row.feedback_by <= self.due_by)
            and (self.begin is None or self.begin <= row.ordered_at)
            and (self.end is None or row.ordered_at < self.end)
            and (
                self.last is None
                or comes_after(order_place(row, self.sort), self.last, descending=self.sort in DESCENDING)
            )
        )

    def sorted(self, rows: Iterable[OrderRow]) -> list[OrderRow]:
        """*rows* in the order of the list."""
        return in_order(rows, lambda row: order_place(row, self.sort), descending=self.sort in DESCENDING)


class OrderState(StrEnum):
    """The state of an order: *feedback_by* is the last day in time."""

    WAITING = "waiting"
    OVERDUE = "overdue"
    ANSWERED = "answered"
    ANSWERED_LATE = "answered_late"


class OrderAt(OrderRow, frozen=True, kw_only=True):
    """One order at an instant."""

    state: OrderState


def orders_query(criteria: OrderFilter, scope: Scope) -> Composed:
    """The query for a page of orders."""
    return SQL(ORDERS).format(
        within=scope.of("o", "read:supervision", department="department"),
        following=SORTS[criteria.sort].following(criteria.last),
        order=SORTS[criteria.sort].clause,
    )


def order_place(row: OrderRow, sort: OrderSort) -> OrderKey:
    """What orders are sorted by."""
    if sort is OrderSort.FEEDBACK:
        return row.feedback_by, row.project, row.order
    return row.ordered_at, row.project, row.order


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
