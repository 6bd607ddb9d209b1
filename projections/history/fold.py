"""Folds a project's entries into the versions of a view's rows, whole or, for entries in strict order, by appending.

What a view contained at *t* as known at *known* is folded from the entries recorded by *known* that are in effect by
*t*, with the corrections known then. The known axis has it for *t* = *known*, the valid axis for all that is known
now. `delay` rows say which entries were not recorded when they took effect: without one in between, either axis
answers for a *t* and a *known* that differ.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, LiteralString, TypeAlias
from uuid import UUID
from zlib import crc32

from msgspec import Struct, structs

from domain.law.licensing.forecast import DISTANT
from domain.messages import Entry, corrections
from domain.project.application.correction import EntryAmended
from domain.project.state.project import Project
from projections.history.versions import STILL, TableVersions, combined, history_name, history_of
from projections.snapshots import Cursor
from projections.view import (
    CORRECTIONS,
    EVERY_FACT,
    REFOLDED,
    Change,
    Facts,
    Folded,
    Row,
    Table,
    View,
    replacements,
    take,
)

HISTORY_VERSION = 3  # grows with every change of the tables or of this fold
VERSION_MAX = 2**31 - 1  # a view's version is stored in four bytes
EARLIEST = datetime.min.replace(tzinfo=UTC)
InEffect: TypeAlias = Callable[[Entry], datetime]  # from when on an entry counts on the valid axis
Shown: TypeAlias = dict[str, tuple[Row, ...]]  # the rows of one project, by table


def occurred(entry: Entry) -> datetime:
    """The usual rule: an entry counts from when it occurred."""
    return entry.occurred_at


def recorded(entry: Entry) -> datetime:
    """The rule of answers as known at an instant: an entry counts from when it was recorded."""
    return entry.recorded_at


class HistoryState(Struct):
    """The end of one project's history: the view's state, its rows by table, and the last instants."""

    folded: Folded
    shown: Shown
    known_at: datetime
    valid_at: datetime


class History:
    """The versions of the rows of some *tables* of *view*. *indexes*: of each such table, by its name.

    *known_alone*: those on the known axis alone, as no more is asked about them.
    """

    kind: None = None
    follows: Facts = EVERY_FACT

    def __init__(
        self,
        view: View[Any],
        tables: Sequence[Table],
        indexes: Mapping[str, Sequence[LiteralString]],
        in_effect: InEffect = occurred,
        *,
        known_alone: Sequence[Table] = (),
    ) -> None:
        self.view, self.bases, self.in_effect = view, tuple(tables), in_effect
        self.known_alone = frozenset(table.name for table in known_alone)
        self.name = f"{view.name}_history"
        self.delays = Table(
            f"{view.name}_delay",
            (
                ("project", "uuid"),
                ("version", "integer"),
                ("recorded_at", "timestamptz NOT NULL"),
                ("effective_from", "timestamptz NOT NULL"),  # the earliest instant at which it changes anything
                ("effective_to", "timestamptz NOT NULL"),  # the latest
            ),
            key=2,
            indexes=("(recorded_at, effective_from)", "(effective_to)"),
        )
        self.tables = (*(history_of(table, indexes.get(table.name, ())) for table in self.bases), self.delays)
        self.version = crc32(repr((HISTORY_VERSION, view.version, self.tables)).encode()) & VERSION_MAX

    async def outdated(self, cursor: Cursor, known: datetime, limit: int) -> Collection[UUID]:  # noqa: ARG002  for others
        """The projects whose valid axis rests on rules not yet known at *known*, *limit* at most; here none ever."""
        return ()

    # -- whole histories --

    def whole(self, project: UUID, entries: Sequence[Entry]) -> dict[str, list[Row]]:
        """All rows of the history of one project, from its whole history, by table."""
        known = self._versions(self.known_axis(project, entries))
        is_known_alone = len(self.known_alone) == len(self.bases)
        valid = self._versions(iter(()) if is_known_alone else self.valid_axis(project, entries))
        rows: dict[str, list[Row]] = {self.delays.name: list(self._delays(project, entries))}
        for table in self.bases:
            by_key, others = known[table.name].by_key, valid[table.name].by_key
            keys = dict.fromkeys((*by_key, *others))
            versions = (version for key in keys for version in combined(by_key.get(key, ()), others.get(key, ())))
            rows[history_name(table)] = [stored(table, *version) for version in versions]
        return rows

    def known_axis(self, project: UUID, entries: Sequence[Entry]) -> Iterator[tuple[datetime, Shown]]:
        """What the tables contained, as known at the same instant, from each instant on at which that changes."""
        by_instant: dict[datetime, list[Entry]] = {}
        refolded = set[datetime]()
        for entry in entries:
            by_instant.setdefault(entry.recorded_at, []).append(entry)
            refolded.update(at for at in self._later(entry) if at > entry.recorded_at)
            if isinstance(entry.fact, CORRECTIONS) or self.in_effect(entry) > entry.recorded_at:
                refolded.add(entry.recorded_at)
        folded = None
        for at in sorted({*by_instant, *refolded}):
            if folded is None or at in refolded:
                known = [entry for entry in entries if entry.recorded_at <= at]
                folded = self._folded(project, known, at)
            else:
                take([self.view], folded, by_instant[at])
            yield at, self._rows(folded)

    def valid_axis(self, project: UUID, entries: Sequence[Entry]) -> Iterator[tuple[datetime, Shown]]:
        """The same as now known to have been the case."""
        settled = corrected(entries)
        by_instant = sorted(settled, key=lambda entry: (self.in_effect(entry), entry.version))
        folded, last = None, 0
        for at, group in groupby(by_instant, self.in_effect):
            added = list(group)
            if folded is None or added[0].version < last:
                folded = self._folded(project, entries, at)
            else:
                take([self.view], folded, added)
            last = max(last, added[-1].version)
            yield at, self._rows(folded)

    def _folded(self, project: UUID, known: Sequence[Entry], t: datetime) -> Folded:
        """The view's state at *t* from the entries *known*."""
        state = Project(project, retracted=corrections(known).retracted)
        folded = Folded(state, {self.view.name: self.view.start()})
        take([self.view], folded, [entry for entry in corrected(known) if self.in_effect(entry) <= t])
        return folded

    def _rows(self, folded: Folded) -> Shown:
        rows = self.view.rows(folded.states[self.view.name], folded.project) if folded.project.version else {}
        return {table.name: tuple(rows.get(table.name, ())) for table in self.bases}

    def _versions(self, axis: Iterator[tuple[datetime, Shown]]) -> dict[str, TableVersions]:
        versions = {table.name: TableVersions(table) for table in self.bases}
        for at, shown in axis:
            for name, rows in shown.items():
                versions[name].show(at, rows)
        return versions

    def _instants(self, entry: Entry) -> tuple[datetime, datetime]:
        """When *entry* was recorded, and from when it counts."""
        return entry.recorded_at, self.in_effect(entry)

    def _later(self, entry: Entry) -> tuple[datetime, ...]:
        """The instants at which *entry* begins to count, if it is still to come when it is recorded."""
        fact = entry.fact
        return (
            (self.in_effect(entry), fact.new_occurred_at)
            if isinstance(fact, EntryAmended)
            else (self.in_effect(entry),)
        )

    def _delays(self, project: UUID, entries: Sequence[Entry]) -> Iterator[Row]:
        """The delays of one project, from its whole history."""
        return self._late(project, entries)

    def _late(self, project: UUID, entries: Sequence[Entry]) -> Iterator[Row]:
        """The entries that were not recorded when they took effect, corrections among them."""
        by_version = {entry.version: entry for entry in entries}
        touched: dict[int, set[datetime]] = {}  # instants, by version: a correction touches those of what it corrects
        for entry in entries:
            instants = touched[entry.version] = set(self._later(entry))
            if isinstance(entry.fact, CORRECTIONS):
                target = by_version.get(entry.fact.version)
                instants |= set(self._later(target)) if target else set()
                instants |= touched.get(entry.fact.version, set())
                touched.setdefault(entry.fact.version, set()).update(instants)
            if instants != {entry.recorded_at}:
                yield (project, entry.version, entry.recorded_at, min(instants), max(instants))

    # -- the end of a history --

    def end(self, project: UUID, entries: Sequence[Entry]) -> HistoryState:
        """The end of the history of *entries*, to append to."""
        folded = self._folded(project, entries, DISTANT)
        known_at = max((max(entry.recorded_at, *self._later(entry)) for entry in entries), default=EARLIEST)
        valid_at = max(map(self.in_effect, corrected(entries)), default=EARLIEST)
        return HistoryState(folded, self._rows(folded), known_at, valid_at)

    def append(self, state: HistoryState, entries: Sequence[Entry]) -> dict[str, Change] | None:
        """The changes by further entries, applied to *state*; None where the whole history has to be folded again.

        That is so unless each is recorded and in effect after all those before it.
        """
        groups = [list(group) for _, group in groupby(entries, self._instants)]
        known_at, valid_at = state.known_at, state.valid_at
        for (first, *_), group in zip(groups, groups, strict=True):
            effective_at = self.in_effect(first)
            in_order = known_at < first.recorded_at >= effective_at > valid_at
            if not in_order or any(isinstance(entry.fact, REFOLDED) for entry in group):
                return None
            known_at, valid_at = first.recorded_at, effective_at
        project = entries[0].stream
        changes = {table.name: Appended(table, project) for table in self.bases}
        delays = {row[1]: row for row in self._late(project, entries)}
        for group in groups:
            if not self._take(state, group, delays):
                return None
            if not state.folded.touched:
                continue  # by none of them: what a view does not follow changes no row of it
            state.folded.touched.clear()
            rows = self._rows(state.folded)
            for name, appended in changes.items():
                valid_from = STILL if name in self.known_alone else self.in_effect(group[0])
                appended.show(group[0].recorded_at, valid_from, state.shown[name], rows[name])
            state.shown = rows
        state.known_at, state.valid_at = known_at, valid_at
        return {self.delays.name: Change(list(delays.values()))} | {
            history_name(appended.table): appended.change() for appended in changes.values()
        }

    def _take(self, state: HistoryState, group: Sequence[Entry], delays: dict[int, Row]) -> bool:  # noqa: ARG002  a hook
        """Fold a *group* of one instant; whether it can be appended. *delays* are those of the entries, by version."""
        take([self.view], state.folded, group)
        return True


