"""`countersign backup` and `restore` on a real embedded database: to a chosen second, rehearsed, in a new epoch.

What a kill -9 leaves, and what becomes of erased persons, is in tests/proofs/backups.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from msgspec import Struct

from infrastructure.backup.errors import BackupError
from infrastructure.backup.take import BackupTaker
from tests.backups import Installation
from tests.conftest import reachable_folder
from tests.infrastructure.postgres.servers import fetch_value

pytestmark = pytest.mark.slow


class BackedUp(Struct):
    """An installation that was backed up twice, the instant before its last entry, and what both backups reported."""

    installation: Installation
    at: datetime
    kept_to: int
    kinds: list[str]


@pytest.fixture(scope="module")
def backed_up() -> Iterator[BackedUp]:
    with reachable_folder() as folder:
        ours = Installation(folder)
        ours.add_person("li")
        first = ours.run("backup", ours.backups)
        kept_to, at = ours.add_person("wang"), ours.now()
        ours.add_person("zhou")
        ours.end("checkpoint")
        second = ours.run("backup", ours.backups)
        yield BackedUp(ours, at, kept_to, [report["backup"]["kind"] for report in (first, second)])


def test_the_first_backup_is_full_and_the_next_holds_what_changed(backed_up: BackedUp) -> None:
    assert backed_up.kinds == ["full", "incremental"]
    sizes = {
        folder.name: sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        for folder in (backed_up.installation.backups / "bases").iterdir()
    }
    full, incremental = (sizes[name] for name in sorted(sizes))
    assert incremental < full
    assert len(list((backed_up.installation.backups / "wal").glob("*.gz"))) > 2


def test_a_restore_to_an_instant_is_rehearsed_and_nothing_is_left(backed_up: BackedUp) -> None:
    ours = backed_up.installation
    rehearsed = ours.run("restore", ours.backups, "--rehearse", "--at", backed_up.at.isoformat())
    ledger = rehearsed["ledger"]
    assert (ledger["position"], ledger["lost_from"], ledger["lost_to"]) == (
        backed_up.kept_to,
        backed_up.kept_to + 1,
        backed_up.kept_to + 1,
    )
    assert (ledger["faults"], rehearsed["epoch"]) == ([], 0)
    assert datetime.fromisoformat(ledger["reached"]) <= backed_up.at
    assert (ours.left_over(), ours.head()) == ([], backed_up.kept_to + 1), "the present database is as it was"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--at", "2999-01-01T00:00+08:00"], "is still to come"),
        (["--at", "2020-01-01T00:00+08:00"], "Name a later instant"),
        (["--at", "yesterday"], "is no instant"),
    ],
    ids=["the future", "before the first backup", "no instant"],
)
def test_an_instant_that_no_backup_leads_to_is_refused(backed_up: BackedUp, words: list[str], says: str) -> None:
    ours = backed_up.installation
    assert says in plain(ours.end("restore", ours.backups, "--rehearse", *words, status=2))


def test_a_backup_among_the_keys_is_refused(backed_up: BackedUp) -> None:
    ours = backed_up.installation
    assert "same backup as the data" in plain(ours.end("backup", f"{ours.data}-proof/backups", status=2))
    assert "no folder of backups" in plain(ours.end("restore", ours.folder / "nothing", status=2))


def test_a_backup_that_fails_leaves_the_archive_where_it_was(
    backed_up: BackedUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else all of the log would wait for a folder that has no backup, and may be on a full disk."""
    ours, archive = backed_up.installation, ("SHOW archive_command", "SHOW archive_timeout")

    def full(*_: object) -> None:
        raise BackupError("backup-failed", "No space left on device.", "")

    before = [fetch_value(ours.url(), query) for query in archive]
    monkeypatch.setattr(BackupTaker, "_copy", full)
    assert "No space left" in plain(ours.end("backup", ours.folder / "other", status=2))
    assert [fetch_value(ours.url(), query) for query in archive] == before
    assert str(ours.backups) in str(before)


def test_a_new_machine_needs_no_data_folder(backed_up: BackedUp) -> None:
    new = Installation(backed_up.installation.folder / "new")
    rehearsed = new.run("restore", backed_up.installation.backups, "--rehearse")
    assert (rehearsed["ledger"]["position"], rehearsed["ledger"]["faults"]) == (backed_up.installation.head(), [])
    assert new.left_over() == []


def test_a_restore_takes_the_place_and_begins_an_epoch(backed_up: BackedUp) -> None:
    """The last test of the file: it changes what the others read."""
    ours = backed_up.installation
    log = ours.end("checkpoint").splitlines()[0]
    restored = ours.run("restore", ours.backups, "--at", backed_up.at.isoformat(), "--reasons", "a test")
    assert (restored["epoch"], restored["log"], restored["ledger"]["faults"]) == (2, f"{log}/2", [])
    assert (Path(restored["former"]) / "PG_VERSION").exists()
    assert (ours.left_over(), ours.head()) == ([], backed_up.kept_to + 1)
    assert [row["id"] for row in ours.run("users", "list")] == ["li", "wang"]
    assert ours.run("verify")["fault_count"] == 0
    origin, size, *_ = ours.end("checkpoint").splitlines()
    assert (origin, int(size)) == (f"{log}/2", backed_up.kept_to + 1)
    statement = (ours.folder / "data-proof" / "restore-statement").read_text()
    assert re.search(rf"^kept {backed_up.kept_to}$", statement, re.MULTILINE)


def plain(text: str) -> str:
    """*text* in one line."""
    return " ".join(text.split())
