"""Cache of the ends of projects' histories between batches, so that a batch appends only its new entries.

A project is folded again from its first entry where entries arrive late, correct others, or erase a person's data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import UUID

import psycopg
from psycopg.sql import SQL

from domain.messages import Entry
from domain.privacy.erasure import PersonErased
from domain.streams import AggregateKind, kind_of
from infrastructure.ledger.lru_cache import WeightedLruCache
from infrastructure.privacy.erasures import destroy_keys
from infrastructure.projector import ledger_stream
from projections.history.fold import History, HistoryState
from projections.view import Change, Projected

FACTS_MAX = 150_000  # that the cached states were folded from, by all histories together
PROJECTS_AT_A_TIME = 200  # read and folded: some tens of thousands of entries
READ_STREAMS = SQL("WHERE stream = ANY({}) AND seq <= {}")
States = dict[str, HistoryState]  # by history


class HistoryCache:
    """The ends of histories at the position that all of them have reached."""

    def __init__(self, facts_max: int = FACTS_MAX) -> None:
        self._states: WeightedLruCache[UUID, States] = WeightedLruCache(facts_max)
        self._histories: list[History] = []
        self.kinds: set[AggregateKind | None] = set()

    def clear(self) -> None:
        """Forget all states, as when a batch was not written."""
        self._states.clear()

    def changes_after(
        self, connection: psycopg.Connection[Any], views: list[Projected], histories: Sequence[list[Entry]], seq: int
    ) -> list[dict[str, Change]]:
        """What *histories*, all entries after position *seq* up to their last, change, by project and table."""
        if views != self._histories:
            self.clear()
            self._histories = cast("list[History]", views)
        self.kinds = {kind_of(entries) for entries in histories}
        batch = {entries[0].stream: entries for entries in histories if kind_of(entries) is None}
        changed: dict[UUID, dict[str, Change]] = {}
        unfinished: list[UUID] = []  # projects some of whose earlier entries are needed
        for project, entries in batch.items():
            if any(isinstance(entry.fact, PersonErased) for entry in entries):
                destroy_keys(entries)
            states = self._states.get(project)
            if states is None and entries[0].version == 1:
                states = self._ends(project, ())
                self._states.keep(project, states, 0)
            changed[project] = {} if states is None else self._appended(states, entries)
            if states is None or len(changed[project]) < self._tables:
                unfinished.append(project)
            self._states.grow(project, len(entries))
        for first in range(0, len(unfinished), PROJECTS_AT_A_TIME):
            self._finish(connection, unfinished[first : first + PROJECTS_AT_A_TIME], batch, seq, changed)
        self._states.make_room(spare=len(batch))
        return list(changed.values())

    @property
    def _tables(self) -> int:
        return sum(len(history.tables) for history in self._histories)

    def _ends(self, project: UUID, entries: Sequence[Entry]) -> States:
        return {history.name: history.end(project, entries) for history in self._histories}

    def _appended(self, states: States, entries: Sequence[Entry]) -> dict[str, Change]:
        """The changes by *entries* to those histories that can be appended to."""
        appended: dict[str, Change] = {}
        for history in self._histories:
            appended |= history.append(states[history.name], entries) or {}
        return appended

    def _finish(
        self,
        connection: psycopg.Connection[Any],
        projects: list[UUID],
        batch: Mapping[UUID, list[Entry]],
        seq: int,
        changed: dict[UUID, dict[str, Change]],
    ) -> None:
        """Complete the changes of *projects* from their earlier entries: append to those, or fold all of them again."""
        last = max(entries[-1].position for entries in batch.values())
        whole = {
            entries[0].stream: entries
            for entries in ledger_stream.histories(connection, READ_STREAMS.format(projects, last))
        }
        for project in projects:
            if kind_of(whole[project]) is not None:  # an erasure alone does not show whose stream it is in
                continue
            before = [entry for entry in whole[project] if entry.position <= seq]
            entries = whole[project][len(before) :]  # as they are after an erasure
            states = self._states.get(project)
            if states is None:
                states = self._ends(project, before)
                self._states.keep(project, states, len(before) + len(entries))
                changed[project] = self._appended(states, entries)
            for history in self._histories:
                if history.delays.name not in changed[project]:
                    states[history.name] = history.end(project, whole[project])
                    rows = history.whole(project, whole[project])
                    changed[project] |= {name: Change(of_table, rewritten=[project]) for name, of_table in rows.items()}
