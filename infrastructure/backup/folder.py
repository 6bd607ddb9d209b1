"""A folder of backups: base backups, the archive of the write-ahead log, and which timeline was in use when.

    backup.json        whose database it is: the system identifier of PostgreSQL
    bases/<name>/      a base backup: base.json, and data/ with the files and their manifest
    wal/               segments of the write-ahead log, packed by gzip
    timelines/<n>.json a restore began timeline n
    materials/         uploaded files, where these are in a local folder

A base backup appears under its name once it is complete and verified; what a killed process left has another name.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from msgspec import DecodeError, Struct, json

from infrastructure.backup.errors import BackupError
from infrastructure.durable_files import replace_file, sync_folder
from infrastructure.postgres.binaries import Account
from infrastructure.postgres.cluster import make_folder, private_folder
from infrastructure.postgres.lock import holding

FORMAT = 1
MARK, RECORD, DATA, MANIFEST = "backup.json", "base.json", "data", "backup_manifest"
UNFINISHED = ".new"
LOCK_SECONDS_MAX = 60.0  # for the program of a killed backup to end; one that is under way may take longer
NAME = "%Y%m%dT%H%M%SZ"

Record = TypeVar("Record", bound=Struct)


class BaseKind(StrEnum):
    """A *full* base backup holds everything; an *incremental* one what changed since the one before."""

    FULL = "full"
    INCREMENTAL = "incremental"


class BackupMark(Struct, frozen=True):
    """Whose backups are in the folder: *system* is PostgreSQL's identifier of the database cluster."""

    system: str
    format: int = FORMAT


class BaseBackup(Struct, frozen=True, kw_only=True):
    """A base backup. *after* is the one that an incremental one builds on; empty for a full one.

    *position* and *hash* are the last entry of the ledger before it began: what a recovery must at least hold.
    """

    name: str
    kind: BaseKind
    after: str
    timeline: int
    began: datetime
    ended: datetime
    position: int
    hash: str
    bytes: int


class BackupTimeline(Struct, frozen=True):
    """A restore: from *began* on the database was on timeline *number*, which left *parent* at *restored_to*."""

    number: int
    parent: int
    restored_to: datetime
    began: datetime


class RecoveryPlan(Struct, frozen=True):
    """How to recover to the instant *at*, None for the latest: base backups, a full one first, and the timeline."""

    chain: tuple[BaseBackup, ...]
    timeline: int
    at: datetime | None


