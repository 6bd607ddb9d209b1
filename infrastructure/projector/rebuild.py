"""Rebuild every view from the ledger in a fresh schema, compare it with the live one, swap them.

Where they are compared the projector waits meanwhile: both stand at the same position, so that they have to be equal to
the last byte. Where views are built beside the live ones, those are followed until they are swapped.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from secrets import token_hex
from typing import Any

import psycopg
import structlog
from msgspec import Struct
from psycopg.sql import SQL, Identifier

from infrastructure.calendar.view_laws import by_law_now
from infrastructure.ledger.reader import head_of
from infrastructure.postgres.roles import make_schema
from infrastructure.projector.fill import Filled, fill
from infrastructure.projector.ledger_stream import LedgerGapError
from infrastructure.projector.tables import BATCH_KEY, add_up, make_indexes, make_tables
from infrastructure.projector.workers import fill_side_by_side, processes_for
from projections.registry import VIEWS
from projections.view import SCHEMA, Table, View

FRESH = "views_fresh"  # begins the name of the schema of every rebuild, and of nothing else
LEFTOVER_SECONDS_MAX = 5  # for what a killed rebuild left: a process of it that is frozen keeps a table locked
BUILD_KEY = 0x436F756E_42554C44  # the advisory lock of whoever has a fresh schema: one at a time
VIEWS_AT_ONCE = 2  # are given indexes and compared
WORK_MEMORY = "128MB"  # for sorting and comparing: what does not fit goes over the disk

log = structlog.get_logger()


class Difference(Struct, frozen=True):
    """A table whose live rows are not those of the rebuild."""

    table: str
    only_live: int
    only_rebuilt: int


class Rebuilt(Struct, frozen=True):
    """What a rebuild found. Without *differences* the live views were what the ledger says, where it *compared*."""

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
    compare: bool = True,
    beside: bool = False,
    processes: int | None = None,
    progress: Callable[[int, int], None] = lambda _, __: None,
) -> Rebuilt:
    """Fold the whole ledger anew; with *swap* the result takes the place of the live views.

    With *compare* it is made at their position; without, of all that is there. *processes* of None are as
    many as are fastest. *progress* is told (entries read, entries in all). The projector, here or elsewhere, waits;
    with *beside* only for the swap, and then takes the views on from where the ledger ended when this began.
    Raises LedgerGapError where a position is missing, FillFailedError where one of several processes fails or dies,
    and whatever a fold raises in this one.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET timezone = 'UTC'")
        connection.execute("SELECT pg_advisory_lock(%s)", [BUILD_KEY])
        if not beside:
            connection.execute("SELECT pg_advisory_lock(%s)", [BATCH_KEY])
        views = by_law_now(connection, views)
        live = _live(connection, views) if compare else {}
        comparable = [view for view in views if view.name in live and live[view.name][0] == view.version]
        position = _position(live, views)
        if position is None:
            position = head_of(connection)
        with _fresh_schema(connection) as fresh:
            for view in views:
                make_tables(connection, view, fresh)
            filled = _fill(url, views, position, fresh, processes, progress)
            differences = _finish(url, views, fresh, comparable)
            if swap:
                connection.execute("SELECT pg_advisory_lock(%s)", [BATCH_KEY])  # beside, none was held so far
                with connection.transaction():
                    _swap(connection, views, fresh, position)
        return Rebuilt(position, filled.entries, filled.projects, filled.rows, differences, swap)


@contextmanager
def _fresh_schema(connection: psycopg.Connection[Any]) -> Iterator[str]:
    """An empty schema, gone afterwards, with what was not moved out of it.

    Its name is new each time: whatever a rebuild that was killed has still under way finds no table to write into.
    """
    drop_leftovers(connection)
    fresh = f"{FRESH}_{token_hex(4)}"
    make_schema(connection, fresh)
    try:
        yield fresh
    finally:
        if not connection.closed:
            drop_leftovers(connection)


def drop_leftovers(connection: psycopg.Connection[Any]) -> None:
    """Drop what rebuilds have left, this one or killed ones; for whoever holds BUILD_KEY.

    What is locked for longer than LEFTOVER_SECONDS_MAX stays for the next one.
    """
    found = connection.execute("SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s)", [FRESH]).fetchall()
    for (name,) in found:
        try:
            with connection.transaction():
                connection.execute("SELECT set_config('lock_timeout', %s, true)", [f"{LEFTOVER_SECONDS_MAX}s"])
                connection.execute(SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(Identifier(name)))
        except psycopg.errors.LockNotAvailable:
            log.warning("what a rebuild left is still in use", schema=name)


