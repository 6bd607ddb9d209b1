"""Cache of folded project states between batches, so that a batch folds only its new entries."""

from __future__ import annotations

from collections.abc import Sequence
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
from projections.view import REFOLDED, Change, Folded, Projected, View, changes, fold, kind_followed, take

FACTS_MAX = 270_000  # about three kilobytes each; on a cache miss, a state is folded again from all its entries
READ_STREAMS = SQL("WHERE stream = ANY({}) AND seq <= {}")


class FoldCache:
    """States at the position that all of its views have reached. `clear` it when a batch was not written."""

    def __init__(self, facts_max: int = FACTS_MAX) -> None:
        self._folded: WeightedLruCache[UUID, Folded] = WeightedLruCache(facts_max)
        self._views: list[View[Any]] = []
        self.kinds: set[AggregateKind | None] = set()  # of the streams in the last batch

    def clear(self) -> None:
        self._folded.clear()

    def after(
        self, connection: psycopg.Connection[Any], views: list[View[Any]], histories: Sequence[list[Entry]], seq: int
    ) -> list[Folded]:
        """The states, after *histories*, of every project (or other aggregate that *views* follow) that has one.

        *histories* hold every entry of the ledger after position *seq* up to their last, one list per stream.
        """
        if views != self._views:
            self.clear()
            self._views = views
        by_project = self._followed(histories)
        whole: list[UUID] = []
        for project, entries in by_project.items():
            folded = self._folded.get(project)
            if any(isinstance(entry.fact, REFOLDED) for entry in entries):
                destroy_keys(entries)
                whole.append(project)  # a correction changes earlier entries: fold the whole history again
            elif folded is not None:
                take(views, folded, entries)
                self._folded.grow(project, len(entries))
            elif entries[0].version <= 1:
                self._folded.keep(project, fold(views, project, entries), len(entries))
            else:
                whole.append(project)
        self._fold_whole(connection, whole, seq, max((entries[-1].position for entries in histories), default=seq))
        self._folded.make_room(spare=len(by_project))
        return [self._folded[project] for project in by_project]

    def changes_after(
        self, connection: psycopg.Connection[Any], views: list[Projected], histories: Sequence[list[Entry]], seq: int
    ) -> list[dict[str, Change]]:
        """What *histories* change in the tables of *views*, by table, for every project that has a state."""
        folds = cast("list[View[Any]]", views)
        touched = self.after(connection, folds, histories, seq)
        return [
            {name: change for view in folds for name, change in changes(view, folded).items()} for folded in touched
        ]

    def _followed(self, histories: Sequence[list[Entry]]) -> dict[UUID, list[Entry]]:
        """The histories of streams that a view follows, by stream."""
        kinds = [kind_of(entries) for entries in histories]
        self.kinds = set(kinds)
        followed = {kind_followed(view) for view in self._views}
        return {entries[0].stream: entries for entries, kind in zip(histories, kinds, strict=True) if kind in followed}

    def _fold_whole(
        self, connection: psycopg.Connection[Any], projects: Sequence[UUID], before: int, last: int
    ) -> None:
        """Fold whole histories up to *last*, and up to *before*, whose rows are those already written."""
        if not projects:
            return
        for entries in list(ledger_stream.histories(connection, READ_STREAMS.format(list(projects), last))):
            project = entries[0].stream
            old = self._folded.get(project)
            if old is None:
                earlier = [entry for entry in entries if entry.position <= before]
                later = entries[len(earlier) :]
                old = fold(self._views, project, earlier)
                for view in self._views if earlier else ():  # without earlier entries, no rows were written
                    changes(view, old)
                if not any(isinstance(entry.fact, REFOLDED) for entry in later):
                    take(self._views, old, later)
                    self._folded.keep(project, old, len(entries))
                    continue
                if any(isinstance(entry.fact, PersonErased) for entry in later):
                    _rewrite_all(self._views, old)
            new = fold(self._views, project, entries)
            new.written = old.written
            self._folded.keep(project, new, len(entries))


def _rewrite_all(views: Sequence[View[Any]], old: Folded) -> None:
    """Let every row of *old* count as changed: it was folded without the texts that its written rows may still hold.

    Summed tables stay as they are: no personal text goes into a sum.
    """
    written = old.written.rows
    for table in (table for view in views for table in view.tables if table.name in written):
        written[table.name] = tuple(row[: table.key] for row in written[table.name])
