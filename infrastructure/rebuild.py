"""Rebuild every view from the ledger in a fresh schema, compare it with the live one, swap them.

The projector waits meanwhile: both stand at the same position, so that they have to be equal to the last byte.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import psycopg
from msgspec import Struct
from psycopg.sql import SQL, Identifier

from domain.streams import of_project
from domain.vocabulary import Entry
from infrastructure import ledger_stream
from infrastructure.ledger_stream import entry_of
from infrastructure.view_laws import by_law_now
from infrastructure.view_tables import BATCH_KEY, SCHEMA, copy_rows, make_indexes, make_tables, totals
from projections.catalogue import VIEWS
from projections.view import Row, View, fold

FRESH = "views_fresh"
READ = SQL("WHERE seq <= {} ORDER BY stream, version")


class Difference(Struct, frozen=True):
    """A table whose live rows are not those of the rebuild."""

    table: str
    only_live: int
    only_rebuilt: int


class Rebuilt(Struct, frozen=True):
    """What a rebuild found. Without *differences* the live views were what the ledger says."""

    position: int
    entries: int
    projects: int
    rows: int
    differences: tuple[Difference, ...]
    swapped: bool


def rebuild(
    url: str,
    views: Sequence[View[Any]] = VIEWS,
    *,
    swap: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Rebuilt:
    """Fold the whole ledger anew; with *swap* the result takes the place of the live views.

    *progress* is told (entries read, entries in all). The projector, here or in another process, waits.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET timezone = 'UTC'")
        connection.execute("SELECT pg_advisory_lock(%s)", [BATCH_KEY])
        views = by_law_now(connection, views)
        with connection.transaction():
            position = _live_position(connection, views)
            connection.execute(SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(Identifier(FRESH)))
            connection.execute(SQL("CREATE SCHEMA {}").format(Identifier(FRESH)))
            for view in views:
                make_tables(connection, view, FRESH)
            entries, projects, rows = _fill(connection, views, position, progress)
            differences = tuple(_differences(connection, views))
            if swap:
                _swap(connection, views, position)
            else:
                connection.execute(SQL("DROP SCHEMA {} CASCADE").format(Identifier(FRESH)))
        return Rebuilt(position, entries, projects, rows, differences, swap)


def _live_position(connection: psycopg.Connection[Any], views: Sequence[View[Any]]) -> int:
    """Where the live views stand; the end of the ledger where they stand apart or not at all."""
    names = [view.name for view in views]
    rows = connection.execute("SELECT seq FROM views.position WHERE view = ANY(%s)", [names]).fetchall()
    seqs = {seq for (seq,) in rows}
    if len(rows) == len(names) and len(seqs) == 1:
        return int(seqs.pop())
    row = connection.execute("SELECT seq FROM ledger.head").fetchone()
    return int(row[0]) if row else 0


def _fill(
    connection: psycopg.Connection[Any],
    views: Sequence[View[Any]],
    position: int,
    progress: Callable[[int, int], None] | None,
) -> tuple[int, int, int]:
    """Fold project after project, then COPY table after table; entries, projects and rows counted."""
    tables = [table for view in views for table in view.tables]
    rows: dict[str, list[Row]] = {table.name: [] for table in tables}
    entries = projects = 0
    gc.disable()  # nothing here is cyclic, and the rows of a million entries would be walked again and again
    try:
        for history in _histories(connection, position):
            folded = fold(views, history[0].stream, history)
            entries, projects = entries + len(history), projects + of_project(history)
            for view in views:
                if view.name in folded.states:
                    for name, part in view.rows(folded.states[view.name], folded.project).items():
                        rows[name].extend(part)
            if progress:
                progress(entries, position)
    finally:
        gc.enable()
    if entries != position:
        raise RuntimeError(f"the ledger holds {entries} entries up to position {position}: some are missing")
    for table in tables:
        if table.summed:
            rows[table.name] = totals(rows[table.name])
        copy_rows(connection, table, rows[table.name], SQL("{}").format(Identifier(FRESH, table.name)))
    for view in views:
        make_indexes(connection, view, FRESH)
    return entries, projects, sum(len(part) for part in rows.values())


def _histories(connection: psycopg.Connection[Any], position: int) -> Iterator[list[Entry]]:
    for _, rows in groupby(ledger_stream.rows(connection, READ.format(position)), itemgetter(1)):
        yield [entry_of(row) for row in rows]


def _differences(connection: psycopg.Connection[Any], views: Sequence[View[Any]]) -> Iterator[Difference]:
    for view in views:
        for table in view.tables:
            live, fresh = Identifier(SCHEMA, table.name), Identifier(FRESH, table.name)
            found = connection.execute("SELECT to_regclass(%s)", [f"{SCHEMA}.{table.name}"]).fetchone()
            if found == (None,):
                continue  # a view that was never live
            query = SQL("SELECT count(*) FROM (TABLE {} EXCEPT ALL TABLE {}) AS d")
            counts = [
                connection.execute(query.format(*pair)).fetchone() or (0,) for pair in ((live, fresh), (fresh, live))
            ]
            if any(count for (count,) in counts):
                yield Difference(table.name, counts[0][0], counts[1][0])


def _swap(connection: psycopg.Connection[Any], views: Sequence[View[Any]], position: int) -> None:
    """The fresh tables move into the schema that is read, with their positions."""
    for view in views:
        for table in view.tables:
            connection.execute(SQL("DROP TABLE IF EXISTS {}").format(Identifier(SCHEMA, table.name)))
            connection.execute(
                SQL("ALTER TABLE {} SET SCHEMA {}").format(Identifier(FRESH, table.name), Identifier(SCHEMA))
            )
            connection.execute(SQL("ANALYZE {}").format(Identifier(SCHEMA, table.name)))
        connection.execute(
            "INSERT INTO views.position (view, version, seq) VALUES (%s, %s, %s) ON CONFLICT (view) DO UPDATE"
            " SET version = excluded.version, seq = excluded.seq, error = NULL, error_at = NULL,"
            " rebuilt = views.position.rebuilt + 1",
            [view.name, view.version, position],
        )
    connection.execute(SQL("DROP SCHEMA {} CASCADE").format(Identifier(FRESH)))