def clear_away(connection: psycopg.Connection[Any]) -> None:
    """Drop what killed rebuilds have left, unless one is under way: it will."""
    if connection.execute("SELECT pg_try_advisory_lock(%s)", [BUILD_KEY]).fetchone() == (True,):
        drop_leftovers(connection)
        connection.execute("SELECT pg_advisory_unlock(%s)", [BUILD_KEY])


def _live(connection: psycopg.Connection[Any], views: Sequence[View[Any]]) -> dict[str, tuple[int, int]]:
    """By which version, and up to where, each of the *views* that are live was made."""
    rows = connection.execute(
        "SELECT view, version, seq FROM views.position WHERE view = ANY(%s)", [[view.name for view in views]]
    )
    return {view: (version, seq) for view, version, seq in rows}


def _position(live: Mapping[str, tuple[int, int]], views: Sequence[View[Any]]) -> int | None:
    """Where all the *views* stand; None where they stand apart or not at all."""
    seqs = {seq for _, seq in live.values()}
    return seqs.pop() if len(live) == len(views) and len(seqs) == 1 else None


def _fill(
    url: str,
    views: Sequence[View[Any]],
    position: int,
    fresh: str,
    processes: int | None,
    progress: Callable[[int, int], None],
) -> Filled:
    def told(entries: int) -> None:
        progress(entries, position)

    processes = processes or processes_for(views, position)
    if processes == 1:
        filled = fill(url, views, position, fresh, told=told)
    else:
        filled = fill_side_by_side(url, views, position, fresh, processes=processes, told=told)
    if filled.entries != position:
        raise LedgerGapError(f"the ledger holds {filled.entries} entries up to position {position}: some are missing")
    return filled


def _finish(
    url: str, views: Sequence[View[Any]], fresh: str, comparable: Sequence[View[Any]]
) -> tuple[Difference, ...]:
    """Give the filled tables all that tables have; how those of the *comparable* views differ from the live ones.

    Some views at once: the server has a process for each connection.
    """
    waiting = iter(views)  # whichever thread is free takes the next
    lock = threading.Lock()

    def work(_: int) -> list[Difference]:
        found: list[Difference] = []
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(SQL("SET work_mem = {0}; SET maintenance_work_mem = {0}").format(WORK_MEMORY))
            while True:
                with lock:
                    view = next(waiting, None)
                if view is None:
                    return found
                _complete(connection, view, fresh)
                if view in comparable:
                    found.extend(_differences(connection, view.tables, fresh))

    with ThreadPoolExecutor(VIEWS_AT_ONCE) as pool:
        found = [difference for part in pool.map(work, range(VIEWS_AT_ONCE)) for difference in part]
    order = [table.name for view in views for table in view.tables]
    return tuple(sorted(found, key=lambda difference: order.index(difference.table)))


def _complete(connection: psycopg.Connection[Any], view: View[Any], fresh: str) -> None:
    for table in view.tables:
        if table.summed:
            add_up(connection, table, fresh)
    make_indexes(connection, view, fresh)
    connection.execute(SQL("ANALYZE {}").format(SQL(", ").join(Identifier(fresh, table.name) for table in view.tables)))


def _differences(connection: psycopg.Connection[Any], tables: Sequence[Table], fresh: str) -> Iterator[Difference]:
    for table in tables:
        live, rebuilt = Identifier(SCHEMA, table.name), Identifier(fresh, table.name)
        query = SQL(
            "SELECT count(live.{}), count(rebuilt.{}) FROM {} AS live FULL JOIN {} AS rebuilt USING ({})"
            " WHERE live.* IS DISTINCT FROM rebuilt.*"
        ).format(table.names[0], table.names[0], live, rebuilt, SQL(", ").join(table.names[: table.key]))
        only_live, only_rebuilt = connection.execute(query).fetchone() or (0, 0)
        if only_live or only_rebuilt:
            yield Difference(table.name, only_live, only_rebuilt)


def _swap(connection: psycopg.Connection[Any], views: Sequence[View[Any]], fresh: str, position: int) -> None:
    """The fresh tables move into the schema that is read, with their positions."""
    for view in views:
        for table in view.tables:
            connection.execute(SQL("DROP TABLE IF EXISTS {}").format(Identifier(SCHEMA, table.name)))
            connection.execute(
                SQL("ALTER TABLE {} SET SCHEMA {}").format(Identifier(fresh, table.name), Identifier(SCHEMA))
            )
        connection.execute(
            "INSERT INTO views.position (view, version, seq, rebuilt) VALUES (%s, %s, %s, 1)"
            " ON CONFLICT (view) DO UPDATE SET version = excluded.version, seq = excluded.seq,"
            " error = NULL, error_at = NULL, rebuilt = views.position.rebuilt + 1",
            [view.name, view.version, position],
        )
