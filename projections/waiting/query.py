"""Queries on waits: a list over all projects, and counts by holder."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import msgspec
from msgspec import Struct, structs
from psycopg.sql import SQL, Composed, Identifier

from domain.project.waiting.wait import HeldBy
from projections.as_of import NOW, Folding, Past, Tables, settled_at, tables_at
from projections.keyset import Ordering, SortKey
from projections.progress import history as progress
from projections.progress.fold import Progress
from projections.progress.rows import PROJECTS
from projections.reader import Reader
from projections.scope import ZONE_SCOPE, Scope, both
from projections.waiting import history
from projections.waiting.fold import ELSEWHERE, WAITING, Waiting, WaitingRow

# The page is cut before projects are joined, where no condition is about them. Its projects are then read together:
# joined one by one, each would look through all that were known at a past instant.
LISTED: LiteralString = """
    WITH w AS MATERIALIZED (
        SELECT w.* FROM {waiting} AS w{of_projects} WHERE {conditions} AND {following}
        ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s
    ), p AS MATERIALIZED (
        SELECT p.project, p.code, p.name, p.manager FROM {project} AS p
        WHERE p.project = ANY(ARRAY(SELECT w.project FROM w))
    )
    SELECT w.*, p.code, p.name, p.manager FROM w JOIN p ON p.project = w.project ORDER BY {order}
"""
# What a desk groups by: all else is read for what it shows.
BRIEF: LiteralString = """
    SELECT w.project, w.item, w.kind, w.ref, w.held_by, w.holder, w.since FROM {brief} AS w{of_projects}
    WHERE {conditions} AND {following} ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s
"""
SHOWN: LiteralString = """
    WITH w AS MATERIALIZED (
        SELECT w.project, w.item, w.kind, w.ref, w.what FROM {waiting} AS w
        WHERE w.project = ANY(%(projects)s) AND w.item = ANY(%(items)s)
    ), p AS MATERIALIZED (
        SELECT p.project, p.manager FROM {project} AS p WHERE p.project = ANY(%(projects)s)
    )
    SELECT w.project, w.item, w.kind, w.ref, w.what, p.manager FROM w JOIN p ON p.project = w.project
"""
HOLDERS: LiteralString = """
    SELECT s.held_by, s.holder, sum(s.holds)::integer, sum(s.behind)::integer, count(DISTINCT s.project), min(s.since)
    FROM (
        SELECT w.held_by, w.holder, w.project, count(DISTINCT w.item) AS holds, 0 AS behind, min(w.since) AS since
        FROM {at_hand} AS w{of_projects} WHERE {conditions} AND w.kind <> 'precondition'
        GROUP BY w.held_by, w.holder, w.project
        UNION ALL
        SELECT w.held_by, w.holder, w.project, 0, count(*), NULL
        FROM {blocked} AS w{of_projects} WHERE {conditions} AND w.kind = 'precondition'
        GROUP BY w.held_by, w.holder, w.project
    ) AS s GROUP BY s.held_by, s.holder ORDER BY 3 DESC, 4 DESC, s.held_by, s.holder LIMIT %(limit)s
"""
# For a reader of few projects: who holds something in them; OFFSET 0 keeps the planner from scanning all waits for it.
# For others: the departments that the sums of the zone name, and of each the first wait in the index on holders, as
# applicants and managers hold hundreds of times as many. With few projects those would be all waits of the others.
FEW_PROJECTS = 400
DEPARTMENTS = SQL("""
    WITH few AS MATERIALIZED (
        SELECT a.project FROM views.access_project AS a WHERE {of_reader} LIMIT {few} + 1
    )
    SELECT c.holder FROM (
        SELECT DISTINCT s.holder FROM views.waiting_count AS s WHERE s.held_by = %(held_by)s AND s.figure = 'holds'
    ) AS c WHERE CASE WHEN (SELECT count(*) FROM few) > {few} THEN (
        SELECT true FROM views.waiting AS w WHERE w.holder = c.holder AND {held} AND {within} ORDER BY w.since LIMIT 1
    ) ELSE c.holder IN (
        SELECT l.holder FROM few, LATERAL (
            SELECT w.holder FROM views.waiting AS w WHERE w.project = few.project AND {held} OFFSET 0
        ) AS l
    ) END ORDER BY c.holder
