"""Takes a base backup of the running embedded server, full or incremental, and has its log archived from then on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import structlog
from msgspec import Struct, structs

from infrastructure.backup.erased import ErasedTexts
from infrastructure.backup.errors import BackupError
from infrastructure.backup.folder import DATA, MANIFEST, UNFINISHED, BackupFolder, BaseBackup, BaseKind
from infrastructure.backup.prune import prune, remove_log_before
from infrastructure.backup.timelines import note_current
from infrastructure.backup.tools import Advance, run_tool
from infrastructure.postgres.archiving import CUT_OFF_SECONDS, archive_command
from infrastructure.postgres.binaries import Account
from infrastructure.postgres.embedded import EmbeddedPostgres

CHAIN_MAX = 30  # base backups that build on each other: all of them are read for a restore
ARCHIVE_SECONDS_MAX = 60.0  # for the last segment to reach the archive; it takes milliseconds
ARCHIVE_POLL_SECONDS = 0.1
NEEDED = ("gzip", "cmp", "sync", "mv")  # by the archive command
TAKING, VERIFYING, ARCHIVING = "copying the database", "verifying the copy", "archiving the log"

HEAD: LiteralString = "SELECT seq, encode(hash, 'hex') FROM ledger.event ORDER BY seq DESC LIMIT 1"
SYSTEM: LiteralString = "SELECT system_identifier::text FROM pg_control_system()"
SWITCH: LiteralString = "SELECT pg_walfile_name(pg_switch_wal() - 1)"
SHOWN: dict[str, LiteralString] = {
    "archive_command": "SHOW archive_command",
    "archive_timeout": "SHOW archive_timeout",
}
ARCHIVED: LiteralString = """
    SELECT coalesce(last_archived_wal >= %s, false), coalesce(last_failed_wal, ''),
           coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false)
    FROM pg_stat_archiver
