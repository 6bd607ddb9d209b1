"""Queries on the progress table: filtered lists, counts, the choices of filters, and the tiles of the overview."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from msgspec import Struct, structs
from psycopg.sql import SQL, Composed, Identifier

from domain.law.licensing.clock import SILENT, Level, State
from projections.as_of import NOW, Folding, Past, Tables, settled_at, tables_at
from projections.clocks.fold import CLOCKS
from projections.clocks.history import ENDS_BY
from projections.clocks.list import AT_LEVEL, EXISTS, SOON
from projections.clocks.warned import LATE as LATE_PROJECTS
from projections.clocks.warned import SOON as SOON_PROJECTS
from projections.clocks.warned import figures_at
from projections.external.fold import OUTSIDE
from projections.external.history import STALE_BY
from projections.keyset import Ordering, SortKey
from projections.progress.fold import Progress
from projections.progress.history import CUT_BY, HISTORY
from projections.progress.history import WAITS_FOR_APPLICANT as HELD_BY_APPLICANT
from projections.progress.rows import CASES, ITEMS, PROJECTS, ProgressItem, ProgressProject
from projections.progress.sums import COUNTS_OF_REGISTER
from projections.reader import Reader
from projections.scope import ZONE_SCOPE, Scope, both
from projections.view import ROWS_MAX, literal

# A clock past its end without records of its outside department is unconfirmed, not soon due, though coloured alike.
LATE = AT_LEVEL[Level.RED]
# The states in which a clock waits for no act, as `clocks.list.AWAITED` has them; and of clocks that are late those in
# others, said by what one index has.
NOT_AWAITED = {"silent": [state.value for state in (*SILENT, State.UNCONFIRMED, State.VOID)]}
LATE_AWAITED = SQL("NOT c.closed AND {} AND {} AND c.over_state <> ALL (%(silent)s)").format(LATE, EXISTS)
# Read once from the open clocks, which an index has together, not once for every project.
HAS_CLOCK = SQL("p.project IN (SELECT c.project FROM {clocks} AS c WHERE NOT c.closed AND {exists} AND {warned})")
# Each department's first item in the index on departments, not every item: there are a hundred times as many.
CHOSEN = SQL(
    "SELECT c.filter, c.value, max(c.name) FROM views.project_choice AS c WHERE c.register = %(register)s"
    " GROUP BY c.filter, c.value ORDER BY min(c.nth), c.value"
)
DEPARTMENTS = """
    WITH RECURSIVE known AS (
        (SELECT i.department FROM views.item AS i WHERE {readable} ORDER BY i.department LIMIT 1)
        UNION ALL
        SELECT (SELECT i.department FROM views.item AS i WHERE i.department > known.department AND {readable}
                ORDER BY i.department LIMIT 1)
        FROM known WHERE known.department IS NOT NULL)
    SELECT department FROM known WHERE department IS NOT NULL ORDER BY 1
"""
LONG_AGO = SQL("o.needed AND (%(t)s::timestamptz AT TIME ZONE o.zone)::date - o.verified_on > %(stale_days)s")
STALE = SQL("p.project IN (SELECT o.project FROM {outside} AS o WHERE {long_ago})")
DECIDED = SQL(
    "SELECT count(*) FROM views.item AS i WHERE i.decided_at >= %(week_from)s AND i.decided_at <= %(t)s AND {}"
)
DECIDED_BY = """
    SELECT i.* FROM {items} AS i WHERE i.department = %(department)s AND i.decided_at >= %(since)s
      AND i.decided_at <= %(t)s AND {within}
    ORDER BY i.decided_at DESC, i.project, i.nth LIMIT %(limit)s OFFSET %(offset)s
"""
NUMBER_DECIDED_BY = """
    SELECT count(*) FROM {items} AS i WHERE i.department = %(department)s AND i.decided_at >= %(since)s
      AND i.decided_at <= %(t)s AND {within}
