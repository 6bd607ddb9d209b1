"""Queries on clocks: of one project, lists, counts by mode and node, explanations; at any instant, as known at any.

The view answers where its rows are right: for a project whose last event is past, all of it known, and counted by the
calendar of the query. Everything else is read from the ledger and evaluated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from copy import copy
from datetime import datetime
from functools import lru_cache
from typing import Any, LiteralString, Self
from uuid import UUID

import psycopg
from psycopg.sql import SQL, Composed

from domain.law.licensing.explain import Explanation
from domain.law.licensing.forecast import DISTANT
from domain.law.procedure.history import ItemHistory
from domain.streams import of_project
from projections.clocks.counts import (
    BY_DEPARTMENT,
    BY_NODE,
    ClockCount,
    Counts,
    by_department,
    clock_counts,
    counted,
    counted_by_department,
    table,
)
from projections.clocks.explanation import explanation
from projections.clocks.fold import CLOCKS as CLOCK_TABLE
from projections.clocks.fold import Clocks, counted_at, counted_by
from projections.clocks.history import BASES, ClockHistory
from projections.clocks.law_events import Histories, item_histories
from projections.clocks.list import (
    CLOCKS,
    ClockEnd,
    ClockFilter,
    ClockSource,
    ListedClock,
    ends_for,
    ends_of,
    number_for,
    page_of,
    rows_for,
)
from projections.clocks.nodes import NODES, Node
from projections.clocks.past import Applications, entries_known, histories_known, readings_of
from projections.clocks.reading import ItemReading, Reading, read
from projections.clocks.rows import ClockRow, reading_in
from projections.history.moment import PROJECTS_READ_MAX, PastMoment, TooMuchToReadError, moment_of
from projections.reader import Laws, Reader
from projections.scope import ZONE_SCOPE, Scope
from projections.snapshots import Cursor, position_of, settled_snapshot

LAWS_CACHED_MAX = 8  # law books: the current one, and those of what-if questions
VIEWS = ("clocks",)
RUNNING = """
    SELECT c.* FROM {source} AS c WHERE c.project = ANY(%(projects)s) AND NOT c.closed
      AND (c.exists_at IS NULL OR c.exists_at <= %(t)s)
"""
CHOSEN = """
    SELECT c.* FROM unnest(%(projects)s::uuid[], %(items)s::text[], %(applications)s::integer[], %(clocks)s::text[])
        AS k (project, item, application, clock)
    JOIN {source} AS c
        ON (c.project, c.item, c.application, c.clock) = (k.project, k.item, k.application, k.clock) AND NOT c.closed
"""
MOVED = """
    SELECT b.project FROM views.clock_basis AS b
    WHERE (b.happened_at > %(t)s OR b.recorded_at > %(known)s OR b.counted_by = ANY(%(stale)s)) AND {within}
    LIMIT %(limit)s
