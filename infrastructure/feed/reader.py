"""Reads the feed: a page of the ledger's entries after a position, with the condition of access in the query.

A page moves on over what its reader may not see, or did not want: `next` is the position up to which it looked. A query
looks through a window of positions only, so that none runs long however rare the wanted events are. The windows of a
page grow: the first is small, as it mostly fills the page, and a query for each small one would cost as much again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import LiteralString
from uuid import UUID

import psycopg
from msgspec import Struct, structs
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from domain.access.principal import Caller
from domain.messages import FACTS, Entry, tag_of
from domain.project.feedback.complaint import ComplaintFiled
from domain.project.information.recording import InformationRecorded
from domain.streams import BY_FACT, CALENDAR, CATALOGUE, FLOW
from infrastructure.feed.epochs import LedgerEpochs, read_epochs
from infrastructure.feed.horizon import FeedHorizon, TailEvent
from infrastructure.ledger.mapper import COLUMNS, StoredRow, entry_from
from infrastructure.ledger.reader import Store
from projections.access.predicate import ITEMS, AccessColumns, predicate, value
from projections.feedback.redaction import ABOUT_COMPLAINTS, BY_COMPLAINANTS, CORRECTIONS
from projections.scope import EVERYTHING, Scope

FEED = "feed"
READ_DATA = "read:history"  # who may read what an event holds, beside that it happened
PROJECT_TYPES = frozenset(tag for tag, fact in FACTS.items() if fact not in BY_FACT)
PUBLIC_TYPES = frozenset(tag_of(fact) for kind in (CALENDAR, CATALOGUE, FLOW) for fact in kind.facts)
FEED_TYPES = PROJECT_TYPES | PUBLIC_TYPES  # principals and legal persons are in no feed
PERSONAL: Mapping[str, str] = {  # facts that may name whom to call, and who may read that
    tag_of(InformationRecorded): "read:information_contact",
    tag_of(ComplaintFiled): "read:feedback_contact",
}
COMPLAINT_CONTEXT = tuple(tag_of(fact) for fact in (*BY_COMPLAINANTS, *CORRECTIONS))
NEEDS_CONTEXT = (*ABOUT_COMPLAINTS, *CORRECTIONS)
WINDOWS = (5_000, 10_000, 20_000, 40_000, 40_000, 40_000, 45_000)  # positions that the queries of one page look through
READS_AT_ONCE_MAX, READS_OF_PAGES_MAX = 4, 2  # of the pool's connections: commands and pages need some too
ROW = AccessColumns("c", item="item")
OF_ANOTHER_REGISTER: LiteralString = """
    NOT EXISTS (SELECT FROM views.project AS p WHERE p.project = c.project AND p.register <> {register})
"""
# Types are literals: a plan that is used again then looks them up in a hash table.
OF_PROJECT_TYPE = SQL("e.type = ANY({}::text[])").format(sorted(PROJECT_TYPES))
OF_PUBLIC_TYPE = SQL("e.type = ANY({}::text[])").format(sorted(PUBLIC_TYPES))
MATCHING = SQL("""
    FROM ledger.event AS e CROSS JOIN LATERAL (
        SELECT e.stream AS project,
               CASE WHEN {of_project} THEN convert_from(e.data, 'UTF8')::json ->> 'item' END AS item
    ) AS c
    WHERE e.seq > %(after)s AND e.seq <= %(until)s AND e.type = ANY({types}::text[]) AND {visible} AND {wanted}
