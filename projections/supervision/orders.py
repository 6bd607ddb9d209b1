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
from projections.supervision.fold import SUPERVISION, OrderRow
from projections.supervision.list import comes_after, in_order

ORDERS: LiteralString = """
    SELECT o.* FROM views.supervision_order AS o WHERE {conditions} ORDER BY {order} LIMIT %(limit)s
"""
# Both parts are in the order of the list, with an index each, and the second has few rows or none.
UNANSWERED: LiteralString = """
    SELECT o.* FROM (
        (SELECT o.* FROM views.supervision_order AS o WHERE o.answered_at IS NULL AND {conditions}
        ORDER BY {order} LIMIT %(limit)s)
        UNION ALL
        (SELECT o.* FROM views.supervision_order AS o WHERE o.answered_at > %(as_of)s AND {conditions}
        ORDER BY {order} LIMIT %(limit)s)
    ) AS o ORDER BY {order} LIMIT %(limit)s
"""
# As `order_at` has it.
BY_STATE: LiteralString = """
    SELECT o.state, count(*) FROM (
        SELECT CASE
            WHEN o.answered_at <= %(as_of)s THEN
                CASE WHEN (o.answered_at AT TIME ZONE %(zone)s)::date > o.feedback_by
                    THEN 'answered_late' ELSE 'answered' END
            WHEN %(today)s > o.feedback_by THEN 'overdue' ELSE 'waiting' END AS state
        FROM views.supervision_order AS o WHERE {conditions}
    ) AS o GROUP BY o.state
"""
# Only those that restrict are in a query: the planner then knows which index fits.
CONDITIONS = {
    "department": SQL("o.department = %(department)s"),
    "due_by": SQL("o.feedback_by <= %(due_by)s"),
    "begin": SQL("o.ordered_at >= %(begin)s"),
    "end": SQL("o.ordered_at < %(end)s"),
}
ORDERED = SQL("o.ordered_at <= %(as_of)s")
OTHERS = SQL("o.project <> ALL (%(without)s)")
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
        """The parameters of the query, except for the instant and the projects that are left out."""
        return {name: getattr(self, name) for name in (*CONDITIONS, "limit")}

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


def orders_query(criteria: OrderFilter, scope: Scope, *, without: bool) -> Composed:
    """The query for a page of orders; *without* excludes some projects."""
    sort = SORTS[criteria.sort]
    conditions = [*_conditions(criteria, scope), *([OTHERS] if without else []), sort.following(criteria.last)]
    return SQL(UNANSWERED if criteria.unanswered else ORDERS).format(
        conditions=SQL(" AND ").join(conditions), order=sort.clause
    )


def orders_by_state(criteria: OrderFilter, scope: Scope) -> Composed:
    """The query for the number of all orders of *criteria*, by their state as of the instant."""
    return SQL(BY_STATE).format(conditions=SQL(" AND ").join(_conditions(criteria, scope)))


def _conditions(criteria: OrderFilter, scope: Scope) -> list[SQL | Composed]:
    restricting = [condition for name, condition in CONDITIONS.items() if getattr(criteria, name)]
    return [scope.of("o", SUPERVISION, department="department"), ORDERED, *restricting]


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
    return OrderAt(*structs.astuple(row), state=state)
