"""Queries for pages of the lists of signals and of decisions in a period."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from itertools import chain
from typing import Any, Generic, LiteralString, TypeVar
from uuid import UUID

from msgspec import Struct, structs
from psycopg.sql import SQL, Composed

from domain.law.calendar.period import Period
from domain.law.licensing.clock import State
from projections.keyset import Ordering, SortKey
from projections.scope import ZONE_SCOPE, Scope
from projections.supervision.figures import DecidedCase
from projections.supervision.fold import SHOWN_STATES, VOID, SignalRow

R = TypeVar("R", SignalRow, DecidedCase)
T = TypeVar("T")

# Conditions are composed for each filter, so that an index can be used. The last state of a signal is in its row: an
# earlier one is looked up only as of an instant before it. The clock of a warning is looked up by its key alone: for an
# EXISTS PostgreSQL may read all clocks at once.
SIGNALS: LiteralString = """
    SELECT s.project, s.card, s.version, s.position, s.item, s.application, s.department, s.clock, s.rung, s.level,
        s.article, s.due_on, s.happened_at, s.told_at, CASE WHEN {ended} THEN 'ended' ELSE f.state END, f.since
    FROM {signal} AS s JOIN LATERAL (
        SELECT s.state, s.since WHERE s.since <= %(as_of)s
        UNION ALL
        (SELECT x.state, x.since FROM {signal_state} AS x
        WHERE s.since > %(as_of)s AND x.project = s.project AND x.card = s.card AND x.since <= %(as_of)s
        ORDER BY x.version DESC LIMIT 1)
    ) AS f ON true
    CROSS JOIN LATERAL (
        SELECT s.level = 'warning' AND (
            SELECT true FROM {clock} AS k
            WHERE (k.project, k.item, k.application, k.clock) = (s.project, s.item, s.application, s.clock) AND {runs}
            LIMIT 1
        ) IS NULL AS ended
    ) AS w
    WHERE s.happened_at >= %(first)s AND s.happened_at < %(end)s AND s.told_at <= %(as_of)s AND {conditions}
    ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s
"""
DECISIONS: LiteralString = """
    SELECT d.*, c.state, p.state, CASE WHEN c.stopped_on IS NOT NULL THEN c.used END FROM {decision} AS d
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
# A warning ends with its clock, or when that runs out and a card follows. The day on which a clock stopped is local.
RUNS = SQL(
    "(k.over_at IS NULL OR k.over_at > %(as_of)s) AND (NOT k.closed"
    " OR k.stopped_on > (%(as_of)s::timestamptz AT TIME ZONE %(zone)s)::date"
    " AND (k.due_on IS NULL OR k.due_on >= (%(as_of)s::timestamptz AT TIME ZONE %(zone)s)::date))"
)
ENDED = SQL("f.state = 'standing' AND w.ended")
IN_FORCE = "in_force"
OF_FORCE = SQL("f.state <> ALL (%(void)s) AND NOT ({})").format(ENDED)
OF_STATE = SQL("f.state = %(figure)s")
OF_LEVEL = SQL("s.level = %(figure)s AND f.state <> ALL (%(void)s)")
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


def signals_query(criteria: ListFilter, sources: Sources, *, without: bool) -> Composed:
    """The query for a page of warnings, cards and effects of silence; *without* excludes some projects."""
    figure: SQL | Composed | None = OF_LEVEL if criteria.figure else None
    if criteria.figure == IN_FORCE:
        figure = OF_FORCE
    elif criteria.figure in SHOWN_STATES:
        figure = OF_STATE
    return _query(SIGNALS, sources, "s", criteria, figure, without=without)


def decisions_query(criteria: ListFilter, sources: Sources, *, without: bool) -> Composed:
    """The query for a page of decided applications; *without* excludes some projects."""
    return _query(DECISIONS, sources, "d", criteria, JUDGED.get(criteria.figure), without=without)


def _query(
    of: LiteralString,
    sources: Sources,
    table: str,
    criteria: ListFilter,
    figure: SQL | Composed | None,
    *,
    without: bool,
) -> Composed:
    within = criteria.scope.of(table, "read:supervision", department="department")
    conditions: list[SQL | Composed] = [within, *([] if figure is None else [figure])]
    conditions += [DEPARTMENTS[table]] if criteria.department else []
    conditions += [WITHOUT[table]] if without else []
    order = ORDERS[table].backwards if criteria.oldest_first else ORDERS[table]
    conditions.append(order.following(criteria.last))
    parts = {"ended": ENDED, "runs": RUNS, "order": order.clause, **sources}
    return SQL(of).format(conditions=SQL(" AND ").join(conditions), **parts)
