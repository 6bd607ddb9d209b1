"""Folds a share of the streams from their first entry, and copies the rows into empty tables."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Any, cast

import psycopg
from msgspec import Struct
from psycopg.sql import SQL, Composed, Identifier

from domain.messages import Entry
from domain.streams import of_project
from infrastructure.projector import ledger_stream
from infrastructure.projector.caches import are_histories
from infrastructure.projector.tables import copy_rows, lines_of
from projections.history.fold import History
from projections.view import Projected, Row, Table, View, add_rows, fold, rows_of_sums

READ = SQL("WHERE seq <= {}")
BUCKETS = 65536  # into which the ids of streams are hashed: a power of two
OF_SHARE = SQL("uuid_hash(stream) & {} BETWEEN {} AND {}")
ROWS_BUFFERED_MAX = 50_000  # some tens of megabytes
PROGRESS_ENTRIES = 500  # between two reports of progress


class Share(Struct, frozen=True):
    """A part of the streams: those whose ids are hashed into the buckets from *first* to *last*."""

    first: int = 0
    last: int = BUCKETS - 1

    @property
    def condition(self) -> Composed:
        """The condition that a row of the ledger is of one of its streams."""
        return OF_SHARE.format(BUCKETS - 1, self.first, self.last)


def shares_of(sizes: Sequence[int]) -> list[Share]:
    """Shares of the streams in proportion to these *sizes*."""
    ends = [round(BUCKETS * end / sum(sizes)) for end in accumulate(sizes, initial=0)]
    return [Share(first, after - 1) for first, after in pairwise(ends)]


class Filled(Struct, frozen=True):
    """How much was folded, and how many rows were written, not counting summed tables."""

    entries: int
    projects: int
    rows: int


class RowBuffer:
    """Buffers rows for the tables of a schema and copies them in bulk; rows of summed tables are added up first."""

    def __init__(self, connection: psycopg.Connection[Any], schema: str, views: Sequence[Projected]) -> None:
        self._connection, self._schema = connection, schema
        self._tables = {table.name: table for view in views for table in view.tables}
        self._rows: dict[str, list[Row]] = {name: [] for name, table in self._tables.items() if not table.summed}
        self._sums: dict[str, dict[Row, int]] = {name: {} for name, table in self._tables.items() if table.summed}
        self._buffered = self.written = 0

    def add(self, table: str, rows: Sequence[Row]) -> None:
        if table in self._sums:
            add_rows(self._sums[table], rows)
            return
        self._rows[table].extend(rows)
        self._buffered += len(rows)
        if self._buffered >= ROWS_BUFFERED_MAX:
            self._write()

    def finish(self) -> None:
        """Write the remaining rows. With several shares, a sum has one row from each."""
        self._write()
        for name, counts in self._sums.items():
            self._copy(self._tables[name], rows_of_sums(counts))

    def _write(self) -> None:
        for name, rows in self._rows.items():
            self._copy(self._tables[name], rows)
            rows.clear()
        self.written, self._buffered = self.written + self._buffered, 0

    def _copy(self, table: Table, rows: Sequence[Row]) -> None:
        if rows:
            copy_rows(
                self._connection, table, lines_of(table, rows), SQL("{}").format(Identifier(self._schema, table.name))
            )


def fill(
    url: str,
    views: Sequence[Projected],
    position: int,
    schema: str,
    *,
    share: Share = Share(),  # noqa: B008  frozen
    progress: Callable[[int], None] = lambda _: None,
) -> Filled:
    """Fold the streams of *share* up to *position* into the tables of *schema*.

    *progress* is called with the number of entries folded so far.
    """
    entries = projects = 0
    with psycopg.connect(url, autocommit=True) as reading, psycopg.connect(url, autocommit=True) as writing:
        for connection in (reading, writing):
            connection.execute("SET timezone = 'UTC'")
        reading.execute("SET max_parallel_workers_per_gather = 0")  # each core has a share, and a process that reads it
        writing.execute("SET synchronous_commit = off")  # after a crash of the server, the tables are filled again
        buffer = RowBuffer(writing, schema, views)
        collecting = gc.isenabled()
        gc.disable()  # there are no cycles here, and each collection would traverse all buffered rows
        try:
            for history in _histories(reading, position, share):
                before, entries = entries, entries + len(history)
                projects += of_project(history)
                for name, rows in rows_of(views, history):
                    buffer.add(name, rows)
                if entries // PROGRESS_ENTRIES > before // PROGRESS_ENTRIES:
                    progress(entries)
            buffer.finish()
        finally:
            if collecting:
                gc.enable()
    progress(entries)
    return Filled(entries, projects, buffer.written)


def rows_of(views: Sequence[Projected], history: Sequence[Entry]) -> Iterator[tuple[str, Sequence[Row]]]:
    """The rows of *views* for one stream with the entries *history*, by table."""
    if are_histories(views):
        for view in views if of_project(history) else ():
            if isinstance(view, History):
                yield from view.whole(history[0].stream, history).items()
        return
    folds = cast("Sequence[View[Any]]", views)
    folded = fold(folds, history[0].stream, history)
    for view in folds:
        if view.name in folded.states:
            yield from view.rows(folded.states[view.name], folded.project).items()


def _histories(connection: psycopg.Connection[Any], position: int, share: Share) -> Iterator[list[Entry]]:
    which = READ.format(position)
    if share != Share():
        which = SQL("{} AND {}").format(which, share.condition)
    return ledger_stream.histories(connection, which)
