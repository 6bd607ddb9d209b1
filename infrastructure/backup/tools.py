"""Runs PostgreSQL's programs for backups, and reads their progress.

They run as this process's account, which may connect to the server, also where root has it run by another one.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from infrastructure.backup.errors import BackupError
from infrastructure.postgres.binaries import supplied

Advance = Callable[[str, int, int], None]
"""Called with the step, what is done of it, and how much there is; 0: not known."""

PROGRESS = re.compile(r"(\d+)/(\d+) kB")
LINES_SHOWN = 4


# The first argument is a pipe that only the process that starts this has open for writing. However that process ends,
# the guard then reads the end of the pipe, and kills the program with all that it started: pg_basebackup starts a
# process that receives the log, and would otherwise never end. A shell says nothing of a job that SIGPIPE ended.
SUPERVISE = """
alive=$1; shift
"$@" &
program=$!
(read -r _ <"/dev/fd/$alive"; kill -KILL 0) >/dev/null 2>&1 &
guard=$!
wait "$program"
status=$?
kill -PIPE "$guard"
wait "$guard" 2>/dev/null
exit "$status"
"""


def run_tool(step: str, program: str, *arguments: str | Path, lock: int, advance: Advance) -> None:
    """Run a *program* of PostgreSQL, which is called *step* in the progress. Raises BackupError.

    It dies with this process, and inherits *lock*: where this process is killed, no other begins before it is dead.
    """
    advance(step, 0, 0)
    words: deque[str] = deque(maxlen=LINES_SHOWN)
    with _alive() as alive, _started([str(supplied() / program), *map(str, arguments)], alive, lock) as process:
        try:
            for line in process.stdout or ():
                if progress := PROGRESS.search(line):
                    advance(step, int(progress[1]), int(progress[2]))
                elif line.strip():
                    words.append(line.strip())
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode:
        sentence = f"{program} failed while {step}: {' | '.join(words) or f'status {process.returncode}'}."
        raise BackupError("backup-tool-failed", sentence, "Nothing was changed.")


@contextmanager
def _alive() -> Iterator[int]:
    """The end for reading of a pipe that is open for writing until this process or the block ends."""
    reading, writing = os.pipe()
    try:
        yield reading
    finally:
        os.close(writing)
        os.close(reading)


def _started(command: list[str], alive: int, lock: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["/bin/sh", "-c", SUPERVISE, "sh", str(alive), *command],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        pass_fds=(alive, lock), umask=0o077, env={"PATH": os.defpath, "LC_ALL": "C"}, start_new_session=True,
    )  # fmt: skip
