"""Lists of clocks: the filter, the query for the view's rows, and the same filter on readings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, LiteralString
from uuid import UUID

from msgspec import Struct, structs
from psycopg.sql import SQL, Composed, Identifier, Placeholder

from domain.law.licensing.clock import SILENT, Level, State
from projections.clocks.reading import Reading
from projections.clocks.rows import ClockRow
from projections.keyset import Ordering, SortKey
from projections.reader import Reader
from projections.scope import EVERYTHING, ZONE_SCOPE, Scope

CLOCKS = "read:clocks"  # what a reader of them needs
ROWS_MAX = 1000  # at a time
NEVER = datetime.max.replace(tzinfo=UTC)  # a clock whose end can't be known comes last
NODELESS = "none"  # the clocks that belong to no key node


ClockKey = tuple[datetime | None, UUID, str, int, str]


class ClockFilter(Struct, frozen=True, kw_only=True):
    """Which clocks to list, those that are over first; empty fields filter nothing.

    *node* is a key node's, or `NODELESS`; *clock* is a clock's name or that of its kind ("intake", "countersign");
    *due_before* leaves out those due on that day or later, or on none, *due_after* those due by that day, or on none.
    *awaited* leaves out those that silence has answered: no act is awaited there, and *coloured* those whose end costs
    no department anything. *closed*: those that are history instead of those that run.
    """

    project: UUID | None = None
    department: str = ""
    mode: str = ""
    node: str = ""
    item: str = ""
    clock: str = ""
    level: Level | None = None
    state: State | None = None
    due_before: date | None = None
    due_after: date | None = None
    awaited: bool = False
    coloured: bool = False
    closed: bool = False
    limit: int = 100
    offset: int = 0
    last: ClockKey | None = None  # the clock before the page

    @property
    def nodes(self) -> tuple[str, ...]:
        """The key node to filter by, empty for clocks that belong to none; no node: no filter."""
        return ("" if self.node == NODELESS else self.node,) if self.node else ()

    def takes(self, listed: ListedClock) -> bool:
        """Whether *listed* matches: what `statement` does for rows, done for a reading."""
        clock = listed.reading
        kind = (f"{self.clock}#", f"{self.clock}:")
        named = self.clock in ("", clock.clock) or clock.clock.startswith(kind)
        due = self.due_before is None or (clock.due_on is not None and clock.due_on < self.due_before)
        due &= self.due_after is None or (clock.due_on is not None and clock.due_on > self.due_after)
        return (
            clock.closed == self.closed
            and self.project in (None, listed.project)
            and all(getattr(self, name) in ("", getattr(clock, name)) for name in TEXTS)
            and (not self.nodes or clock.node in self.nodes)
            and not (self.awaited and clock.state in SILENT)
            and not (self.coloured and clock.level is Level.NONE)
            and named
            and self.level in (None, clock.level)
            and self.state in (None, clock.state)
            and due
        )


class ClockSource(Struct, frozen=True):
    """Where rows of clocks are read from: a FROM item, its parameters, and the projects *without* which it is right."""

    table: SQL | Composed
    without: Sequence[UUID] = ()
    params: Mapping[str, object] = {}

    @property
    def is_current(self) -> bool:
        """Whether its rows are those of now."""
        return not self.params


class ListedClock(Struct, frozen=True):
    """One clock of a list, and the project it is of."""

    project: UUID
    reading: Reading
    over_at: datetime | None  # as its row has it; that of a reading may be hidden, as the clock is paused

    @property
    def place(self) -> ClockKey:
        """What it is sorted by."""
        clock = self.reading
        return self.over_at, self.project, clock.item, clock.application, clock.clock

    @property
    def key(self) -> tuple[UUID, str, int, str]:
        """Which clock it is, of all there are."""
        return self.project, self.reading.item, self.reading.application, self.reading.clock

    @property
    def order(self) -> tuple[datetime, str, str, int, str]:
        """Its place in a list."""
        return _comparable(self.place)


class ClockEnd(Struct, frozen=True, gc=False):
    """When one clock of a list is over, and its last day: what many are sorted and grouped by, without a reading."""

    project: UUID
    item: str
    application: int
    clock: str
    over_at: datetime | None
    due_on: date | None  # None while it can't be known

    @classmethod
    def of(cls, listed: ListedClock) -> ClockEnd:
        """The end of a clock that was read."""
        return cls(*listed.key, listed.over_at, listed.reading.due_on)

    @property
    def key(self) -> tuple[UUID, str, int, str]:
        """Which clock it is, of all there are."""
        return self.project, self.item, self.application, self.clock

    @property
    def order(self) -> tuple[datetime, str, str, int, str]:
        """Its place in a list."""
        return _comparable((self.over_at, *self.key))


def _comparable(key: ClockKey) -> tuple[datetime, str, str, int, str]:
    return key[0] or NEVER, key[1].hex, *key[2:]


ORDER = Ordering(
    (
        SortKey("c.over_at", nullable=True),
        *map(SortKey, ("c.project", "c.item", "c.application", "c.clock")),
    )
)
CLOSED_ORDER = Ordering(ORDER[1:])  # nothing of them will be over: this is the order of the table's key
TEXTS = ("department", "mode", "item")
OF_KIND = SQL(
    "(c.clock = %(clock)s OR starts_with(c.clock, %(clock)s || '#') OR starts_with(c.clock, %(clock)s || ':'))"
)
STATE_THEN = (
    "(CASE WHEN c.over_at <= %(t)s THEN c.over_state"
    " WHEN c.state = 'suspended' AND c.paused_until <= %(t)s THEN 'running' ELSE c.state END)"
)
IN_STATE = SQL(f"{STATE_THEN} = {{state}}")
UNSURE: LiteralString = "(c.state = 'unconfirmed' OR c.over_state = 'unconfirmed')"  # few are, and have an index
# What follows from a state, said so that an index finds those of the running clocks that are in it.
OF_STATE = {
    State.SUSPENDED: SQL("c.state = 'suspended'"),
    State.UNCONFIRMED: SQL(UNSURE),
    **dict.fromkeys((State.MET, State.LATE, State.VOID), SQL("false")),  # then a clock is closed
}
AWAITED = SQL(f"{STATE_THEN} <> ALL (%(silent)s)")
# Few of all clocks have a level, but most of those that run. Said plainly, PostgreSQL takes them for so few that it
# reads and sorts all of a department, rather than the first ones of the index in their order.
COLOURED = SQL("coalesce(c.level, '') <> 'none' AND (c.over_at IS NULL OR c.over_at > %(t)s OR c.over_level <> 'none')")
RUNS = SQL("(c.level = 'green' OR (c.level = 'paused' AND c.paused_until <= %(t)s))")  # also near its end
SOON = SQL("(c.yellow_at <= %(t)s AND c.over_at > %(t)s AND {})").format(RUNS)
YELLOW_FOR_GOOD = SQL("(c.over_at <= %(t)s AND c.over_level = 'yellow')")
# Each is read from an index in the order of the list.
YELLOW_PARTS = (SQL("{} AND {}").format(YELLOW_FOR_GOOD, SQL(UNSURE)), SOON)
DUE_KNOWN = SQL("(c.paused_until IS NULL OR c.paused_until <= %(t)s)")
WHOLE_ROW = SQL("c.*")
ENDS = SQL("c.project, c.item, c.application, c.clock, c.over_at, CASE WHEN {} THEN c.due_on END").format(DUE_KNOWN)
EXISTS = SQL("(c.exists_at IS NULL OR c.exists_at <= %(t)s)")
# What a clock's level is at an instant, said so that an index on over_at finds those few that are late or warned of.
AT_LEVEL: dict[Level, SQL | Composed] = {
    Level.RED: SQL("c.over_at <= %(t)s AND c.over_level = 'red'"),
    Level.YELLOW: SQL("({} OR {})").format(YELLOW_FOR_GOOD, SOON),
    Level.GREEN: SQL("c.over_at > %(t)s AND {} AND (c.yellow_at IS NULL OR c.yellow_at > %(t)s)").format(RUNS),
    Level.PAUSED: SQL(
        "c.level = 'paused' AND c.state = 'suspended' AND (c.over_at IS NULL OR c.over_at > %(t)s)"
        " AND (c.paused_until IS NULL OR c.paused_until > %(t)s)"
    ),
    Level.NONE: SQL("c.level = 'none'"),
}


PAGE = SQL("SELECT {} FROM {} AS c WHERE {} ORDER BY {} LIMIT %(limit)s OFFSET %(offset)s")
PART = SQL("(SELECT c.* FROM {} AS c WHERE {} ORDER BY {} LIMIT %(limit)s::bigint + %(offset)s)")


async def rows_for(
    store: Reader, criteria: ClockFilter, t: datetime, source: ClockSource, scope: Scope = ZONE_SCOPE
) -> list[ClockRow]:
    """The rows of *source* in *scope* for *criteria* at *t*, leaving out the projects for which it can't answer."""
    query, params = statement(criteria, t, source, scope)
    async with store.cursor() as cursor:
        await cursor.execute(query, params)
        return [ClockRow(*row) for row in await cursor.fetchall()]


