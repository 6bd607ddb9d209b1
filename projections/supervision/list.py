"""Queries for pages of the lists of signals and of decisions in a period."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, Generic, LiteralString, TypeVar
from uuid import UUID

from msgspec import Struct, structs
from psycopg.sql import SQL, Composed, Literal

from domain.law.calendar.period import Period
from domain.law.licensing.clock import State
from domain.law.proof import Colour
from projections.clocks.decisions import LATE_DECISIONS
from projections.clocks.fold import DAYS_UNTIL_STOP
from projections.keyset import Ordering, SortKey
from projections.scope import ZONE_SCOPE, Scope
from projections.supervision.figures import DecidedCase
from projections.supervision.fold import (
    APPEALED,
    DEEMED,
    FATES,
    REVOKED,
    SHOWN_STATES,
    STANDING,
    SUPERVISION,
    VOID,
    SignalRow,
)
from projections.supervision.fold import DECISIONS as DECIDED

R = TypeVar("R", SignalRow, DecidedCase)
T = TypeVar("T")

# Conditions are composed for each filter, so that an index can be used. The clock of a warning is looked up by its key
# alone: for an EXISTS PostgreSQL may read all clocks at once.
SIGNALS: LiteralString = """
    (SELECT s.project, s.card, s.version, s.position, s.item, s.application, s.department, s.clock, s.rung, s.level,
        s.article, s.due_on, s.happened_at, s.told_at, CASE WHEN {ended} THEN 'ended' ELSE f.state END AS state, f.since
    FROM {signal} AS s {known}
    CROSS JOIN LATERAL (
        SELECT s.level = 'warning' AND (
            SELECT true FROM {clock} AS k
            WHERE (k.project, k.item, k.application, k.clock) = (s.project, s.item, s.application, s.clock) AND {runs}
            LIMIT 1
        ) IS NULL AS ended
    ) AS w
    WHERE s.happened_at >= %(first)s AND s.happened_at < %(end)s AND {conditions}
    ORDER BY {order} LIMIT %(limit)s::bigint + %(offset)s)
"""
# Most signals have had no other state since the instant: it is in their row, and its index is used. What the others
# were at the instant is looked up. Each part is in the order of the list.
SETTLED = SQL("CROSS JOIN LATERAL (SELECT s.state, s.since) AS f")
UNSETTLED: LiteralString = """
    JOIN LATERAL (
        SELECT x.state, x.since FROM {signal_state} AS x
        WHERE x.project = s.project AND x.card = s.card AND x.since <= %(as_of)s
        ORDER BY x.version DESC LIMIT 1
    ) AS f ON true
"""
IS_SETTLED, IS_UNSETTLED = SQL("s.since <= %(as_of)s"), SQL("s.since > %(as_of)s AND s.told_at <= %(as_of)s")
TOGETHER: LiteralString = "SELECT s.* FROM ({parts}) AS s ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s"
STATES: LiteralString = "SELECT s.level, s.state, count(*) FROM ({}) AS s GROUP BY s.level, s.state"
# Whether the warnings in force are those whose clocks run now: no signal has moved since the instant. Projects with
# warnings whose clocks have stopped since then are read from elsewhere.
UNMOVED: LiteralString = "SELECT NOT EXISTS (SELECT FROM views.signal AS x WHERE x.since > %(as_of)s)"
# A few of all that were given, so that no clock is looked up. OFFSET 0: signals are looked up, not all read.
RUNNING = SQL("""
    FROM views.running_warning AS s
    WHERE s.happened_at >= %(first)s AND s.happened_at < %(end)s
      AND (s.over_at IS NULL OR s.over_at > %(as_of)s) AND {conditions}
