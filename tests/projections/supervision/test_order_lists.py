"""Lists of orders as of any instant: the database gives what the filter says of each row, in the order of the list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import product
from random import Random
from typing import Any
from uuid import UUID

import psycopg
import pytest
from msgspec import structs
from psycopg.sql import SQL, Placeholder

from domain.law.calendar.moment import local_day
from projections.scope import ZONE_SCOPE
from projections.sums import ZONE
from projections.supervision.fold import ORDERS, OrderRow
from projections.supervision.orders import (
    OrderFilter,
    OrderSort,
    order_at,
    order_place,
    orders_by_state,
    orders_query,
)
from tests.infrastructure.projector.test_projector import project_all

FIRST = datetime(2026, 3, 1, tzinfo=UTC)
DAYS, NUMBER = 20, 120
PAGE = 7


def some_orders(random: Random) -> list[OrderRow]:
    """Orders of two departments, many of the same day; every other one was answered."""
    rows = []
    for number in range(NUMBER):
        ordered_at = FIRST + timedelta(days=random.randrange(DAYS))
        answered_at = ordered_at + timedelta(days=random.randrange(DAYS)) if number % 2 else None
        rows.append(
            OrderRow(
                project=UUID(int=random.randrange(9)),
                order=f"DB-{number}" if number % 3 else f"db-{number}",
                position=number,
                item="land",
                department=random.choice(("land", "fire")),
                about="so late",
                feedback_by=date(2026, 3, 1) + timedelta(days=random.randrange(DAYS)),
                card="",
                ordered_by="li",
                ordered_at=ordered_at,
                answer="ill" if answered_at else "",
                answered_by="zhao" if answered_at else "",
                answered_at=answered_at,
            )
        )
    return rows


ROWS = some_orders(Random(20260301))
WITHOUT = UUID(int=3)  # a project that is read from the ledger


@pytest.fixture(scope="module")
def connection(shared_database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """The table of orders, with these rows alone."""
    project_all(shared_database_url)
    with psycopg.connect(shared_database_url, autocommit=True) as opened:
        values = SQL(", ").join(Placeholder() for _ in ORDERS.columns)
        insert = SQL("INSERT INTO views.supervision_order VALUES ({})").format(values)
        for row in ROWS:
            opened.execute(insert, structs.astuple(row))
        yield opened


FILTERS = [
    OrderFilter(department=department, unanswered=unanswered, due_by=due_by, begin=begin, end=end, sort=sort, limit=999)
    for department, unanswered, due_by, (begin, end), sort in product(
        ("", "land", "tax"),
        (False, True),
        (None, date(2026, 3, 9)),
        ((None, None), (FIRST + timedelta(days=4), FIRST + timedelta(days=11))),
        OrderSort,
    )
]


def listed(
    connection: psycopg.Connection[Any], criteria: OrderFilter, as_of: datetime, *, without: bool = False
) -> list[OrderRow]:
    params = {**criteria.params, "as_of": as_of, "without": [WITHOUT]}
    rows = connection.execute(orders_query(criteria, ZONE_SCOPE, without=without), params).fetchall()
    return [OrderRow(*row) for row in rows]


@pytest.mark.parametrize("day", [0, 6, 13, 3 * DAYS])
def test_each_list_has_the_orders_that_its_filter_takes(connection: psycopg.Connection[Any], day: int) -> None:
    as_of, lengths = FIRST + timedelta(days=day), set()
    for criteria in FILTERS:
        expected = criteria.sorted(row for row in ROWS if criteria.takes(row, as_of))
        assert listed(connection, criteria, as_of) == expected, criteria
        others = [row for row in expected if row.project != WITHOUT]
        assert listed(connection, criteria, as_of, without=True) == others, criteria
        lengths.add(len(expected))
    assert len(lengths) > 2


@pytest.mark.parametrize("day", [0, 6, 13, 3 * DAYS])
def test_orders_are_counted_by_the_state_that_they_had_then(connection: psycopg.Connection[Any], day: int) -> None:
    as_of, states = FIRST + timedelta(days=day), set[str]()
    for criteria in FILTERS:
        if criteria.unanswered:
            continue  # which is a state itself
        expected = Counter(order_at(row, as_of, ZONE).state for row in ROWS if criteria.takes(row, as_of))
        params = {**criteria.params, "as_of": as_of, "zone": ZONE, "today": local_day(as_of, ZONE)}
        rows = connection.execute(orders_by_state(criteria, ZONE_SCOPE), params).fetchall()
        assert dict(rows) == expected, criteria
        states |= expected.keys()
    assert len(states) > (day > 0)


@pytest.mark.parametrize("sort", OrderSort)
def test_pages_of_unanswered_orders_put_together_are_the_list(
    connection: psycopg.Connection[Any], sort: OrderSort
) -> None:
    as_of = FIRST + timedelta(days=12)  # half of them were answered later
    whole = OrderFilter(unanswered=True, sort=sort, limit=999)
    criteria, rows = structs.replace(whole, limit=PAGE), list[OrderRow]()
    while page := listed(connection, criteria, as_of):
        rows += page
        criteria = structs.replace(criteria, last=order_place(page[-1], sort))

    assert rows == listed(connection, whole, as_of)
    assert len(rows) > 2 * PAGE
    assert any(row.answered_at is not None for row in rows)
