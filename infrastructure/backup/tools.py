"""Runs PostgreSQL's programs for backups, as the server's account, and reads their progress."""

from __future__ import annotations

import re
import subprocess
from collections import deque
from collections.abc import Callable
from pathlib import Path

from infrastructure.backup.errors import BackupError
from infrastructure.postgres.binaries import Account

Advance = Callable[[str, int, int], None]
"""Called with the step, what is done of it, and how much there is; 0: not known."""

PROGRESS = re.compile(r"(\d+)/(\d+) kB")
LINES_SHOWN = 4


def run_tool(
    step: str, account: Account, *command: str | Path, lock: int, advance: Advance, at: Path | None = None
) -> None:
    """Run *command* in the folder *at*, which is called *step* in the progress. Raises BackupError.

    It inherits *lock*: where this process is killed, no other begins before the program has ended.
    """
    advance(step, 0, 0)
    words: deque[str] = deque(maxlen=LINES_SHOWN)
    with subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        pass_fds=(lock,), **account.options(at),
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
        program = Path(command[0]).name
        sentence = f"{program} failed while {step}: {' | '.join(words) or f'status {process.returncode}'}."
        raise BackupError("backup-tool-failed", sentence, "Nothing was changed.")
