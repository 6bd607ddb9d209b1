"""The history of clocks: as was known at an instant by the calendar of that day, and as is now known to have been.

On the valid axis an application has at every instant the terms that it is now known to have been under, as where its
clocks are read from the ledger: which entries make it up follows from what is known, when each counts from its time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any, LiteralString
from uuid import UUID

from msgspec import structs

from domain.law.calendar.moment import midnight
from domain.law.licensing.forecast import DISTANT
from domain.law.procedure.history import ItemHistory
from domain.messages import Entry
from domain.project.state.project import Project
from projections.clocks.decisions import DecisionRow
from projections.clocks.fold import CLOCKS, Clocks, ClocksState, counted_at, counted_by, figure_of
from projections.clocks.law_events import TERMS, Histories
from projections.history.fold import History, HistoryState, Shown
from projections.history.versions import AT_AN_INSTANT, AXES, covering
from projections.reader import Laws
from projections.snapshots import Cursor
from projections.view import CORRECTIONS, Folded, Row, Table, take

BEGINNING = datetime(1, 1, 2, tzinfo=UTC)
Application = tuple[str, int]
BASES: LiteralString = """
    WITH RECURSIVE basis AS (
        (SELECT b.counted_by AS counted FROM views.clock_basis AS b ORDER BY b.counted_by LIMIT 1)
        UNION ALL
        SELECT (SELECT b.counted_by FROM views.clock_basis AS b WHERE b.counted_by > basis.counted
                ORDER BY b.counted_by LIMIT 1)
        FROM basis WHERE basis.counted IS NOT NULL)
    SELECT counted FROM basis WHERE counted IS NOT NULL