class Appended:
    """The versions that end and begin at the end of one table's history."""

    def __init__(self, table: Table, project: UUID) -> None:
        self.table, self._project = table, project
        self._begun: dict[Row, tuple[Row, datetime, datetime]] = {}  # not stored yet, by key
        self._change = Change([])

    def show(self, known_at: datetime, valid_at: datetime, shown: tuple[Row, ...], rows: tuple[Row, ...]) -> None:
        """The table consists of *rows* instead of *shown* from these two instants on."""
        replaced, removed = replacements(shown, rows, slice(1, self.table.key))
        for key, row, was in replaced:
            if was is not None:
                self._end(key, known_at, valid_at)
            self._begun[key] = row, known_at, valid_at
        for key in removed:
            self._end(key, known_at, valid_at)

    def _end(self, key: Row, known_at: datetime, valid_at: datetime) -> None:
        begun = self._begun.pop(key, None)
        if begun is None:
            self._change.closes.append((self._project, *key, known_at, valid_at))
            return
        row, known_from, valid_from = begun
        self._change.inserts.append(stored(self.table, row, known_from, known_at, valid_from, valid_at))

    def change(self) -> Change:
        """What is to be written."""
        lasting = (stored(self.table, row, known, STILL, valid, STILL) for row, known, valid in self._begun.values())
        self._change.inserts += lasting
        return self._change


def corrected(entries: Sequence[Entry]) -> list[Entry]:
    """The entries of one project, in version order, without those that are retracted, and with amended times."""
    corrected_by = corrections(entries)
    if not corrected_by.retracted and not corrected_by.amended:
        return list(entries)
    return [
        structs.replace(entry, occurred_at=corrected_by.amended[entry.version].astimezone(UTC))
        if entry.version in corrected_by.amended
        else entry
        for entry in entries
        if entry.version not in corrected_by.retracted
    ]


def stored(
    table: Table, row: Row, known_from: datetime, known_until: datetime, valid_from: datetime, valid_until: datetime
) -> Row:
    """A version of a row of *table* in the columns of `history_of`."""
    return (*row[: table.key], known_from, valid_from, *row[table.key :], known_until, valid_until)