class BackupFolder:
    """The folder *path*. Raises BackupError."""

    def __init__(self, path: Path) -> None:
        self.path = Path(os.path.abspath(path.expanduser()))  # noqa: PTH100  as given: links of mounts stay
        self.bases, self.wal = self.path / "bases", self.path / "wal"
        self.timelines, self.materials = self.path / "timelines", self.path / "materials"

    def prepare(self, account: Account) -> None:
        """Create what is missing. *account* runs the server, which writes the archive. Raises BackupError."""
        try:
            self._make(account)
        except OSError as failure:
            raise BackupError(
                "backup-folder-closed",
                f"The folder {self.path} can't be used: {failure.strerror or failure}.",
                "Name a folder on a disk that this account may write.",
            ) from failure

    def _make(self, account: Account) -> None:
        make_folder(self.path, 0o711 if os.geteuid() == 0 else 0o700)
        if not account.may_enter(self.path):
            raise BackupError(
                "backup-folder-closed",
                f"The account {account}, which runs the database, may not enter {self.path}.",
                "Name a folder that it may enter: a mount of its own, say, below /srv or /mnt.",
            )
        private_folder(self.wal, account)
        for folder in (self.bases, self.timelines):
            folder.mkdir(mode=0o700, exist_ok=True)

    @contextmanager
    def locked(self) -> Iterator[int]:
        """Keep other backups and restores away; yields the lock, for programs that have to inherit it."""
        try:
            with holding(self.path / "lock", LOCK_SECONDS_MAX, lambda _: None) as lock:
                yield lock
        except TimeoutError as failure:
            sentence = f"Another backup or restore is at work in {self.path}."
            raise BackupError("backup-busy", sentence, "Wait until it has ended, and try again.") from failure

    def mark(self) -> BackupMark | None:
        """Whose backups these are; None in a folder without any."""
        file = self.path / MARK
        try:
            mark = json.decode(file.read_bytes(), type=BackupMark)
        except FileNotFoundError:
            return None
        except (OSError, DecodeError) as failure:
            raise BackupError("backup-unreadable", f"{file} can't be read: {failure}.", "") from failure
        if mark.format != FORMAT:
            sentence = f"{self.path} holds backups of format {mark.format}, which this release does not know."
            raise BackupError("backup-unreadable", sentence, "Use the release that took them, or a newer one.")
        return mark

    def claim(self, system: str) -> None:
        """Mark the folder as that of the database cluster *system*. Refused if it belongs to another."""
        mark = self.mark()
        if mark is None:
            self._store(self.path / MARK, BackupMark(system))
        elif mark.system != system:
            raise BackupError(
                "backup-of-another",
                f"{self.path} holds backups of another database.",
                "Name a new folder for this one; what is in that folder stays as it is.",
            )

    def remove_unfinished(self) -> None:
        """Remove what killed processes left of base backups."""
        for folder in self.bases.glob(f"*{UNFINISHED}"):
            shutil.rmtree(folder)

    def finished(self) -> list[BaseBackup]:
        """The complete base backups, the oldest first."""
        files = [folder / RECORD for folder in self.bases.glob("*") if folder.suffix != UNFINISHED]
        bases = [self._read(file, BaseBackup) for file in files]
        return sorted(bases, key=lambda base: base.ended)

    def new_name(self, began: datetime) -> str:
        """An unused name for a base backup that begins at *began*: several may begin in one second."""
        instant = f"{began:{NAME}}"
        names = itertools.chain([instant], (f"{instant}-{number}" for number in itertools.count(2)))
        return next(name for name in names if not (self.bases / name).exists())

    def data_of(self, base: BaseBackup) -> Path:
        """The folder with the files of a base backup."""
        return self.bases / base.name / DATA

    def finish(self, base: BaseBackup) -> None:
        """Give a base backup its record and its name."""
        draft = self.bases / f"{base.name}{UNFINISHED}"
        self._store(draft / RECORD, base)
        draft.rename(self.bases / base.name)
        sync_folder(self.bases)

    def note_timeline(self, timeline: BackupTimeline) -> None:
        """Remember that a restore began a timeline."""
        self._store(self.timelines / f"{timeline.number}.json", timeline)

    def noted_timelines(self) -> dict[int, BackupTimeline]:
        """The timelines that restores began, by number."""
        noted = [self._read(file, BackupTimeline) for file in self.timelines.glob("*.json")]
        return {timeline.number: timeline for timeline in noted}

    def plan(self, at: datetime | None) -> RecoveryPlan:
        """The plan to recover to the instant *at*; None: the latest that the backups reach."""
        bases = self.finished()
        if not bases:
            remedy = "`countersign backup` takes one."
            raise BackupError("backup-missing", f"There is no complete backup in {self.path}.", remedy)
        lineage = _lineage(bases[0].timeline, self.noted_timelines(), at)
        fit = [base for base in bases if _is_on(base, lineage)]
        if not fit:
            assert at is not None, "without an instant, every base of the lineage fits"
            raise BackupError(
                "backup-begins-later",
                f"The oldest backup that leads to {at.isoformat()} would have to end before; the oldest here ended at"
                f" {bases[0].ended.isoformat()}.",
                "Name a later instant.",
            )
        return RecoveryPlan(self.chain(fit[-1]), lineage[0][0], at)

    def chain(self, base: BaseBackup) -> tuple[BaseBackup, ...]:
        """*base* and those that it builds on, the full one first."""
        by_name = {known.name: known for known in self.finished()}
        chain = [base]
        while chain[0].after:
            if (before := by_name.get(chain[0].after)) is None:
                raise BackupError(
                    "backup-incomplete",
                    f"The backup {chain[0].name} builds on {chain[0].after}, which is missing in {self.path}.",
                    "Put it back, or name an instant before it.",
                )
            chain.insert(0, before)
        return tuple(chain)

    def _store(self, file: Path, record: Struct) -> None:
        replace_file(file, json.format(json.encode(record), indent=1) + b"\n")
        sync_folder(file.parent)

    def _read(self, file: Path, kind: type[Record]) -> Record:
        try:
            return json.decode(file.read_bytes(), type=kind)
        except (OSError, DecodeError) as failure:
            remedy = "Remove the folder it is in, if it is not needed: others build on no damaged one."
            raise BackupError("backup-unreadable", f"{file} can't be read: {failure}.", remedy) from failure


def _lineage(first: int, noted: dict[int, BackupTimeline], at: datetime | None) -> list[tuple[int, datetime | None]]:
    """The timeline in use at the instant *at* and those before it, each with the instant up to which it counts."""
    # By number, which PostgreSQL counts up: a clock may be set back.
    begun = sorted(noted.values(), key=lambda timeline: timeline.number)
    current = next((timeline.number for timeline in reversed(begun) if at is None or timeline.began <= at), first)
    lineage: list[tuple[int, datetime | None]] = [(current, at)]
    while (timeline := noted.get(current)) is not None:
        until = timeline.restored_to if at is None else min(timeline.restored_to, at)
        current, at = timeline.parent, until
        lineage.append((current, until))
    return lineage


def _is_on(base: BaseBackup, lineage: Sequence[tuple[int, datetime | None]]) -> bool:
    return any(base.timeline == number and (until is None or base.ended <= until) for number, until in lineage)
