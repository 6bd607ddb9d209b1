"""File locks between processes, released by the system when the last holder ends."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PAUSE_SECONDS = 0.01  # between two tries; starting the server takes a second


@contextmanager
def holding(path: Path, seconds_max: float, waiting: Callable[[float], None], *, shared: bool = False) -> Iterator[int]:
    """Hold the lock *path*; yields its file descriptor. *waiting* is called at each try with the seconds waited so far.

    Raises TimeoutError after *seconds_max*, OSError if the file system has no locks.
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
        os.close(descriptor)  # a process that inherited the descriptor still holds the lock


def is_held(path: Path) -> bool:
    """Whether a process holds the lock *path*. Does not wait, and does not create the file."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    try:
        return not _taken(descriptor, shared=True)
    finally:
        os.close(descriptor)


def _opened(path: Path) -> int:
    """Open *path*, creating it if needed. It belongs to the owner of its folder, also if root creates it."""
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
