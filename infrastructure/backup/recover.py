"""Recovers a database from backups into a folder of its own: combines base backups, and replays the log to an instant.

The folder is a data folder like any other, with a server of its own that archives nothing. It lies in the data folder of
the installation, so that its database can take the place of the present one by a rename.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any, LiteralString

import psycopg
from msgspec import Struct

from infrastructure.backup.errors import BackupError
from infrastructure.backup.folder import BackupFolder, Base, RecoveryPlan
from infrastructure.backup.tools import Advance, run_tool
from infrastructure.durable_files import sync_folder
from infrastructure.postgres.archiving import restore_command
from infrastructure.postgres.binaries import Account, PostgresUnavailableError, programs_for
from infrastructure.postgres.cluster import make_folder, name_for, private_folder
from infrastructure.postgres.embedded import EmbeddedPostgres

RECOVERY_SECONDS_MAX = 7 * 86_400  # replaying a year's log; the progress shows that it goes on
ROOM = 1.1  # the base backups once more, and some log
LOOK_SECONDS = 0.5
VERIFYING, COMBINING, REPLAYING = "verifying the backups", "combining them", "replaying the log"
TOO_LATE = "recovery ended before configured recovery target was reached"
REPLAYED: LiteralString = "SELECT pg_is_in_recovery(), pg_last_xact_replay_timestamp()"


class RecoveredDatabase(Struct, frozen=True):
    """A database that was recovered: its *server*, and the instant of the last transaction in it.

    *reached* is None where the log held no transaction behind the base backup.
    """

    server: EmbeddedPostgres
    url: str
    reached: datetime | None


class Recovery:
    """One recovery of *place* by *plan*, in the folder *work*. Raises BackupError, PostgresUnavailableError."""

    def __init__(self, place: BackupFolder, plan: RecoveryPlan, work: Path, account: Account) -> None:
        self._place, self._plan, self._work, self._account = place, plan, work, account
        self._target = EmbeddedPostgres(work)

    @property
    def base(self) -> Base:
        """The base backup that the log is replayed on."""
        return self._plan.chain[-1]

    @property
    def folder(self) -> Path:
        """The data directory of PostgreSQL."""
        return self._target.folder

    @contextmanager
    def recovered(self, lock: int, advance: Advance) -> Iterator[RecoveredDatabase]:
        """The database with its server during the block. Afterwards the server is stopped, its folder stays."""
        self.discard()
        self._require_room()
        self._combine(lock, advance)
        server: EmbeddedPostgres | None = None
        try:
            server, url = self._replayed(advance)
            with psycopg.connect(url, autocommit=True) as connection:
                _, reached = connection.execute(REPLAYED).fetchone() or (False, None)
                connection.execute("CHECKPOINT")
            yield RecoveredDatabase(server, url, reached)
        finally:
            (server or self._target).stop()

    def discard(self) -> None:
        """Stop the server of an earlier recovery, and remove all that it left."""
        if self._work.exists():
            self._target.stop()
            shutil.rmtree(self._work)
            sync_folder(self._work.parent)

    def _require_room(self) -> None:
        needed = int(sum(base.bytes for base in self._plan.chain) * ROOM)
        free = shutil.disk_usage(self._work.parent).free
        if free < needed:
            raise BackupError(
                "restore-disk-full",
                f"Restoring needs {needed >> 20:,} MiB in {self._work.parent}, where {free >> 20:,} MiB are free.",
                "Free some, or restore into a COUNTERSIGN_DATA on another disk.",
            )

    def _combine(self, lock: int, advance: Advance) -> None:
        """Verify the base backups, and make one data directory of them, ready for recovery."""
        programs = programs_for(self._account, self._work.parent)
        sources = [self._place.data_of(base) for base in self._plan.chain]
        for source in sources:
            run_tool(
                VERIFYING, self._account, programs / "pg_verifybackup", "-P", source, lock=lock, advance=advance
            )
        make_folder(self._work, 0o711 if os.geteuid() == 0 else 0o700)
        private_folder(self.folder, self._account)
        here = name_for(self._account, self.folder)
        run_tool(
            COMBINING, self._account, programs / "pg_combinebackup", "--output", here, *sources,
            lock=lock, advance=advance, at=self.folder,
        )  # fmt: skip
        signal = os.open(self.folder / "recovery.signal", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            if os.geteuid() == 0:
                os.fchown(signal, self._account.uid, self._account.gid)
            os.fsync(signal)
        finally:
            os.close(signal)
        sync_folder(self.folder)

    def _replayed(self, advance: Advance) -> tuple[EmbeddedPostgres, str]:
        """Start a server that replays the log up to the instant of the plan, and then takes changes."""
        at = self._plan.at
        try:
            target = {"recovery_target_time": f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f+00}"} if at else {}
            return self._started(advance, target)
        except PostgresUnavailableError as failure:
            # The archive holds no transaction behind the instant: then all of it is the state at that instant.
            if at is None or TOO_LATE not in str(failure):
                raise
            return self._started(advance, {})

    def _started(self, advance: Advance, target: dict[str, str]) -> tuple[EmbeddedPostgres, str]:
        settings = {
            "archive_command": "",  # segments wait for the archive until the database is in its place
            "restore_command": restore_command(self._place.wal),
            "recovery_target_timeline": str(self._plan.timeline),
            "recovery_target_action": "promote",
            **target,
        }
        server = EmbeddedPostgres(self._work, settings=settings, patience=RECOVERY_SECONDS_MAX)
        advance(REPLAYING, 0, 0)
        ended = Event()
        watcher = Thread(target=self._watch, args=(server, ended, advance), daemon=True)
        watcher.start()
        try:
            return server, server.start()
        finally:
            ended.set()
            watcher.join()

    def _watch(self, server: EmbeddedPostgres, ended: Event, advance: Advance) -> None:
        """Show how far the replay is, in seconds since the base backup."""
        began = self._plan.chain[-1].began
        until = self._plan.at or datetime.now(UTC)
        while not ended.wait(LOOK_SECONDS):
            try:
                with psycopg.connect(server.url(), connect_timeout=2) as connection:
                    row: Any = connection.execute(REPLAYED).fetchone()
            except psycopg.Error:  # it takes no connections yet
                continue
            if row and row[1]:
                advance(REPLAYING, int((row[1] - began).total_seconds()), int((until - began).total_seconds()))