""")
PAGE = SQL("SELECT {columns}, {readable} AS readable {matching} ORDER BY e.seq {order} LIMIT %(limit)s")
COUNT = SQL("SELECT count(*) FROM (SELECT 1 {matching} AND {condition} LIMIT %(limit)s) AS counted")
OLDEST_FIRST, NEWEST_FIRST = SQL("ASC"), SQL("DESC")
CONTEXT = f"SELECT {COLUMNS} FROM ledger.event WHERE stream = ANY(%s) AND type = ANY(%s) ORDER BY stream, version"  # noqa: S608 our own constants


class FeedCriteria(Struct, frozen=True):
    """Which events are wanted. Empty: all. *department*: of items that it handles or takes part in.

    *register*: of the projects of one imported register alone; empty: of the zone's own projects; None: of both.
    """

    types: frozenset[str] = frozenset()
    project: UUID | None = None
    department: str = ""
    register: str | None = None

    @property
    def wanted_types(self) -> frozenset[str]:
        """The types to look for: with a project or department, only those of projects."""
        within = FEED_TYPES if self.project is None and not self.department else PROJECT_TYPES
        return self.types & within if self.types else within

    def wants(self, event: TailEvent) -> bool:
        """Whether *event* may be wanted, as far as a position, a stream and a type say."""
        return event.type in self.wanted_types and self.project in (None, event.stream)


class FeedEvent(Struct, frozen=True):
    """An entry, and whether the reader may see what it holds."""

    entry: Entry
    readable: bool


class FeedPage(Struct, frozen=True):
    """Events in order. Go on at position *next*; *more*: the horizon is further on.

    *context* are the entries by which events about complaints are redacted, by project.
    """

    events: tuple[FeedEvent, ...]
    next: int
    more: bool
    context: Mapping[UUID, Sequence[Entry]] = {}


class Feed:
    """The feed of one process. With *every* it ends where all views have come to: pages are read from these."""

    def __init__(self, store: Store, zone: str = "", *, every: bool = False) -> None:
        """*zone*: the code of the area, with which the ids of events begin after a restore."""
        self._store, self._zone = store, zone
        self._reads = asyncio.Semaphore(READS_OF_PAGES_MAX if every else READS_AT_ONCE_MAX)
        self.horizon = FeedHorizon(store, every=every)

    async def head(self) -> int:
        """The last position of the ledger."""
        return await self._store.head()

    async def epochs(self) -> LedgerEpochs:
        """The epochs that restores have begun."""
        return await read_epochs(self._store, self._zone)

    async def page(
        self, caller: Caller, criteria: FeedCriteria, after: int, limit: int, last: int | None = None
    ) -> FeedPage:
        """At most *limit* events after position *after*, up to *last*, as far as *caller* may see them."""
        async with self._reads:
            until = await self.horizon.look()
            until = until if last is None else min(until, last)
            return await self._page(caller, criteria, after, until, limit)

    async def new_page(self, caller: Caller, criteria: FeedCriteria, after: int, limit: int) -> FeedPage:
        """The same for one who follows the horizon: where it holds nothing wanted, the database is not queried."""
        until = self.horizon.position
        if until > after and not self.horizon.wants_any(after, criteria.wants):
            return FeedPage((), until, more=False)
        async with self._reads:
            return await self._page(caller, criteria, after, until, limit)

    async def latest(self, caller: Caller, criteria: FeedCriteria, before: int, limit: int) -> FeedPage:
        """At most *limit* events up to position *before*, the newest first; 0: from the horizon down.

        Older ones begin at the page's *next*; 0: there are none.
        """
        query, params = _query(caller, criteria, NEWEST_FIRST)
        events: list[FeedEvent] = []
        async with self._reads:
            position = await self.horizon.look()
            position = min(before, position) if before else position
            for window in WINDOWS if criteria.wanted_types else ():
                after = max(position - window, 0)
                bounds = {"after": after, "until": position, "limit": limit - len(events)}
                rows = await self._rows(query, {**params, **bounds})
                events += [FeedEvent(entry_from(StoredRow(*row[:-1])), bool(row[-1])) for row in rows]
                position = events[-1].entry.position - 1 if len(events) == limit else after
                if not position or len(events) == limit:
                    break
            return FeedPage(tuple(events), position, position > 0, await self._context(events))

    async def count(
        self, caller: Caller, criteria: FeedCriteria, until: int, limit: int, condition: SQL, **params: object
    ) -> int:
        """How many events *caller* may see for which *condition* holds too, up to position *until*.

        Counts the last window of positions only. *condition* is SQL about the entry `e`, with *params*. From *limit* on
        they are not counted.
        """
        matching, matching_params = _matching(caller, criteria)
        bounds = {"after": max(until - WINDOWS[0], 0), "until": until, "limit": limit}
        query = COUNT.format(matching=matching, condition=condition)
        ((count,),) = await self._rows(query, {**matching_params, **bounds, **params})
        return int(count)

    async def _page(self, caller: Caller, criteria: FeedCriteria, after: int, until: int, limit: int) -> FeedPage:
        query, params = _query(caller, criteria)
        if until <= after or not criteria.wanted_types:
            return FeedPage((), max(after, until), more=False)
        events: list[FeedEvent] = []
        position = after
        for window in WINDOWS:
            # The entries of one project are read by their own index, which does not know windows.
            end = until if criteria.project else min(until, position + window)
            bounds = {"after": position, "until": end, "limit": limit - len(events)}
            rows = await self._rows(query, {**params, **bounds})
            events += [FeedEvent(entry_from(StoredRow(*row[:-1])), bool(row[-1])) for row in rows]
            position = events[-1].entry.position if len(events) == limit else end
            if position == until or len(events) == limit:
                break
        return FeedPage(tuple(events), position, position < until, await self._context(events))

    async def _context(self, events: Iterable[FeedEvent]) -> dict[UUID, list[Entry]]:
        """What events about complaints are redacted by, of every project that has some."""
        of_streams: dict[UUID, list[Entry]] = {
            event.entry.stream: [] for event in events if isinstance(event.entry.fact, NEEDS_CONTEXT)
        }
        if of_streams:
            async with self._store.cursor() as cursor:
                await cursor.execute(CONTEXT, [list(of_streams), list(COMPLAINT_CONTEXT)])
                for row in await cursor.fetchall():
                    entry = entry_from(StoredRow(*row))
                    of_streams[entry.stream].append(entry)
        return of_streams

    async def _rows(self, query: Composed, params: Mapping[str, object]) -> list[TupleRow]:
        try:
            async with self._store.cursor() as cursor:
                await cursor.execute(query, params)
                return await cursor.fetchall()
        except psycopg.errors.UndefinedTable as unmade:
            raise psycopg.OperationalError("the views of access are not made yet") from unmade


def _query(caller: Caller, criteria: FeedCriteria, order: SQL = OLDEST_FIRST) -> tuple[Composed, dict[str, object]]:
    """The query for pages, and the parameters that are the same for every page."""
    matching, params = _matching(caller, criteria)
    columns = SQL(", ").join(SQL("e.{}").format(Identifier(name)) for name in COLUMNS.split(", "))
    return PAGE.format(columns=columns, readable=_readable(caller), matching=matching, order=order), params


def _matching(caller: Caller, criteria: FeedCriteria) -> tuple[Composed, dict[str, object]]:
    """The events of *criteria* that *caller* may see, between two positions, and the parameters of that."""
    visible: SQL | Composed = EVERYTHING
    if not Scope(caller=caller).sees_all_of(FEED, criteria.department):
        seen = predicate(caller, FEED, ROW)
        visible = SQL("(({} AND {}) OR {})").format(OF_PROJECT_TYPE, seen, OF_PUBLIC_TYPE)
    types, wanted = Literal(sorted(criteria.wanted_types)), _wanted(criteria)
    matching = MATCHING.format(of_project=OF_PROJECT_TYPE, types=types, visible=visible, wanted=wanted)
    return matching, {"project": criteria.project}


def _readable(caller: Caller) -> Composed:
    """The condition for seeing what an event holds. A program's scope for the feed covers the events' content."""
    reader = caller if caller.scopes is None else _with_scopes(caller, READ_DATA, *PERSONAL.values())
    data = predicate(reader, READ_DATA, ROW)
    cases: list[Composable] = [
        SQL("WHEN {} THEN {}").format(tag, predicate(reader, action, ROW)) for tag, action in PERSONAL.items()
    ]
    personal = SQL("CASE e.type {} ELSE true END").format(SQL(" ").join(cases))
    return SQL("({} OR ({} AND {}))").format(OF_PUBLIC_TYPE, data, personal)


def _with_scopes(caller: Caller, *scopes: str) -> Caller:
    return structs.replace(caller, scopes=(*(caller.scopes or ()), *scopes))


def _wanted(criteria: FeedCriteria) -> Composed:
    """The condition of the project, the department and the register that are wanted."""
    conditions: list[Composable] = []
    if criteria.register is not None:
        conditions.append(SQL(OF_ANOTHER_REGISTER).format(register=value(criteria.register)))
    if criteria.project is not None:
        conditions.append(SQL("e.stream = %(project)s"))
    if criteria.department:
        department = value(criteria.department)
        conditions.append(SQL(ITEMS).format(project=SQL("c.project"), item=SQL("c.item"), value=department))
    return SQL(" AND ").join(conditions or [SQL("true")])