"""


ClockId = tuple[UUID, str, int, str]  # project, item, application and name
MOVED_FEW_MAX = 8  # projects that are read from the ledger sooner than from the history: three milliseconds each


class ChosenClock(ListedClock, frozen=True):
    """One clock of a list, and its state once its last day is over; empty where that is not known from its row."""

    over_state: str = ""


class NoSuchClockError(LookupError):
    """The clock had not started at the instant, or its days are not listed one by one."""


class ClocksAt:
    """All clocks in *scope* at *t*, by what was known at *known*, counted by *laws*."""

    def __init__(
        self,
        store: Reader,
        laws: Laws,
        t: datetime,
        known: datetime,
        nodes: Sequence[Node] = NODES,
        *,
        scope: Scope = ZONE_SCOPE,
    ) -> None:
        self._store, self._laws, self._nodes = store, laws, nodes
        self.t, self.known, self.scope = t, known, scope
        self.recounting = False  # whether rows answered that an older calendar counted, as they are being recounted

    async def of_project(self, project: UUID) -> list[ItemReading]:
        """Every application of one project, in the order in which they began."""
        return self.judged(await histories_known(self._store, project, self.known))

    def judged(self, histories: Histories) -> list[ItemReading]:
        """The readings of applications; those without a law or a clock are left out."""
        items = (read(history, self._laws, self.t, self.known, self._nodes) for history in histories.values())
        return [item for item in items if item is not None and item.clocks]

    async def listed(self, criteria: ClockFilter) -> list[ListedClock]:
        """One page of the clocks of all projects, those that are over first. Raises TooMuchToReadError."""
        if criteria.project is not None:
            return page_of(criteria, [], await self._read([criteria.project]))
        async with self._settled() as (settled, changed):
            page = await settled._page(criteria, changed)  # noqa: SLF001  its own
            self.recounting = settled.recounting
            return page

    @asynccontextmanager
    async def _settled(self) -> AsyncIterator[tuple[Self, Sequence[UUID]]]:
        """The same in the snapshot of a list's first page, and the projects that have changed since."""
        async with settled_snapshot(self._store, VIEWS, self.scope.projects("s", CLOCKS)) as reader:
            settled = copy(self)
            settled._store = reader  # noqa: SLF001  its own
            yield settled, reader.changed

    @asynccontextmanager
    async def rows_of_now(self, *views: str) -> AsyncIterator[Cursor | None]:
        """A cursor in the snapshot of a list of these and other *views*; None where the rows of now don't answer alone.

        Raises TooMuchToReadError.
        """
        async with settled_snapshot(self._store, (*VIEWS, *views), self.scope.projects("s", CLOCKS)) as reader:
            settled = copy(self)
            settled._store = reader  # noqa: SLF001  its own
            source = await settled._source(reader.changed)  # noqa: SLF001
            self.recounting = settled.recounting
            async with reader.cursor() as cursor:
                yield cursor if source.is_current and not source.without else None

    async def _page(self, criteria: ClockFilter, changed: Sequence[UUID] = ()) -> list[ListedClock]:
        """One page; the clocks of projects that have *changed* since the first one are read from the ledger."""
        source = await self._source(changed)
        rows = await rows_for(self._store, criteria, self.t, source, self.scope)
        shown = await self._shown(rows)
        return page_of(criteria, shown, await self._read(source.without)) if source.without else shown

    async def number(self, criteria: ClockFilter) -> int:
        """How many clocks the list has, *criteria.limit* at most; no reading is made. Raises TooMuchToReadError."""
        async with self._settled() as (settled, changed):
            return await settled._number(criteria, changed)  # noqa: SLF001  its own

    async def _number(self, criteria: ClockFilter, changed: Sequence[UUID]) -> int:
        source = await self._source(changed)
        counted = await number_for(self._store, criteria, self.t, source, self.scope)
        read = await self._read(source.without) if source.without else ()
        return min(counted + sum(map(criteria.takes, read)), criteria.limit)

    async def running(self, projects: Sequence[UUID]) -> list[ListedClock]:
        """The clocks of *projects* that run, those that are over first. Raises TooMuchToReadError."""
        source = await self._source()
        read = set(source.without) & set(projects)
        rows = await self._rows_of(source, RUNNING, set(projects) - read)
        shown = await self._shown([ClockRow(*row) for row in rows])
        shown += [clock for clock in await self._read(sorted(read)) if not clock.reading.closed]
        return sorted(shown, key=lambda clock: clock.order)

    async def ends(self, criteria: ClockFilter) -> list[ClockEnd]:
        """The ends of the clocks of one page, of which no reading is made. Raises TooMuchToReadError."""
        async with self._settled() as (settled, changed):
            source = await settled._source(changed)  # noqa: SLF001  its own
            rows = await ends_for(settled._store, criteria, self.t, source, self.scope)  # noqa: SLF001
            self.recounting = settled.recounting
            return ends_of(criteria, rows, await settled._read(source.without)) if source.without else rows  # noqa: SLF001

    async def chosen(self, clocks: Sequence[ClockId]) -> dict[ClockId, ChosenClock]:
        """The running ones of these *clocks*, read as of a list. Raises TooMuchToReadError."""
        source = await self._source()
        ledger = set(source.without)
        of_rows = [key for key in clocks if key[0] not in ledger]
        columns = ("projects", "items", "applications", "clocks")
        params: dict[str, Any] = {name: [key[nth] for key in of_rows] for nth, name in enumerate(columns)}
        async with self._store.cursor() as cursor:
            await cursor.execute(SQL(CHOSEN).format(source=source.table), {**params, **source.params})
            rows = [ClockRow(*row) for row in await cursor.fetchall()]
        states = {(row.project, row.item, row.application, row.clock): row.over_state or "" for row in rows}
        read = await self._read(sorted(ledger & {project for project, *_ in clocks}))
        shown = [*await self._shown(rows), *(clock for clock in read if clock.key in set(clocks))]
        return {
            clock.key: ChosenClock(clock.project, clock.reading, clock.over_at, states.get(clock.key, ""))
            for clock in shown
        }

    async def counts(self, department: str = "") -> list[ClockCount]:
        """The table of modes and key nodes, of one department or the whole zone. Raises TooMuchToReadError."""
        return table(
            await self._counts(BY_NODE, lambda readings: counted(readings, department), department), self._nodes
        )

    async def counts_by_department(self) -> dict[str, Counter[str]]:
        """How many clocks of each department are in which state, as in the table. Raises TooMuchToReadError."""
        return by_department(await self._counts(BY_DEPARTMENT, counted_by_department))

    async def _counts(self, axes: SQL, count: Callable[[Iterable[Reading]], Counts], department: str = "") -> Counts:
        async with settled_snapshot(self._store, VIEWS, self.scope.projects("s", CLOCKS)) as reader:
            settled = copy(self)
            settled._store = reader  # noqa: SLF001  its own
            source = await settled._source(reader.changed)  # noqa: SLF001
            self.recounting = settled.recounting
            counts = await clock_counts(reader, self.t, department, source, self.scope, axes)
            if source.without:
                read = await settled._read(source.without)  # noqa: SLF001
                counts += count(clock.reading for clock in read)
        return counts

    async def explained(self, project: UUID, item: str, clock: str, application: int = 0) -> Explanation:
        """How a clock was counted, day by day; of the last application unless one is named.

        Raises NoSuchClockError if it has not started, or is counted in hours.
        """
        entries = await entries_known(self._store, project, self.known)
        history = _application(item_histories(entries) if of_project(entries) else {}, item, application)
        try:
            return explanation(history, self._laws, clock, self.t, self.known, entries)
        except KeyError as none:
            raise NoSuchClockError(f"{clock} of {item} had not started") from none
        except ValueError as hours:
            raise NoSuchClockError(f"{clock} of {item} has no days to list: {hours}") from hours

    async def _source(self, changed: Sequence[UUID] = ()) -> ClockSource:
        """The rows to read: the view's, or those of its history where many projects have moved since.

        The clocks of projects that neither is right about, and of those that have *changed*, are read from the ledger.
        """
        params = {"t": self.t, "known": self.known, "stale": [], "limit": MOVED_FEW_MAX + 1}
        within = self.scope.of("b", CLOCKS)
        moved_since = await self._rows(SQL(MOVED).format(within=within), params)
        moment = await self._moment() if len(moved_since) > MOVED_FEW_MAX else None
        if moment is None or not moment.axis:
            return ClockSource(SQL("views.clock"), sorted({*await self._moved(), *changed}))
        return ClockSource(moment.of(CLOCK_TABLE), sorted({*moment.stale, *changed}), moment.params)

    async def _moment(self) -> PastMoment:
        async with self._store.cursor() as cursor:
            history = history_by(self._laws)
            return await moment_of(cursor, [history], self.t, self.known, position_of(self._store))

    async def _moved(self) -> list[UUID]:
        """The projects for which the view can't answer: it knows more than was known, or counts by another calendar.

        After a notice that is every project until they are recounted. Where those are too many to be read, the rows
        answer as an older calendar counted them, and *recounting* says so.
        """
        bases = [basis for (basis,) in await self._rows(BASES, {})]
        stale = [basis for basis in bases if not self._current(basis)]
        moved = await self._moved_by(stale)
        if (
            len(moved) > PROJECTS_READ_MAX
            and (newer := [basis for basis in stale if is_newest(basis, self._laws)]) != stale
        ):
            self.recounting = True
            moved = await self._moved_by(newer)
        if len(moved) > PROJECTS_READ_MAX:
            raise TooMuchToReadError(f"more than {PROJECTS_READ_MAX} projects have changed since {self.t.isoformat()}")
        return moved

    async def _moved_by(self, stale: Sequence[str]) -> list[UUID]:
        """The projects that the rows can't answer for; at most one more than may be read."""
        params = {"t": self.t, "known": self.known, "stale": list(stale), "limit": PROJECTS_READ_MAX + 1}
        return [
            project for (project,) in await self._rows(SQL(MOVED).format(within=self.scope.of("b", CLOCKS)), params)
        ]

    def _current(self, basis: str) -> bool:
        """Whether rows resting on *basis* were counted by the calendars of this question."""
        return all(self._counts_so(part) for part in basis.split(",") if part)

    def _counts_so(self, part: str) -> bool:
        return part == counted_at(part.partition("=")[0], self._laws, self.known)

    async def _read(self, projects: Sequence[UUID], only: Applications | None = None) -> list[ListedClock]:
        """Every clock of *projects*, from the ledger; or of *only* some applications of theirs."""
        clocks: list[ListedClock] = []
        batches = readings_of(self._store, self._laws, self._nodes, projects, self.t, self.known, only)
        async for project, items in batches:
            clocks += [ListedClock(project, reading, reading.over_at) for item in items for reading in item.clocks]
        return clocks

    async def _shown(self, rows: Sequence[ClockRow]) -> list[ListedClock]:
        """The readings of *rows*; those that have to be read from the events are read from the ledger."""
        pairs = [(row, reading_in(row, self._laws, self.t, self.known)) for row in rows]
        unread = {(row.project, row.item, row.application) for row, reading in pairs if reading is None}
        others = await self._read(sorted({project for project, _, _ in unread}), unread)
        by_key = {clock.key: clock for clock in others}
        keys = ((row.project, row.item, row.application, row.clock) for row in rows)
        shown = [
            ListedClock(row.project, reading, row.over_at) if reading else by_key.get(key)
            for (row, reading), key in zip(pairs, keys, strict=True)
        ]
        return [clock for clock in shown if clock is not None]

    async def _rows_of(
        self, source: ClockSource, query: LiteralString, projects: Collection[UUID]
    ) -> list[tuple[Any, ...]]:
        """The rows of *projects* in *source*."""
        params = {"projects": list(projects), "t": self.t, **source.params}
        async with self._store.cursor() as cursor:
            await cursor.execute(SQL(query).format(source=source.table), params)
            return await cursor.fetchall()

    async def _rows(self, query: LiteralString | Composed, params: dict[str, Any]) -> list[tuple[Any, ...]]:
        async with self._store.cursor() as cursor:
            await cursor.execute(query, params)
            return await cursor.fetchall()


