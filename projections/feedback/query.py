"""投诉评议 queries on complaints and evaluations: lists, one project's, and figures, as of any instant.

Current rows are used for projects without later feedback or corrections. Where many have some, their history answers.
Projects that neither is right about are read from the ledger and folded as of the instant.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, Generic, LiteralString, TypeVar
from uuid import UUID

from msgspec import Struct, field, structs
from psycopg.sql import SQL, Composed, Identifier, Placeholder

from domain.law.feedback.clock import FeedbackClockState
from domain.law.feedback.terms import FeedbackStep
from projections.clocks.past import PROJECTS_AT_A_TIME
from projections.feedback.complaints import ComplaintRow
from projections.feedback.evaluations import EvaluationRow
from projections.feedback.fold import COMPLAINTS as COMPLAINT_TABLE
from projections.feedback.fold import EVALUATIONS as EVALUATION_TABLE
from projections.feedback.fold import Feedback, FeedbackRow, FeedbackState
from projections.feedback.history import HISTORY
from projections.feedback.reading import (
    ComplaintReading,
    EvaluationReading,
    Reading,
    complaint_reading,
    evaluation_reading,
)
from projections.feedback.settled import settled_counts, settled_history
from projections.feedback.summary import GOOD as GOOD_FIGURE
from projections.feedback.summary import FeedbackCounts, FeedbackSummary, figures_of, lines_of
from projections.feedback.sums import UNSETTLED
from projections.feedback.sums_query import COLUMNS_SUMMED, FEEDBACK, SummedFeedback, settled_figures
from projections.feedback.unsettled import GOING_ON, clock_name, may_have, open_counts
from projections.history.moment import (
    PROJECTS_READ_MAX,
    HistoryBehindError,
    PastMoment,
    TooMuchToReadError,
    moment_of,
)
from projections.keyset import Ordering, SortKey
from projections.law.shipped import shipped_law
from projections.reader import Laws, Reader, StoredEntry
from projections.scope import EVERYTHING, Scope
from projections.snapshots import Cursor, SnapshotReader, is_paged, position_of, settled_snapshot, snapshot
from projections.view import SCHEMA, Table, fold_at

R = TypeVar("R", ComplaintRow, EvaluationRow)
A = TypeVar("A", ComplaintReading, EvaluationReading)
VIEW = Feedback(shipped_law)  # the calendar changes nothing but its sums
VIEWS = (VIEW.name,)
VOICES_READ_MAX = 20_000  # of each kind in one query: some seconds
BATCH_MAX = 1_000  # read at a time to look for clocks
OF_FEW_VALUES = ("state", "grade", "bad", "appeal")  # said as they are, as some have an index of their own
OF_PROJECTS = SQL("v.project = ANY (%(without)s)")
NOT_GOOD = SQL("(v.bad OR v.state = 'void')")
GOOD = """
    SELECT v.department, v.item, count(*) FROM {evaluation} AS v
    WHERE NOT v.bad AND v.state <> 'void' AND {conditions} GROUP BY v.department, v.item
"""
MOVES: LiteralString = """
    SELECT v.project FROM views.voice AS v
    WHERE v.occurred_at > %(t)s AND {of_voices} AND (%(project)s::uuid IS NULL OR v.project = %(project)s)
    UNION ALL SELECT v.project FROM views.voice AS v
    WHERE v.recorded_at > %(known)s AND {of_voices} AND (%(project)s::uuid IS NULL OR v.project = %(project)s)
    UNION ALL SELECT c.project FROM views.corrected AS c
    WHERE c.at > %(known)s AND {of_corrected} AND (%(project)s::uuid IS NULL OR c.project = %(project)s)
