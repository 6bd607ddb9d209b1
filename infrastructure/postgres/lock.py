"""File locks that several processes share, and that end by themselves when the last holder dies."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PAUSE_SECONDS = 0.01  # between two tries: short beside the second that a start takes


@contextmanager
def holding(path: Path, seconds_max: float, waiting: Callable[[float], None], *, shared: bool = False) -> Iterator[int]:
    """Hold the lock *path* and give its file descriptor; *waiting* hears, at each try, the seconds waited so far.

    Raises TimeoutError after *seconds_max*, OSError where the file system has no locks.
    """
    descriptor = _opened(path)
    try:
        began = time.monotonic()
        while not _taken(descriptor, shared=shared):
            if (waited := time.monotonic() - began) > seconds_max:
                raise TimeoutError(f"{path} stayed locked for {seconds_max:g} seconds")
            waiting(waited)
            time.sleep(PAUSE_SECONDS)
        yield descriptor
    finally:
        os.close(descriptor)  # a process that inherited the descriptor goes on holding the lock


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock *path*. Never waits, and never leaves a trace."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    try:
        return not _taken(descriptor, shared=True)
    finally:
        os.close(descriptor)


def _opened(path: Path) -> int:
    """Open *path*, making it if need be. It belongs to the owner of its folder, also when root makes it."""
    flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
    with suppress(FileExistsError):
        descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
        if os.geteuid() == 0:
            folder = path.parent.stat()
            os.fchown(descriptor, folder.st_uid, folder.st_gid)
        return descriptor
    return os.open(path, flags)


def _taken(descriptor: int, *, shared: bool) -> bool:
    import fcntl  # noqa: PLC0415  Windows has none, and reaches a server through DATABASE_URL without it

    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