""")
SUMMED = SQL("""
    SELECT c.held_by, c.holder, c.holds, c.behind, c.projects, (
        SELECT w.since FROM views.waiting AS w
        WHERE w.holder = c.holder AND w.held_by = c.held_by AND w.kind <> 'precondition' AND {conditions}
        ORDER BY w.since LIMIT 1)
    FROM (
        SELECT s.held_by, s.holder, coalesce(sum(s.n) FILTER (WHERE s.figure = 'holds'), 0)::integer AS holds,
            coalesce(sum(s.n) FILTER (WHERE s.figure = 'behind'), 0)::integer AS behind,
            coalesce(sum(s.n) FILTER (WHERE s.figure = 'projects'), 0)::integer AS projects
        FROM views.waiting_count AS s WHERE s.register = %(register)s
          AND (s.department = %(department)s OR %(department)s = '' AND s.figure <> 'projects')
        GROUP BY s.held_by, s.holder ORDER BY 3 DESC, 4 DESC, s.held_by, s.holder LIMIT %(limit)s
    ) AS c ORDER BY 3 DESC, 4 DESC, c.held_by, c.holder
""")
JOINED = SQL(" JOIN {joined} AS p ON p.project = w.project")
NOT_JOINED = SQL("").format()
OF_REGISTER = SQL("p.register = %(register)s")
# A project is of one register for good.
OF_READ = SQL(
    "(w.project <> ALL (%(stale)s) AND {registered}"
    " OR w.project IN (SELECT p.project FROM ({projects}) AS p WHERE p.register = %(register)s))"
)
# Only those that restrict are in a query: the planner then knows which index fits.
CONDITIONS = {
    "department": SQL("w.department = %(department)s"),
    "holder": SQL("w.holder = %(holder)s"),
    "manager": SQL("p.manager = %(manager)s"),
    "at_hand": SQL("w.kind <> 'precondition'"),
    "elsewhere": SQL(ELSEWHERE.format("w.")),
}
OF_FEW_VALUES = ("held_by", "kind")  # said as they are, as some have an index of their own
OF_STUCK = SQL("p.stuck = %(stuck)s")
CASES = SQL("json_to_recordset(%(cases)s::json) AS s (project uuid, item text)")  # see `cases_as_json`
OF_CASES = SQL("(w.project, w.item) IN (SELECT s.project, s.item FROM {})").format(CASES)
ABOUT_PROJECTS = (CONDITIONS["manager"], OF_STUCK)
READ = "read:waiting"
ORDER = Ordering(map(SortKey, ("w.since", "w.project", "w.nth", "w.kind", "w.ref")))
WaitingKey = tuple[datetime, UUID, int, str, str]
WaitId = tuple[UUID, str, str, str]  # project, item, kind and what distinguishes waits of one kind
VIEWS = (Waiting(), Progress())
HISTORIES = (history.HISTORY, progress.HISTORY)
PAST = Folding(VIEWS, (WAITING, PROJECTS), settled_at(VIEWS), HISTORIES)


class WaitingFilter(Struct, frozen=True, kw_only=True):
    """Filter of waits; empty fields don't restrict."""

    department: str = ""  # that handles the item
    holder: str = ""
    held_by: str = ""
    kind: str = ""
    manager: str = ""
    at_hand: bool = False  # leave out items blocked by other items
    elsewhere: bool = False  # what its department has begun, and another party holds up
    stuck: bool | None = None  # of stuck projects, or of the others
    cases: Sequence[tuple[UUID, str]] = ()  # projects and items
    scope: Scope = ZONE_SCOPE
    limit: int = 100
    offset: int = 0
    last: WaitingKey | None = None  # the row before the page

    @property
    def party(self) -> str:
        """A department that takes part in the project of each wait, as it handles or holds it; empty: any may.

        Whoever has to act in a department handles the item, was asked for an opinion on it or is above it, or handles
        the item at the end of the chain: see `domain.access.cases`.
        """
        return self.department or (self.holder if self.held_by == HeldBy.DEPARTMENT else "")

    @property
    def conditions(self) -> list[SQL | Composed]:
        """Those that restrict."""
        conditions: list[SQL | Composed] = [condition for name, condition in CONDITIONS.items() if getattr(self, name)]
        named = ((name, getattr(self, name)) for name in OF_FEW_VALUES)
        conditions += [SQL("w.{} = {}").format(Identifier(name), str(value)) for name, value in named if value]
        conditions += [] if self.stuck is None else [OF_STUCK]
        return [*conditions, OF_CASES] if self.cases else conditions