"""
VERIFIED = SQL("SELECT count(DISTINCT o.project) FROM views.outside AS o WHERE {} AND {}")
COUNTED = SQL(COUNTS_OF_REGISTER)
CONDITIONS = {
    "manager": SQL("p.manager = %(manager)s"),
    "holder": SQL("p.holders @> ARRAY[%(holder)s]"),
    "changed_since": SQL("p.changed_at >= %(changed_since)s"),
    "phase": SQL("p.phase = %(phase)s"),
    "kind": SQL("p.kind = %(kind)s"),
    "code": SQL("p.code = %(code)s"),
}
# Without regard to case, which costs more than half of it where nothing in a text has any.
CONTAINS, CONTAINS_AS_IS = SQL("ILIKE"), SQL("LIKE")
TEXT = SQL(
    "(concat_ws(' ', p.code, p.name, p.enterprise) {contains} %(pattern)s OR EXISTS ("
    "SELECT FROM {cases} AS n WHERE n.project = p.project AND n.case_number = upper(btrim(%(text)s))))"
)
OF_ITEMS = {"department": SQL("i.department = %(department)s"), "stage": SQL("i.stage = %(stage)s")}
PAST = Folding(
    views=(Progress(),), tables=(PROJECTS, ITEMS, CASES), settle=settled_at((Progress(),)), histories=(HISTORY,)
)
ORDER = Ordering((SortKey("p.changed_at", descending=True), SortKey("p.project")))
WARNED = {"soon": SOON, "late": LATE}
PROGRESS = "read:progress"
IN_REGISTER, STUCK = SQL("p.register = %(register)s"), SQL("p.stuck")
WAITS_FOR_APPLICANT = SQL(f"p.{HELD_BY_APPLICANT}")
UNDER_WAY, OVER = SQL("p.items_done < p.items_total"), SQL("p.items_done = p.items_total")


SHOWN = SQL(", ").join(SQL("p.{}").format(Identifier(name)) for name in ProgressProject.__struct_fields__)

PAGE: LiteralString = """
    (SELECT {shown} FROM {projects} AS p WHERE {where} AND {following} ORDER BY {order}
     LIMIT %(limit)s::bigint + %(offset)s)