""")
RUNNING_COUNTED = SQL("SELECT count(*) {running}")
RUNNING_LISTED = SQL("""
    (SELECT s.project, s.card, s.version, s.position, s.item, s.application, s.department, s.clock, s.rung, s.level,
        s.article, s.due_on, s.happened_at, s.told_at, s.state, s.since
    FROM (
        SELECT s.project, s.card {running} ORDER BY {order} LIMIT %(limit)s::bigint + %(offset)s
    ) AS r CROSS JOIN LATERAL (
        SELECT x.* FROM views.signal AS x WHERE x.project = r.project AND x.card = r.card OFFSET 0
    ) AS s)
""")
DECISIONS: LiteralString = """
    SELECT d.*, c.state, p.state, {days} FROM {decided} AS d
    LEFT JOIN {clock} AS c ON (c.project, c.item, c.application, c.clock)
        = (d.project, d.item, d.application, 'decision')
    LEFT JOIN {clock} AS p ON (p.project, p.item, p.application, p.clock)
        = (d.project, d.item, d.application, 'commitment')
    WHERE d.decided_at >= %(first)s AND d.decided_at < %(end)s AND d.recorded_at <= %(as_of)s AND {conditions}
    ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s
"""
ORDERS = {
    "s": Ordering(SortKey(expression, descending=True) for expression in ("s.happened_at", "s.project", "s.version")),
    "d": Ordering(
        SortKey(expression, descending=True)
        for expression in ("d.decided_at", "d.project", 'd.item COLLATE "C"', "d.application")
    ),
}
DEPARTMENTS = {"s": SQL("s.department = %(department)s"), "d": SQL("d.department = %(department)s")}
WITHOUT = {"s": SQL("s.project <> ALL (%(without)s)"), "d": SQL("d.project <> ALL (%(without)s)")}
# A warning ends with its clock, or when that runs out and a card follows.
RUNS = SQL("(k.over_at IS NULL OR k.over_at > %(as_of)s) AND NOT k.closed")
ENDED = SQL("f.state = 'standing' AND w.ended")
# Further lists than those of figures: what is in force, all cards, and those that an appeal was made against.
IN_FORCE, CARDS, DISPUTED = "in_force", "cards", "disputed"
OF_FORCE = SQL("f.state <> ALL (%(void)s) AND NOT ({})").format(ENDED)
CARDS_OF = (Colour.RED.value, Colour.YELLOW.value)
LEVELS_IN_FORCE = (*CARDS_OF, DEEMED)  # beside warnings: until they are void
AT_ISSUE = (APPEALED, "returned", "upheld", REVOKED)  # states of a card against which an appeal was made
OF_CARDS = SQL("s.level IN ({})").format(SQL(", ").join(map(Literal, CARDS_OF)))
OF_DISPUTED = SQL("{} AND f.state IN ({})").format(OF_CARDS, SQL(", ").join(map(Literal, AT_ISSUE)))
OF_LIST: Mapping[str, SQL | Composed] = {IN_FORCE: OF_FORCE, CARDS: OF_CARDS, DISPUTED: OF_DISPUTED}
CHANGED = SQL("f.state <> {}").format(STANDING)
OF_STATE: LiteralString = "f.state = {}"
OF_LEVEL: LiteralString = "s.level = {} AND f.state <> ALL (%(void)s)"
JUDGED = {"on_time": SQL("c.state = {}").format(State.MET.value), "late": SQL("c.state = {}").format(State.LATE.value)}


Sources = Mapping[str, SQL | Composed]  # the FROM items of the tables, by name
SignalKey = tuple[datetime, UUID, int]
CaseKey = tuple[datetime, UUID, str, int]


def comparable(key: tuple[Any, ...]) -> tuple[Any, ...]:
    """*key* as the database sorts it."""
    return key[0], key[1].hex, *key[2:]


def comes_after(key: tuple[Any, ...], last: tuple[Any, ...], *, descending: bool) -> bool:
    """Whether a row with this *key* comes after the one with the key *last*."""
    place, before = comparable(key), comparable(last)
    return place < before if descending else place > before


def in_order(rows: Iterable[T], key: Callable[[T], tuple[Any, ...]], *, descending: bool) -> list[T]:
    """*rows* sorted by *key*, as the database sorts them."""
    return sorted(rows, key=lambda row: comparable(key(row)), reverse=descending)


class ListFilter(Struct, frozen=True, kw_only=True):
    """Filter and page of a list; an empty *department* means all. *limit* None: the whole list.

    The newest come first, or the *oldest_first*.
    """

    period: Period
    department: str = ""
    figure: str = ""
    oldest_first: bool = False
    scope: Scope = ZONE_SCOPE
    limit: int | None = None
    offset: int = 0
    last: tuple[Any, ...] | None = None  # the row before the page

    def params(self) -> dict[str, Any]:
        """The parameters of the queries, except for the instant and the time zone."""
        params = {name: getattr(self, name) for name in ("department", "figure", "limit", "offset")}
        return {**params, "void": list(VOID)}

    @property
    def whole(self) -> ListFilter:
        """The same list on one page."""
        return structs.replace(self, limit=None, offset=0, last=None)

    @property
    def with_next_row(self) -> ListFilter:
        """The page and the row behind it, if there is one."""
        return self if self.limit is None else structs.replace(self, limit=self.limit + 1)

    @property
    def from_the_first(self) -> ListFilter:
        """The list from its start to the end of the page, for merging with rows that are not in the tables."""
        end = None if self.limit is None else self.offset + self.limit
        return structs.replace(self, limit=end, offset=0)

    def follows(self, key: tuple[Any, ...]) -> bool:
        """Whether the row with this *key* comes after the last one of the page before."""
        return self.last is None or comes_after(key, self.last, descending=not self.oldest_first)

    def merged(self, rows: Iterable[R], others: Iterable[R], key: Callable[[R], tuple[Any, ...]]) -> list[R]:
        """The page of the view's *rows* with the *others*, which were read from the ledger, in the order of *key*."""
        return self.cut(in_order(chain(rows, others), key, descending=not self.oldest_first))

    def following(self, count: int) -> int | None:
        """The offset of the next page of a list of *count* rows; None on the last."""
        end = count if self.limit is None else self.offset + self.limit
        return end if end < count else None

    def cut(self, rows: list[R]) -> list[R]:
        """The page out of *rows*, which start at the beginning of the list."""
        return rows[self.offset : None if self.limit is None else self.offset + self.limit]


