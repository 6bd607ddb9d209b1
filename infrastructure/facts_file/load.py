"""Reading a facts file into an empty ledger: the same entries, positions, times and hashes, all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from msgspec import DecodeError, Struct

from domain.core.characters import visible
from domain.core.ledger import Role
from domain.messages import FACTS
from domain.streams import kind_named_by
from infrastructure.facts_file.lines import (
    FORMAT,
    CommandLine,
    EntryLine,
    FactsFileUnfitError,
    HeaderLine,
    KeyLine,
    Line,
    WatchLine,
    read,
)
from infrastructure.ledger.hash_chain import Last, Verifier
from infrastructure.ledger.mapper import decode_recorded
from infrastructure.ledger.sent_command import command_id_of
from infrastructure.postgres.migrate import migrations
from infrastructure.privacy.current import keystore
from infrastructure.privacy.keystore import KeystoreError

LINES_AT_ONCE = 10_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EMPTY = "SELECT seq = 0 AND NOT EXISTS (SELECT FROM ledger.event) FROM ledger.head FOR UPDATE"
COPY_ENTRIES = """
    COPY ledger.event (seq, stream, version, type, data, meta, occurred_at, recorded_at, hash)
    FROM STDIN (FORMAT binary)
"""
ENTRY_TYPES = ["int8", "uuid", "int4", "text", "bytea", "bytea", "timestamptz", "timestamptz", "bytea"]
COPY_COMMANDS = "COPY ledger.command (id, fingerprint, seq, reply, at, alias) FROM STDIN (FORMAT binary)"
COMMAND_TYPES = ["uuid", "bytea", "int8", "bytea", "timestamptz", "bool"]
COPY_STREAMS = "COPY ledger.stream (stream, kind, version, hash, seq) FROM STDIN (FORMAT binary)"
STREAM_TYPES = ["uuid", "text", "int4", "bytea", "int8"]
COPY_WATCHED = "COPY watch.project (project, version, look_at, sweep) FROM STDIN (FORMAT binary)"
WATCHED_TYPES = ["uuid", "int4", "timestamptz", "bool"]


class FactsImported(Struct, frozen=True):
    """What was read: *aliases* are ids under which commands from before format 1 are found by their senders' keys."""

    position: int
    entries: int
    streams: int
    commands: int
    aliases: int


def import_facts(url: str, path: Path, progress: Callable[[int, int], None]) -> FactsImported:
    """Read the file *path* into the ledger at *url*, as its owner. Raises FactsFileUnfitError where the ledger is not
    empty, or the file is not what it must be: every chain is computed again, and nothing is stored if one breaks.
    """
    with psycopg.connect(url, autocommit=True) as connection, connection.transaction():
        connection.execute("SET LOCAL timezone = 'UTC'")
        if connection.execute("SELECT to_regclass('ledger.stream')::text").fetchone() == (None,):
            raise FactsFileUnfitError(
                "This database has no ledger of this release: run `countersign migrate` on it first."
            )
        if (row := connection.execute(EMPTY).fetchone()) is None or not row[0]:
            raise FactsFileUnfitError(
                "This ledger holds facts already: import into a new, empty database (another COUNTERSIGN_DATA or"
                " DATABASE_URL)."
            )
        lines = read(path)
        header = next(lines, None)
        if not isinstance(header, HeaderLine):
            raise FactsFileUnfitError(f"{path} is no facts file: its first line is no header.")
        _require_readable(header, path)
        loading = FactsLoading(connection)
        try:
            while some := list(islice(lines, LINES_AT_ONCE)):
                loading.take(some)
                progress(loading.chain.seq, header.position)
            loading.finish(header)
        except (psycopg.DataError, psycopg.IntegrityError) as failure:
            reason = failure.diag.message_primary or failure
            raise FactsFileUnfitError(f"The file is not what was exported: {reason}.") from failure
        return FactsImported(
            header.position, loading.chain.seq, len(loading.chain.heads), loading.commands, loading.aliases
        )


def _require_readable(header: HeaderLine, path: Path) -> None:
    """Raise FactsFileUnfitError where this release can't read what follows *header*."""
    if header.format != FORMAT:
        raise FactsFileUnfitError(
            f"{path} has the format {visible(header.format)}, and this release reads {FORMAT}: import it with the"
            " release that wrote it, or a later one."
        )
    newest = migrations()[-1].name
    if later := [name for name in header.migrations if name > newest]:
        raise FactsFileUnfitError(
            f"{path} is of a later release, whose database had {visible(later[-1])}: import it with that release, or a"
            " later one."
        )
    if header.watched_to > header.position:
        raise FactsFileUnfitError(
            f"The file is not what was exported: its watcher had read to {header.watched_to}, but its ledger ended at"
            f" {header.position}."
        )


