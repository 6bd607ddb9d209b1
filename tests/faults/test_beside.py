"""A process beside the server is there as long as the server is: again when it was killed, and no longer."""

from __future__ import annotations

import os
import signal
import time
from multiprocessing import get_context
from pathlib import Path

import pytest

from scripts.server import processes as ours
from tests.faults.processes import wait_until

KILLS = 1
DEAF = "ignores SIGTERM"


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ours, "CONTEXT", get_context("forkserver"))  # it is ready; what is stored here shares nothing
    monkeypatch.setattr(ours, "AGAIN_SECONDS", 0.02)
    monkeypatch.setattr(ours, "END_SECONDS_MAX", 0.1)


def work(_: int, address: str) -> None:
    """Write the process id into the folder *address*, and stay."""
    folder = Path(address)
    if folder.name == DEAF:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    pid_file = folder / f"{os.getpid()}.new"
    pid_file.touch()
    pid_file.rename(folder / str(os.getpid()))
    time.sleep(600)


def pids_in(folder: Path) -> set[int]:
    return {int(path.name) for path in folder.iterdir() if path.name.isdigit()}


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_killed_process_is_there_again_until_the_end(tmp_path: Path) -> None:
    with ours.supervised(work, str(tmp_path)):
        for nth in range(KILLS + 1):
            wait_until(lambda: len(pids_in(tmp_path)) > nth, "another process is at work")  # noqa: B023 called at once
            (living,) = [pid for pid in pids_in(tmp_path) if lives(pid)]
            if nth < KILLS:
                os.kill(living, signal.SIGKILL)
    assert not any(map(lives, pids_in(tmp_path)))


def test_a_process_that_ignores_its_signal_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / DEAF
    folder.mkdir()
    with ours.supervised(work, str(folder)):
        wait_until(lambda: pids_in(folder), "the process is at work")
    assert not any(map(lives, pids_in(folder)))


def end(closed: list[str]) -> None:
    with ours.orderly():
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            closed.append("database")


def test_a_signal_to_end_unwinds_what_is_open() -> None:
    before, closed = signal.getsignal(signal.SIGTERM), list[str]()
    with pytest.raises(KeyboardInterrupt):
        end(closed)
    assert closed == ["database"]
    assert signal.getsignal(signal.SIGTERM) is before
