"""监察统计 queries of the supervision bureau: signals, decisions and figures of a period, as known at an instant.

Every figure equals the length of a list, although it is read from sums (`board`). Projects with corrections after the
given instant are read from the ledger as known then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from msgspec import structs
from psycopg.sql import SQL, Composed, Identifier

from domain.law.calendar.moment import local_day
from domain.law.calendar.period import Period
from projections.clocks.decisions import LATE_DECISIONS, DecisionRow
from projections.clocks.fold import CLOCKS
from projections.clocks.query import ClocksAt, history_by
from projections.clocks.reading import WORKING_DAY
from projections.history.moment import PROJECTS_READ_MAX, PastMoment, TooMuchToReadError, moment_of
from projections.reader import Laws, Reader
from projections.scope import ZONE_SCOPE, Scope
from projections.snapshots import Cursor, SnapshotReader, position_of, settled_snapshot, snapshot
from projections.sums import ALL, ZONE
from projections.supervision.board import counts_of, signals_by_day
from projections.supervision.figures import (
    CASE_FIGURES,
    ON_TIME,
    Counts,
    DailyCounts,
    DecidedCase,
    Figures,
    SignalCounts,
    counted,
    counted_for,
    figures,
    length_of,
    of_counts,
    signals_in,
)
from projections.supervision.fold import (
    DECISIONS,
    ENDED,
    FATES,
    SIGNALS,
    STANDING,
    SUPERVISION,
    WARNING,
    OrderRow,
    SignalRow,
    Supervision,
    SupervisionState,
    figures_of,
)
from projections.supervision.history import HISTORY
from projections.supervision.list import (
    IN_FORCE,
    LEVELS_IN_FORCE,
    UNMOVED,
    ListFilter,
    ListPage,
    Sources,
    case_key,
    decisions_query,
    in_force_query,
    signal_key,
    signals_query,
    states_query,
    warnings_query,
)
from projections.supervision.orders import (
    OrderAt,
    OrderFilter,
    OrderKey,
    OrderSort,
    OrderState,
    order_at,
    orders_by_state,
    orders_query,
)
from projections.supervision.past_board import CountedAt, counts_at, signals_by_day_at
from projections.supervision.signals import LISTED, ended_by, is_in_force
from projections.view import fold

VIEWS = ("supervision", "clocks")
TABLES = (SIGNALS, DECISIONS, CLOCKS)
RESTATED_FEW_MAX = 4  # projects that are read from the ledger sooner than from the histories: five milliseconds each
WITHIN = "SELECT x.project FROM unnest(%(projects)s::uuid[]) AS x (project) WHERE {within}"
# Of which the views do not know what was the case at the instant, as something was corrected since.
CORRECTED = "SELECT x.project FROM views.corrected AS x WHERE x.at > %(as_of)s AND {within} LIMIT %(limit)s"
# Nor whether a warning had ended: its clock has stopped, perhaps since, which the row of a clock does not date.
RESTATED = f"""
    ({CORRECTED})
    UNION ALL
    (SELECT x.project FROM views.clock_basis AS x
    WHERE (x.happened_at > %(as_of)s OR x.recorded_at > %(as_of)s) AND {{within}} AND EXISTS (
        SELECT FROM views.signal AS s JOIN views.clock AS k
            ON (k.project, k.item, k.application, k.clock) = (s.project, s.item, s.application, s.clock)
        WHERE s.project = x.project AND s.level = 'warning' AND s.told_at <= %(as_of)s AND k.closed)
    LIMIT %(limit)s)
