"""How a search of the information base is read: how many match, up to a bound, and one page of them.

GIN says which projects have the words of a search, but neither when something was entered last nor how well they match.
So the matches are put in order by that instant alone, without their texts; texts are read of the newest ones only, and
these are ranked. What is older follows, the last changed first. In a large zone they are looked for among the projects
that changed of late before all others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from msgspec import Struct
from psycopg.sql import SQL, Composed, Identifier, Literal, Placeholder

from projections.as_of import Tables
from projections.information.fold import PROJECTS, InformationRow
from projections.information.newest import RECENT_PAST
from projections.keyset import ALL_ROWS, Ordering, SortKey
from projections.snapshots import Cursor

MATCHES_RANKED_MAX = 500  # whose texts are read for one search: some twenty milliseconds
PROJECTS_COUNTED_MAX = 10_000  # by filters, without a text: some milliseconds
BEYOND_RANK = -1.0  # of a match that is older than those that are ranked; a rank itself is not negative
RECENT = Ordering(
    (
        SortKey("i.changed_at", descending=True, nullable=True),
        SortKey("i.registered_at", descending=True, nullable=True),
        SortKey("i.project"),
    )
)
BEST = Ordering((SortKey("i.named", descending=True), SortKey("i.rank", descending=True, kind="real"), *RECENT))
# A match of the whole name comes first; the name is the first line.
NAMED: LiteralString = "(position(%(whole)s IN split_part(t.plain, E'\\n', 1)) > 0)"
RANK: LiteralString = "ts_rank(t.words, %(words)s::tsquery)"
# OFFSET 0 keeps each part as it is: the order is made without texts, and texts are read in that order, until enough
# are there. Rows that were folded are in no index, and few: they are put beside those.
STORED: LiteralString = f"""
    (SELECT i.*, r.named, r.rank FROM (
        SELECT i.project, i.changed_at, i.registered_at FROM {{stored}} AS i
        WHERE {{conditions}} AND {{follows}} ORDER BY {{recent}} OFFSET 0) AS i
     CROSS JOIN LATERAL (
        SELECT {NAMED} AS named, {RANK} AS rank FROM {{of_project}} AS t
        WHERE t.project = i.project AND {{exact}} OFFSET 0) AS r
     ORDER BY {{recent}} LIMIT %(most)s::bigint)
"""  # noqa: S608 our own constants
FOLDED: LiteralString = f"""
    (SELECT i.project, i.changed_at, i.registered_at, {NAMED} AS named, {RANK} AS rank
     FROM {{folded}} AS i CROSS JOIN LATERAL (SELECT i.plain, i.words) AS t
     WHERE {{conditions}} AND {{follows}} AND {{exact}})
"""  # noqa: S608 our own constants
NEAREST: LiteralString = """
    nearest AS MATERIALIZED (SELECT i.* FROM ({matched}) AS i ORDER BY {recent} LIMIT %(most)s::bigint)
"""
# The newest of those that changed *since*, and only where these are too few, of all.
OF_LATE: LiteralString = """
    recent AS MATERIALIZED (SELECT i.* FROM ({recently}) AS i ORDER BY {recent} LIMIT %(most)s::bigint),
    nearest AS MATERIALIZED (
        SELECT i.* FROM recent AS i WHERE (SELECT count(*) FROM recent) = %(most)s
        UNION ALL
        (SELECT i.* FROM ({matched}) AS i WHERE (SELECT count(*) FROM recent) < %(most)s
         ORDER BY {recent} LIMIT %(most)s::bigint)
    )
"""
RANKED: LiteralString = """
    WITH {nearest}, page AS MATERIALIZED (
        SELECT i.* FROM (SELECT i.* FROM nearest AS i ORDER BY {recent} LIMIT %(ranked_max)s) AS i
        WHERE {following} ORDER BY {best} LIMIT %(limit)s + 1 OFFSET %(offset)s
    )
    SELECT {columns}, i.named, i.rank, c.counted FROM (SELECT count(*)::integer AS counted FROM nearest) AS c
    LEFT JOIN (page AS i JOIN {either} AS t ON t.project = i.project) ON true ORDER BY {best}
"""
OLDER: LiteralString = f"""
    WITH {{nearest}}, page AS MATERIALIZED (
        SELECT i.* FROM nearest AS i ORDER BY {{recent}} LIMIT %(left)s OFFSET %(skipped)s
    )
    SELECT {{columns}}, false, {BEYOND_RANK}::real FROM page AS i JOIN {{either}} AS t ON t.project = i.project
    ORDER BY {{recent}}
"""  # noqa: S608 our own constants
LISTED: LiteralString = """
    SELECT {columns}, false, 0::real FROM {information} AS i WHERE {conditions} AND {following}
    ORDER BY {recent} LIMIT %(limit)s + 1 OFFSET %(offset)s
"""
COUNTED: LiteralString = """
    SELECT count(*) FROM (SELECT FROM {information} AS i WHERE {conditions} LIMIT %(counted_max)s + 1) AS c
