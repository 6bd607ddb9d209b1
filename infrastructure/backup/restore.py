"""Restores a database from backups, or rehearses that: recovers, verifies the chain, names what is lost.

A restore begins a new epoch of the ledger: the fact `ledger_restored` is the first entry behind what is left. It is
written before the database takes its place, so that none is ever served without it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import structlog
from msgspec import Struct

from domain.epochs.state import FIRST_EPOCH
from infrastructure.backup.errors import BackupError
from infrastructure.backup.folder import BackupFolder
from infrastructure.backup.recover import RecoveredDatabase, Recovery
from infrastructure.backup.take import archive_to
from infrastructure.backup.timelines import note_current
from infrastructure.backup.tools import Advance
from infrastructure.feed.epochs import last_restore
from infrastructure.postgres.binaries import PostgresUnavailableError
from infrastructure.postgres.cluster import make_folder
from infrastructure.postgres.embedded import EmbeddedPostgres, ServerStatus
from infrastructure.postgres.migrate import migrate
from infrastructure.proof.log import LogError, LogReader
from infrastructure.verifier.verify import verify

REHEARSAL, RESTORING, FORMER = "rehearsal", "restoring", "postgres-before-{:%Y%m%dT%H%M%SZ}"
CHECKING = "verifying the ledger"
HEAD: LiteralString = "SELECT coalesce(max(seq), 0) FROM ledger.event"
HASH: LiteralString = "SELECT encode(hash, 'hex') FROM ledger.event WHERE seq = %s"
SYSTEM: LiteralString = "SELECT system_identifier::text FROM pg_control_system()"
SERVING: LiteralString = """
    SELECT l.work FROM process.lease AS l JOIN pg_stat_activity AS a ON a.application_name = l.owner
    WHERE a.datname = current_database() LIMIT 1
"""
FAULTS_NAMED = 3

log = structlog.get_logger()


class RestoredLedger(Struct, frozen=True):
    """A ledger that was recovered, and verified: *entries* up to *position*, the last of *reached*.

    *lost_from* and *lost_to* are the positions that there were and that are not in it; both 0 where none is known to be
    lost. *epoch_before* is the last epoch of the present ledger. *log* is the name of the transparency log.
    """

    backup: str
    asked_for: datetime | None
    reached: datetime | None
    position: int
    streams: int
    lost_from: int
    lost_to: int
    epoch_before: int
    log: str
    faults: list[str]

    @property
    def lost(self) -> int:
        """How many positions are lost."""
        return self.lost_to - self.lost_from + 1 if self.lost_to else 0


class RecoveryOutcome(Struct, frozen=True):
    """A recovered database, the state of its ledger, and its data directory."""

    database: RecoveredDatabase
    ledger: RestoredLedger
    folder: Path


class Restorer:
    """Restores *server* from *place*. *log* is the transparency log of the ledger, None where there is none.

    Raises BackupError, PostgresUnavailableError, and psycopg's errors.
    """

    def __init__(
        self, server: EmbeddedPostgres, place: BackupFolder, log: LogReader | None, clock: Callable[[], datetime]
    ) -> None:
        self._server, self._place, self._log, self._clock = server, place, log, clock

    @contextmanager
    def recovered(self, at: datetime | None, advance: Advance, *, rehearsal: bool) -> Iterator[RecoveryOutcome]:
        """The ledger as of *at* in a server of its own during the block; `take_its_place` ends the block for good.

        What a rehearsal made is removed afterwards, and so is what a restore made that failed.
        """
        if not rehearsal:
            require_unused(self._server)
        if at is not None and at > self._clock():
            raise BackupError("restore-to-the-future", f"{at.isoformat()} is still to come.", "Name an instant before.")
        if self._place.mark() is None:
            raise BackupError(
                "backup-missing", f"{self._place.path} is no folder of backups.", "Name that of `backup`."
            )
        make_folder(self._server.data, 0o711 if os.geteuid() == 0 else 0o700)  # on a new machine there is none
        before = last_state(self._server)
        with self._place.locked() as lock:
            work = self._server.data / (REHEARSAL if rehearsal else RESTORING)
            recovery = Recovery(self._place, self._place.plan(at), work, self._server.account())
            try:
                with recovery.recovered(lock, advance) as database:
                    self._require_same(database)
                    ledger = self._verified(recovery, database, at, before, advance)
                    yield RecoveryOutcome(database, ledger, recovery.folder)
            finally:
                recovery.discard()

    def _require_same(self, database: RecoveredDatabase) -> None:
        with psycopg.connect(database.url, autocommit=True) as connection:
            (system,) = connection.execute(SYSTEM).fetchone() or ("",)
        self._place.claim(system)

    def _verified(
        self, recovery: Recovery, database: RecoveredDatabase, at: datetime | None, before: LastState, advance: Advance
    ) -> RestoredLedger:
        """Bring the tables up to date, walk every chain, and compare with the transparency log."""
        migrate(database.url)
        result, _ = verify(database.url, lambda done, of: advance(CHECKING, done, of))
        named = result.faults[:FAULTS_NAMED] if result.position else []  # an empty ledger is a fault of its own
        faults = [f"{fault.seq}: {fault.what}" for fault in named]
        base = recovery.base
        lost_to, name = before.position, ""
        with psycopg.connect(database.url, autocommit=True) as connection:
            faults += _of_base(connection, base.position, base.hash)
            if self._log is not None and self._log.note is not None:
                name = self._log.checkpoint.origin
                lost_to = max(lost_to, self._log.checkpoint.size)
                faults += difference_to_log(connection, self._log, result.position)
        has_lost = lost_to > result.position
        return RestoredLedger(
            base.name, at, database.reached, result.position, result.streams,
            result.position + 1 if has_lost else 0, lost_to if has_lost else 0, before.epoch, name, faults,
        )  # fmt: skip

    def take_its_place(self, outcome: RecoveryOutcome) -> str:
        """Put the recovered database in place of the present one; returns the name of the folder that the latter is
        moved to.

        The server of the recovered database has recorded the restore by now.
        """
        with psycopg.connect(outcome.database.url, autocommit=True) as connection:
            archive_to(connection, self._place.wal)
        outcome.database.server.stop()
        former = FORMER.format(self._clock().astimezone(UTC))
        was_there = self._server.folder.exists()
        self._server.stop()
        self._server.replace(outcome.folder, former)
        with psycopg.connect(self._server.start(), autocommit=True) as connection:
            note_current(connection, self._place)
        return str(self._server.data / former) if was_there else ""


class LastState(Struct, frozen=True):
    """Of the present ledger, its last *position* and epoch; 0 where it can't be read, or there is none."""

    position: int = 0
    epoch: int = 0


