"""Where materials may be kept: a local folder, made durable by hand, or a bucket of an S3-compatible store."""

from __future__ import annotations

import os
import stat
import time
from contextlib import suppress
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, Protocol

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, S3Store

from infrastructure.settings import SettingRefusedError, Settings, help_of, variable

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

PRIVATE = 0o700
INCOMING = "incoming"
PLACED, ASIDE = "sha256", "aside"  # files to be found, and those about to be removed
UPLOAD = "countersign-upload-"  # what the names of files on their way begin with
LEFT_OVER_SECONDS = 86_400  # an upload nobody has finished by then was cut short by a crash
S3_RETRY: RetryConfig = {"max_retries": 3, "retry_timeout": timedelta(seconds=10)}
S3_SECONDS_MAX = "600s"  # for one file; the default of half a minute is too short for a slow reader


class Place(Protocol):
    """Somewhere to keep objects."""

    def spool(self) -> Path:
        """A folder for uploads on their way, made if it is not there."""

    def store(self) -> ObjectStore | None:
        """What reads them; None where nothing was ever kept."""

    def confirm(self, key: str) -> None:
        """Come back once what somebody else has placed under *key* is durable."""

    def keep(self, spooled: Path, key: str) -> None:
        """Place the file *spooled* under *key* in one step, and come back once it is durable."""


class Folder:
    """A local folder. Its file system has to move a file within it in one step, as all local ones do."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def spool(self) -> Path:
        self._path.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
        close_to_others(self._path)
        folder = self._path / INCOMING
        folder.mkdir(exist_ok=True)
        return _swept(folder)

    def store(self) -> ObjectStore | None:
        if not self._path.is_dir():
            return None
        close_to_others(self._path)
        return LocalStore(self._path)

    def keep(self, spooled: Path, key: str) -> None:
        target = self._path / key
        target.parent.mkdir(parents=True, exist_ok=True)
        spooled.chmod(0o400)
        _sync(spooled)
        spooled.replace(target)
        self.confirm(key)

    def confirm(self, key: str) -> None:
        for folder in (self._path / key).parents:  # each may be new
            _sync(folder)
            if folder == self._path:
                break


class Bucket:
    """A bucket of an S3-compatible store, told as s3://bucket/prefix; the variables AWS_... tell the rest."""

    def __init__(self, url: str) -> None:
        plain = os.environ.get("AWS_ALLOW_HTTP", "").lower() in ("true", "1")  # obstore reads it only without options
        options: ClientConfig = {"timeout": S3_SECONDS_MAX, "allow_http": plain}
        self._store = S3Store.from_url(url, client_options=options, retry_config=S3_RETRY)

    def spool(self) -> Path:
        return _swept(Path(gettempdir()))

    def store(self) -> ObjectStore | None:
        return self._store

    def keep(self, spooled: Path, key: str) -> None:
        obstore.put(self._store, key, spooled)

    def confirm(self, key: str) -> None:
        """What can be read from a bucket is durable."""


def key_of(digest: str) -> str:
    """Where the file with this SHA-256 is kept, e.g. sha256/ab/cd/abcd..."""
    return f"{PLACED}/{digest[:2]}/{digest[2:4]}/{digest}"


def aside_key_of(digest: str) -> str:
    """Where it waits to be removed, and nobody finds it."""
    return f"{ASIDE}/{digest}"


def place_of(settings: Settings) -> Place:
    """What *settings* choose, without disk or network. Raises SettingRefusedError for an address without bucket."""
    chosen = settings.materials
    if "://" not in chosen:
        return Folder(Path(chosen).expanduser() if chosen else settings.data / "materials")
    try:
        return Bucket(chosen)
    except BaseError as error:
        sentence = str(error).partition("\n")[0]
        raise SettingRefusedError(
            f"{variable('materials')} can't be used: {sentence}. Meant is: {help_of('materials')}"
        ) from error


def close_to_others(folder: Path) -> None:
    """Close *folder* to other accounts where it is world-readable, as older releases left it: its names are digests.

    A folder that is open to a group only, or that belongs to another account, is left as it is.
    """
    if stat.S_IMODE(folder.stat().st_mode) & stat.S_IRWXO:
        with suppress(PermissionError):
            folder.chmod(PRIVATE)


def _sync(path: Path) -> None:
    """Come back once *path*, a file or a folder, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@cache
def _swept(folder: Path) -> Path:
    """*folder*, once in a process without what crashes left of uploads."""
    before = time.time() - LEFT_OVER_SECONDS
    for path in folder.glob(f"{UPLOAD}*"):
        with suppress(FileNotFoundError):  # another process removed it
            if path.stat().st_mtime < before:
                path.unlink()
    return folder
