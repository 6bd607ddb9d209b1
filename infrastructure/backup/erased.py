"""Rewrites the tables that an erased person's texts were in, so that no later backup has them in a dead row.

A backup copies files. After an erasure rows show "erased", but their former versions stay in the tables, indexes and
statistics until PostgreSQL reuses the space, and in the write-ahead log of that time. So tables are rewritten once all
views have followed the erasure, and the log begins a new segment, before anything is copied.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
import structlog
from msgspec import Struct
from psycopg.sql import SQL, Identifier

from infrastructure.backup.errors import BackupError
from infrastructure.backup.tools import Advance
from infrastructure.privacy.beside import FIRST_FACT, removals
from infrastructure.projector.rebuild import HISTORY_WORKSHOP, VIEW_WORKSHOP, drop_leftovers
from projections.histories import EVERY_VIEW
from projections.personal_tables import PERSONAL_TABLES

# Beside the views: drafts, addresses, answers that quote an event, wrapped keys, and errors that quote a row.
BESIDE = (
    "process.form_draft",
    "process.mail_address",
    "webhook.delivery",
    "privacy.person_key",
    "views.position",
)
STATISTICS = "pg_catalog.pg_statistic"  # samples of every column
TABLES = (*(f"views.{name}" for name in PERSONAL_TABLES), *BESIDE, STATISTICS)
VIEWS = [view.name for view in EVERY_VIEW if any(table.name in PERSONAL_TABLES for table in view.tables)]
WAIT_SECONDS_MAX = 600.0  # for views, rebuilds, and transactions that began before
LOCK_SECONDS = 1  # readers and writers of a table wait meanwhile, if another holds it for longer
LOCK_PAUSE_SECONDS = 10.0  # in which they go on
LOOK_SECONDS = 0.2
FOLLOWING, WAITING, REWRITING = "erasing from views", "waiting for transactions", "rewriting tables"

PENDING: LiteralString = """
    SELECT seq, stream FROM ledger.event
    WHERE type = 'person_erased' AND seq > coalesce((SELECT position FROM process.erasures_cleared), 0) ORDER BY seq
"""
BEHIND: LiteralString = """
    SELECT view, coalesce(error, '') FROM views.position WHERE seq < %s AND view = ANY(%s)
    ORDER BY error IS NULL, view LIMIT 1
"""
EXISTING: LiteralString = "SELECT to_regclass(%s) IS NOT NULL"
# A row that a transaction may still see is copied by a rewrite, so none may be older than this one.
HORIZON: LiteralString = "SELECT pg_current_xact_id()::xid::text"
OLDER: LiteralString = """
    SELECT 'process ' || pid || coalesce(nullif(' (' || application_name || ')', ' ()'), '') FROM pg_stat_activity
    WHERE greatest(age(backend_xmin), age(backend_xid)) > age(%(horizon)s::xid) AND pid <> pg_backend_pid()
        AND (datname IS NULL OR datname = current_database())
    UNION ALL
    SELECT 'the prepared transaction ' || gid FROM pg_prepared_xacts
    WHERE age(transaction) > age(%(horizon)s::xid) AND database = current_database()
    UNION ALL
    SELECT 'the replication slot ' || slot_name FROM pg_replication_slots
    WHERE age(xmin) > age(%(horizon)s::xid) OR age(catalog_xmin) > age(%(horizon)s::xid)
    LIMIT 1
"""
MAY_REWRITE: LiteralString = """
    SELECT pg_has_role(c.relowner, 'USAGE')
        OR (c.relnamespace = 'pg_catalog'::regnamespace AND pg_has_role(d.datdba, 'USAGE'))
    FROM pg_class AS c, pg_database AS d WHERE c.oid = %s::regclass AND d.datname = current_database()
"""
CLEARED: LiteralString = """
    INSERT INTO process.erasures_cleared (position, cleared_at) VALUES (%s, clock_timestamp())
    ON CONFLICT (sole) DO UPDATE SET position = excluded.position, cleared_at = excluded.cleared_at
