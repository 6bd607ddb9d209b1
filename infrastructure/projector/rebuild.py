"""Rebuilds views from the ledger in a new schema, compares them with the live ones, and swaps them in.

To compare, the projector is paused: both are then at the same position, and have to be equal to the last byte. An
online rebuild does not compare; the projector keeps the live views up to date until the swap.
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
from msgspec import Struct, structs
from psycopg.sql import SQL, Identifier

from infrastructure.calendar.view_laws import by_law_now
from infrastructure.ledger.reader import head_of
from infrastructure.postgres.roles import make_schema
from infrastructure.projector.caches import are_histories
from infrastructure.projector.fill import Filled, fill
from infrastructure.projector.ledger_stream import LedgerGapError
from infrastructure.projector.tables import BATCH_KEY, add_up, drop_tables, make_indexes, make_tables
from infrastructure.projector.view_digest import digest_of, view_digests
from infrastructure.projector.workers import cores, fill_parallel, processes_for
from projections.registry import VIEWS
from projections.view import SCHEMA, Projected, Table

LEFTOVER_SECONDS_MAX = 5  # lock timeout for dropping leftovers: a frozen process of a killed rebuild may hold a lock
VIEWS_AT_ONCE = 2  # indexed and compared in parallel
PARALLEL_MAX = 2  # helpers of each, as PostgreSQL has it by itself; without a core for them they only cost time
WORK_MEMORY = "128MB"  # for sorting and comparing, before it spills to disk

SETTINGS = SQL("""
    SET work_mem = {0}; SET maintenance_work_mem = {0};
    SET max_parallel_maintenance_workers = {1}; SET max_parallel_workers_per_gather = {1}
""")
EQUAL = SQL("""
    SELECT (SELECT count(*) FROM {0}) = (SELECT count(*) FROM {1}) AND NOT EXISTS (TABLE {0} EXCEPT ALL TABLE {1})
""")

log = structlog.get_logger()


class Workshop(Struct, frozen=True):
    """Where views or histories are built: the *prefix* of the names of its schemas, and of no others.

    *key* is that of the advisory lock that lets one rebuild run at a time.
    """

    prefix: str
    key: int


VIEW_WORKSHOP = Workshop("views_fresh", 0x436F756E_42554C44)
HISTORY_WORKSHOP = Workshop("history_fresh", 0x436F756E_42554C48)


def workshop_for(views: Sequence[Projected]) -> Workshop:
    """Where *views* are built: no view waits for the histories, which take longer."""
    return HISTORY_WORKSHOP if are_histories(views) else VIEW_WORKSHOP


class Difference(Struct, frozen=True):
    """A table whose live rows differ from those of the rebuild."""

    table: str
    only_live: int
    only_rebuilt: int


class Rebuilt(Struct, frozen=True):
    """The result of a rebuild. No *differences* means that the live views were equal to it, if they were compared.

    *digest* is the SHA-256 of all rebuilt rows in hex (`view_digest`), empty where it was not wanted.
    """

    position: int
    entries: int
    projects: int
    rows: int
    differences: tuple[Difference, ...]
    swapped: bool
    digest: str = ""


def together(results: Sequence[Rebuilt]) -> Rebuilt:
    """The results of rebuilding views and histories of one ledger, as of one rebuild."""
    first = results[0]
    return structs.replace(
        first,
        position=min(result.position for result in results),
        rows=sum(result.rows for result in results),
        differences=tuple(difference for result in results for difference in result.differences),
    )


def rebuild(
    url: str,
    views: Sequence[Projected] = VIEWS,
    *,
    swap: bool = True,
    compare: bool = True,
    online: bool = False,
    digest: bool = False,
    processes: int | None = None,
    progress: Callable[[int, int], None] = lambda _, __: None,
) -> Rebuilt:
    """Fold the whole ledger into new tables; with *swap* they replace the live ones.

    With *compare* the rebuild ends at the position of the live views, without it at the end of the ledger. *processes*
    defaults to the fastest number. With *digest* the result has that of the rebuilt rows. *progress* is called with
    (entries read, entries in all). The projector is blocked meanwhile; with *online* only during the swap, and it then
    continues from the position of the rebuild.
    Raises LedgerGapError if a position is missing, FillFailedError if a worker fails, and whatever a fold raises here.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET timezone = 'UTC'")
        workshop = workshop_for(views)
        _lock(connection, workshop.key, *(() if online else (BATCH_KEY,)))
        views = by_law_now(connection, views)
        live = _live(connection, views) if compare else {}
        comparable = [view for view in views if view.name in live and live[view.name][0] == view.version]
        position = head_of(connection) if (common := _position(live, views)) is None else common
        with _fresh_schema(connection, workshop) as fresh:
            for view in views:
                make_tables(connection, view, fresh)
            filled = _fill(url, views, position, fresh, processes, progress, here=not online)
            differences = _finish(url, views, fresh, comparable)
            hashed = _hash(connection, views, fresh) if digest else ""
            if swap:
                _lock(connection, BATCH_KEY)  # an online rebuild has not held it yet
                with connection.transaction():
                    _swap(connection, views, fresh, position)
        return Rebuilt(position, filled.entries, filled.projects, filled.rows, differences, swap, hashed)


