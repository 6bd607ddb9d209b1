"""Fold a share of the streams from their beginning, and COPY what they come to into tables that are empty yet."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import psycopg
from msgspec import Struct
from psycopg.sql import SQL, Identifier

from domain.messages import Entry
from domain.streams import of_project
from infrastructure.projector import ledger_stream
from infrastructure.projector.tables import copy_rows, lines_of
from projections.view import Row, Table, View, fold

READ = SQL("WHERE seq <= {}")
READ_SHARE = SQL("WHERE seq <= {} AND (uuid_hash(stream) & 65535) % {} = {}")
ROWS_HELD_MAX = 50_000  # until they are written: some tens of megabytes
TOLD_EACH = 500  # entries between two words of progress


class Share(Struct, frozen=True):
    """Which of the streams: the *nth* (from 0) of so many shares, all much alike in size."""

    nth: int = 0
    of: int = 1


class Filled(Struct, frozen=True):
    """What was folded, and how many rows it came to, those of summed tables aside."""

    entries: int
    projects: int
    rows: int


class Heap:
    """Rows on their way into the tables of a schema. Those of a summed table are added up first."""

    def __init__(self, connection: psycopg.Connection[Any], schema: str, views: Sequence[View[Any]]) -> None:
        self._connection, self._schema = connection, schema
        self._tables = {table.name: table for view in views for table in view.tables}
        self._rows: dict[str, list[Row]] = {name: [] for name, table in self._tables.items() if not table.summed}
        self._sums: dict[str, dict[Row, int]] = {name: {} for name, table in self._tables.items() if table.summed}
        self._held = self.written = 0

    def add(self, table: str, rows: Sequence[Row]) -> None:
        if table in self._sums:
            counts = self._sums[table]
            for row in rows:
                key = row[:-1]
                counts[key] = counts.get(key, 0) + row[-1]
            return
        self._rows[table].extend(rows)
        self._held += len(rows)
        if self._held >= ROWS_HELD_MAX:
            self._write()

    def finish(self) -> None:
        """Write whatever is left. Where there are several shares, a sum has a row from each."""
        self._write()
        for name, counts in self._sums.items():
            self._copy(self._tables[name], [(*key, number) for key, number in counts.items() if number])

    def _write(self) -> None:
        for name, rows in self._rows.items():
            self._copy(self._tables[name], rows)
            rows.clear()
        self.written, self._held = self.written + self._held, 0

    def _copy(self, table: Table, rows: Sequence[Row]) -> None:
        if rows:
            copy_rows(
                self._connection, table, lines_of(table, rows), SQL("{}").format(Identifier(self._schema, table.name))
            )


def fill(
    url: str,
    views: Sequence[View[Any]],
    position: int,
    schema: str,
    *,
    share: Share = Share(),  # noqa: B008  frozen
    told: Callable[[int], None] = lambda _: None,
) -> Filled:
    """Fold the streams of *share* up to *position* into the tables of *schema*; *told* of the entries so far."""
    entries = projects = 0
    with psycopg.connect(url, autocommit=True) as reading, psycopg.connect(url, autocommit=True) as writing:
        for connection in (reading, writing):
            connection.execute("SET timezone = 'UTC'")
        writing.execute("SET synchronous_commit = off")  # what is lost with the server is made anew
        heap = Heap(writing, schema, views)
        collecting = gc.isenabled()
        gc.disable()  # nothing here is cyclic, and the rows would be walked again and again
        try:
            for history in _histories(reading, position, share):
                folded = fold(views, history[0].stream, history)
                before, entries = entries, entries + len(history)
                projects += of_project(history)
                for view in views:
                    if view.name in folded.states:
                        for name, rows in view.rows(folded.states[view.name], folded.project).items():
                            heap.add(name, rows)
                if entries // TOLD_EACH > before // TOLD_EACH:
                    told(entries)
            heap.finish()
        finally:
            if collecting:
                gc.enable()
    told(entries)
    return Filled(entries, projects, heap.written)


def _histories(connection: psycopg.Connection[Any], position: int, share: Share) -> Iterator[list[Entry]]:
    which = READ.format(position) if share.of == 1 else READ_SHARE.format(position, share.of, share.nth)
    return ledger_stream.histories(connection, which)