class ListedWaiting(WaitingRow, frozen=True):
    """One wait, with its project."""

    project_code: str
    project_name: str
    manager: str


class BriefWaiting(Struct, frozen=True, gc=False):
    """One wait, without names and chain: who has to act since when; what for, and the *manager*, where it is shown."""

    project: UUID
    item: str
    kind: str
    ref: str
    held_by: str
    holder: str
    since: datetime | None
    on: Sequence[str] = ()
    manager: str = ""

    @property
    def key(self) -> WaitId:
        """Which wait it is, of all there are."""
        return self.project, self.item, self.kind, self.ref


class HolderCount(Struct, frozen=True):
    """Counts of one holder. *holds*: applications on which he has to act, each once, whatever they wait for.

    *behind*: blocked items whose chain ends with this holder.

    *projects*: number of projects; *oldest_since*: start of the oldest of *holds*, None without any.
    """

    held_by: str
    holder: str
    holds: int
    behind: int
    projects: int
    oldest_since: datetime | None


class WaitingRows:
    """Queries on the view's table."""

    def __init__(self, store: Reader) -> None:
        self._store = store

    async def listed(self, criteria: WaitingFilter, past: Past | None = None) -> list[ListedWaiting]:
        """A page over all projects, the longest wait first; now, or as of *past*. Raises TooMuchToReadError."""
        return [ListedWaiting(*row) for row in await self._listed(LISTED, criteria, past)]

    async def brief(self, criteria: WaitingFilter, past: Past | None = None) -> list[BriefWaiting]:
        """The same page in brief."""
        return [BriefWaiting(*row) for row in await self._listed(BRIEF, criteria, past)]

    async def shown(self, waits: Collection[BriefWaiting], past: Past | None = None) -> dict[WaitId, BriefWaiting]:
        """These *waits* in full, by their keys, read from the same rows. Raises TooMuchToReadError."""
        params: dict[str, Any] = {
            "projects": sorted({wait.project for wait in waits}),
            "items": sorted({wait.item for wait in waits}),
        }
        async with tables_at(self._store, PAST, past, params["projects"]) as (cursor, tables):
            sources = {
                name: tables.of(table, by_project=True) for name, table in (("waiting", WAITING), ("project", PROJECTS))
            }
            await cursor.execute(SQL(SHOWN).format(**sources), params | tables.params)
            rest = {row[:4]: row[4:] for row in await cursor.fetchall()}
        return {
            wait.key: structs.replace(wait, on=rest[wait.key][0], manager=rest[wait.key][1])
            for wait in waits
            if wait.key in rest
        }

    async def _listed(self, query: LiteralString, criteria: WaitingFilter, past: Past | None) -> list[tuple[Any, ...]]:
        others = ("scope", "last", "cases")
        params = {name: getattr(criteria, name) for name in criteria.__struct_fields__ if name not in others}
        conditions = criteria.conditions
        params |= cases_as_json(criteria.cases) if criteria.cases else {}
        parts = {"following": ORDER.following(criteria.last), "order": ORDER.clause}
        return await self._rows(query, params, past, criteria.scope, conditions, parts, party=criteria.party)

    async def holders(
        self, department: str, limit: int, past: Past | None = None, scope: Scope = ZONE_SCOPE
    ) -> list[HolderCount]:
        """Counts by holder, the largest first; of one department's items or of all. Raises TooMuchToReadError."""
        params = {"department": department, "limit": limit}
        conditions = [CONDITIONS["department"]] if department else []
        if past is None and scope.sees_all(READ):
            return await self._holders_summed(params, scope, conditions)
        rows = await self._rows(HOLDERS, params, past, scope, conditions, party=department)
        return [HolderCount(*row) for row in rows]

    async def departments(self, scope: Scope) -> list[str]:
        """The departments that have to act on something in *scope*, by their codes."""
        of_reader = both(scope.registered("a"), scope.readable("a", READ, parties=True))
        held, within = both(SQL("w.held_by = %(held_by)s"), CONDITIONS["at_hand"]), scope.of("w", READ)
        query = DEPARTMENTS.format(few=FEW_PROJECTS, of_reader=of_reader, held=held, within=within)
        async with self._store.cursor() as cursor:
            await cursor.execute(query, {"held_by": HeldBy.DEPARTMENT.value})
            return [holder for (holder,) in await cursor.fetchall()]

    async def _holders_summed(
        self, params: Mapping[str, Any], scope: Scope, conditions: Sequence[SQL]
    ) -> list[HolderCount]:
        """The counts of a whole zone, from sums."""
        within = SQL(" AND ").join([scope.registered("w"), *conditions])
        async with self._store.cursor() as cursor:
            await cursor.execute(SUMMED.format(conditions=within), {**params, "register": scope.register})
            return [HolderCount(*row) for row in await cursor.fetchall()]

    async def _rows(
        self,
        query: LiteralString,
        params: dict[str, Any],
        past: Past | None,
        scope: Scope,
        conditions: Sequence[SQL | Composed],
        parts: Mapping[str, SQL | Composed] | None = None,
        *,
        party: str,
    ) -> list[tuple[Any, ...]]:
        """*party*: a department that takes part in the project of every row; empty: any may."""
        params |= {"register": scope.register}
        async with tables_at(self._store, PAST, past) as (cursor, tables):
            clauses = {
                "waiting": tables.of(WAITING, parts=history.PARTS),
                "brief": tables.of(WAITING, by_project=True)
                if OF_CASES in conditions
                else tables.of(WAITING, only=history.CUT_BY, parts=history.PARTS),
                "at_hand": tables.of(WAITING, only=history.CUT_BY, parts=(history.AT_HAND,)),
                "blocked": tables.of(WAITING, only=history.COUNTED_BY, parts=(history.BLOCKED,)),
                "project": tables.of(PROJECTS, by_project=True),
            }
            clauses["of_projects"], within = _placed(tables, scope, conditions, party)
            clauses["conditions"] = SQL(" AND ").join([within, *conditions])
            await cursor.execute(SQL(query).format(**clauses, **(parts or {})), params | tables.params)
            return await cursor.fetchall()