class ListPage(Struct, Generic[R], frozen=True):
    """A page of a list, the length of the whole list, and whether there are *more* rows behind the page."""

    rows: list[R]
    count: int
    more: bool

    @classmethod
    def of(cls, rows: list[R], criteria: ListFilter, count: int) -> ListPage[R]:
        """The page out of *rows*, which were read by `criteria.with_next_row`."""
        return cls(rows[: criteria.limit], count, criteria.limit is not None and len(rows) > criteria.limit)


def signal_key(signal: SignalRow) -> SignalKey:
    """What `signals_query` sorts by."""
    return signal.happened_at, signal.project, signal.version


def case_key(case: DecidedCase) -> CaseKey:
    """What `decisions_query` sorts by."""
    return case.decided_at, case.project, case.item, case.application


def signals_query(criteria: ListFilter, sources: Sources, *, without: bool) -> Composed:
    """The query for a page of warnings, cards and effects of silence; *without* excludes some projects.

    Where *sources* have no earlier states, no signal in them has had another one since the instant.
    """
    conditions = [*_conditions("s", criteria, without=without), *_of_figure(criteria.figure)]
    return SQL(TOGETHER).format(parts=_parts(criteria, sources, conditions), order=_order("s", criteria).clause)


def states_query(criteria: ListFilter, sources: Sources, *, without: bool) -> Composed:
    """The query for how many signals have another state than standing, by level and state."""
    return SQL(STATES).format(_parts(criteria, sources, [*_conditions("s", criteria, without=without), CHANGED]))