"""
COUNTED_BY: LiteralString = (
    "SELECT b.project FROM views.clock_basis AS b WHERE b.counted_by = ANY(%(bases)s) LIMIT %(limit)s"
)
# What the running clocks of a zone are counted by, and a desk and the progress table sorted by. Each version is on
# another page of the table, so that their index has it.
ENDS_BY: tuple[LiteralString, ...] = (
    *("project", "item", "application", "clock", "department", "mode", "node", "due_on", "closed"),
    *("state", "over_state", "level", "over_level", "exists_at", "yellow_at", "over_at", "paused_until"),
)
INDEXES: tuple[LiteralString, ...] = (
    *(f"{covering(axis, ENDS_BY)} WHERE NOT closed" for axis in AXES),
    *(f"{index} WHERE closed" for index in AT_AN_INSTANT),
)


# What a decided application counts in: a board of a past day is counted from an index on its versions alone.
DECIDED = Table(
    "decided",
    (
        ("project", "uuid"),
        ("item", "text"),
        ("application", "integer"),
        ("register", "text NOT NULL"),
        ("department", "text NOT NULL"),
        ("figure", "text NOT NULL"),
        ("days", "integer NOT NULL"),
        ("decided_at", "timestamptz NOT NULL"),
    ),
    key=3,
)
DECIDED_INDEX: LiteralString = (
    "(decided_at) INCLUDE (known_from, known_until, register, department, figure, days, project)"
)


class ClockHistory(History):
    """The versions of the rows of *clocks*; and of the decided applications, as these were known."""

    def __init__(self, clocks: Clocks) -> None:
        indexes = {CLOCKS.name: INDEXES, DECIDED.name: (DECIDED_INDEX,)}
        super().__init__(clocks, (CLOCKS, DECIDED), indexes, known_alone=(DECIDED,))
        self._clocks = clocks

    def under(self, laws: Callable[[], Laws]) -> ClockHistory:
        """The same history, counted by other *laws*: its version differs."""
        return ClockHistory(self._clocks.under(laws))

    async def outdated(self, cursor: Cursor, known: datetime, limit: int) -> Collection[UUID]:
        """The projects that the valid axis counts by a calendar that was not known yet: it has the newest notices."""
        await cursor.execute(BASES)
        later = [basis for (basis,) in await cursor.fetchall() if not self._counts_as_at(basis, known)]
        if not later:
            return ()
        await cursor.execute(COUNTED_BY, {"bases": later, "limit": limit})
        return [project for (project,) in await cursor.fetchall()]

    def known_axis(self, project: UUID, entries: Sequence[Entry]) -> Iterator[tuple[datetime, Shown]]:
        """The clocks as known at each instant, also when a notice was published or something foreseen took effect."""
        recorded: dict[datetime, list[Entry]] = {}
        for entry in entries:
            recorded.setdefault(entry.recorded_at, []).append(entry)
        points = {*recorded, *(at for entry in entries for at in self._later(entry) if at > entry.recorded_at)}
        published = {at for at in self._published(project, entries) if at > min(points, default=DISTANT)}
        folded = None
        for at in sorted(points | published):
            group = recorded.get(at, [])
            if folded is None or any(isinstance(entry.fact, CORRECTIONS) for entry in group):
                folded = self._folded(project, [entry for entry in entries if entry.recorded_at <= at], DISTANT)
            else:
                take([self.view], folded, group)
            state = self._state(folded)
            if at in published:
                state.rows.clear()
            yield at, self._shown(folded.project, state, at)

    def valid_axis(self, project: UUID, entries: Sequence[Entry]) -> Iterator[tuple[datetime, Shown]]:
        """The clocks as they are now known to have been, application by application."""
        histories = self._state(self._folded(project, entries, DISTANT)).histories
        changes: dict[datetime, dict[Application, list[Row]]] = {}
        for application, history in histories.items():
            for at in sorted(instants_of(history)):
                rows = self._clocks.clock_rows(project, until(history, at))
                changes.setdefault(at, {})[application] = rows
        shown: dict[Application, list[Row]] = {}
        for at in sorted(changes):
            shown |= changes[at]
            yield at, {CLOCKS.name: tuple(chain.from_iterable(shown.values()))}

    def state_at(self, project: UUID, entries: Sequence[Entry], t: datetime, known: datetime) -> ClocksState:
        """The state whose rows are those at *t*, as known at *known*: what either axis has for such a pair."""
        recorded = [entry for entry in entries if entry.recorded_at <= known]
        state = self._state(self._folded(project, recorded, DISTANT))
        state.histories = {key: until(history, t) for key, history in state.histories.items()}
        state.rows = {key: self._clocks.clock_rows(project, history, known) for key, history in state.histories.items()}
        return state

    def _take(self, state: HistoryState, group: Sequence[Entry], delays: dict[int, Row]) -> bool:
        """As for any history; the terms of an application must stay what they were, and no notice may be newer."""
        clocks = self._state(state.folded)
        setting = [entry for entry in group if type(entry.fact) in TERMS]
        setters = {getattr(entry.fact, "item", ""): entry for entry in setting}
        if len(setters) < len(setting):
            return False
        before = {
            key: (terms_of(history), until(history, DISTANT))
            for key, history in clocks.histories.items()
            if key[0] in setters  # no other entry sets the terms of an application
        }
        super()._take(state, group, delays)
        known_at, at = group[0].recorded_at, group[0].occurred_at
        laws = {history.law: history for history in clocks.histories.values()}
        if any(self._newest(history) > known_at for history in laws.values()):
            return False
        if any(is_after(history, at) for history in clocks.histories.values()):
            return False  # something counts from a later instant than it occurred at
        changed = [key for key, (terms, _) in before.items() if terms_of(clocks.histories[key]) != terms]
        if not all(self._stay(clocks.histories[key], before[key][1]) for key in changed):
            return False
        for key in changed:
            entry = setters[key[0]]
            begun_at = min(instants_of(before[key][1]), default=entry.occurred_at)
            delays[entry.version] = delayed(entry, begun_at, delays.get(entry.version))
        return True

    def _stay(self, history: ItemHistory, before: ItemHistory) -> bool:
        """Whether the terms of *history* make no difference to what was counted *before* by others."""
        project = UUID(int=0)
        return all(
            self._clocks.clock_rows(project, until(before, at)) == self._clocks.clock_rows(project, until(now, at))
            for at in instants_of(before)
            for now in [structs.replace(history, events=before.events, announced=before.announced)]
        )

    def _rows(self, folded: Folded) -> Shown:
        return self._shown(folded.project, self._state(folded), DISTANT)

    def _shown(self, project: Project, state: ClocksState, at: datetime) -> Shown:
        """The rows of all applications by what happened until *at*, by the calendar as known then."""
        clocks: dict[Application, list[Row]] = {}
        for key, history in state.histories.items():
            if at < DISTANT and is_after(history, at):
                state.rows.pop(key, None)
                state.decided.pop(key, None)
                clocks[key] = self._clocks.clock_rows(project.id, until(history, at), at)
                continue
            if key not in state.rows:
                state.rows[key] = self._clocks.clock_rows(project.id, history, at)
                state.decided.pop(key, None)
            clocks[key] = state.rows[key]
        for application, row in state.decisions.rows.items():
            if application not in state.decided:
                of_it = clocks.get(application, ())
                state.decided[application] = decided_row(project.register, DecisionRow(*row), of_it)
        return {
            CLOCKS.name: tuple(chain.from_iterable(clocks.values())),
            DECIDED.name: tuple(map(state.decided.__getitem__, state.decisions.rows)),
        }

    def _state(self, folded: Folded) -> ClocksState:
        state: ClocksState = folded.states[self.view.name]
        return state

    def _counts_as_at(self, basis: str, known: datetime) -> bool:
        """Whether the laws of *basis* had their newest calendars at *known*, whichever its rows were counted by."""
        laws = self._clocks.laws
        names = (part.partition("=")[0] for part in basis.split(",") if part)
        return all(counted_at(law, laws, known) == counted_by(law, laws, DISTANT.date()) for law in names)

    def _published(self, project: UUID, entries: Sequence[Entry]) -> set[datetime]:
        """When the notices took effect by which the project's clocks are counted."""
        histories = self._state(self._folded(project, entries, DISTANT)).histories.values()
        return {midnight(day, self._clocks.zone(history)) for history in histories for day in self._notices(history)}

    def _notices(self, history: ItemHistory) -> set[date]:
        book = self._clocks.calendar_book(history)
        return {notice.published for layer in book.layers for notice in layer.notices} if book else set()

    def _newest(self, history: ItemHistory) -> datetime:
        """When the newest notice took effect; each is counted by from its publication on."""
        days = self._notices(history)
        return midnight(max(days), self._clocks.zone(history)) if days else BEGINNING

    def _delays(self, project: UUID, entries: Sequence[Entry]) -> Iterator[Row]:
        """Also the entries that changed the terms of an application: by what was known before, it had others."""
        delays = {row[1]: row for row in self._late(project, entries)}
        folded = self._folded(project, (), DISTANT)
        for number, entry in enumerate(entries, start=1):
            if isinstance(entry.fact, CORRECTIONS):
                folded = self._folded(project, entries[:number], DISTANT)  # without the terms that it retracts
                delays[entry.version] = delayed(entry, BEGINNING, delays.get(entry.version))
                continue
            histories: Histories = self._state(folded).histories
            sets_terms = type(entry.fact) in TERMS
            before = {key: terms_of(history) for key, history in histories.items()} if sets_terms else {}
            take([self.view], folded, [entry])
            others = [histories[key] for key, terms in before.items() if terms_of(histories[key]) != terms]
            if others:
                begun_at = min(min(instants_of(history), default=entry.occurred_at) for history in others)
                delays[entry.version] = delayed(entry, begun_at, delays.get(entry.version))
        yield from delays.values()


