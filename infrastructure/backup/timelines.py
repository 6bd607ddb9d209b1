"""Notes in a folder of backups when a restore began the timeline that the database is on."""

from __future__ import annotations

from typing import Any, LiteralString

import psycopg

from infrastructure.backup.folder import BackupFolder, BackupTimeline
from infrastructure.feed.epochs import last_restore

CURRENT: LiteralString = "SELECT timeline_id FROM pg_control_checkpoint()"
HISTORY: LiteralString = "SELECT pg_read_file('pg_wal/' || %s, true)"


def note_current(connection: psycopg.Connection[Any], place: BackupFolder) -> None:
    """Note the present timeline, if a restore began it and it is not noted; *connection* is the owner's.

    The fact of the restore says when: a restore that was killed before it was noted is noted by the next backup.
    """
    (number,) = connection.execute(CURRENT).fetchone() or (1,)
    if number in place.noted_timelines() or all(base.timeline == number for base in place.finished()):
        return
    restore = last_restore(connection)
    if restore is None:
        return
    (history,) = connection.execute(HISTORY, [f"{number:08X}.history"]).fetchone() or (None,)
    parents = [int(line.split("\t")[0]) for line in (history or "").splitlines() if line[:1].isdigit()]
    parent = parents[-1] if parents else 1
    place.note_timeline(
        BackupTimeline(number, parent, restore.fact.restored_to or restore.recorded_at, restore.recorded_at)
    )