class FactsLoading:
    """Loads lines in their order, within the transaction of *connection*."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self.chain = Verifier()
        self.commands = self.aliases = 0
        self._last: EntryLine | None = None

    def take(self, lines: Iterable[Line]) -> None:
        """Store some lines. Raises FactsFileUnfitError where an entry is not what its chain says."""
        entries: list[EntryLine] = []
        commands: list[CommandLine] = []
        watched: list[WatchLine] = []
        for line in lines:
            if isinstance(line, EntryLine):
                entries.append(line)
                self._last = line
            elif isinstance(line, CommandLine):
                self._require_in_place(line)
                commands.append(line)
                commands += self._aliases(line)
            elif isinstance(line, WatchLine):
                watched.append(line)
            elif isinstance(line, KeyLine):
                self._adopt(line)
            else:
                raise FactsFileUnfitError("The file is not what was exported: there is a header between its lines.")
        self.chain.take(entry.raw() for entry in entries)
        if self.chain.faults:
            fault = self.chain.faults[0]
            raise FactsFileUnfitError(f"The file is not what was exported: at position {fault.seq}, {fault.what}.")
        self.commands += len(commands)
        self._copy(COPY_ENTRIES, ENTRY_TYPES, map(_entry_row, entries))
        self._copy(COPY_COMMANDS, COMMAND_TYPES, map(_command_row, commands))
        self._copy(COPY_WATCHED, WATCHED_TYPES, map(_watched_row, watched))

    def _require_in_place(self, command: CommandLine) -> None:
        """Raise FactsFileUnfitError where *command* is not behind its last entry."""
        last = self._last.seq if self._last else 0
        if command.seq != last:
            raise FactsFileUnfitError(
                f"The file is not what was exported: a command of position {command.seq} comes after position {last}."
            )

    def _adopt(self, line: KeyLine) -> None:
        """Take the key of a person over. Raises FactsFileUnfitError where another master key wrapped it."""
        try:
            keystore().adopt(line.person, line.wrapped)
        except KeystoreError as unfit:
            raise FactsFileUnfitError(
                f"{unfit} Copy the folder of keys (COUNTERSIGN_KEYS), or set the same COUNTERSIGN_MASTER_KEY."
            ) from unfit

    def _aliases(self, command: CommandLine) -> list[CommandLine]:
        """The row under the id that the command's key leads to now, where it came from before format 1.

        An Idempotency-Key was the whole installation's then, and its UUID the command's id. What the system itself
        sent, or an importer, has its ids from elsewhere.
        """
        entry = self._last
        if entry is None or entry.seq != command.seq or command.alias:
            return []
        try:
            recorded = decode_recorded(entry.meta)
        except DecodeError:  # another application's
            return []
        if recorded.fingerprint or recorded.source or recorded.by.role is Role.SYSTEM:
            return []
        self.aliases += 1
        alias = command_id_of(recorded.by.id, recorded.command_id)
        return [CommandLine(alias, command.fingerprint, command.seq, command.reply, command.at, alias=True)]

    def _copy(self, statement: LiteralString, types: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
        with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)

    def finish(self, header: HeaderLine) -> None:
        """Store what follows from the entries. Raises FactsFileUnfitError where the header says another number."""
        chain, connection = self.chain, self._connection
        if chain.seq != header.position:
            raise FactsFileUnfitError(
                f"The file ends at position {chain.seq}, but its ledger ended at {header.position}."
            )
        self._copy(COPY_STREAMS, STREAM_TYPES, (_stream_row(*head) for head in chain.heads.items()))
        connection.execute("UPDATE ledger.head SET seq = %s", [chain.seq])
        if header.case_counter:
            connection.execute("SELECT setval('ledger.case_counter', %s)", [header.case_counter])
        # Where other rules or calendars are named here than this release counts by, the watcher checks every project.
        connection.execute("UPDATE watch.position SET seq = %s, calendars = %s", [header.watched_to, header.calendars])


def _entry_row(line: EntryLine) -> tuple[Any, ...]:
    times = _instant(line.occurred), _instant(line.recorded)
    return line.seq, line.stream, line.version, line.type, line.data, line.meta, *times, line.hash


def _command_row(line: CommandLine) -> tuple[Any, ...]:
    return line.id, line.fingerprint, line.seq, line.reply, _instant(line.at), line.alias


def _watched_row(line: WatchLine) -> tuple[Any, ...]:
    return line.project, line.version, None if line.look_at is None else _instant(line.look_at), line.sweep


def _stream_row(stream: bytes, head: Last) -> tuple[Any, ...]:
    fact = FACTS.get(head.first.decode())
    return UUID(bytes=stream), kind_named_by(fact) if fact else "", head.version, head.hash, head.seq


def _instant(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)