def delayed(entry: Entry, begun_at: datetime, delay: Row | None) -> Row:
    """The row of *entry*, which changed the terms of an application begun at *begun_at*; *delay*: its row without."""
    latest: datetime = entry.recorded_at if delay is None else delay[-1]
    return entry.stream, entry.version, entry.recorded_at, begun_at, latest


def decided_row(register: str, decided: DecisionRow, clocks: Iterable[Row]) -> Row:
    """The row of a decided application in DECIDED, by its *clocks*."""
    key = decided.project, decided.item, decided.application
    return *key, register, decided.department, *figure_of(clocks), decided.decided_at


def instants_of(history: ItemHistory) -> set[datetime]:
    """When something happened to an application, or was announced."""
    return {*(event.at for event in history.events), *(announced.at for announced in history.announced)}


def is_after(history: ItemHistory, at: datetime) -> bool:
    """Whether something happened to an application, or was announced, later than *at*."""
    return any(event.at > at for event in history.events) or any(each.at > at for each in history.announced)


def until(history: ItemHistory, at: datetime) -> ItemHistory:
    """The application with what had happened by *at*."""
    return structs.replace(
        history,
        events=[event for event in history.events if event.at <= at],
        announced=[announced for announced in history.announced if announced.at <= at],
    )


def terms_of(history: ItemHistory) -> tuple[Any, ...]:
    """What is fixed for an application as a whole, whenever that was said."""
    return (
        *(history.law, history.intake_law, history.mode, history.promise_days, history.decision_length),
        *(history.licence_expiry, history.hours, history.upper, tuple(history.request_days.items())),
    )