def last_state(server: EmbeddedPostgres) -> LastState:
    """The last position and epoch of the present ledger, which a restore has to know."""
    if server.status() is ServerStatus.ABSENT:
        return LastState()
    try:
        with psycopg.connect(server.start(), autocommit=True) as connection:
            if connection.execute("SELECT to_regclass('ledger.event')").fetchone() == (None,):
                return LastState()
            (position,) = connection.execute(HEAD).fetchone() or (0,)
            restore = last_restore(connection)
            return LastState(position, restore.fact.epoch if restore else FIRST_EPOCH)
    except (PostgresUnavailableError, psycopg.Error) as damaged:  # which may be why it is restored
        log.warning("present_database_unreadable", error=str(damaged).strip())
        return LastState()


def require_unused(server: EmbeddedPostgres) -> None:
    """Refuse while a server of Countersign works on the database. Raises BackupError."""
    if server.status() is not ServerStatus.RUNNING:
        return
    with psycopg.connect(server.url(), autocommit=True) as connection:
        require_no_server(connection)


def require_no_server(connection: psycopg.Connection[Any]) -> None:
    """Refuse while a server of Countersign works on the database of *connection*. Raises BackupError."""
    has_leases = connection.execute("SELECT to_regclass('process.lease')").fetchone() != (None,)
    if has_leases and connection.execute(SERVING).fetchone():
        sentence = "A server of Countersign works on this database."
        raise BackupError("restore-while-serving", sentence, "End it, and try again.")


def _of_base(connection: psycopg.Connection[Any], position: int, hash_: str) -> list[str]:
    """What is wrong with the entry that was the last one when the base backup began."""
    row = connection.execute(HASH, [position]).fetchone() if position else None
    if position and row is None:
        return [f"{position}: the entry was there when the backup was taken, and is missing"]
    if row and row[0] != hash_:
        return [f"{position}: the entry is another one than when the backup was taken"]
    return []


def difference_to_log(connection: psycopg.Connection[Any], log: LogReader, last: int) -> list[str]:
    """Where the entries up to *last* are not those that the transparency log has signed."""
    try:
        position = log.compare(connection)
    except (LogError, OSError) as error:
        return [f"0: the transparency log can't be compared with: {error}"]
    if position is None or position > last:
        return []
    return [f"{position}: the entry is not the one that is in the transparency log"]