@lru_cache(maxsize=LAWS_CACHED_MAX)
def history_by(laws: Laws) -> ClockHistory:
    """The history of the clocks, counted by *laws*; of another version where they hold other notices."""
    return ClockHistory(Clocks(lambda: laws))


def is_newest(basis: str, laws: Laws) -> bool:
    """Whether rows resting on *basis* were counted by every notice that *laws* hold."""
    parts = (part for part in basis.split(",") if part)
    return all(part == counted_by(part.partition("=")[0], laws, DISTANT.date()) for part in parts)


async def is_recounting(store: Reader, laws: Laws) -> bool:
    """Whether some rows were counted by an older calendar than that of *laws*: they are being recounted."""
    try:
        async with store.cursor() as cursor:
            await cursor.execute(BASES)
            bases = await cursor.fetchall()
    except psycopg.errors.UndefinedTable:  # none were made yet
        return False
    return not all(is_newest(basis, laws) for (basis,) in bases)


def _application(histories: Histories, item: str, application: int) -> ItemHistory:
    """One application for *item*, the last one unless it is named. Raises NoSuchClockError."""
    numbers = [number for code, number in histories if code == item and application in (0, number)]
    if not numbers or not histories[item, max(numbers)].law:
        raise NoSuchClockError(f"{item} was not applied for")
    return histories[item, max(numbers)]
