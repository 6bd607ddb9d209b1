"""Recovers a database from backups into a folder of its own: combines base backups, replays the log to an instant.

The folder is a data folder like any other, with a server of its own that archives nothing. It lies in the data folder
of the installation, so that its database can take the place of the present one by a rename.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import LiteralString

import psycopg
from msgspec import Struct

from infrastructure.backup.errors import BackupError
from infrastructure.backup.folder import BackupFolder, BaseBackup, RecoveryPlan
from infrastructure.backup.tools import Advance, run_tool
from infrastructure.durable_files import sync_folder
from infrastructure.postgres.archiving import PACKED, restore_command
from infrastructure.postgres.binaries import Account, PostgresUnavailableError
from infrastructure.postgres.cluster import make_folder
from infrastructure.postgres.embedded import EmbeddedPostgres, ServerStatus

RECOVERY_SECONDS_MAX = 7 * 86_400  # replaying a year's log; the progress shows that it goes on
ROOM = 1.1  # the base backups once more, and some log
LOOK_SECONDS = 0.1
CONNECT_SECONDS_MAX = 5
VERIFYING, COMBINING, REPLAYING = "verifying the backups", "combining them", "replaying the log"
TOO_LATE = "recovery ended before configured recovery target was reached"
TIMELINE_DIGITS, SEGMENT_DIGITS = 8, 24  # of the name of a segment
SEGMENT = re.compile(rf"[0-9A-F]{{{SEGMENT_DIGITS}}}{re.escape(PACKED)}")
LAST_SEGMENT: LiteralString = "SELECT pg_walfile_name(pg_last_wal_replay_lsn())"
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
    def base(self) -> BaseBackup:
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
        sources = [self._place.data_of(base) for base in self._plan.chain]
        for source in sources:
            run_tool(VERIFYING, "pg_verifybackup", "--progress", source, lock=lock, advance=advance)
        make_folder(self._work, 0o711 if os.geteuid() == 0 else 0o700)
        run_tool(COMBINING, "pg_combinebackup", "--output", self.folder, *sources, lock=lock, advance=advance)
        (self.folder / "recovery.signal").touch(0o600)
        if os.geteuid() == 0:
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, self._account.uid, self._account.gid, follow_symlinks=False)
        sync_folder(self.folder)

    def _replayed(self, advance: Advance) -> tuple[EmbeddedPostgres, str]:
        """Start a server that replays the log up to the instant of the plan, and then takes changes."""
        if (at := self._plan.at) is not None:
            target = {"recovery_target_time": f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f+00}"}
            try:
                return self._started(advance, target)
            except PostgresUnavailableError:
                # The archive holds no transaction behind the instant: then all of it is the state at that instant.
                if not self._target.has_logged(TOO_LATE):
                    raise
        server, url = self._started(advance, {})
        with psycopg.connect(url, autocommit=True) as connection:
            (last,) = connection.execute(LAST_SEGMENT).fetchone() or ("",)
        self._require_no_gap(last[TIMELINE_DIGITS:])
        return server, url

    def _require_no_gap(self, last: str) -> None:
        """Refuse where the archive goes on behind the segment *last*, at which the replay has ended."""
        names = [file.name for file in self._place.wal.glob(f"{self._plan.timeline:08X}*{PACKED}")]
        later = sorted(name[TIMELINE_DIGITS:SEGMENT_DIGITS] for name in names if SEGMENT.fullmatch(name))
        if later and later[-1] > last:
            raise BackupError(
                "archive-gap",
                f"The log in {self._place.wal} has a gap: it goes on to segment {later[-1]}, but ends at {last} first.",
                "Put the missing files back, or name an instant before the gap, or one behind a later backup.",
            )

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
        url = server.start()  # it takes queries once it is consistent, and goes on replaying
        while self._is_replaying(server, url, advance):
            time.sleep(LOOK_SECONDS)
        return server, url

    def _is_replaying(self, server: EmbeddedPostgres, url: str, advance: Advance) -> bool:
        """Whether the server still replays the log. Raises PostgresUnavailableError where it has ended."""
        try:
            with psycopg.connect(url, connect_timeout=CONNECT_SECONDS_MAX) as connection:
                is_replaying, reached = connection.execute(REPLAYED).fetchone() or (True, None)
        except psycopg.OperationalError as lost:
            if server.status() is ServerStatus.STOPPED:
                raise PostgresUnavailableError("postgres_start", server.last_words(), "") from lost
            return True
        if reached:
            began = self._plan.chain[-1].began
            until = self._plan.at or datetime.now(UTC)
            done, of = int((reached - began).total_seconds()), int((until - began).total_seconds())
            advance(REPLAYING, max(done, 0), of)
        return bool(is_replaying)
