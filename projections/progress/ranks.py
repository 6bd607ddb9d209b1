"""The page of a whole zone in the order of harm, rank by rank: the few that are late from an index, then the next ones.

In one query for all ranks every project and every running clock would be read and sorted, to show the first fifty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from msgspec import Struct, structs
from psycopg.sql import SQL, Composed

from projections.keyset import Ordering, SortKey
from projections.progress.ordered import (
    COLOURED,
    ORDERS,
    OrderedProject,
    ProgressOrder,
    ProgressSort,
    ProjectKey,
    clocks_by_project,
    ordered_query,
    page_query,
)
from projections.progress.query import (
    CONDITIONS,
    LATE_AWAITED,
    NOT_AWAITED,
    OF_ITEMS,
    PROGRESS,
    STUCK,
    UNDER_WAY,
    ProjectFilter,
    conditions,
)
from projections.reader import Reader
from projections.scope import EVERYTHING
from projections.snapshots import Cursor, snapshot
from projections.view import ROWS_MAX, Row

# Projects by their clocks, the first over first: each is looked up until the page is full. Joined otherwise all of them
# would be read before the first.
BY_CLOCKS: LiteralString = """
    ({clocks} ORDER BY 2, 1) AS u JOIN LATERAL (
        SELECT FROM views.project AS p WHERE p.project = u.project AND {rank} AND {where} OFFSET 0
    ) AS p ON true
    WHERE {following}
"""
BY_PROJECTS: LiteralString = """
    (SELECT p.project, v.over_at FROM views.project AS p LEFT JOIN ({by_project}) AS v ON v.project = p.project
     WHERE {rank} AND v.late_at IS NULL AND {where}) AS u
    WHERE {following}
"""
LATE_FIRST = SQL("""
    SELECT c.project, min(c.over_at) AS over_at FROM views.clock AS c
    WHERE {late} AND {coloured} GROUP BY c.project
""").format(late=LATE_AWAITED, coloured=COLOURED)
SOON_FIRST = SQL("SELECT v.project, v.over_at FROM ({by_project}) AS v WHERE v.soon AND v.late_at IS NULL")
# Of one rank; the rank itself is the first key of a page in the order of harm.
WITHIN_RANK = ProgressOrder(
    Ordering((SortKey("u.over_at", nullable=True), SortKey("u.project"))), tuple[datetime | None, UUID], by_clocks=True
)


class Rank(Struct, frozen=True):
    """A rank of harm, as `ordered.HARM` numbers them: *condition* for its projects, of those that no rank before has.

    *clocks* are those that it is read by, where few projects have such; else projects are read first. *stuck* and
    *over* say what its projects are all alike.
    """

    condition: SQL | Composed
    clocks: SQL | Composed | None = None
    stuck: bool | None = None
    over: bool | None = None

    def may_have(self, criteria: ProjectFilter) -> bool:
        """Whether a project of this rank can match *criteria*."""
        return all(
            None in pair or pair[0] is pair[1] for pair in ((self.stuck, criteria.stuck), (self.over, criteria.over))
        )

    def query(self, criteria: ProjectFilter, last: ProjectKey | None) -> tuple[Composed, dict[str, Any]]:
        """The query for its rows after the one with the key *last*, and its parameters."""
        where, params = conditions(criteria)
        cut = SQL(BY_CLOCKS if self.clocks else BY_PROJECTS).format(
            clocks=self.clocks,
            by_project=clocks_by_project(),
            rank=self.condition,
            where=where,
            following=WITHIN_RANK.keys.following(last),
        )
        return page_query(WITHIN_RANK, cut), params | NOT_AWAITED


NOT_SOON = SQL("NOT p.stuck AND v.soon IS NOT TRUE AND {}")
RANKS: Sequence[Rank] = (
    Rank(EVERYTHING, clocks=LATE_FIRST),
    Rank(STUCK, stuck=True),
    Rank(SQL("NOT p.stuck"), clocks=SOON_FIRST.format(by_project=clocks_by_project()), stuck=False),
    Rank(NOT_SOON.format(UNDER_WAY), stuck=False, over=False),
    Rank(NOT_SOON.format(SQL("p.items_done >= p.items_total")), stuck=False, over=True),
)
# Those that were late first, to see whether a word is common among them.
LATE_TRIED_MAX = 500
FIRST_LATE = Rank(
    EVERYTHING, clocks=SQL("SELECT * FROM ({} ORDER BY 2, 1 LIMIT {}) AS f").format(LATE_FIRST, LATE_TRIED_MAX)
)


async def ordered_page(
    store: Reader, criteria: ProjectFilter, sort: ProgressSort, last: ProjectKey | None
) -> list[OrderedProject]:
    """The rows that match *criteria* after the one with the key *last*, `criteria.limit` at most."""
    if sort is ProgressSort.HARM and has_ranks(criteria):
        return await ranked_page(store, criteria, last)
    if sort is ProgressSort.HARM and may_be_late(criteria, last):
        rows = await ranked_page(store, criteria, last, [FIRST_LATE if criteria.text else RANKS[0]])
        if len(rows) == min(criteria.limit, ROWS_MAX):
            return rows
    query, params = ordered_query(criteria, ORDERS[sort], last)
    async with store.cursor() as cursor:
        return [OrderedProject.of(row) for row in await rows_of(cursor, query, params)]


def has_ranks(criteria: ProjectFilter) -> bool:
    """Whether rows that match are common in each rank: else all of those before would be looked up one by one."""
    return bool(criteria.columns) and not criteria.warned and criteria.scope.sees_all(PROGRESS)


def may_be_late(criteria: ProjectFilter, last: ProjectKey | None) -> bool:
    """Whether late projects alone may fill the page: all of those, or those with a word, where it is common."""
    named = any(getattr(criteria, name) for name in (*CONDITIONS, *OF_ITEMS))
    common = bool(criteria.text) or criteria.warned == "late"
    is_first = last is None or last[0] == 0
    return common and is_first and not named and criteria.warned != "soon" and criteria.scope.sees_all(PROGRESS)


async def ranked_page(
    store: Reader, criteria: ProjectFilter, last: ProjectKey | None, ranks: Sequence[Rank] = RANKS
) -> list[OrderedProject]:
    """The same in the order of harm, where each rank is read only if those before it do not fill the page."""
    rows: list[OrderedProject] = []
    limit = min(criteria.limit, ROWS_MAX)
    async with snapshot(store) as cursor:
        for nth, rank in enumerate(ranks):
            if len(rows) == limit or (last and nth < last[0]) or not rank.may_have(criteria):
                continue
            rest = structs.replace(criteria, limit=limit - len(rows))
            query, params = rank.query(rest, last[1:] if last and nth == last[0] else None)
            of_rank = [OrderedProject.of(row) for row in await rows_of(cursor, query, params)]
            rows += [structs.replace(row, key=(nth, *row.key)) for row in of_rank]
    return rows


async def rows_of(cursor: Cursor, query: Composed, params: Mapping[str, Any]) -> list[Row]:
    """The rows that *query* reads."""
    await cursor.execute(query, params)
    return await cursor.fetchall()
