"""The helpers of the proofs that run tests again and again: busy loops that end, and how the suite is started."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from time import sleep

import pytest

from tests.effort import PATIENCE_SECONDS, SUITE, VARIABLE
from tests.proofs.proof import ROOT, Budget, RefutedError, SkippedError
from tests.proofs.repeated import BUSY_LOOPS, LOOP, SUITE_WORDS, busy, busy_loops, suite_environment

TICKS = 3  # of a hundredth of a second, enough to see that a loop works
PARENT = """
import os, subprocess, sys
loop = [sys.executable, "-c", sys.argv[1], str(os.getpid())]
print(subprocess.Popen(loop, stdout=subprocess.DEVNULL).pid)
"""


def ticks_of(process: int) -> int:
    """Processor time that a process has used, in hundredths of a second."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def is_running(process: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


def test_busy_loops_use_time_until_the_block_is_left() -> None:
    with busy_loops(2) as loops:
        for _ in range(int(PATIENCE_SECONDS * 100)):
            if all(ticks_of(loop.pid) >= TICKS for loop in loops):
                break
            sleep(0.01)
        assert [loop.poll() for loop in loops] == [None, None]
        assert all(ticks_of(loop.pid) >= TICKS for loop in loops)

    assert not any(is_running(loop.pid) for loop in loops)


def test_busy_loops_end_where_what_runs_beside_them_fails() -> None:
    loops: list[subprocess.Popen[bytes]] = []
    with suppress(RefutedError), busy_loops(BUSY_LOOPS) as started:
        loops += started
        raise RefutedError("a test failed")

    assert len(loops) == BUSY_LOOPS
    assert not any(is_running(loop.pid) for loop in loops)


def test_a_busy_loop_ends_with_the_process_that_started_it() -> None:
    """Killed for good, a proof ends nothing itself."""
    started = subprocess.run([sys.executable, "-c", PARENT, LOOP], capture_output=True, text=True, check=True)
    for _ in range(int(PATIENCE_SECONDS * 100)):
        if not is_running(int(started.stdout)):
            return
        sleep(0.01)
    pytest.fail("the loop outlives its parent")


def test_the_busy_proof_is_skipped_where_time_is_short() -> None:
    with pytest.raises(SkippedError, match="--minutes"):
        busy(Budget(seed=1, seconds=60))


def test_the_suite_is_run_as_its_script_runs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    script = (ROOT / "scripts" / "test").read_text(encoding="utf-8")

    assert f"pytest -q {' '.join(SUITE_WORDS)} " in script
    assert "unset PYTHONDONTWRITEBYTECODE" in script
    environment = suite_environment()
    assert "PYTHONDONTWRITEBYTECODE" not in environment
    assert environment["PATH"].startswith(str(Path(sys.executable).parent))
    assert environment[VARIABLE] == SUITE
