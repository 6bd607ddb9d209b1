"""Storage back ends for materials: a local folder, synced explicitly, or a bucket of an S3-compatible store."""

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

from infrastructure.durable_files import sync_file, sync_folder
from infrastructure.settings import SettingRefusedError, Settings, help_of, variable

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

PRIVATE = 0o700
INCOMING = "incoming"
PLACED, ASIDE = "sha256", "aside"  # prefixes of stored files, and of those about to be deleted
UPLOAD = "countersign-upload-"  # prefix of the names of unfinished uploads
LEFT_OVER_SECONDS = 86_400  # an upload that is older was interrupted by a crash
S3_RETRY: RetryConfig = {"max_retries": 3, "retry_timeout": timedelta(seconds=10)}
S3_SECONDS_MAX = "600s"  # for one file; the default of half a minute is too short for a slow reader


class Place(Protocol):
    """A storage back end."""

    def spool(self) -> Path:
        """A folder for unfinished uploads, created if needed."""

    def store(self) -> ObjectStore | None:
        """The object store; None if nothing was ever stored."""

    def confirm(self, key: str) -> None:
        """Return once the file that another process has stored under *key* is durable."""

    def keep(self, spooled: Path, key: str) -> None:
        """Move the file *spooled* to *key* atomically, and return once it is durable."""


class Folder:
    """A local folder. Its file system must rename atomically, as all local ones do."""

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
        sync_file(spooled)
        spooled.replace(target)
        self.confirm(key)

    def confirm(self, key: str) -> None:
        for folder in (self._path / key).parents:  # each may have been created just now
            sync_folder(folder)
            if folder == self._path:
                break


class Bucket:
    """A bucket of an S3-compatible store, configured by s3://bucket/prefix and the AWS_ variables."""

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
        """Nothing to do: objects that can be read from a bucket are durable."""


def key_of(digest: str) -> str:
    """The key of the file with this SHA-256, e.g. sha256/ab/cd/abcd..."""
    return f"{PLACED}/{digest[:2]}/{digest[2:4]}/{digest}"


def aside_key_of(digest: str) -> str:
    """The key of a file that is set aside, where reads do not find it."""
    return f"{ASIDE}/{digest}"


def place_of(settings: Settings) -> Place:
    """The back end chosen by *settings*, without any I/O. Raises SettingRefusedError for an invalid URL."""
    chosen = settings.materials
    if "://" not in chosen:
        return Folder(Path(chosen).expanduser() if chosen else settings.data / "materials")
    try:
        return Bucket(chosen)
    except BaseError as error:
        sentence = str(error).partition("\n")[0]
        raise SettingRefusedError(
            f"{variable('materials')} is invalid: {sentence}. It should be: {help_of('materials')}"
        ) from error


def close_to_others(folder: Path) -> None:
    """Make *folder* private if it is world-readable, as older releases created it: its file names are digests.

    A folder that is open only to a group, or that belongs to another account, is left as it is.
    """
    if stat.S_IMODE(folder.stat().st_mode) & stat.S_IRWXO:
        with suppress(PermissionError):
            folder.chmod(PRIVATE)


@cache
def _swept(folder: Path) -> Path:
    """*folder*, after deleting uploads that crashes have interrupted; done once per process and folder."""
    before = time.time() - LEFT_OVER_SECONDS
    for path in folder.glob(f"{UPLOAD}*"):
        with suppress(FileNotFoundError):  # another process removed it
            if path.stat().st_mtime < before:
                path.unlink()
    return folder