"""

log = structlog.get_logger()


class TakenBackup(Struct, frozen=True):
    """A base backup that was taken, and the last position of the ledger in it at least. *note*: why it is full.

    *erasures*: how many there were since the backup before, whose texts were removed from the tables first.
    """

    name: str
    kind: BaseKind
    position: int
    bytes: int
    seconds: float
    folder: str
    note: str
    removed: list[str] = []
    erasures: int = 0


class BackupTaker:
    """Backups of *server* into *place*; *clock* gives the time. Raises BackupError, and psycopg's errors.

    *follow* brings the views to the end of the ledger: an erasure has to be followed before the copy.
    """

    def __init__(
        self,
        server: EmbeddedPostgres,
        place: BackupFolder,
        clock: Callable[[], datetime],
        follow: Callable[[], None],
    ) -> None:
        self._server, self._place, self._clock, self._follow = server, place, clock, follow
        self._account = server.account()

    def take(self, advance: Advance, *, full: bool = False, keep: timedelta | None = None) -> TakenBackup:
        """Take a backup: an incremental one where there is one to build on, unless it has to be *full*.

        What only instants longer ago than *keep* need is removed afterwards; None: nothing is.
        """
        self._require_tools()
        self._place.prepare(self._account)
        with self._place.locked() as lock:
            self._place.remove_unfinished()
            with psycopg.connect(self._server.start(), autocommit=True) as connection:
                system, archives = _value(connection, SYSTEM), _value(connection, "SHOW archive_mode")
                self._place.claim(str(system))
            if archives == "off":  # started by a release that knew no backups
                self._server.stop()
            cleared = ErasedTexts(self._server.start(), self._follow).clear(advance)  # before the log is archived
            is_first = not self._place.finished()
            with psycopg.connect(self._server.start(), autocommit=True) as connection:
                with self._archiving(connection):
                    note_current(connection, self._place)
                    taken = self._take(connection, lock, advance, full=full)
                taken = structs.replace(taken, erasures=cleared.erasures)
            if is_first:  # what came before is of no use, and may be of before an erasure
                remove_log_before(self._place, self._place.finished()[0], lock, advance)
            if keep is None:
                return taken
            return structs.replace(taken, removed=prune(self._place, self._clock() - keep, lock, advance))

    @contextmanager
    def _archiving(self, connection: psycopg.Connection[Any]) -> Iterator[None]:
        """Have the log archived in the folder from now on; where the backup fails, as before.

        Without a backup the log there is of no use; and where that disk is full or gone, all of it would stay on the
        disk of the data.
        """
        before = {name: str(_value(connection, show)) for name, show in SHOWN.items()}
        archive_to(connection, self._place.wal)
        try:
            yield
        except BaseException:
            try:
                _set_archive(connection, before)
            except psycopg.Error as lost:
                log.warning("archive_not_put_back", error=str(lost).strip())
            raise

    def _take(self, connection: psycopg.Connection[Any], lock: int, advance: Advance, *, full: bool) -> TakenBackup:
        began, clocked = self._clock(), time.monotonic()
        timeline = int(str(_value(connection, "SELECT timeline_id FROM pg_control_checkpoint()")))
        before, note = (None, "as asked") if full else self._before(timeline)
        position, hash_ = connection.execute(HEAD).fetchone() or (0, "")
        name = self._place.new_name(began)
        try:
            self._copy(name, before, lock, advance)
        except BackupError as failure:
            if before is None:
                raise
            log.warning("incremental_backup_failed", error=str(failure))
            before, note = None, "the changes since the one before are no longer known"
            self._place.remove_unfinished()
            self._copy(name, None, lock, advance)
        draft = self._place.bases / f"{name}{UNFINISHED}" / DATA
        run_tool(VERIFYING, "pg_verifybackup", "--progress", draft, lock=lock, advance=advance)
        advance(ARCHIVING, 0, 0)
        self._await_archive(connection)
        size = sum(file.stat().st_size for file in draft.rglob("*") if file.is_file())
        kind = BaseKind.INCREMENTAL if before else BaseKind.FULL
        base = BaseBackup(
            name=name, kind=kind, after=before.name if before else "", timeline=timeline, began=began,
            ended=self._clock(), position=position, hash=hash_, bytes=size,
        )  # fmt: skip
        self._place.finish(base)
        seconds = round(time.monotonic() - clocked, 1)
        return TakenBackup(name, kind, position, size, seconds, str(self._place.path), "" if before else note)

    def _before(self, timeline: int) -> tuple[BaseBackup | None, str]:
        """The base backup to build on; None, and why, where it has to be a full one."""
        bases = self._place.finished()
        if not bases:
            return None, "the first one"
        if bases[-1].timeline != timeline:
            return None, "the first one since a restore"
        if len(self._place.chain(bases[-1])) >= CHAIN_MAX:
            return None, f"{CHAIN_MAX} build on each other"
        return bases[-1], ""

    def _copy(self, name: str, before: BaseBackup | None, lock: int, advance: Advance) -> None:
        draft = self._place.bases / f"{name}{UNFINISHED}"
        draft.mkdir(mode=0o700)
        changes: list[str | Path] = ["--incremental", self._place.data_of(before) / MANIFEST] if before else []
        run_tool(
            TAKING, "pg_basebackup", "--pgdata", draft / DATA, "--dbname", self._server.url("postgres"),
            "--checkpoint=fast", "--wal-method=stream", "--progress", "--no-password",
            "--manifest-checksums=SHA256", f"--label=countersign {name}", *changes, lock=lock, advance=advance,
        )  # fmt: skip

    def _await_archive(self, connection: psycopg.Connection[Any]) -> None:
        """Return once the log up to now is in the archive."""
        segment = _value(connection, SWITCH)
        until = time.monotonic() + ARCHIVE_SECONDS_MAX
        while True:
            done, failed, is_failing = connection.execute(ARCHIVED, [segment]).fetchone() or (False, "", False)
            if done:
                return
            if is_failing and time.monotonic() > until:
                raise BackupError(
                    "archive-failed",
                    f"The server can't archive {failed} to {self._place.wal}.",
                    f"Its log in {self._server.data / 'postgres-log'} says why: a full disk, or another file there.",
                )
            if time.monotonic() > until:
                sentence = f"The log did not reach {self._place.wal} within {ARCHIVE_SECONDS_MAX:.0f} seconds."
                raise BackupError("archive-failed", sentence, "Look at the server's log, and try again.")
            time.sleep(ARCHIVE_POLL_SECONDS)

    def _require_tools(self) -> None:
        require_programs(self._account)


def require_programs(account: Account) -> None:
    """Refuse where the shell of *account* lacks a program that the archive needs. Raises BackupError."""
    missing = [name for name in NEEDED if account.run("sh", "-c", f"command -v {name}").returncode]
    if missing:
        sentence = f"The archive of the log needs {', '.join(missing)}, which this machine does not have."
        raise BackupError("backup-programs", sentence, "Install the packages gzip, diffutils and coreutils.")


def archive_to(connection: psycopg.Connection[Any], wal: Path) -> None:
    """Have the server archive its log in *wal* from now on; *connection* is the owner's, in autocommit mode."""
    _set_archive(connection, {"archive_command": archive_command(wal), "archive_timeout": f"{CUT_OFF_SECONDS}s"})


def _set_archive(connection: psycopg.Connection[Any], wanted: dict[str, str]) -> None:
    for name, value in wanted.items():
        connection.execute(
            psycopg.sql.SQL("ALTER SYSTEM SET {} = {}").format(psycopg.sql.Identifier(name), psycopg.sql.Literal(value))
        )
    connection.execute("SELECT pg_reload_conf()")


def _value(connection: psycopg.Connection[Any], query: LiteralString) -> Any:
    row = connection.execute(query).fetchone()
    return row[0] if row else None
