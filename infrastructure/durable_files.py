"""Files that survive a power cut: written whole, synced, and put in the place of the one before."""

from __future__ import annotations

import os
from pathlib import Path

FILE_MODE = 0o666  # less what the umask takes


def replace_file(file: Path, content: bytes, mode: int = FILE_MODE) -> None:
    """Replace *file*: readers see the old content or all of the new one. Raises OSError.

    The content is synced; the name is once `sync_folder` has synced its folder.
    """
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(file)
    except BaseException:  # a full disk, say, of which half a file would take more; and it may be half a key
        fresh.unlink(missing_ok=True)
        raise


def sync_file(file: Path) -> None:
    """Sync the content of *file* to disk."""
    _sync(file, os.O_RDONLY)


def sync_folder(folder: Path) -> None:
    """Sync *folder* to disk, so that names created in it survive a power cut."""
    _sync(folder, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
