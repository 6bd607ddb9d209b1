"""A folder of backups: which base backup and timeline lead to an instant, and what a killed process leaves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec import structs

from infrastructure.backup.errors import BackupError
from infrastructure.backup.folder import UNFINISHED, BackupFolder, BackupTimeline, BaseBackup, BaseKind
from infrastructure.postgres.binaries import account_for

NOON = datetime(2026, 7, 15, 12, tzinfo=UTC)


def hours(number: float) -> datetime:
    return NOON + timedelta(hours=number)


def base(at: float, after: str = "", timeline: int = 1) -> BaseBackup:
    kind = BaseKind.INCREMENTAL if after else BaseKind.FULL
    return BaseBackup(
        name=f"at-{at:g}", kind=kind, after=after, timeline=timeline, began=hours(at - 0.1), ended=hours(at),
        position=int(at * 10), hash="", bytes=1,
    )  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> BackupFolder:
    place = BackupFolder(tmp_path / "backups")
    for folder in (place.bases, place.timelines):
        folder.mkdir(parents=True)
    return place


def finish(place: BackupFolder, *bases: BaseBackup) -> None:
    for each in bases:
        (place.bases / f"{each.name}{UNFINISHED}").mkdir()
        place.finish(each)


def planned(place: BackupFolder, at: float | None) -> tuple[list[str], int]:
    plan = place.plan(None if at is None else hours(at))
    return [each.name for each in plan.chain], plan.timeline


def test_a_plan_begins_with_a_full_backup_that_ended_before(place: BackupFolder) -> None:
    finish(place, base(0), base(1, "at-0"), base(2, "at-1"), base(3))
    assert planned(place, 0) == (["at-0"], 1)
    assert planned(place, 2.5) == (["at-0", "at-1", "at-2"], 1)
    assert planned(place, 3.5) == planned(place, None) == (["at-3"], 1)
    with pytest.raises(BackupError, match="Name a later instant"):
        place.plan(hours(-1))


def test_backups_that_begin_in_one_second_have_names_of_their_own(place: BackupFolder) -> None:
    names = []
    for number in range(3):
        names.append(place.new_name(NOON))
        finish(place, structs.replace(base(number), name=names[-1]))
    assert names == ["20260715T120000Z", "20260715T120000Z-2", "20260715T120000Z-3"]
    assert [each.name for each in place.finished()] == names


def test_after_a_restore_a_plan_leaves_out_what_the_restore_gave_up(place: BackupFolder) -> None:
    """At 5 the database was restored to 1.5, at 8 to 6.5: the backups at 2 and 7 lead to no later instant."""
    finish(place, base(0), base(1, "at-0"), base(2, "at-1"))
    place.note_timeline(BackupTimeline(2, 1, hours(1.5), hours(5)))
    assert planned(place, 4.9) == (["at-0", "at-1", "at-2"], 1), "before the restore it was as it was"
    assert planned(place, 5.5) == planned(place, None) == (["at-0", "at-1"], 2)
    finish(place, base(6, timeline=2), base(7, "at-6", timeline=2))
    place.note_timeline(BackupTimeline(3, 2, hours(6.5), hours(8)))
    assert planned(place, 7.5) == (["at-6", "at-7"], 2)
    assert planned(place, None) == (["at-6"], 3)


def test_the_latest_restore_is_that_of_the_highest_number_whatever_the_clock_said(place: BackupFolder) -> None:
    """The second restore came after the clock, an hour ahead at the first one, had been put right."""
    finish(place, base(0))
    place.note_timeline(BackupTimeline(2, 1, hours(0.5), hours(5)))
    place.note_timeline(BackupTimeline(3, 2, hours(4), hours(4.5)))
    assert planned(place, None) == (["at-0"], 3)
    assert planned(place, 4.8) == (["at-0"], 3)


def test_a_backup_whose_beginning_is_missing_is_named(place: BackupFolder) -> None:
    finish(place, base(1, "at-0"))
    with pytest.raises(BackupError, match="builds on at-0, which is missing"):
        place.plan(None)


def test_what_a_killed_backup_left_is_no_backup_and_goes(place: BackupFolder) -> None:
    finish(place, base(0))
    left = place.bases / f"at-1{UNFINISHED}"
    left.mkdir()
    assert planned(place, None) == (["at-0"], 1)
    place.remove_unfinished()
    assert not left.exists()


def test_a_folder_is_of_one_database(place: BackupFolder) -> None:
    with pytest.raises(BackupError, match="There is no complete backup"):
        place.plan(None)
    place.claim("7001")
    place.claim("7001")
    with pytest.raises(BackupError, match="backups of another database"):
        place.claim("7002")
    (place.path / "backup.json").write_text("{}")
    with pytest.raises(BackupError, match=r"backup\.json can't be read"):
        place.mark()
    (place.path / "backup.json").write_text('{"system": "7001", "format": 9}')
    with pytest.raises(BackupError, match="format 9"):
        place.mark()


def test_two_backups_do_not_run_at_once(place: BackupFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infrastructure.backup.folder.LOCK_SECONDS_MAX", 0.0)
    with place.locked(), pytest.raises(BackupError, match="Another backup or restore is at work"), place.locked():
        raise AssertionError("unreachable: the lock is held")


def test_a_folder_that_can_not_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "below"
    with pytest.raises(BackupError, match=rf"The folder {path} can't be used: .*Name a folder on a disk"):
        BackupFolder(path).prepare(account_for())


def test_a_folder_is_prepared_for_the_account_of_the_server(tmp_path: Path) -> None:
    place = BackupFolder(tmp_path / "new" / "backups")
    account = account_for()
    tmp_path.chmod(0o711)
    if account.may_enter(tmp_path):
        place.prepare(account)
        place.prepare(account)
        assert place.wal.stat().st_uid == account.uid
        assert place.wal.stat().st_mode & 0o077 == 0
    else:
        with pytest.raises(BackupError, match="may not enter"):
            place.prepare(account)