"""
SEES_OTHERS: LiteralString = "SELECT pg_has_role('pg_read_all_stats', 'USAGE')"
MAY_SWITCH: LiteralString = "SELECT has_function_privilege('pg_switch_wal()', 'EXECUTE')"

log = structlog.get_logger()


class ClearedErasures(Struct, frozen=True):
    """How many erasures left no text in any table from now on, the position of the last, and the tables rewritten.

    *segment_begun*: whether what is written to the log from now on is in a segment of its own.
    """

    erasures: int
    position: int
    tables: list[str] = []
    segment_begun: bool = False


NOTHING = ClearedErasures(0, 0)


class ErasedTexts:
    """The texts of erased persons in the database at *url*, whose account owns the tables.

    *follow* brings the views to the end of the ledger, or waits until another process has. Raises BackupError.
    """

    def __init__(self, url: str, follow: Callable[[], None]) -> None:
        self._url, self._follow = url, follow
        self._until = 0.0

    def clear(self, advance: Advance) -> ClearedErasures:
        """Rewrite what still may hold texts of persons who were erased since the last time; nothing, if no one was."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            pending = connection.execute(PENDING).fetchall()
            if not pending:
                return NOTHING
            self._until = time.monotonic() + WAIT_SECONDS_MAX
            position = pending[-1][0]
            for _, stream in pending:
                first = connection.execute(FIRST_FACT, [stream]).fetchone()
                for statement, params in removals(stream, first):
                    connection.execute(statement, params)
            with self._followed(connection, position, advance):
                tables = [table for table in TABLES if _holds(connection, EXISTING, table)]
                _require_owner(connection, tables)
                self._await_transactions(connection, advance)
                for number, table in enumerate(tables):
                    if table == STATISTICS:  # its rows of before died only now, when the tables were sampled
                        self._await_transactions(connection, advance)
                    advance(f"{REWRITING}: {table}", number, len(tables))
                    self._rewrite(connection, table)
            connection.execute(CLEARED, [position])
            switched = _holds(connection, MAY_SWITCH)
            if switched:
                connection.execute("SELECT pg_switch_wal()")
            log.info("erased_texts_cleared", erasures=len(pending), position=position)
            return ClearedErasures(len(pending), position, tables, switched)

    @contextmanager
    def _followed(self, connection: psycopg.Connection[Any], position: int, advance: Advance) -> Iterator[None]:
        """During the block all views are at *position* or later, and no rebuild reads the ledger as it was before."""
        advance(FOLLOWING, 0, 0)
        while True:
            self._follow()
            self._await_rebuilds(connection)
            try:
                behind = connection.execute(BEHIND, [position, VIEWS]).fetchone()
                if behind is None:
                    for workshop in (VIEW_WORKSHOP, HISTORY_WORKSHOP):
                        drop_leftovers(connection, workshop)
                    yield
                    return
            finally:
                for workshop in (VIEW_WORKSHOP, HISTORY_WORKSHOP):
                    connection.execute("SELECT pg_advisory_unlock(%s)", [workshop.key])
            view, error = behind
            if error or self._is_late():
                why = f": {error}" if error else " and does not come on"
                raise _unfinished(f"the view {view} is not at position {position:,} yet{why}")
            time.sleep(LOOK_SECONDS)

    def _await_rebuilds(self, connection: psycopg.Connection[Any]) -> None:
        for workshop in (VIEW_WORKSHOP, HISTORY_WORKSHOP):
            while not _holds(connection, "SELECT pg_try_advisory_lock(%s)", workshop.key):
                if self._is_late():
                    raise _unfinished("views are being rebuilt")
                time.sleep(LOOK_SECONDS)

    def _await_transactions(self, connection: psycopg.Connection[Any], advance: Advance) -> None:
        """Wait until no transaction may see a row as it was before the erasure."""
        advance(WAITING, 0, 0)
        (horizon,) = connection.execute(HORIZON).fetchone() or ("",)
        while older := connection.execute(OLDER, {"horizon": horizon}).fetchone():
            if self._is_late():
                raise _unfinished(f"{older[0]} may still read rows as they were before the erasure")
            time.sleep(LOOK_SECONDS)

    def _rewrite(self, connection: psycopg.Connection[Any], table: str) -> None:
        """Rewrite *table* with its TOAST and indexes, and sample it again; others wait meanwhile."""
        name = SQL("{}").format(Identifier(*table.split(".")))
        options = SQL("FULL" if table == STATISTICS else "FULL, ANALYZE")
        connection.execute(SQL("SET lock_timeout = {}").format(f"{LOCK_SECONDS}s"))
        while True:
            try:
                connection.execute(SQL("VACUUM ({}) {}").format(options, name))
            except psycopg.errors.LockNotAvailable as held:
                if self._is_late():
                    raise _unfinished(f"another process holds the table {table}") from held
                time.sleep(LOCK_PAUSE_SECONDS)
            else:
                return

    def _is_late(self) -> bool:
        return time.monotonic() > self._until


def _require_owner(connection: psycopg.Connection[Any], tables: Sequence[str]) -> None:
    """Refuse an account that may not rewrite *tables*, or cannot see the open transactions of others."""
    for table in tables:
        if not _holds(connection, MAY_REWRITE, table):
            raise BackupError(
                "erasure-unfinished",
                f"The account {connection.info.user} may not rewrite the table {table}, which may hold erased texts.",
                "Let DATABASE_URL name the account that owns the database.",
            )
    if not _holds(connection, SEES_OTHERS):
        raise BackupError(
            "erasure-unfinished",
            f"The account {connection.info.user} does not see the transactions of others, which may read erased texts.",
            f"GRANT pg_read_all_stats TO {connection.info.user}.",
        )


def _unfinished(why: str) -> BackupError:
    return BackupError(
        "erasure-unfinished",
        f"A copy made now could hold texts of a person who was erased: {why}.",
        "Fix that, or wait, and try again.",
    )


def _holds(connection: psycopg.Connection[Any], query: LiteralString, *params: object) -> bool:
    return connection.execute(query, params).fetchone() == (True,)