def _lock(connection: psycopg.Connection[Any], *keys: int) -> None:
    """Hold the advisory locks of *keys* until the connection closes."""
    for key in keys:
        connection.execute("SELECT pg_advisory_lock(%s)", [key])


@contextmanager
def _fresh_schema(connection: psycopg.Connection[Any], workshop: Workshop) -> Iterator[str]:
    """An empty schema, dropped afterwards with all tables that were not moved out of it.

    Its name is unique, so that workers of a killed rebuild which still run find no table to write to.
    """
    drop_leftovers(connection, workshop)
    fresh = f"{workshop.prefix}_{token_hex(4)}"
    make_schema(connection, fresh)
    try:
        yield fresh
    finally:
        if not connection.closed:
            drop_leftovers(connection, workshop)


def drop_leftovers(connection: psycopg.Connection[Any], workshop: Workshop) -> None:
    """Drop the schemas of this rebuild and of killed ones. The caller holds the lock of *workshop*.

    A schema that stays locked for longer than LEFTOVER_SECONDS_MAX is left to the next rebuild.
    """
    query = "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s)"
    schemas = connection.execute(query, [workshop.prefix]).fetchall()
    for (name,) in schemas:
        try:
            with connection.transaction():
                connection.execute("SELECT set_config('lock_timeout', %s, true)", [f"{LEFTOVER_SECONDS_MAX}s"])
                connection.execute(SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(Identifier(name)))
        except psycopg.errors.LockNotAvailable:
            log.warning("rebuild_leftover_in_use", schema=name)


def drop_leftovers_if_idle(connection: psycopg.Connection[Any], workshop: Workshop) -> None:
    """Drop the schemas of killed rebuilds, unless a rebuild is running, which does so itself."""
    if connection.execute("SELECT pg_try_advisory_lock(%s)", [workshop.key]).fetchone() == (True,):
        drop_leftovers(connection, workshop)
        connection.execute("SELECT pg_advisory_unlock(%s)", [workshop.key])


def _live(connection: psycopg.Connection[Any], views: Sequence[Projected]) -> dict[str, tuple[int, int]]:
    """The version and the position of each of *views* that is live, by name."""
    rows = connection.execute(
        "SELECT view, version, seq FROM views.position WHERE view = ANY(%s)", [[view.name for view in views]]
    )
    return {view: (version, seq) for view, version, seq in rows}


def _position(live: Mapping[str, tuple[int, int]], views: Sequence[Projected]) -> int | None:
    """The common position of all *views*; None if their positions differ or one is not live."""
    seqs = {seq for _, seq in live.values()}
    return seqs.pop() if len(live) == len(views) and len(seqs) == 1 else None


def _fill(
    url: str,
    views: Sequence[Projected],
    position: int,
    fresh: str,
    processes: int | None,
    progress: Callable[[int, int], None],
    *,
    here: bool,
) -> Filled:
    def report(entries: int) -> None:
        progress(entries, position)

    processes = processes or processes_for(views, position)
    if processes == 1:
        filled = fill(url, views, position, fresh, progress=report)
    else:
        filled = fill_parallel(url, views, position, fresh, processes=processes, here=here, progress=report)
    if filled.entries != position:
        raise LedgerGapError(f"the ledger holds {filled.entries} entries up to position {position}: some are missing")
    return filled


