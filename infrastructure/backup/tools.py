"""Runs PostgreSQL's programs for backups, and reads their progress.

They run as this process's account, which may connect to the server, also where root has it run by another one.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections import deque
from collections.abc import Callable
from pathlib import Path

from infrastructure.backup.errors import BackupError
from infrastructure.postgres.binaries import supplied

Advance = Callable[[str, int, int], None]
"""Called with the step, what is done of it, and how much there is; 0: not known."""

PROGRESS = re.compile(r"(\d+)/(\d+) kB")
LINES_SHOWN = 4


def run_tool(step: str, program: str, *arguments: str | Path, lock: int, advance: Advance) -> None:
    """Run a *program* of PostgreSQL, which is called *step* in the progress. Raises BackupError.

    It inherits *lock*: where this process is killed, no other begins before the program has ended.
    """
    advance(step, 0, 0)
    words: deque[str] = deque(maxlen=LINES_SHOWN)
    with subprocess.Popen(
        [str(part) for part in (supplied() / program, *arguments)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        pass_fds=(lock,), umask=0o077, env={"PATH": os.defpath, "LC_ALL": "C"},
    ) as process:  # fmt: skip
        try:
            for line in process.stdout or ():
                if progress := PROGRESS.search(line):
                    advance(step, int(progress[1]), int(progress[2]))
                elif line.strip():
                    words.append(line.strip())
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        sentence = f"{program} failed while {step}: {' | '.join(words) or f'status {process.returncode}'}."
        raise BackupError("backup-tool-failed", sentence, "Nothing was changed.")