async def ends_for(
    store: Reader, criteria: ClockFilter, t: datetime, source: ClockSource, scope: Scope = ZONE_SCOPE
) -> list[ClockEnd]:
    """The same of which only the ends are read."""
    query, params = statement(criteria, t, source, scope, ENDS)
    async with store.cursor() as cursor:
        await cursor.execute(query, params)
        return [ClockEnd(*row) for row in await cursor.fetchall()]


async def number_for(
    store: Reader, criteria: ClockFilter, t: datetime, source: ClockSource, scope: Scope = ZONE_SCOPE
) -> int:
    """How many rows `rows_for` would read."""
    query, params = statement(criteria, t, source, scope)
    async with store.cursor() as cursor:
        counted = SQL("SELECT count(*) FROM ({}) AS s").format(query)
        await cursor.execute(counted, params)
        ((number,),) = await cursor.fetchall()
        return int(number)


def statement(
    criteria: ClockFilter,
    t: datetime,
    source: ClockSource,
    scope: Scope = ZONE_SCOPE,
    columns: SQL | Composed = WHOLE_ROW,
) -> tuple[Composed, dict[str, Any]]:
    """The query behind a list of *columns*. What is read from the ledger is merged in before the page is cut."""
    limit, offset = min(criteria.limit, ROWS_MAX), criteria.offset
    in_parts = criteria.level is Level.YELLOW and not criteria.closed
    conditions, params = matching(structs.replace(criteria, level=None) if in_parts else criteria, t, source, scope)
    params |= {"limit": limit + offset, "offset": 0} if source.without else {"limit": limit, "offset": offset}
    order = (CLOSED_ORDER if criteria.closed else ORDER).clause
    table: SQL | Composed = source.table
    if in_parts:
        parts = [PART.format(table, SQL(" AND ").join([*conditions, part]), order) for part in YELLOW_PARTS]
        table, conditions = SQL("({})").format(SQL(" UNION ALL ").join(parts)), []
    where = SQL(" AND ").join(conditions or [EVERYTHING])
    return PAGE.format(columns, table, where, order), params