"""
MERGED: LiteralString = "SELECT {shown} FROM ({pages}) AS p ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s"
ProgressKey = tuple[datetime, UUID]


class ProjectFilter(Struct, frozen=True, kw_only=True):
    """Filter of projects at the instant *t*, listed last changed first; empty fields don't restrict.

    *warned*: with a running clock that is "soon" or "late". *stale_days*: with an external result verified longer ago.
    *over*: with all items decided, or not.
    """

    t: datetime
    code: str = ""  # of the project itself, whole
    manager: str = ""
    phase: str = ""
    kind: str = ""  # of project, by its flow
    department: str = ""  # has an item of this department
    stage: str = ""  # has an item at this stage
    holder: str = ""  # has to act on one of its items: a department, or a value of HeldBy such as 'applicant'
    scope: Scope = ZONE_SCOPE
    stuck: bool | None = None
    text: str = ""  # in code, name or enterprise; or a case number, also of an application before the last
    changed_since: datetime | None = None
    warned: str = ""
    stale_days: int | None = None
    over: bool | None = None
    limit: int = 100
    offset: int = 0
    last: ProgressKey | None = None  # the row before the page

    @property
    def columns(self) -> tuple[LiteralString, ...]:
        """The columns of projects that it needs, and orders as well, where one index has them; else none are named."""
        others = (*CONDITIONS, *OF_ITEMS, "text")
        return () if any(getattr(self, name) for name in others) else CUT_BY


class DecidedFilter(Struct, frozen=True, kw_only=True):
    """The items of *department* that were decided from *since* until *t*; *limit* at most, after *offset*."""

    department: str
    since: datetime
    t: datetime
    scope: Scope = ZONE_SCOPE
    limit: int = 100
    offset: int = 0


class Tiles(Struct, frozen=True):
    """Counts of projects; and of items decided this week, open and done."""

    under_way: int
    stuck: int
    decided_this_week: int
    soon: int
    late: int
    applicant: int
    stale: int
    projects: int
    items_open: int
    items_done: int
    complaints_open: int


class Standing(Struct, frozen=True):
    """How many projects there are, and how many of them are under way, stuck, and late."""

    projects: int
    under_way: int
    stuck: int
    late: int


class Choices(Struct, frozen=True):
    """The choices of filters: managers, departments with items, phases with their names, kinds of project."""

    managers: list[str]
    departments: list[str]
    holders: list[str]
    phases: list[tuple[str, str]]
    kinds: list[str]


class ProgressList:
    """Queries on the tables of the progress view, joined with clocks and external results."""

    def __init__(self, store: Reader) -> None:
        self._store = store

    async def page(self, criteria: ProjectFilter, past: Past | None = None) -> list[ProgressProject]:
        """A page of projects; as of *past* without *warned* and *stale_days*. Raises TooMuchToReadError."""
        async with tables_at(self._store, PAST, past) as (cursor, tables):
            where, params = conditions(criteria, tables)
            pages = [
                SQL(PAGE).format(
                    shown=SHOWN,
                    projects=projects,
                    where=where,
                    following=ORDER.following(criteria.last),
                    order=ORDER.clause,
                )
                for projects in tables.parts(PROJECTS, "changed_at")
            ]
            query = SQL(MERGED).format(shown=SHOWN, pages=SQL(" UNION ALL ").join(pages), order=ORDER.clause)
            await cursor.execute(query, params)
            return [ProgressProject(*row) for row in await cursor.fetchall()]

    async def count(self, criteria: ProjectFilter) -> int:
        """The number of matching projects."""
        where, params = conditions(criteria)
        ((counted,),) = await self._rows(SQL("SELECT count(*) FROM views.project AS p WHERE {}").format(where), params)
        return int(counted)

    async def items(self, projects: list[UUID]) -> dict[UUID, list[ProgressItem]]:
        """The items of *projects*, each in the order of its plan."""
        query = SQL("SELECT i.* FROM views.item AS i WHERE i.project = ANY(%(projects)s) ORDER BY i.project, i.nth")
        items: dict[UUID, list[ProgressItem]] = {}
        for row in await self._rows(query, {"projects": projects}):
            items.setdefault(row[0], []).append(ProgressItem(*row))
        return items

    async def decided(self, decided: DecidedFilter, past: Past | None = None) -> list[ProgressItem]:
        """The items decided in a span of time, the last first; now, or as of *past*. Raises TooMuchToReadError."""
        return [ProgressItem(*row) for row in await self._decided(DECIDED_BY, decided, past)]

    async def number_decided(self, decided: DecidedFilter, past: Past | None = None) -> int:
        """How many they are in all. Raises TooMuchToReadError."""
        ((number,),) = await self._decided(NUMBER_DECIDED_BY, decided, past)
        return int(number)

    async def _decided(self, query: LiteralString, decided: DecidedFilter, past: Past | None) -> list[tuple[Any, ...]]:
        params = {name: value for name, value in structs.asdict(decided).items() if name != "scope"}
        async with tables_at(self._store, PAST, past) as (cursor, tables):
            in_scope = decided.scope.of("i", PROGRESS)
            if tables.is_current and decided.scope.sees_all_of(PROGRESS, decided.department):
                in_scope = decided.scope.registered("i")
            statement = SQL(query).format(items=tables.of(ITEMS), within=in_scope)
            await cursor.execute(statement, params | tables.params)
            return await cursor.fetchall()

    async def tiles(self, t: datetime, week_from: datetime, stale_days: int, scope: Scope = ZONE_SCOPE) -> Tiles:
        """The tiles of *scope* at *t*; decisions since *week_from* count as this week's."""
        params = {"t": t, "week_from": week_from, "stale_days": stale_days} | registered(scope)
        if not scope.sees_all(PROGRESS):
            (row,) = await self._rows(_tiles_within(scope), params)
            return Tiles(*(int(number) for number in row))
        counts = {figure: int(number) for figure, number in await self._rows(COUNTED, params)}
        ((decided, stale),) = await self._rows(_tiles_at(scope), params)
        warned = await self._warned(t, scope)
        return Tiles(
            under_way=counts.get("under_way", 0),
            stuck=counts.get("stuck", 0),
            decided_this_week=decided,
            soon=warned[SOON_PROJECTS],
            late=warned[LATE_PROJECTS],
            applicant=counts.get("applicant", 0),
            stale=stale,
            projects=counts.get("projects", 0),
            items_open=counts.get("items_open", 0),
            items_done=counts.get("items_done", 0),
            complaints_open=counts.get("complaints_open", 0),
        )

    async def standing(self, t: datetime, scope: Scope = ZONE_SCOPE) -> Standing:
        """The first of the tiles of *scope* at *t*."""
        if not scope.sees_all(PROGRESS):
            (row,) = await self._rows(_standing_within(scope), {"t": t} | registered(scope))
            return Standing(*(int(number) for number in row))
        counts = {figure: int(number) for figure, number in await self._rows(COUNTED, registered(scope))}
        late = (await self._warned(t, scope))[LATE_PROJECTS]
        return Standing(counts.get("projects", 0), counts.get("under_way", 0), counts.get("stuck", 0), late)

    async def _warned(self, t: datetime, scope: Scope) -> Counter[str]:
        """The figures of clocks of a whole register at *t*."""
        async with self._store.cursor() as cursor:
            (figures,) = await figures_at(cursor, [t], scope)
        return figures

    async def choices(self, scope: Scope = ZONE_SCOPE) -> Choices:
        """The choices of filters."""
        choices = await (self._choices_summed(scope) if scope.sees_all(PROGRESS) else self._choices_within(scope))
        departments = SQL(DEPARTMENTS).format(readable=scope.of("i", PROGRESS))
        return structs.replace(choices, departments=[row[0] for row in await self._rows(departments, {})])

    async def _choices_summed(self, scope: Scope) -> Choices:
        """The choices of a whole zone, without departments."""
        values: dict[str, list[tuple[str, str]]] = {}
        for name, value, title in await self._rows(CHOSEN, registered(scope)):
            values.setdefault(name, []).append((str(value), str(title)))
        managers, holders, kinds = (
            [value for value, _ in values.get(name, ())] for name in ("manager", "holder", "kind")
        )
        return Choices(managers, [], holders, values.get("phase", []), kinds)

    async def _choices_within(self, scope: Scope) -> Choices:
        """The choices among the projects that a caller may read, without departments."""
        params, in_scope = registered(scope), within(scope)

        async def column(query: SQL | Composed) -> list[Any]:
            return [row[0] for row in await self._rows(query, params)]

        def of_projects(name: LiteralString) -> Composed:
            query = SQL("SELECT DISTINCT {0} FROM views.project AS p WHERE {0} <> '' AND {1} ORDER BY 1")
            return query.format(SQL(name), in_scope)

        phases = await self._rows(
            SQL(
                "SELECT p.phase, max(p.phase_name) FROM views.project AS p WHERE p.phase <> '' AND {}"
                " GROUP BY p.phase ORDER BY min(p.phase_nth), p.phase"
            ).format(in_scope),
            params,
        )
        return Choices(
            managers=await column(of_projects("p.manager")),
            departments=[],
            holders=await column(
                SQL("SELECT DISTINCT unnest(p.holders) FROM views.project AS p WHERE {} ORDER BY 1").format(in_scope)
            ),
            phases=[(str(code), str(name)) for code, name in phases],
            kinds=await column(of_projects("p.kind")),
        )

    async def _rows(self, query: SQL | Composed, params: dict[str, Any]) -> list[tuple[Any, ...]]:
        async with self._store.cursor() as cursor:
            await cursor.execute(query, params)
            return await cursor.fetchall()