def _finish(
    url: str, views: Sequence[Projected], fresh: str, comparable: Sequence[Projected]
) -> tuple[Difference, ...]:
    """Index and analyze the filled tables; return how those of the *comparable* views differ from the live ones.

    Some views in parallel: the server has a process for each connection. The largest come first, so that these
    processes end together.
    """
    queue = iter(_largest_first(url, views, fresh))  # shared by the threads
    lock = threading.Lock()

    def work(_: int) -> list[Difference]:
        differences: list[Difference] = []
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(SETTINGS.format(WORK_MEMORY, min(PARALLEL_MAX, max(0, cores() // VIEWS_AT_ONCE - 1))))
            while True:
                with lock:
                    view = next(queue, None)
                if view is None:
                    return differences
                _complete(connection, view, fresh)
                if view in comparable:
                    differences.extend(_differences(connection, view.tables, fresh))

    with ThreadPoolExecutor(VIEWS_AT_ONCE) as pool:
        by_thread = pool.map(work, range(VIEWS_AT_ONCE))
        differences = [difference for of_thread in by_thread for difference in of_thread]
    order = [table.name for view in views for table in view.tables]
    return tuple(sorted(differences, key=lambda difference: order.index(difference.table)))


def _largest_first(url: str, views: Sequence[Projected], fresh: str) -> list[Projected]:
    """*views* in the order of the sizes of their tables in *fresh*."""
    with psycopg.connect(url, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT relname, pg_table_size(oid) FROM pg_class WHERE relnamespace = %s::regnamespace", [fresh]
        )
        sizes: dict[str, int] = dict(rows.fetchall())
    return sorted(views, key=lambda view: sum(sizes[table.name] for table in view.tables), reverse=True)


def _hash(connection: psycopg.Connection[Any], views: Sequence[Projected], fresh: str) -> str:
    """The digest of everything that was rebuilt."""
    return digest_of([table for view in views for table in view_digests(connection, view, fresh)])


def _complete(connection: psycopg.Connection[Any], view: Projected, fresh: str) -> None:
    for table in view.tables:
        if table.summed:
            add_up(connection, table, fresh)
    make_indexes(connection, view, fresh)
    connection.execute(SQL("ANALYZE {}").format(SQL(", ").join(Identifier(fresh, table.name) for table in view.tables)))


def _differences(connection: psycopg.Connection[Any], tables: Sequence[Table], fresh: str) -> Iterator[Difference]:
    for table in tables:
        live, rebuilt = Identifier(SCHEMA, table.name), Identifier(fresh, table.name)
        if connection.execute(EQUAL.format(live, rebuilt)).fetchone() == (True,):
            continue  # which takes two thirds of the time that it takes to say how many rows differ
        query = SQL(
            "SELECT count(live.{}), count(rebuilt.{}) FROM {} AS live FULL JOIN {} AS rebuilt USING ({})"
            " WHERE live.* IS DISTINCT FROM rebuilt.*"
        ).format(table.names[0], table.names[0], live, rebuilt, SQL(", ").join(table.names[: table.key]))
        only_live, only_rebuilt = connection.execute(query).fetchone() or (0, 0)
        if only_live or only_rebuilt:
            yield Difference(table.name, only_live, only_rebuilt)


def _swap(connection: psycopg.Connection[Any], views: Sequence[Projected], fresh: str, position: int) -> None:
    """Replace the live tables with those in *fresh*, and set the views' positions."""
    for view in views:
        drop_tables(connection, view)
        for table in view.tables:
            connection.execute(
                SQL("ALTER TABLE {} SET SCHEMA {}").format(Identifier(fresh, table.name), Identifier(SCHEMA))
            )
        connection.execute(
            "INSERT INTO views.position (view, version, seq, rebuilt) VALUES (%s, %s, %s, 1)"
            " ON CONFLICT (view) DO UPDATE SET version = excluded.version, seq = excluded.seq,"
            " error = NULL, error_at = NULL, rebuilt = views.position.rebuilt + 1",
            [view.name, view.version, position],
        )
