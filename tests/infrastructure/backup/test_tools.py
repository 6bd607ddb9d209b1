"""Programs of PostgreSQL that a backup runs: they report, fail with a sentence, and die with the backup."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from infrastructure.backup.errors import BackupError
from infrastructure.backup.tools import run_tool
from infrastructure.postgres.lock import holding, is_held

PATIENCE_SECONDS = 60.0
BACKUP = """
import sys
from pathlib import Path
from infrastructure.backup.tools import run_tool
from infrastructure.postgres.lock import holding

with holding(Path(sys.argv[1]), 1.0, lambda _: None) as lock:
    script = "sleep 600 & echo 1/2 kB; wait"
    run_tool("copying", "/bin/sh", "-c", script, lock=lock, advance=lambda *step: print(*step, flush=True))
"""


def test_what_a_program_says_is_its_progress_or_why_it_failed(tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    with holding(tmp_path / "lock", 1.0, lambda _: None) as lock:
        run_tool("copying", "/bin/echo", "3/4 kB", lock=lock, advance=lambda *step: steps.append(step))
        assert steps == [("copying", 0, 0), ("copying", 3, 4)]
        with pytest.raises(BackupError, match="failed while copying: no room"):
            run_tool("copying", "/bin/sh", "-c", "echo no room; exit 3", lock=lock, advance=lambda *_: None)
    assert not is_held(tmp_path / "lock")


def test_a_program_dies_with_a_killed_backup_and_so_does_what_it_started(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with subprocess.Popen([sys.executable, "-c", BACKUP, str(lock)], stdout=subprocess.PIPE, text=True) as backup:
        assert backup.stdout
        assert [backup.stdout.readline().strip() for _ in range(2)] == ["copying 0 0", "copying 1 2"]
        assert is_held(lock)
        backup.kill()
    until = time.monotonic() + PATIENCE_SECONDS
    while is_held(lock):
        assert time.monotonic() < until, "a program of the killed backup goes on"
        time.sleep(0.01)