def _tiles_within(scope: Scope) -> Composed:
    """The query for all tiles of what a caller may read of the zone."""
    return SQL(
        "SELECT count(*) FILTER (WHERE {under_way}), count(*) FILTER (WHERE p.stuck), ({decided}),"
        " count(*) FILTER (WHERE {soon}), count(*) FILTER (WHERE {late}),"
        " count(*) FILTER (WHERE {applicant}), count(*) FILTER (WHERE {stale}), count(*),"
        " coalesce(sum(p.items_open), 0), coalesce(sum(p.items_done), 0), coalesce(sum(p.complaints_open), 0)"
        " FROM views.project AS p WHERE {of_register}"
    ).format(
        decided=DECIDED.format(scope.of("i", PROGRESS)),
        of_register=within(scope),
        under_way=UNDER_WAY,
        applicant=WAITS_FOR_APPLICANT,
        soon=has_clock("soon", NOW),
        late=has_clock("late", NOW),
        stale=is_stale(NOW),
    )


def _tiles_at(scope: Scope) -> Composed:
    """The query for the tiles of a whole zone that the time changes and no sum has: decided this week, stale."""
    return SQL("SELECT ({}), ({})").format(
        DECIDED.format(scope.registered("i")), VERIFIED.format(LONG_AGO, scope.registered("o"))
    )


