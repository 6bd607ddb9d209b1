"""Orders of the progress table: by harm, by what is left of the first clock, by the last change, by phase.

A row that is sorted by its clocks is sorted by rows of the view, or of its history; what a page shows of them is read
as it is at the instant.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, LiteralString
from uuid import UUID

from msgspec import Struct
from psycopg.sql import SQL, Composed, Identifier

from domain.law.licensing.clock import SILENT, State
from projections.as_of import NOW, Tables
from projections.clocks.fold import CLOCKS as CLOCK_TABLE
from projections.clocks.history import ENDS_BY
from projections.clocks.list import AWAITED, EXISTS, SOON
from projections.keyset import Ordering, SortKey
from projections.progress.query import LATE, SHOWN, ProjectFilter, conditions
from projections.progress.rows import PROJECTS, ProgressProject
from projections.reader import Reader
from projections.view import Row

ProjectKey = tuple[Any, ...]

# The running clocks of each project that wait for an act: the first one that is over, and whether one is late or soon.
CLOCKS = SQL("""
    LEFT JOIN (
        SELECT c.project, min(c.over_at) AS over_at, bool_or({late}) AS late, bool_or({soon}) AS soon
        FROM {clocks} AS c
        WHERE NOT c.closed AND c.level <> 'none' AND {exists} AND {awaited} GROUP BY c.project
    ) AS u ON u.project = p.project
""")
PAGE: LiteralString = """
    SELECT {shown}, {columns} FROM {projects} AS p {clocks} WHERE {where} AND {following}
    ORDER BY {order} LIMIT %(limit)s
"""
# Cut from an index alone, then read: joined to rows of the ledger as well, each version of every project would be read.
PAST_PAGE: LiteralString = """
    WITH k (project, {names}) AS MATERIALIZED (
        SELECT p.project, {columns} FROM {projects} AS p {clocks} WHERE {where} AND {following}
        ORDER BY {order} LIMIT %(limit)s
    ), p AS MATERIALIZED (
        SELECT {shown} FROM {whole} AS p WHERE p.project = ANY(ARRAY(SELECT k.project FROM k))
    )
    SELECT {shown}, {keys} FROM k JOIN p ON p.project = k.project ORDER BY {placed}
"""
HARM = """
    CASE WHEN u.late THEN 0 WHEN p.stuck THEN 1 WHEN u.soon THEN 2 WHEN p.items_done < p.items_total THEN 3 ELSE 4 END
"""
NOT_AWAITED = (*SILENT, State.UNCONFIRMED, State.VOID)  # states in which a clock waits for no act
PROJECT, CHANGED_LAST = SortKey("p.project"), SortKey("p.changed_at", descending=True)
OVER_FIRST = SortKey("u.over_at", nullable=True)


class ProgressSort(StrEnum):
    """What the table is sorted by, the most urgent first."""

    HARM = "harm"  # a limit passed, stuck, soon due, under way, done
    LEFT = "left"  # by the first clock that is over
    CHANGED = "changed"
    PHASE = "phase"


class ProgressOrder(Struct, frozen=True):
    """One order: its sort keys, and the type of their values in a cursor. *by_clocks*: it needs the clocks."""

    keys: Ordering
    kind: Any
    by_clocks: bool = False

    @property
    def columns(self) -> Composed:
        """The values that rows are sorted by."""
        return SQL(", ").join(SQL(key.expression) for key in self.keys)

    @property
    def placed(self) -> Ordering:
        """The same order, by the columns that the keys of a page are in."""
        return Ordering(
            SortKey(f"k.key_{nth}", descending=key.descending, nullable=key.nullable)
            for nth, key in enumerate(self.keys)
        )


ORDERS: Mapping[ProgressSort, ProgressOrder] = {
    ProgressSort.HARM: ProgressOrder(
        Ordering((SortKey(HARM), OVER_FIRST, PROJECT)), tuple[int, datetime | None, UUID], by_clocks=True
    ),
    ProgressSort.LEFT: ProgressOrder(Ordering((OVER_FIRST, PROJECT)), tuple[datetime | None, UUID], by_clocks=True),
    ProgressSort.CHANGED: ProgressOrder(Ordering((CHANGED_LAST, PROJECT)), tuple[datetime, UUID]),
    ProgressSort.PHASE: ProgressOrder(
        Ordering((SortKey("p.phase_nth"), CHANGED_LAST, PROJECT)), tuple[int, datetime, UUID]
    ),
}


class OrderedProject(Struct, frozen=True):
    """A row of the table, and the values it is sorted by."""

    project: ProgressProject
    key: ProjectKey

    @classmethod
    def of(cls, row: Row) -> OrderedProject:
        """The row that `ordered_query` reads."""
        width = len(ProgressProject.__struct_fields__)
        return cls(ProgressProject(*row[:width]), row[width:])


async def ordered_page(
    store: Reader, criteria: ProjectFilter, sort: ProgressSort, last: ProjectKey | None
) -> list[OrderedProject]:
    """The rows that match *criteria* after the one with the key *last*, `criteria.limit` at most."""
    query, params = ordered_query(criteria, ORDERS[sort], last)
    async with store.cursor() as cursor:
        await cursor.execute(query, params)
        return [OrderedProject.of(row) for row in await cursor.fetchall()]


def ordered_query(
    criteria: ProjectFilter, order: ProgressOrder, last: ProjectKey | None, tables: Tables = NOW
) -> tuple[Composed, dict[str, Any]]:
    """The query for a page of *tables* after the row with the key *last*, and its parameters."""
    where, params = conditions(criteria, tables)
    clocks = CLOCKS.format(
        clocks=tables.of(CLOCK_TABLE, only=ENDS_BY), late=LATE, soon=SOON, exists=EXISTS, awaited=AWAITED
    )
    parts = {
        "shown": SHOWN,
        "columns": order.columns,
        "projects": tables.of(PROJECTS, only=criteria.columns),
        "clocks": clocks if order.by_clocks else SQL(""),
        "where": where,
        "following": order.keys.following(last),
        "order": order.keys.clause,
    }
    if tables.moment is not None:
        parts |= {
            "keys": SQL(", ").join(SQL(key.expression) for key in order.placed),
            "whole": tables.of(PROJECTS, by_project=True),
            "placed": order.placed.clause,
        }
        parts["names"] = SQL(", ").join(Identifier(f"key_{nth}") for nth in range(len(order.keys)))
    query = SQL(PAGE if tables.moment is None else PAST_PAGE).format(**parts)
    return query, params | {"silent": [state.value for state in NOT_AWAITED]}
