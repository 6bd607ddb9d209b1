"""Removes backups that are no longer wanted, and the log that only they need."""

from __future__ import annotations

import re
import shutil
from datetime import datetime

from infrastructure.backup.errors import BackupError
from infrastructure.backup.folder import UNFINISHED, BackupFolder, BaseBackup, BaseKind
from infrastructure.backup.tools import Advance, run_tool
from infrastructure.durable_files import sync_folder
from infrastructure.postgres.archiving import PACKED

FIRST_SEGMENT = re.compile(r"^START WAL LOCATION: \S+ \(file ([0-9A-F]{24})\)$", re.MULTILINE)
REMOVING = "removing old backups"


def prune(place: BackupFolder, before: datetime, lock: int, advance: Advance) -> list[str]:
    """Remove what is needed only for instants before *before*; returns the names of the removed base backups.

    What stays begins with a full backup that ended by then: every later instant can still be restored.
    """
    bases = place.finished()
    full = [base for base in bases if base.kind is BaseKind.FULL and base.ended <= before]
    if not full:
        return []
    old = [base for base in bases if base.ended < full[-1].ended]
    for base in old:  # under another name first: a killed process leaves no base backup by half
        doomed = place.bases / f"{base.name}{UNFINISHED}"
        (place.bases / base.name).rename(doomed)
        sync_folder(place.bases)
        shutil.rmtree(doomed)
    first = first_segment(place, full[-1])
    run_tool(REMOVING, "pg_archivecleanup", "-x", PACKED, place.wal, first, lock=lock, advance=advance)
    return [base.name for base in old]


def first_segment(place: BackupFolder, base: BaseBackup) -> str:
    """The name of the first segment of the log that a recovery of *base* reads. Raises BackupError."""
    label = place.data_of(base) / "backup_label"
    try:
        match = FIRST_SEGMENT.search(label.read_text())
    except OSError as failure:
        raise BackupError("backup-unreadable", f"{label} can't be read: {failure.strerror}.") from failure
    if match is None:
        raise BackupError("backup-unreadable", f"{label} names no segment of the log.")
    return match[1]