def _standing_within(scope: Scope) -> Composed:
    """The query for how the projects stand that a caller may read."""
    return SQL(
        "SELECT count(*), count(*) FILTER (WHERE {}), count(*) FILTER (WHERE p.stuck), count(*) FILTER (WHERE {})"
        " FROM views.project AS p WHERE {}"
    ).format(UNDER_WAY, has_clock("late", NOW), within(scope))


def within(scope: Scope, tables: Tables = NOW) -> SQL | Composed:
    """The condition that the project p is in *scope*, with the parameters of `registered`.

    Access is that of today: present rows have its columns, those of a past instant or position do not.
    """
    return both(IN_REGISTER, scope.readable("p", PROGRESS, parties=tables.is_current))


def registered(scope: Scope) -> dict[str, Any]:
    """The parameters of `within`."""
    return {"register": scope.register}


def has_clock(warned: str, tables: Tables) -> Composed:
    """The condition that the project p has a running clock that is "soon" due or "late"."""
    return HAS_CLOCK.format(clocks=tables.of(CLOCKS, only=ENDS_BY), exists=EXISTS, warned=WARNED[warned])


def is_stale(tables: Tables) -> Composed:
    """The condition that work of the project p rests on an external result that was verified too long ago."""
    return STALE.format(outside=tables.of(OUTSIDE, only=STALE_BY), long_ago=LONG_AGO)


def conditions(criteria: ProjectFilter, tables: Tables = NOW) -> tuple[Composed, dict[str, Any]]:
    """The WHERE clause and its parameters."""
    params = {name: value for name, value in structs.asdict(criteria).items() if name != "last"} | {
        "pattern": f"%{literal(criteria.text)}%",
        "limit": min(criteria.limit, ROWS_MAX),
    }
    params |= tables.params | registered(criteria.scope)
    terms: list[SQL | Composed] = [within(criteria.scope, tables)]
    terms += [condition for name, condition in CONDITIONS.items() if params[name]]
    of_items = [condition for name, condition in OF_ITEMS.items() if params[name]]
    if of_items:
        has_item = SQL("EXISTS (SELECT FROM {} AS i WHERE i.project = p.project AND {})")
        terms.append(has_item.format(tables.of(ITEMS), SQL(" AND ").join(of_items)))
    if criteria.text:
        contains = CONTAINS if criteria.text.lower() != criteria.text.upper() else CONTAINS_AS_IS
        terms.append(TEXT.format(contains=contains, cases=tables.of(CASES)))
    if criteria.warned:
        terms.append(has_clock(criteria.warned, tables))
    if criteria.stale_days is not None:
        terms.append(is_stale(tables))
    if criteria.stuck is not None:
        terms.append(STUCK if criteria.stuck else SQL("NOT p.stuck"))
    if criteria.over is not None:
        terms.append(OVER if criteria.over else UNDER_WAY)
    return SQL(" AND ").join(terms), params