def waits_of_now(criteria: WaitingFilter) -> Composed:
    """The FROM item `w` and the conditions of the waits of now that *criteria* take, whatever their page."""
    conditions = criteria.conditions
    of_projects, within = _placed(NOW, criteria.scope, conditions, criteria.party)
    return SQL("{} AS w{} WHERE {}").format(NOW.of(WAITING), of_projects, SQL(" AND ").join([within, *conditions]))


def cases_as_json(cases: Iterable[tuple[UUID, str]]) -> dict[str, str]:
    """Projects and items as the parameter of CASES: hundreds of ids are sooner written as JSON than in arrays."""
    written = msgspec.json.encode([{"project": project, "item": item} for project, item in cases])
    return {"cases": written.decode()}


def _placed(
    tables: Tables, scope: Scope, conditions: Sequence[SQL | Composed], party: str
) -> tuple[Composed, SQL | Composed]:
    """The join of waits with their projects, where that is needed, and the condition that a wait is in *scope*.

    Waits are read alone where no condition is about projects and either the caller may read all of *party*, or rows are
    of a moment: access to rows of now is by columns of their projects.
    """
    readable = scope.sees_all_of(READ, party)
    alone = tables.moment is not None or (readable and not tables.stale)
    alone = alone and not any(each in ABOUT_PROJECTS for each in conditions)
    # Beside rows of the ledger no version is looked up for each row: those of the moment are joined then.
    joined = JOINED.format(joined=tables.of(PROJECTS, by_project=not tables.stale))
    return NOT_JOINED if alone else joined, _within(tables, scope, alone=alone, readable=readable)


def _within(tables: Tables, scope: Scope, *, alone: bool, readable: bool) -> SQL | Composed:
    """The condition that a wait is in *scope*; access is that of today, which present projects have in their rows.

    *readable*: the caller may read every such wait of now.
    """
    if not alone:
        return both(OF_REGISTER, scope.readable("p", READ, parties=tables.is_current))
    registered = scope.registered("w")
    if tables.is_current and readable:
        return registered
    if tables.stale:  # those read from the ledger may be in no view yet
        registered = OF_READ.format(registered=registered, projects=tables.folded(PROJECTS))
    return both(registered, scope.readable("w", READ))