def in_force_query(criteria: ListFilter, sources: Sources, *, without: bool) -> Composed:
    """The query for a page of what is in force, where the answer of `UNMOVED` is true: as that of `signals_query`.

    An index has the cards of each level in the order of the list, another those of each department.
    """
    conditions, order = [*_conditions("s", criteria, without=without)], _order("s", criteria).clause
    levels = [[*LEVELS_IN_FORCE]] if criteria.department else [[level] for level in LEVELS_IN_FORCE]
    parts = [_part(criteria, sources, SETTLED, [IS_SETTLED, _of_levels(of), *conditions, OF_FORCE]) for of in levels]
    running = RUNNING.format(conditions=SQL(" AND ").join(conditions))
    parts.append(RUNNING_LISTED.format(running=running, order=order))
    return SQL(TOGETHER).format(parts=SQL(" UNION ALL ").join(parts), order=order)


def warnings_query(criteria: ListFilter, *, without: bool) -> Composed:
    """The query for the number of warnings in force, where the answer of `UNMOVED` is true."""
    conditions = _conditions("s", structs.replace(criteria, last=None), without=without)
    return RUNNING_COUNTED.format(running=RUNNING.format(conditions=SQL(" AND ").join(conditions)))


def _parts(criteria: ListFilter, sources: Sources, conditions: Sequence[SQL | Composed]) -> Composed:
    """The signals in their states at the instant: those that have had no other since, and the others."""
    known_by: list[tuple[SQL | Composed, SQL]] = [(SETTLED, IS_SETTLED)]
    if FATES.name in sources:
        known_by.append((SQL(UNSETTLED).format(**sources), IS_UNSETTLED))
    parts = [_part(criteria, sources, known, [which, *conditions]) for known, which in known_by]
    return SQL(" UNION ALL ").join(parts)


def _part(
    criteria: ListFilter, sources: Sources, known: SQL | Composed, conditions: Sequence[SQL | Composed]
) -> Composed:
    """Those that meet all *conditions*, with the states that *known* joins."""
    return SQL(SIGNALS).format(
        known=known,
        conditions=SQL(" AND ").join(conditions),
        **{"ended": ENDED, "runs": RUNS, "order": _order("s", criteria).clause, **sources},
    )


def _of_levels(levels: Iterable[str]) -> Composed:
    return SQL("s.level IN ({})").format(SQL(", ").join(map(Literal, levels)))


def _of_figure(figure: str) -> list[SQL | Composed]:
    """The conditions for the signals of *figure*; its name is a literal, as an index has only some."""
    if figure in OF_LIST:
        return [OF_LIST[figure]]
    return [SQL(OF_STATE if figure in SHOWN_STATES else OF_LEVEL).format(figure)] if figure else []


def decisions_query(criteria: ListFilter, sources: Sources, *, without: bool) -> Composed:
    """The query for a page of decided applications; *without* excludes some projects."""
    conditions = [*_conditions("d", criteria, without=without)]
    conditions += [JUDGED[criteria.figure]] if criteria.figure in JUDGED else []
    decided = sources[(LATE_DECISIONS if criteria.figure == State.LATE else DECIDED).name]
    order = _order("d", criteria).clause
    parts = {"conditions": SQL(" AND ").join(conditions), "order": order, "decided": decided, "days": DAYS_UNTIL_STOP}
    return SQL(DECISIONS).format(**parts, **sources)


def _order(table: str, criteria: ListFilter) -> Ordering:
    return ORDERS[table].backwards if criteria.oldest_first else ORDERS[table]


def _conditions(table: str, criteria: ListFilter, *, without: bool) -> Iterator[SQL | Composed]:
    """The conditions for what is in the scope, of the department, and after the page before."""
    yield criteria.scope.of(table, SUPERVISION, department="department")
    if criteria.department:
        yield DEPARTMENTS[table]
    if without:
        yield WITHOUT[table]
    yield _order(table, criteria).following(criteria.last)
