"""准予决定公开 queries on public decisions, the latest first: by day, department and words, from an index."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, LiteralString

from msgspec import Struct
from psycopg.sql import SQL, Composed, Identifier

from projections.information.words import question
from projections.reader import Reader
from projections.window.fold import GrantedRow

GrantedKey = tuple[date, int]  # day and position of the decision
COLUMNS = SQL(", ").join(SQL("d.{}").format(Identifier(name)) for name in GrantedRow.__struct_fields__)
# Rows are compared as wholes, so that a page deep in the list is found by the index as well.
WHERE: Mapping[str, LiteralString] = {  # by filter
    "first": "d.decided_on >= %(first)s",
    "last": "d.decided_on <= %(last)s",
    "department": "d.department = %(department)s",
    "text": "d.words @@ %(words)s::tsquery"
    " AND NOT EXISTS (SELECT FROM unnest(%(exact)s::text[]) AS e WHERE position(e IN d.plain) = 0)",
    "after": "(d.decided_on, d.position) < (%(day)s, %(position)s)",
}
LISTED = """
    SELECT {columns} FROM views.granted_decision AS d WHERE {conditions}
    ORDER BY d.decided_on DESC, d.position DESC LIMIT %(limit)s
"""
# From each department to the next by the index: there are some twenty, and hundreds of thousands of decisions.
DEPARTMENTS = """
    WITH RECURSIVE each_department AS (
        (SELECT d.department FROM views.granted_decision AS d ORDER BY d.department LIMIT 1)
        UNION ALL
        SELECT (SELECT d.department FROM views.granted_decision AS d
                WHERE d.department > e.department ORDER BY d.department LIMIT 1)
        FROM each_department AS e WHERE e.department IS NOT NULL
    )
    SELECT e.department FROM each_department AS e WHERE e.department IS NOT NULL
"""


class GrantedFilter(Struct, frozen=True, kw_only=True):
    """Filter and page of the list; empty fields don't restrict. *after*: the row before the page."""

    first: date | None = None
    last: date | None = None
    department: str = ""
    text: str = ""
    limit: int
    after: GrantedKey | None = None

    @property
    def query(self) -> Composed:
        """The query, with the conditions of the filters that are set, so that an index can be used."""
        conditions = [SQL(condition) for name, condition in WHERE.items() if getattr(self, name)]
        return SQL(LISTED).format(columns=COLUMNS, conditions=SQL(" AND ").join(conditions or [SQL("true")]))

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of the conditions. A text without words matches nothing."""
        sought, (day, position) = question(self.text), self.after or (None, None)
        named = {name: getattr(self, name) for name in ("first", "last", "department", "limit")}
        return {**named, "words": sought.words, "exact": list(sought.exact), "day": day, "position": position}


class PublicDecisions:
    """Queries on the decisions that are public, for anyone."""

    def __init__(self, store: Reader) -> None:
        self._store = store

    async def listed(self, criteria: GrantedFilter) -> list[GrantedRow]:
        """The decisions that match, the latest first."""
        async with self._store.cursor() as cursor:
            await cursor.execute(criteria.query, criteria.params)
            return [GrantedRow(*row) for row in await cursor.fetchall()]

    async def departments(self) -> list[str]:
        """The departments that have granted anything."""
        async with self._store.cursor() as cursor:
            await cursor.execute(SQL(DEPARTMENTS).format())
            return [department for (department,) in await cursor.fetchall()]


def granted_key(row: GrantedRow) -> GrantedKey:
    """What the list is sorted by."""
    return row.decided_on, row.position