"""  # noqa: S608 our own constant


class SupervisionAt:
    """Supervision data in *scope*, as known at *as_of*, by *laws*. Periods are in days of *zone*."""

    def __init__(self, store: Reader, laws: Laws, as_of: datetime, zone: str, scope: Scope = ZONE_SCOPE) -> None:
        self._store, self._laws = store, laws
        self.as_of, self.zone, self.scope = as_of, zone, scope
        self._rewound: list[tuple[UUID, SupervisionState]] | None = None
        self._moment: PastMoment | None = None  # where the histories answer instead of the views
        self._changed: Sequence[UUID] = ()
        self._dates_ends = False  # whether it is to be right about which warnings had ended

    @cached_property
    def _dated(self) -> SupervisionAt:
        """The same queries, for lists that say which warnings had ended: no count and no decision depends on that."""
        dated = SupervisionAt(self._store, self._laws, self.as_of, self.zone, self.scope)
        dated._changed, dated._dates_ends = self._changed, True
        return dated

    def _over(self, reader: SnapshotReader) -> SupervisionAt:
        """The same queries in the snapshot of *reader*."""
        settled = SupervisionAt(reader, self._laws, self.as_of, self.zone, self.scope)
        settled._changed = reader.changed
        return settled

    def compared(self, period: Period) -> tuple[Period, Period]:
        """The periods for 环比 and 同比, which are cut while *period* runs."""
        return period.compared(local_day(self.as_of, self.zone))

    async def signals(
        self, period: Period, department: str = "", figure: str = "", limit: int | None = None
    ) -> list[SignalRow]:
        """Warnings, cards and effects of silence of *period*, the newest first. Raises TooMuchToReadError."""
        criteria = ListFilter(period=period, department=department, figure=figure, scope=self.scope, limit=limit)
        return await self._dated._listed(criteria)  # noqa: SLF001  its own kind

    async def _listed(self, criteria: ListFilter) -> list[SignalRow]:
        read = await self._past_signals(criteria.period)
        async with snapshot(self._store) as cursor:
            return await self._signals(cursor, criteria, read, unmoved=await self._is_unmoved(cursor, criteria))

    async def decided(self, period: Period, department: str = "", figure: str = "decided") -> list[DecidedCase]:
        """The applications decided in *period*, the newest first. Raises TooMuchToReadError."""
        criteria = ListFilter(period=period, department=department, figure=figure, scope=self.scope)
        read = await self._past_decisions(period)
        async with self._store.cursor() as cursor:
            return await self._decided(cursor, criteria, read)

    async def changed_states(self, period: Period) -> Counter[tuple[str, str]]:
        """How many signals of *period* have another state than standing, by level and state. Raises TooMuchToReadError.

        Warnings that ended with their clocks are not among them.
        """
        criteria = ListFilter(period=period, scope=self.scope)
        read = await self._past_signals(period)
        query = states_query(criteria, self._sources, without=bool(self._without))
        async with self._store.cursor() as cursor:
            rows = await self._page(cursor, query, criteria, ())
        others = [signal for signal in read if self.scope.takes(SUPERVISION, signal.department)]
        counts = Counter((row.level, row.state) for row in others if row.state not in (STANDING, ENDED))
        counts.update({(level, state): number for level, state, number in rows})
        return counts

    async def signal_page(self, criteria: ListFilter) -> ListPage[SignalRow]:
        """One page of the signals, and their number, as on the board. Raises TooMuchToReadError."""
        async with (
            settled_snapshot(self._store, VIEWS, self.scope.projects("s", SUPERVISION)) as reader,
            reader.cursor() as cursor,
        ):
            return await self._over(reader)._dated._signal_page(cursor, criteria)  # noqa: SLF001  its own kind

    async def _signal_page(self, cursor: Cursor, criteria: ListFilter) -> ListPage[SignalRow]:
        read = await self._past_signals(criteria.period)
        unmoved = await self._is_unmoved(cursor, criteria)
        rows = await self._signals(cursor, criteria.with_next_row, read, unmoved=unmoved)
        if self._is_counted and (unmoved or criteria.figure != IN_FORCE):
            return ListPage.of(rows, criteria, await self._number_of_signals(cursor, criteria, read))
        return ListPage.of(rows, criteria, len(await self._signals(cursor, criteria.whole, read, unmoved=unmoved)))

    async def _is_unmoved(self, cursor: Cursor, criteria: ListFilter) -> bool:
        """Whether *criteria* ask for what is in force, and the warnings among that are those whose clocks run now."""
        if criteria.figure != IN_FORCE or self._moment is not None:
            return False
        await cursor.execute(UNMOVED, {"as_of": self.as_of})
        ((unmoved,),) = await cursor.fetchall()
        return bool(unmoved)

    async def _number_of_signals(self, cursor: Cursor, criteria: ListFilter, read: Sequence[SignalRow]) -> int:
        """The length of a list, with those *read* from the ledger, from counts and warnings whose clocks run."""
        if criteria.figure != IN_FORCE:
            return await self._number(cursor, criteria, counted(read, ()), (criteria.figure,))
        query = warnings_query(criteria, without=bool(self._without))
        ((running,),) = await self._page(cursor, query, criteria, ())
        others = [row for row in read if row.level == WARNING and criteria.department in ("", row.department)]
        cards = await self._number(cursor, criteria, counted(read, ()), LEVELS_IN_FORCE)
        return int(running) + sum(map(is_in_force, others)) + cards

    async def decided_page(self, criteria: ListFilter) -> ListPage[DecidedCase]:
        """One page of the decided applications, and their number. Raises TooMuchToReadError."""
        async with (
            settled_snapshot(self._store, VIEWS, self.scope.projects("s", SUPERVISION)) as reader,
            reader.cursor() as cursor,
        ):
            return await self._over(reader)._decided_page(cursor, criteria)  # noqa: SLF001  its own kind

    async def _decided_page(self, cursor: Cursor, criteria: ListFilter) -> ListPage[DecidedCase]:
        read = await self._past_decisions(criteria.period)
        rows = await self._decided(cursor, criteria.with_next_row, read)
        if not self._is_counted:
            return ListPage.of(rows, criteria, len(await self._decided(cursor, criteria.whole, read)))
        return ListPage.of(rows, criteria, await self._number(cursor, criteria, counted((), read), (criteria.figure,)))

    async def board(self, period: Period) -> list[Figures]:
        """The figures of all departments together, then of each, by name, as counts. Raises TooMuchToReadError."""
        await self._earlier(few_max=0)
        if not self._is_counted:
            return await self.board_of_lists(period)
        return of_counts(await self._counts(period))

    async def total(self, period: Period) -> Figures:
        """The figures of all departments together. Raises TooMuchToReadError."""
        await self._earlier(few_max=0)
        if not self._is_counted:
            return (await self.board_of_lists(period))[0]
        return of_counts(await self._counts(period, together=True))[0]

    async def signals_by_period(self, periods: Sequence[Period]) -> list[SignalCounts]:
        """How many signals each of *periods* has, by department and figure; "" is all. Raises TooMuchToReadError.

        Each number is the length of the list of its period, department and figure.
        """
        await self._earlier(few_max=0)
        whole = Period(min(period.first for period in periods), max(period.last for period in periods))
        if self._is_counted:
            read = await self._past_signals(whole)
            async with snapshot(self._store) as cursor:
                counts = await self._daily(cursor, whole)
        else:
            read, counts = await self.signals(whole), DailyCounts()
        for signal in read:
            day = local_day(signal.happened_at, self.zone)
            for department in counted_for(signal.department):
                counts.update((day, department, figure) for figure in figures_of(signal.level, signal.state))
        return [signals_in(counts, period) for period in periods]

    async def _daily(self, cursor: Cursor, period: Period) -> DailyCounts:
        """The signals from the histories or the sums by day, but of the projects that are read from the ledger."""
        if self._moment is None:
            return await signals_by_day(cursor, period, self.as_of, self._without, self.scope)
        counted_at = CountedAt(self._moment, period, self.zone, self.scope.register, self._without)
        return await signals_by_day_at(cursor, counted_at)

    @property
    def _is_counted(self) -> bool:
        """Whether figures are counts without lists, for those who may read all of the zone.

        Sums hold what is known now, by days of the zone; histories have what was known before something was corrected.
        """
        return self.scope.sees_all(SUPERVISION) and (self.zone == ZONE or self._moment is not None)

    @property
    def _sources(self) -> Sources:
        """The tables of the lists, as they are, or as they were."""
        if self._moment is None:
            tables = (*TABLES, FATES, LATE_DECISIONS)
            return {table.name: SQL("views.{}").format(Identifier(table.name)) for table in tables}
        # Their own conditions find signals and decisions, and those find clocks by their keys.
        sources = {table.name: self._moment.of(table, by_project=True) for table in TABLES}
        return {**sources, LATE_DECISIONS.name: sources[DECISIONS.name]}

    async def _counts(self, period: Period, *, together: bool = False) -> Counts:
        read = counted(await self._past_signals(period), await self._past_decisions(period))
        async with snapshot(self._store) as cursor:
            counts = await self._counted(cursor, period, together=together)
        counts.update(read)
        return counts

    async def _counted(self, cursor: Cursor, period: Period, *, together: bool) -> Counts:
        """The counts from the histories or the sums, but of the projects that are read from the ledger."""
        if self._moment is None:
            return await counts_of(cursor, period, self.as_of, self._without, together=together, scope=self.scope)
        counted_at = CountedAt(self._moment, period, self.zone, self.scope.register, self._without)
        return await counts_at(cursor, counted_at, together=together)

    async def board_of_lists(self, period: Period) -> list[Figures]:
        """The same figures, counted from complete lists."""
        signals, decided = await self.signals(period), await self.decided(period)
        departments = {row.department for row in signals} | {row.department for row in decided}
        return [
            figures("", signals, decided),
            *(
                figures(
                    department,
                    [row for row in signals if row.department == department],
                    [row for row in decided if row.department == department],
                )
                for department in sorted(departments - {ALL})
            ),
        ]

    async def orders(
        self,
        department: str = "",
        *,
        unanswered: bool = False,
        due_by: date | None = None,
        period: Period | None = None,
        sort: OrderSort = OrderSort.FEEDBACK,
        limit: int,
        last: OrderKey | None = None,
    ) -> list[OrderAt]:
        """Orders of the bureau as of the instant, in the order of *sort*; of *period*, or due by a day, if it is named.

        Raises CursorOutdatedError.
        """
        begin, end = (period.begins(self.zone), period.ends(self.zone)) if period else (None, None)
        criteria = OrderFilter(
            department=department,
            unanswered=unanswered,
            due_by=due_by,
            begin=begin,
            end=end,
            sort=sort,
            limit=limit,
            last=last,
        )
        async with (
            settled_snapshot(self._store, VIEWS, self.scope.projects("s", SUPERVISION)) as reader,
            reader.cursor() as cursor,
        ):
            params = {**criteria.params, "as_of": self.as_of, "without": list(reader.changed)}
            query = orders_query(criteria, self.scope, without=bool(reader.changed))
            await cursor.execute(query, params)
            rows = [OrderRow(*row) for row in await cursor.fetchall()]
            if reader.changed:
                rows = criteria.sorted([*rows, *await self._over(reader)._changed_orders(criteria)])[:limit]  # noqa: SLF001  its own kind
        return [order_at(row, self.as_of, self.zone) for row in rows]

    async def orders_by_state(self, period: Period) -> Counter[OrderState]:
        """How many orders of *period* there are as of the instant, by their state."""
        criteria = OrderFilter(begin=period.begins(self.zone), end=period.ends(self.zone), limit=0)
        params = {**criteria.params, "as_of": self.as_of, "zone": self.zone, "today": local_day(self.as_of, self.zone)}
        rows = await self._rows(orders_by_state(criteria, self.scope), params)
        return Counter({OrderState(state): number for state, number in rows})

    async def _changed_orders(self, criteria: OrderFilter) -> list[OrderRow]:
        """The orders of the projects that have changed since the first page."""
        return [
            row
            for _, state in await self._folded(self._changed)
            for row in state.orders.values()
            if criteria.takes(row, self.as_of) and self.scope.takes(SUPERVISION, row.department)
        ]

    async def _signals(
        self, cursor: Cursor, criteria: ListFilter, read: Sequence[SignalRow], *, unmoved: bool
    ) -> list[SignalRow]:
        """A page from the view, merged with the rows *read* from the ledger; *unmoved*: see `_is_unmoved`."""
        takes = LISTED.get(criteria.figure)
        others = [
            signal
            for signal in read
            if criteria.department in ("", signal.department)
            and (takes is None or takes(signal))
            and self.scope.takes(SUPERVISION, signal.department)
            and criteria.follows(signal_key(signal))
        ]
        query = (in_force_query if unmoved else signals_query)(criteria, self._sources, without=bool(self._without))
        rows = [SignalRow(*row) for row in await self._page(cursor, query, criteria, others)]
        return criteria.merged(rows, others, signal_key) if others else rows

    async def _decided(self, cursor: Cursor, criteria: ListFilter, read: Sequence[DecidedCase]) -> list[DecidedCase]:
        takes = CASE_FIGURES[criteria.figure]
        others = [
            case
            for case in read
            if criteria.department in ("", case.department)
            and takes(case)
            and self.scope.takes(SUPERVISION, case.department)
            and criteria.follows(case_key(case))
        ]
        query = decisions_query(criteria, self._sources, without=bool(self._without))
        rows = [
            DecidedCase(*(*row[:-3], ON_TIME.get(row[-3]), ON_TIME.get(row[-2]), row[-1]))
            for row in await self._page(cursor, query, criteria, others)
        ]
        return criteria.merged(rows, others, case_key) if others else rows

    async def _page(
        self, cursor: Cursor, query: Composed, criteria: ListFilter, others: Sequence[object]
    ) -> list[tuple[Any, ...]]:
        """The rows of the view; from the start of the list if there are *others* to merge."""
        instant = {"as_of": self.as_of, "without": self._without}
        instant |= self._moment.params if self._moment else {}
        period = {"first": criteria.period.begins(self.zone), "end": criteria.period.ends(self.zone)}
        params = {**(criteria.from_the_first if others else criteria).params(), **instant, **period}
        await cursor.execute(query, params)
        return await cursor.fetchall()

    async def _number(self, cursor: Cursor, criteria: ListFilter, read: Counts, of: Sequence[str]) -> int:
        """How many there are of some figures, from counts and from those *read* from the ledger, as on the board."""
        together = not criteria.department
        counts = await self._counted(cursor, criteria.period, together=together)
        counts.update(read)
        lines = {line.department: line for line in of_counts(counts)}
        line = lines.get(criteria.department)
        return sum(length_of(line, figure) for figure in of) if line else 0

    def _is_in(self, at: datetime, period: Period) -> bool:
        return period.begins(self.zone) <= at < period.ends(self.zone)

    async def _earlier(self, few_max: int | None = None) -> list[tuple[UUID, SupervisionState]]:
        """The past states of projects that neither the views nor the histories answer for; read once.

        Where these are no more than *few_max*, they are read from the ledger rather than the histories.
        """
        if self._rewound is None:
            few_max = RESTATED_FEW_MAX if few_max is None else few_max
            projects = await self._restated(few_max)
            if len(projects) > few_max:
                self._moment = await self._made_moment()
                stale = () if self._moment is None else await self._within(self._moment.stale)
                projects = await self._restated(PROJECTS_READ_MAX) if self._moment is None else stale
            if len(projects) > PROJECTS_READ_MAX:
                raise TooMuchToReadError(f"more than {PROJECTS_READ_MAX} projects have changed since {self.as_of}")
            projects = sorted({*projects, *self._changed})
            self._rewound = await self._folded(projects) if projects else []
        return self._rewound

    async def _restated(self, limit: int) -> Sequence[UUID]:
        """The projects that the views are not right about; more than *limit* where there are more."""
        query = SQL(RESTATED if self._dates_ends else CORRECTED).format(within=self.scope.projects("x", SUPERVISION))
        rows = await self._rows(query, {"as_of": self.as_of, "limit": limit + 1})
        return sorted({project for (project,) in rows})

    async def _within(self, projects: Sequence[UUID]) -> Sequence[UUID]:
        """Those of *projects* that are in the scope."""
        if not projects:
            return projects
        query = SQL(WITHIN).format(within=self.scope.projects("x", SUPERVISION))
        return [project for (project,) in await self._rows(query, {"projects": list(projects)})]

    async def _made_moment(self) -> PastMoment | None:
        """The instant in the histories; None while these are being made."""
        histories = [HISTORY, history_by(self._laws)]
        async with self._store.cursor() as cursor:
            moment = await moment_of(cursor, histories, self.as_of, self.as_of, position_of(self._store))
        return moment if moment.axis else None

    @property
    def _without(self) -> list[UUID]:
        """The projects read from the ledger instead of the view."""
        return [project for project, _ in self._rewound or ()]

    async def _past_signals(self, period: Period) -> list[SignalRow]:
        """The signals of the projects with later corrections."""
        signals: list[SignalRow] = []
        for project, state in await self._earlier():
            within = [signal for signal in _signals(state) if self._is_in(signal.happened_at, period)]
            signals += await self._with_ends(project, within)
        return signals

    async def _with_ends(self, project: UUID, signals: list[SignalRow]) -> list[SignalRow]:
        """*signals* of one project, with warnings of ended clocks marked as ended; clocks are read from the ledger."""
        if not any(signal.level == WARNING and signal.state == STANDING for signal in signals):
            return signals
        items = await ClocksAt(self._store, self._laws, self.as_of, self.as_of).of_project(project)
        return [ended_by(signal, items) for signal in signals]

    async def _past_decisions(self, period: Period) -> list[DecidedCase]:
        """The decisions of the projects with later corrections."""
        cases: list[DecidedCase] = []
        for project, state in await self._earlier():
            rows = (DecisionRow(*row) for row in state.decisions.rows.values())
            within = [row for row in rows if self._is_in(row.decided_at, period)]
            cases += await self._judged(project, within) if within else []
        return cases

    async def _folded(self, projects: Sequence[UUID]) -> list[tuple[UUID, SupervisionState]]:
        view, states = Supervision(), []
        for project, rows in groupby(await self._store.streams(projects), attrgetter("stream")):
            entries = [entry for entry in (row.decoded() for row in rows) if entry.recorded_at <= self.as_of]
            states.append((project, fold([view], project, entries).states[view.name]))
        return states

    async def _judged(self, project: UUID, decided: Sequence[DecisionRow]) -> list[DecidedCase]:
        """Decisions of one project with the states of their clocks, read from the ledger."""
        items = await ClocksAt(self._store, self._laws, self.as_of, self.as_of).of_project(project)
        clocks = {
            (reading.item, reading.application, reading.clock): reading for item in items for reading in item.clocks
        }
        cases = []
        for row in decided:
            key = row.item, row.application
            clock, promise = clocks.get((*key, "decision")), clocks.get((*key, "commitment"))
            days = int(clock.used) if clock and clock.used is not None and clock.unit == WORKING_DAY else None
            judged = [ON_TIME.get(reading.state.value) if reading else None for reading in (clock, promise)]
            cases.append(DecidedCase(*(*structs.astuple(row), *judged, days)))
        return cases

    async def _rows(self, query: Composed, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        async with self._store.cursor() as cursor:
            await cursor.execute(query, params)
            return await cursor.fetchall()


def _signals(state: SupervisionState) -> list[SignalRow]:
    """The signals, each with its last state."""
    return [SignalRow(*row) for row in state.signals.values()]