"""
MOVED: LiteralString = f"SELECT DISTINCT m.project FROM ({MOVES}) AS m LIMIT %(limit)s"  # noqa: S608 our own constant
FIRST_MOVES: LiteralString = f"SELECT m.project FROM ({MOVES}) AS m LIMIT %(moves)s"  # noqa: S608 our own constant
WITHIN = "SELECT x.project FROM unnest(%(projects)s::uuid[]) AS x (project) WHERE {within}"
FeedbackKey = tuple[datetime, UUID, str]
MOVED_FEW_MAX = 8  # projects that are read from the ledger sooner than from the history: two milliseconds each
MOVES_READ_MAX = 100  # to tell whether more projects than so few have moved: each has a few complaints at most


class FeedbackSource(Struct, frozen=True):
    """Where rows are read from: the view, or its history at a *moment*.

    *earlier*: the past states of the projects that it does not answer for.
    """

    earlier: Mapping[UUID, FeedbackState]
    moment: PastMoment | None = None

    def of(self, table: Table) -> Composed:
        """The FROM item for *table*; an alias has to follow."""
        return SQL("{}").format(Identifier(SCHEMA, table.name)) if self.moment is None else self.moment.of(table)

    @property
    def params(self) -> dict[str, object]:
        """The query parameters for `of`."""
        return {} if self.moment is None else self.moment.params


CURRENT = FeedbackSource({})


class FeedbackFilter(Struct, frozen=True, kw_only=True):
    """Filter of complaints or evaluations, listed newest first; fields left out don't restrict.

    *equal*: columns and their values. Filed from *first* until before *end*. *clock* and *standing*: has a clock of
    this name, in this state, or both.
    """

    project: UUID | None = None
    equal: Mapping[str, str | bool] = field(default_factory=dict)
    first: datetime | None = None
    end: datetime | None = None
    clock: FeedbackStep | None = None
    standing: FeedbackClockState | None = None
    scope: Scope | None = None  # None: of any register, if the project is given
    limit: int = 100
    offset: int = 0
    last: FeedbackKey | None = None  # the row before the page

    @property
    def by_clock(self) -> bool:
        """Whether clocks have to be computed to filter."""
        return self.clock is not None or self.standing is not None

    def takes(self, project: UUID, row: object, at: datetime) -> bool:
        """Whether *row*, given at *at*, matches, clocks apart: the same conditions as in `statement`."""
        return (
            self.project in (None, project)
            and (self.first is None or at >= self.first)
            and (self.end is None or at < self.end)
            and all(getattr(row, name) == value for name, value in self.equal.items())
            and (self.scope is None or self.scope.takes(FEEDBACK, getattr(row, "department", "")))
        )

    def takes_clocks(self, reading: Reading) -> bool:
        """Whether one of its clocks matches."""
        return any(
            self.clock in (None, clock.clock) and self.standing in (None, clock.state) for clock in reading.clocks
        )


class FeedbackKind(Struct, Generic[R, A], frozen=True):
    """Complaints or evaluations: their table and row, the column of their time, and their reading."""

    table: Table
    row: type[R]
    at: LiteralString
    name: LiteralString
    rows: Callable[[FeedbackState], Iterable[R]]
    read: Callable[[R, Laws, datetime, datetime], A]

    def order(self, row: R | A) -> tuple[datetime, str, str]:
        """The sort key of lists, descending."""
        at, project, name = self.key(row)
        return at, project.hex, name

    def key(self, row: R | A) -> FeedbackKey:
        """The sort key of *row*, in the order of lists."""
        return getattr(row, self.at), row.project, getattr(row, self.name)

    def follows(self, row: R | A, last: FeedbackKey | None) -> bool:
        """Whether *row* comes after the row *last*."""
        return last is None or self.order(row) < (last[0], last[1].hex, last[2])

    @property
    def ordering(self) -> Ordering:
        """The order of the query."""
        expressions: tuple[LiteralString, ...] = (f"v.{self.at}", "v.project", f'v.{self.name} COLLATE "C"')
        return Ordering(SortKey(expression, descending=True) for expression in expressions)


COMPLAINTS = FeedbackKind(
    COMPLAINT_TABLE, ComplaintRow, "filed_at", "complaint", lambda state: state.complaints.values(), complaint_reading
)
EVALUATIONS = FeedbackKind(
    EVALUATION_TABLE,
    EvaluationRow,
    "evaluated_at",
    "evaluation",
    lambda state: state.evaluations.values(),
    evaluation_reading,
)


class FeedbackAt:
    """Feedback given by *t*, as known at *known*, with its clocks by *laws*."""

    def __init__(self, store: Reader, laws: Laws, t: datetime, known: datetime) -> None:
        self._store, self._laws = store, laws
        self.t, self.known = t, known

    async def complaints(self, criteria: FeedbackFilter) -> list[ComplaintReading]:
        """Complaints, the newest first. Raises TooMuchToReadError."""
        return await self._settled(COMPLAINTS, criteria)

    async def evaluations(self, criteria: FeedbackFilter) -> list[EvaluationReading]:
        """Evaluations, the newest first. Raises TooMuchToReadError."""
        return await self._settled(EVALUATIONS, criteria)

    async def steps(self, project: UUID) -> list[FeedbackRow]:
        """The audit trail of a project's complaints and evaluations, oldest first, with corrections applied."""
        source = await self._source(project)
        if project in source.earlier:
            return [FeedbackRow(*row) for row in source.earlier[project].steps]
        query = SQL("SELECT * FROM views.voice WHERE project = %(project)s ORDER BY version")
        return [FeedbackRow(*row) for row in await self._rows(query, {"project": project})]

    async def summaries(self, criteria: FeedbackFilter, opinions_min: int) -> list[FeedbackSummary]:
        """The figures of all matching feedback, by department and item. Raises TooMuchToReadError.

        What is settled is read from sums, what is not from spans of time, where they answer; all else one by one.
        """
        async with snapshot(self._store) as cursor:
            reader = FeedbackAt(SnapshotReader(self._store, cursor, None), self._laws, self.t, self.known)
            source = await reader._source(criteria.project, criteria.scope)
            if source.moment:
                counts = await reader._settled_then(cursor, criteria)
            else:
                counts = await reader._summed(cursor, criteria, source)
            if counts is None:
                counts = await reader._counted(criteria, source)
        return lines_of(counts, opinions_min=opinions_min)

    async def _summed(self, cursor: Cursor, criteria: FeedbackFilter, source: FeedbackSource) -> FeedbackCounts | None:
        """The figures from the sums and of what is not settled; None where sums can't answer."""
        summed = SummedFeedback.of(criteria.scope, criteria.equal, criteria.first, criteria.end)
        settled = await summed.read(cursor, self._laws, self.known) if summed and not criteria.project else None
        if settled is None:
            return None
        if source.earlier:
            rows: list[ComplaintRow | EvaluationRow] = [
                *await self._of(COMPLAINTS, criteria, source.earlier),
                *await self._of(EVALUATIONS, criteria, source.earlier),
            ]
            settled.subtract(await asyncio.to_thread(settled_figures, rows, self._laws))
        conditions = conditions_of("given_at", criteria, without=bool(source.earlier))
        params = parameters_of(criteria, source.earlier)
        unsettled = await open_counts(cursor, conditions, params, self._laws, self.t, self.known)
        if unsettled is None:
            return await self._with_unsettled(settled, criteria, source)
        settled.update(unsettled)
        if source.earlier:
            complaints = self._merged(COMPLAINTS, criteria, [], source.earlier)
            evaluations = self._merged(EVALUATIONS, criteria, [], source.earlier)
            settled.update(await self._figures(complaints, evaluations))
        return settled

    async def _settled_then(self, cursor: Cursor, criteria: FeedbackFilter) -> FeedbackCounts | None:
        """The figures of a past instant: what was settled is counted, the rest is read; None where it isn't known."""
        if not COLUMNS_SUMMED.issuperset(criteria.equal):
            return None
        histories = [HISTORY, settled_history(self._laws)]
        try:
            moment = await moment_of(cursor, histories, self.t, self.known, position_of(self._store))
        except HistoryBehindError:  # made again after a notice: until then the other one answers alone
            return None
        if not moment.axis:
            return None
        conditions, params = conditions_of("given_at", criteria, without=False), parameters_of(criteria, ())
        settled = await settled_counts(cursor, moment, self.known, conditions, params, self._laws)
        if settled is None:
            return None
        stale = await self._within(moment.stale, criteria.scope)
        source = FeedbackSource(await self._states(stale), moment)
        return await self._with_unsettled(settled, criteria, source)

    async def _with_unsettled(
        self, settled: FeedbackCounts, criteria: FeedbackFilter, source: FeedbackSource
    ) -> FeedbackCounts:
        """The figures of what is *settled*, and of the rest, which is read."""
        complaints = await self._all(COMPLAINTS, criteria, source, SQL(UNSETTLED[COMPLAINTS.table.name]))
        evaluations = await self._all(EVALUATIONS, criteria, source, SQL(UNSETTLED[EVALUATIONS.table.name]))
        settled.update(await self._figures(complaints, evaluations))
        return settled

    async def _counted(self, criteria: FeedbackFilter, source: FeedbackSource) -> FeedbackCounts:
        """The same without the sums: from every row but good evaluations, which are counted."""
        complaints = await self._all(COMPLAINTS, criteria, source)
        evaluations = await self._all(EVALUATIONS, criteria, source, NOT_GOOD)
        counts = await self._figures(complaints, evaluations)
        for (department, item), number in (await self._good(criteria, source)).items():
            counts[department, item, GOOD_FIGURE] += number
        return counts

    async def _figures(
        self, complaints: Sequence[ComplaintRow], evaluations: Sequence[EvaluationRow]
    ) -> FeedbackCounts:
        read = self._reader(COMPLAINTS), self._reader(EVALUATIONS)
        return await asyncio.to_thread(lambda: figures_of(map(read[0], complaints), map(read[1], evaluations)))

    async def _good(self, criteria: FeedbackFilter, source: FeedbackSource) -> Mapping[tuple[str, str], int]:
        """The numbers of evaluations in *source* that count and are not bad, by department and item."""
        conditions = conditions_of(EVALUATIONS.at, criteria, without=bool(source.earlier))
        query = SQL(GOOD).format(evaluation=source.of(EVALUATIONS.table), conditions=conditions)
        rows = await self._rows(query, parameters_of(criteria, source.earlier) | source.params)
        return {(department, item): number for department, item, number in rows}

    async def _settled(self, kind: FeedbackKind[R, A], criteria: FeedbackFilter) -> list[A]:
        if not is_paged(self._store) or criteria.project is not None:
            return await self._listed(kind, criteria, await self._source(criteria.project, criteria.scope))
        async with settled_snapshot(self._store, VIEWS, projects_of(criteria.scope, "s")) as reader:
            settled = FeedbackAt(reader, self._laws, self.t, self.known)
            source = await settled._source(None, criteria.scope, reader.changed)
            return await settled._listed(kind, criteria, source)

    async def _listed(self, kind: FeedbackKind[R, A], criteria: FeedbackFilter, source: FeedbackSource) -> list[A]:
        read, page = self._reader(kind), slice(criteria.offset, criteria.offset + criteria.limit)
        if not criteria.by_clock:
            if not source.earlier:
                return list(map(read, await self._matching(kind, criteria, source, criteria.limit, criteria.offset)))
            rows = await self._matching(kind, criteria, source, criteria.offset + criteria.limit)
            return list(map(read, self._merged(kind, criteria, rows, source.earlier)[page]))
        matching = await self._by_clock(kind, criteria, source)
        if source.earlier:
            matching += self._with_clocks(kind, criteria, self._merged(kind, criteria, [], source.earlier))
        return sorted(matching, key=kind.order, reverse=True)[page]

    async def _by_clock(self, kind: FeedbackKind[R, A], criteria: FeedbackFilter, source: FeedbackSource) -> list[A]:
        """Those of *source* with a clock that matches: rows are read until the page is full.

        Raises TooMuchToReadError.
        """
        matching: list[A] = []
        of_view = await self._that_may_have(kind, criteria, source)
        looked_at, batch = 0, criteria.offset + criteria.limit
        while len(matching) < criteria.offset + criteria.limit:
            batch = min(batch, BATCH_MAX, VOICES_READ_MAX + 1 - looked_at)
            rows = await self._matching(kind, criteria, source, batch, of_view=of_view)
            looked_at += len(rows)
            if looked_at > VOICES_READ_MAX:
                raise TooMuchToReadError(f"there are more than {VOICES_READ_MAX:,} {kind.table.name}s to read")
            matching += await asyncio.to_thread(self._with_clocks, kind, criteria, rows)
            if len(rows) < batch:
                break
            criteria, batch = structs.replace(criteria, last=kind.key(rows[-1])), 2 * batch
        return matching

    async def _that_may_have(
        self, kind: FeedbackKind[R, A], criteria: FeedbackFilter, source: FeedbackSource
    ) -> SQL | Composed:
        """The condition for the rows that may have such a clock."""
        if criteria.standing not in GOING_ON:
            return EVERYTHING
        unsettled = SQL(UNSETTLED[kind.table.name])
        if source.moment:
            return unsettled
        steps = [criteria.clock] if criteria.clock else FeedbackStep
        clocks = [clock_name(step, criteria.standing) for step in steps]
        async with self._store.cursor() as cursor:
            going_on = await may_have(cursor, kind.table.name, kind.name, clocks, self._laws, self.known)
        return SQL("{} AND {}").format(unsettled, going_on)

    def _with_clocks(self, kind: FeedbackKind[R, A], criteria: FeedbackFilter, rows: Iterable[R]) -> list[A]:
        """The readings of those of *rows* that have a clock that matches."""
        return [reading for reading in map(self._reader(kind), rows) if criteria.takes_clocks(reading)]

    async def _all(
        self,
        kind: FeedbackKind[R, A],
        criteria: FeedbackFilter,
        source: FeedbackSource,
        of_view: SQL = EVERYTHING,
    ) -> list[R]:
        """Every matching row, clocks apart; from the view only those under the condition *of_view*."""
        rows = await self._matching(kind, criteria, source, VOICES_READ_MAX + 1, of_view=of_view)
        merged = self._merged(kind, criteria, rows, source.earlier)
        if len(merged) > VOICES_READ_MAX:
            raise TooMuchToReadError(f"there are more than {VOICES_READ_MAX:,} {kind.table.name}s to read")
        return merged

    def _reader(self, kind: FeedbackKind[R, A]) -> Callable[[R], A]:
        return lambda row: kind.read(row, self._laws, self.t, self.known)

    def _merged(
        self,
        kind: FeedbackKind[R, A],
        criteria: FeedbackFilter,
        rows: Sequence[R],
        earlier: Mapping[UUID, FeedbackState],
    ) -> list[R]:
        """*rows* of the source merged with those read from the ledger, in list order."""
        merged: list[R] = list(rows)
        for project, state in earlier.items():
            merged += [
                row
                for row in kind.rows(state)
                if criteria.takes(project, row, getattr(row, kind.at)) and kind.follows(row, criteria.last)
            ]
        return sorted(merged, key=kind.order, reverse=True)

    async def _matching(
        self,
        kind: FeedbackKind[R, A],
        criteria: FeedbackFilter,
        source: FeedbackSource,
        limit: int,
        offset: int = 0,
        of_view: SQL | Composed = EVERYTHING,
    ) -> list[R]:
        if source.moment:  # nothing is of a later time; the index on it then begins at the page
            of_view = SQL("{} AND v.{} <= %(t)s").format(of_view, Identifier(kind.at))
        query = statement(kind, criteria, source.of(kind.table), of_view, without=bool(source.earlier))
        params = parameters_of(criteria, source.earlier) | {"limit": limit, "offset": offset, "t": self.t}
        rows = await self._rows(query, params | source.params)
        return [kind.row(*row) for row in rows]

    async def _of(self, kind: FeedbackKind[R, A], criteria: FeedbackFilter, projects: Collection[UUID]) -> list[R]:
        """The matching rows of the view that are of *projects*."""
        query = statement(kind, criteria, CURRENT.of(kind.table), OF_PROJECTS, without=False)
        params = parameters_of(criteria, projects) | {"limit": None, "offset": 0}
        return [kind.row(*row) for row in await self._rows(query, params)]

    async def _source(
        self, project: UUID | None, scope: Scope | None = None, changed: Sequence[UUID] = ()
    ) -> FeedbackSource:
        """The view's rows, or those of its history where many projects have moved since.

        The projects that neither is right about, and those that have *changed*, are read from the ledger.
        Raises TooMuchToReadError, HistoryBehindError.
        """
        moved = await self._moved_few(project, scope)
        if len(moved) > MOVED_FEW_MAX:
            moment = await self._moment() if project is None else None
            if moment is not None and moment.axis:
                stale = await self._within(moment.stale, scope)
                return FeedbackSource(await self._states(sorted({*stale, *changed})), moment)
            moved = await self._moved(project, scope, PROJECTS_READ_MAX)
        if len(moved) > PROJECTS_READ_MAX:
            raise TooMuchToReadError(f"more than {PROJECTS_READ_MAX} projects got feedback since {self.t.isoformat()}")
        return FeedbackSource(await self._states(sorted({*moved, *changed})))

    async def _moved_few(self, project: UUID | None, scope: Scope | None) -> Collection[UUID]:
        """The projects with later feedback or corrections; more than MOVED_FEW_MAX of them where there are more."""
        moves = await self._moved_by(FIRST_MOVES, project, scope, {"moves": MOVES_READ_MAX})
        few = set(moves)
        if len(moves) < MOVES_READ_MAX or len(few) > MOVED_FEW_MAX:
            return few
        return await self._moved(project, scope, MOVED_FEW_MAX)

    async def _moved(self, project: UUID | None, scope: Scope | None, most: int) -> list[UUID]:
        """The projects with later feedback or corrections; one more than *most* where there are more."""
        return await self._moved_by(MOVED, project, scope, {"limit": most + 1})

    async def _moved_by(
        self, query: LiteralString, project: UUID | None, scope: Scope | None, most: Mapping[str, int]
    ) -> list[UUID]:
        params = {"t": self.t, "known": self.known, "project": project, **most}
        within = {"of_voices": projects_of(scope, "v"), "of_corrected": projects_of(scope, "c")}
        return [moved_project for (moved_project,) in await self._rows(SQL(query).format(**within), params)]

    async def _within(self, projects: Sequence[UUID], scope: Scope | None) -> Sequence[UUID]:
        """Those of *projects* that may have rows in *scope*."""
        query = SQL(WITHIN).format(within=projects_of(scope, "x"))
        rows = await self._rows(query, {"projects": list(projects)}) if projects else []
        return [project for (project,) in rows]

    async def _moment(self) -> PastMoment:
        async with self._store.cursor() as cursor:
            return await moment_of(cursor, [HISTORY], self.t, self.known, position_of(self._store))

    async def _states(self, projects: Sequence[UUID]) -> dict[UUID, FeedbackState]:
        """The past states of *projects*."""
        states: dict[UUID, FeedbackState] = {}
        for first in range(0, len(projects), PROJECTS_AT_A_TIME):
            rows = await self._store.streams(projects[first : first + PROJECTS_AT_A_TIME])
            states |= await asyncio.to_thread(folded, rows, self.t, self.known)
        return states

    async def _rows(self, query: SQL | Composed, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        async with self._store.cursor() as cursor:
            await cursor.execute(query, params)
            return await cursor.fetchall()


def within_of(scope: Scope | None, alias: str) -> SQL | Composed:
    """The condition that a row belongs to *scope*; none if the project is given by id."""
    return EVERYTHING if scope is None else scope.of(alias, FEEDBACK, department="department")


def projects_of(scope: Scope | None, alias: str) -> SQL | Composed:
    """The condition that a project may have rows in *scope*."""
    return EVERYTHING if scope is None else scope.projects(alias, FEEDBACK)


def parameters_of(criteria: FeedbackFilter, without: Collection[UUID]) -> dict[str, Any]:
    """The parameters of `conditions_of`."""
    params: dict[str, Any] = {f"equal_{name}": value for name, value in criteria.equal.items()}
    return params | {
        "project": criteria.project,
        "first": criteria.first,
        "end": criteria.end,
        "without": list(without),
    }


def conditions_of(column: LiteralString, criteria: FeedbackFilter, *, without: bool) -> Composed:
    """The condition that a row given at the time in *column* matches, wherever the page begins.

    *without* excludes the projects read from the ledger.
    """
    at = Identifier("v", column)
    conditions: list[SQL | Composed] = [within_of(criteria.scope, "v")]
    conditions += [
        SQL("{} = {}").format(
            Identifier("v", column), value if column in OF_FEW_VALUES else Placeholder(f"equal_{column}")
        )
        for column, value in criteria.equal.items()
    ]
    if criteria.project is not None:
        conditions.append(SQL("v.project = %(project)s"))
    if criteria.first is not None:
        conditions.append(SQL("{} >= %(first)s").format(at))
    if criteria.end is not None:
        conditions.append(SQL("{} < %(end)s").format(at))
    if without:
        conditions.append(SQL("v.project <> ALL (%(without)s)"))
    return SQL(" AND ").join(conditions)


def statement(
    kind: FeedbackKind[Any, Any], criteria: FeedbackFilter, table: Composed, of_view: SQL | Composed, *, without: bool
) -> Composed:
    """The query of a list, of rows of *table* under the condition *of_view*."""
    return SQL(
        "SELECT v.* FROM {table} AS v WHERE {conditions} AND {following} AND {of_view}"
        " ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s"
    ).format(
        table=table,
        conditions=conditions_of(kind.at, criteria, without=without),
        following=SQL("{}").format(kind.ordering.following(criteria.last)),
        of_view=of_view,
        order=kind.ordering.clause,
    )


def folded(rows: Sequence[StoredEntry], t: datetime, known: datetime) -> dict[UUID, FeedbackState]:
    """The feedback state of the projects in *rows* at *t*, as known at *known*."""
    states = {}
    for project, of_project in groupby(rows, attrgetter("stream")):
        states[project] = fold_at([VIEW], project, (row.decoded() for row in of_project), t, known).states[VIEW.name]
    return states