"""
InformationKey = tuple[bool, float, datetime | None, datetime | None, UUID]


class ProjectMatches(Struct, frozen=True):
    """A page of projects, the best match first, and how many match.

    *counted_all*: whether *count* is all of them; else there are more, and no more were counted. *ends_with*: the
    sorting values of the last row, None on the last page.
    """

    rows: list[InformationRow]
    count: int
    counted_all: bool = True
    ends_with: InformationKey | None = None


class MatchPage(Struct, frozen=True):
    """Which rows are shown: *limit* of them after the first *offset*, or after the row *last*."""

    limit: int
    offset: int
    last: InformationKey | None

    def shown(self, rows: Sequence[Sequence[Any]], count: int, most: int) -> ProjectMatches:
        """The matches of which *rows* were read, one more than are shown; *count* of at *most* so many and one."""
        shown = [InformationRow(*row[:-2]) for row in rows[: self.limit]]
        ends_with = place_of(rows[self.limit - 1]) if len(rows) > self.limit else None
        return ProjectMatches(shown, min(count, most), count <= most, ends_with)


class ProjectSearch(Struct, frozen=True):
    """A search by the words and filters in *params*, of the information base in *tables*, under *conditions*."""

    tables: Tables
    conditions: Composed
    params: Mapping[str, Any]

    async def ranked(self, cursor: Cursor, page: MatchPage, exact: Sequence[str]) -> ProjectMatches:
        """The matches of a text that also contain each of *exact*, the best of the newest ones first."""
        terms = {f"exact_{nth}": term for nth, term in enumerate(exact)}
        contains = [SQL("position({} IN t.plain) > 0").format(Placeholder(name)) for name in terms]
        parts = self._parts("t") | {"exact": SQL(" AND ").join(contains) if terms else ALL_ROWS}
        params = {**self.params, **terms, "ranked_max": MATCHES_RANKED_MAX, "most": MATCHES_RANKED_MAX + 1}
        params |= {"limit": page.limit, "offset": page.offset}
        since = await RECENT_PAST.since(cursor) if self.tables.moment is None else None
        nearest = self._nearest(parts, ALL_ROWS) if since is None else self._of_late(parts, since)
        query = SQL(RANKED).format(**parts, nearest=nearest, following=BEST.following(page.last))
        await cursor.execute(query, params)
        matched = await cursor.fetchall()
        count, rows = int(matched[0][-1]), [row[:-1] for row in matched if row[0] is not None]
        if count > MATCHES_RANKED_MAX and len(rows) <= page.limit:
            rows += await self._older(cursor, page, parts, {**params, "left": page.limit + 1 - len(rows)})
        return page.shown(rows, count, MATCHES_RANKED_MAX)

    async def _older(
        self, cursor: Cursor, page: MatchPage, parts: Mapping[str, Composed | SQL], params: Mapping[str, Any]
    ) -> list[tuple[Any, ...]]:
        """The rows of the page that come after all those that are ranked."""
        last = page.last[-len(RECENT) :] if page.last and page.last[1] == BEYOND_RANK else None
        skipped = 0 if last else max(page.offset, MATCHES_RANKED_MAX)
        query = SQL(OLDER).format(**parts, nearest=self._nearest(parts, RECENT.following(last)))
        further = {"skipped": skipped, "most": skipped + params["left"]}
        await cursor.execute(query, {**params, **further})
        return await cursor.fetchall()

    def _of_late(self, parts: Mapping[str, Composed | SQL], since: datetime) -> Composed:
        """The newest matches, of those that changed *since* where they are enough.

        The instant is written out: only then PostgreSQL can tell how few changed since, and puts both indexes together.
        """
        recently = self._matched(parts, SQL("i.changed_at >= {}").format(Literal(since)))
        matched = self._matched(parts, ALL_ROWS)
        return SQL(OF_LATE).format(recently=recently, matched=matched, recent=RECENT.clause)

    def _nearest(self, parts: Mapping[str, Composed | SQL], follows: SQL | Composed) -> Composed:
        """The newest matches of those that follow a row."""
        return SQL(NEAREST).format(matched=self._matched(parts, follows), recent=RECENT.clause)

    def _matched(self, parts: Mapping[str, Composed | SQL], follows: SQL | Composed) -> Composed:
        folded = self.tables.others(PROJECTS)
        matched = [SQL(STORED).format(**parts, follows=follows)]
        matched += [SQL(FOLDED).format(**parts, folded=folded, follows=follows)] if folded else []
        return SQL(" UNION ALL ").join(matched)

    async def listed(self, cursor: Cursor, page: MatchPage) -> ProjectMatches:
        """Those that match the filters, the last changed first."""
        parts, params = self._parts("i"), {**self.params, "counted_max": PROJECTS_COUNTED_MAX}
        params |= {"limit": page.limit, "offset": page.offset}
        await cursor.execute(SQL(COUNTED).format(**parts), params)
        ((count,),) = await cursor.fetchall()
        last = page.last[-len(RECENT) :] if page.last else None
        query = SQL(LISTED).format(**parts, following=RECENT.following(last))
        await cursor.execute(query, params)
        return page.shown(await cursor.fetchall(), int(count), PROJECTS_COUNTED_MAX)

    def _parts(self, alias: LiteralString) -> dict[str, Composed | SQL]:
        return {
            "columns": columns_of(alias),
            "information": self.tables.of(PROJECTS),
            "either": self.tables.of(PROJECTS, by_project=True),
            "stored": self.tables.own(PROJECTS),
            "of_project": self.tables.own(PROJECTS, by_project=True),
            "conditions": self.conditions,
            "recent": RECENT.clause,
            "best": BEST.clause,
        }


def columns_of(alias: LiteralString) -> Composed:
    """The columns of a row of the table *alias*."""
    return SQL(", ").join(Identifier(alias, name) for name in InformationRow.__struct_fields__)


def place_of(row: Sequence[Any]) -> InformationKey:
    """What a row of the list is sorted by."""
    known = InformationRow(*row[:-2])
    return row[-2], row[-1], known.changed_at, known.registered_at, known.project
