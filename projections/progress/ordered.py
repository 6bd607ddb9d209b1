"""Orders of the progress table: by harm, by what is left of the first clock, by the last change, by phase.

A row that is sorted by its clocks is sorted by rows of the view, or of its history; what a page shows of them is read
as it is at the instant. A page of a whole zone in the order of harm is read rank by rank (`ranks`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, LiteralString
from uuid import UUID

from msgspec import Struct
from psycopg.sql import SQL, Composed, Identifier

from projections.as_of import NOW, Tables
from projections.clocks.fold import CLOCKS as CLOCK_TABLE
from projections.clocks.history import ENDS_BY
from projections.clocks.list import AWAITED, EXISTS, SOON
from projections.keyset import Ordering, SortKey
from projections.progress.query import LATE, NOT_AWAITED, SHOWN, ProjectFilter, conditions
from projections.progress.rows import PROJECTS, ProgressProject
from projections.view import Row

ProjectKey = tuple[Any, ...]

# The running clocks of each project that wait for an act: which is over first, which of those that are late was so
# first, and whether any is soon due. Most of those that run have a level: said plainly, PostgreSQL takes them for so
# few that it reads them one by one, not from an index alone.
BY_PROJECT = SQL("""
    SELECT c.project, min(c.over_at) AS over_at, min(c.over_at) FILTER (WHERE {late}) AS late_at,
        bool_or({soon}) AS soon
    FROM {clocks} AS c WHERE NOT c.closed AND {coloured} AND {exists} AND {awaited} GROUP BY c.project
""")
CLOCKS = SQL(" LEFT JOIN ({by_project}) AS u ON u.project = p.project")
# Cut from narrow rows, then read: sorted or joined as a whole, each row, and each version of a past one, would be read.
PAGE: LiteralString = """
    WITH k ({names}) AS MATERIALIZED (
        SELECT {columns} FROM {cut} ORDER BY {order} LIMIT %(limit)s
    ), p AS MATERIALIZED (
        SELECT {shown} FROM {whole} AS p WHERE p.project = ANY(ARRAY(SELECT {project} FROM k))
    )
    SELECT {shown}, {keys} FROM k JOIN p ON p.project = {project} ORDER BY {placed}
"""
COLOURED = SQL("coalesce(c.level, '') <> 'none'")
HARM = """
    CASE WHEN u.late_at IS NOT NULL THEN 0 WHEN p.stuck THEN 1 WHEN u.soon THEN 2
        WHEN p.items_done < p.items_total THEN 3 ELSE 4 END
"""
PROJECT, CHANGED_LAST = SortKey("p.project"), SortKey("p.changed_at", descending=True)
OVER_FIRST = SortKey("u.over_at", nullable=True)
# Of a late project that of the late ones: an index has these few in their order.
HARM_FIRST = SortKey("coalesce(u.late_at, u.over_at)", nullable=True)


class ProgressSort(StrEnum):
    """What the table is sorted by, the most urgent first."""

    HARM = "harm"  # a limit passed, stuck, soon due, under way, done
    LEFT = "left"  # by the first clock that is over
    CHANGED = "changed"
    PHASE = "phase"


class ProgressOrder(Struct, frozen=True):
    """One order: its sort keys, of which the project is the last, and the type of their values in a cursor.

    *by_clocks*: it needs the clocks.
    """

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
        Ordering((SortKey(HARM), HARM_FIRST, PROJECT)), tuple[int, datetime | None, UUID], by_clocks=True
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


def ordered_query(
    criteria: ProjectFilter, order: ProgressOrder, last: ProjectKey | None, tables: Tables = NOW
) -> tuple[Composed, dict[str, Any]]:
    """The query for a page of *tables* after the row with the key *last*, and its parameters."""
    where, params = conditions(criteria, tables)
    query = page_query(
        order,
        cut=SQL("{projects} AS p {clocks} WHERE {where} AND {following}").format(
            projects=tables.of(PROJECTS, only=criteria.columns),
            clocks=CLOCKS.format(by_project=clocks_by_project(tables)) if order.by_clocks else SQL(""),
            where=where,
            following=order.keys.following(last),
        ),
        tables=tables,
    )
    return query, params | NOT_AWAITED


def page_query(order: ProgressOrder, cut: Composed, tables: Tables = NOW) -> Composed:
    """The query for a page in *order*; *cut* is the FROM clause that has its keys, with all conditions."""
    keys = [SQL(key.expression) for key in order.placed]
    return SQL(PAGE).format(
        shown=SHOWN,
        columns=order.columns,
        cut=cut,
        order=order.keys.clause,
        names=SQL(", ").join(Identifier(f"key_{nth}") for nth in range(len(order.keys))),
        keys=SQL(", ").join(keys),
        project=keys[-1],
        whole=tables.of(PROJECTS, by_project=True),
        placed=order.placed.clause,
    )


def clocks_by_project(tables: Tables = NOW) -> Composed:
    """The query for what the running clocks of each project of *tables* say."""
    clocks = tables.of(CLOCK_TABLE, only=ENDS_BY)
    return BY_PROJECT.format(clocks=clocks, coloured=COLOURED, late=LATE, soon=SOON, exists=EXISTS, awaited=AWAITED)