def matching(
    criteria: ClockFilter, t: datetime, source: ClockSource, scope: Scope = ZONE_SCOPE
) -> tuple[list[SQL | Composed], dict[str, Any]]:
    """The conditions for the rows of *source*, named `c`, that *criteria* take, and their parameters."""
    params = {name: value for name, value in structs.asdict(criteria).items() if name != "last"}
    params |= {"t": t, "without": list(source.without), "nodes": list(criteria.nodes)}
    params |= {**source.params, "silent": [state.value for state in SILENT]}
    conditions: list[SQL | Composed] = [
        SQL("c.closed" if criteria.closed else "NOT c.closed"),
        EXISTS,
        scope.of("c", CLOCKS),
    ]
    conditions += [SQL("c.{} = {}").format(Identifier(name), Placeholder(name)) for name in TEXTS if params[name]]
    conditions += _chosen(criteria)
    if criteria.level is not None:
        closed = SQL("c.level = {}").format(criteria.level.value)
        conditions.append(closed if criteria.closed else AT_LEVEL[criteria.level])
    if criteria.state is not None:
        conditions.append(IN_STATE.format(state=criteria.state.value))
        conditions += [OF_STATE[criteria.state]] if criteria.state in OF_STATE and not criteria.closed else []
    if criteria.due_before is not None:
        conditions += [SQL("c.due_on < %(due_before)s"), DUE_KNOWN]
    if criteria.due_after is not None:
        later = SQL("c.due_on > %(due_after)s")
        conditions += [later, DUE_KNOWN]
        conditions += [] if criteria.closed else [SQL("c.over_at > %(due_after)s")]  # that one has an index
    if criteria.last is not None:
        is_closed = criteria.closed
        conditions.append(CLOSED_ORDER.following(criteria.last[1:]) if is_closed else ORDER.following(criteria.last))
    if source.without:
        conditions.append(SQL("c.project <> ALL (%(without)s)"))
    return conditions, params


def _chosen(criteria: ClockFilter) -> list[SQL]:
    """The conditions about nodes and kinds, and about which clocks count."""
    conditions = (
        (bool(criteria.nodes), SQL("c.node = ANY (%(nodes)s)")),
        (criteria.awaited, AWAITED),
        (criteria.coloured, COLOURED),
        (bool(criteria.clock), OF_KIND),
    )
    return [condition for is_chosen, condition in conditions if is_chosen]


def page_of(criteria: ClockFilter, rows: Sequence[ListedClock], read: Sequence[ListedClock]) -> list[ListedClock]:
    """The page: *rows* are from the view, as far as the page goes; *read* is all that was read from the ledger."""
    whole = sorted([*rows, *_taken(criteria, read)], key=lambda clock: clock.order)
    return whole[criteria.offset : criteria.offset + criteria.limit]


def ends_of(criteria: ClockFilter, rows: Sequence[ClockEnd], read: Sequence[ListedClock]) -> list[ClockEnd]:
    """The same of ends."""
    whole = sorted([*rows, *map(ClockEnd.of, _taken(criteria, read))], key=lambda end: end.order)
    return whole[criteria.offset : criteria.offset + criteria.limit]


def _taken(criteria: ClockFilter, read: Iterable[ListedClock]) -> Iterator[ListedClock]:
    """What was *read* that matches, and is not on an earlier page."""
    begins = None if criteria.last is None else _comparable(criteria.last)
    return (clock for clock in read if criteria.takes(clock) and (begins is None or clock.order > begins))
