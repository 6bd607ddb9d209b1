"""The commands by which the server archives its log and reads it back, as a shell runs them."""

from __future__ import annotations

import gzip
import subprocess
from pathlib import Path

import pytest

from infrastructure.postgres.archiving import archive_command, restore_command

SEGMENT = "000000010000000000000007"


def run(command: str, path: Path, segment: str = SEGMENT) -> int:
    """Run *command* as the server does: with %p and %f replaced, and %% a percent sign."""
    filled = command.replace("%%", "\0").replace("%p", str(path)).replace("%f", segment).replace("\0", "%")
    return subprocess.run(["/bin/sh", "-c", filled], check=False).returncode


@pytest.fixture
def wal(tmp_path: Path) -> Path:
    """An archive in a folder whose name a shell and PostgreSQL both have their own ideas about."""
    folder = tmp_path / "100% of it's log"
    folder.mkdir()
    return folder


def test_a_segment_comes_back_as_it_was(wal: Path, tmp_path: Path) -> None:
    segment, back = tmp_path / "segment", tmp_path / "back"
    segment.write_bytes(b"log" * 5000)
    assert run(archive_command(wal), segment) == 0
    assert [file.name for file in wal.iterdir()] == [f"{SEGMENT}.gz"], "no draft is left"
    assert gzip.decompress((wal / f"{SEGMENT}.gz").read_bytes()) == segment.read_bytes()
    assert run(restore_command(wal), back) == 0
    assert back.read_bytes() == segment.read_bytes()


def test_a_segment_that_was_archived_already_is_neither_lost_nor_replaced(wal: Path, tmp_path: Path) -> None:
    segment = tmp_path / "segment"
    segment.write_bytes(b"log")
    assert run(archive_command(wal), segment) == 0
    assert run(archive_command(wal), segment) == 0, "the server was killed before it noted that"
    segment.write_bytes(b"another")
    assert run(archive_command(wal), segment) != 0
    assert gzip.decompress((wal / f"{SEGMENT}.gz").read_bytes()) == b"log"


def test_a_draft_that_a_killed_server_left_is_written_again(wal: Path, tmp_path: Path) -> None:
    segment = tmp_path / "segment"
    segment.write_bytes(b"log")
    (wal / f".{SEGMENT}.draft").write_bytes(b"ha")
    assert run(archive_command(wal), segment) == 0
    assert gzip.decompress((wal / f"{SEGMENT}.gz").read_bytes()) == b"log"


def test_a_missing_segment_or_folder_is_a_failure(wal: Path, tmp_path: Path) -> None:
    segment = tmp_path / "segment"
    segment.write_bytes(b"log")
    assert run(restore_command(wal), tmp_path / "back") != 0
    wal.rmdir()
    assert run(archive_command(wal), segment) != 0
