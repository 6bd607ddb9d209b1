"""Old backups are removed with the log that only they need; what stays leads to every later instant."""

from __future__ import annotations

from pathlib import Path

import pytest

from infrastructure.backup.errors import BackupError
from infrastructure.backup.folder import UNFINISHED, BackupFolder
from infrastructure.backup.prune import prune
from tests.infrastructure.backup.test_folder import base, finish, hours


@pytest.fixture
def place(tmp_path: Path) -> BackupFolder:
    """Full backups at 0, 2 and 4 with an incremental one behind each, and seven segments of the log."""
    place = BackupFolder(tmp_path / "backups")
    for folder in (place.bases, place.timelines, place.wal):
        folder.mkdir(parents=True)
    finish(place, *(each for at in (0, 2, 4) for each in (base(at), base(at + 1, f"at-{at}"))))
    for number, each in enumerate(place.finished(), 1):
        label = f"START WAL LOCATION: 0/{number}000028 (file {segment(number)})\nCHECKPOINT LOCATION: 0/1\n"
        place.data_of(each).mkdir()
        (place.data_of(each) / "backup_label").write_text(label)
    for number in range(1, 8):
        (place.wal / f"{segment(number)}.gz").write_bytes(b"")
    return place


def segment(number: int) -> str:
    return f"00000001{number:016X}"


def pruned(place: BackupFolder, at: float) -> tuple[list[str], list[str], int]:
    """What is removed, what stays, and how many segments of the log do."""
    with place.locked() as lock:
        removed = prune(place, hours(at), lock, lambda *_: None)
    return removed, [each.name for each in place.finished()], len(list(place.wal.iterdir()))


def test_what_stays_begins_with_a_full_backup_that_is_old_enough(place: BackupFolder) -> None:
    everything = ["at-0", "at-1", "at-2", "at-3", "at-4", "at-5"]
    assert pruned(place, -1) == ([], everything, 7)
    assert pruned(place, 1.9) == ([], everything, 7), "at 1.9 the one at 0 is still needed"
    assert pruned(place, 3.9) == (["at-0", "at-1"], everything[2:], 5)
    assert (place.wal / f"{segment(3)}.gz").exists()
    assert place.plan(hours(2.5)).chain[0].name == "at-2"
    assert pruned(place, 99) == (["at-2", "at-3"], everything[4:], 3)
    assert not list(place.bases.glob(f"*{UNFINISHED}"))


def test_a_backup_without_its_label_removes_nothing_of_the_log(place: BackupFolder) -> None:
    (place.data_of(base(2)) / "backup_label").write_text("")
    with pytest.raises(BackupError, match="names no segment"):
        pruned(place, 3)
    assert len(list(place.wal.iterdir())) == 7
