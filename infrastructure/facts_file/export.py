"""Writing every fact of a ledger to a file, from a database of this release or any before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from pathlib import Path
from typing import Any, LiteralString, TypeAlias
from uuid import UUID

import psycopg
from msgspec import Struct

from infrastructure.facts_file.lines import (
    FORMAT,
    CommandLine,
    EntryLine,
    FactsFileUnfitError,
    HeaderLine,
    KeyLine,
    WatchLine,
    written,
)
from infrastructure.privacy.cipher import persons_in
from infrastructure.privacy.current import keystore

ROWS_AT_ONCE = 5000
EPOCH_2000_US = 946_684_800_000_000  # from which the server counts microseconds
SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
ENTRIES = """
    SELECT seq, stream, version, type, data, meta, timestamptz_send(occurred_at), timestamptz_send(recorded_at), hash
    FROM ledger.event ORDER BY seq
"""
COMMANDS = "SELECT id, fingerprint, seq, reply, timestamptz_send(at), false FROM ledger.command ORDER BY seq"
# Of format 1: a command first, then its alias.
COMMANDS_1 = """
    SELECT id, fingerprint, seq, reply, timestamptz_send(at), alias FROM ledger.command ORDER BY seq, alias
"""
WATCHED = "SELECT project, version, timestamptz_send(look_at), false FROM watch.project ORDER BY project"
WATCHED_SWEEP = "SELECT project, version, timestamptz_send(look_at), sweep FROM watch.project ORDER BY project"
# Also of format 0. A table of that name may be another program's.
HOLDS_LEDGER = """
    SELECT to_regclass('schema_migration') IS NOT NULL AND to_regclass('ledger.head') IS NOT NULL
        AND to_regclass('ledger.event') IS NOT NULL AND to_regclass('ledger.command') IS NOT NULL
"""
HAS_COLUMN = "SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = %s AND NOT attisdropped"


LedgerLine: TypeAlias = EntryLine | CommandLine


class FactsExported(Struct, frozen=True):
    """What was written: *digest* is the SHA-256 of all lines but the last."""

    position: int
    entries: int
    commands: int
    digest: str


def export_facts(url: str, path: Path, progress: Callable[[int, int], None]) -> FactsExported:
    """Write entries, command rows and what the watcher has looked at to a new file, as of one moment.

    Nothing is converted: bytes, hashes, positions and times stay as they are stored. Personal texts stay encrypted;
    their keys come along, wrapped, and the master key does not. Raises FactsFileUnfitError, KeystoreError.
    """
    with psycopg.connect(url, autocommit=True) as connection, connection.transaction():
        connection.execute(SNAPSHOT)
        header = _header(connection)
        with written(path) as lines:
            lines.write(header)
            persons: dict[UUID, None] = {}  # in the order of their first text
            for line in merge(_entries(connection), _commands(connection), key=_place):
                lines.write(line)
                if isinstance(line, EntryLine):
                    persons |= dict.fromkeys(persons_in(line.data))
                if isinstance(line, EntryLine) and line.seq % ROWS_AT_ONCE == 0:
                    progress(line.seq, header.position)
            for watched in _watched(connection):
                lines.write(watched)
            for key in _keys(persons):
                lines.write(key)
            end = lines.end()
    progress(header.position, header.position)
    return FactsExported(header.position, end.entries, end.commands, end.digest)


def _place(line: LedgerLine) -> tuple[int, bool]:
    return line.seq, isinstance(line, CommandLine)


def _header(connection: psycopg.Connection[Any]) -> HeaderLine:
    if not _scalar(connection, HOLDS_LEDGER):
        raise FactsFileUnfitError("This database holds no ledger of Countersign: name the right one in DATABASE_URL.")
    migrations = connection.execute("SELECT name FROM schema_migration ORDER BY number").fetchall()
    counters = _scalar(connection, "SELECT to_regclass('ledger.case_counter')::text") is not None
    watched = _scalar(connection, "SELECT to_regclass('watch.position')::text") is not None
    row = connection.execute("SELECT seq, calendars FROM watch.position").fetchone() if watched else None
    counter = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM ledger.case_counter"
    return HeaderLine(
        FORMAT,
        [name for (name,) in migrations],
        _scalar(connection, "SELECT seq FROM ledger.head"),
        _scalar(connection, counter) if counters else 0,
        *(row or (0, "")),
    )


def _entries(connection: psycopg.Connection[Any]) -> Iterator[LedgerLine]:
    for row in _rows(connection, "entries", ENTRIES):
        seq, stream, version, type_, data, meta, occurred, recorded, stored_hash = row
        times = _instant(occurred), _instant(recorded)
        yield EntryLine(seq, stream, version, type_, data, meta, *times, stored_hash)


def _commands(connection: psycopg.Connection[Any]) -> Iterator[LedgerLine]:
    has_alias = connection.execute(HAS_COLUMN, ["ledger.command", "alias"]).fetchone() != (0,)
    for command, fingerprint, seq, reply, at, alias in _rows(
        connection, "commands", COMMANDS_1 if has_alias else COMMANDS
    ):
        yield CommandLine(command, fingerprint, seq, reply, _instant(at), alias)


def _watched(connection: psycopg.Connection[Any]) -> Iterator[WatchLine]:
    if _scalar(connection, "SELECT to_regclass('watch.project')::text") is None:
        return
    sweeps = connection.execute(HAS_COLUMN, ["watch.project", "sweep"]).fetchone() != (0,)
    for project, version, look_at, sweep in _rows(connection, "watched", WATCHED_SWEEP if sweeps else WATCHED):
        yield WatchLine(project, version, None if look_at is None else _instant(look_at), sweep)


def _keys(persons: Iterable[UUID]) -> Iterator[KeyLine]:
    """The keys that have not been destroyed, as they are stored."""
    for person in persons:
        if wrapped := keystore().wrapped(person):
            yield KeyLine(person, wrapped)


def _rows(connection: psycopg.Connection[Any], name: str, query: LiteralString) -> Iterator[tuple[Any, ...]]:
    """Some rows at a time, so that a ledger of any size passes through little memory."""
    with connection.cursor(name, binary=True) as cursor:
        cursor.itersize = ROWS_AT_ONCE
        yield from cursor.execute(query)


def _instant(sent: bytes) -> int:
    """Unix microseconds of what the server *sent*."""
    return int.from_bytes(sent, signed=True) + EPOCH_2000_US


def _scalar(connection: psycopg.Connection[Any], query: LiteralString) -> Any:
    return (connection.execute(query).fetchone() or (None,))[0]
