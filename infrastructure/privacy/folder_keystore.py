"""The keystore of a single machine: a folder beside the data folder, with the master key and a file per person.

While a new master key takes the place of the present one, both are in the folder, and every process sees that.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import UUID, uuid4

from infrastructure.durable_files import replace_file, sync_folder
from infrastructure.postgres.lock import holding
from infrastructure.privacy.keystore import KEY_BYTES, KeystoreError, LocalMasterKey, MasterKey
from infrastructure.privacy.wrapped_keystore import MasterKeys, WrappedKeystore

MASTER_FILE, FOLLOWING_FILE = "master.key", "master.next.key"
LOCK_FILE = "lock"
LOCK_SECONDS_MAX = 10.0  # it is held while one small file is replaced
PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600
Signature = tuple[tuple[int, int] | None, tuple[int, int] | None]


class FolderKeystore(WrappedKeystore):
    """Keys as files, read each time: a key that another process destroyed is not read any more. No key stays in memory.

    The first key makes the folder, and a master key where none is given. Raises KeystoreError.
    """

    def __init__(self, folder: Path, master: MasterKey | MasterKeys | None = None) -> None:
        super().__init__()
        self._folder = folder
        self._configured = MasterKeys(master) if master is not None and not isinstance(master, MasterKeys) else master
        self._loaded: tuple[Signature, MasterKeys] | None = None

    def destroy(self, person: UUID) -> bool:
        """The file is overwritten before it is removed, which helps where the file system writes in place."""
        path = self._path(person)
        for draft in path.parent.glob(f".{path.name}.*"):  # of an exchange that was killed
            self._shred(draft)
        return self._shred(path)

    def _shred(self, path: Path) -> bool:
        """Overwrite and remove one file; False where there is none."""
        try:
            path.stat()  # most were destroyed long ago: then no lock is needed
            with self._locked():  # or one that is being re-wrapped would come back
                with path.open("r+b") as file:
                    file.write(bytes(path.stat().st_size))
                    file.flush()
                    os.fsync(file.fileno())
                path.unlink()
        except FileNotFoundError:
            return False
        except OSError as failure:
            raise _unusable(self._folder, failure) from failure
        sync_folder(path.parent)
        return True

    def wrapped(self, person: UUID) -> bytes | None:
        try:
            return self._path(person).read_bytes() or None
        except FileNotFoundError:
            return None
        except OSError as failure:
            raise _unusable(self._folder, failure) from failure

    def ids(self) -> Iterator[UUID]:
        for file in self._folder.glob("*/*.key"):
            with suppress(ValueError):
                yield UUID(file.stem)

    def add(self, person: UUID, wrapped: bytes) -> None:
        self._write(self._path(person), wrapped)

    def exchange(self, person: UUID, before: bytes, wrapped: bytes) -> bool:
        path = self._path(person)
        try:
            with self._locked():
                if self.wrapped(person) != before:
                    return False
                replace_file(path, wrapped, PRIVATE_FILE)
                sync_folder(path.parent)
        except OSError as failure:
            raise _unusable(self._folder, failure) from failure
        return True

    def close(self) -> None:
        """Forget the master keys that were read."""
        self._loaded = None

    def begin_rotation(self) -> None:
        """Put a following master key beside the present one, unless an interrupted rotation left one."""
        self.masters()  # makes the first one
        self._write(self._folder / FOLLOWING_FILE, _fresh())

    def end_rotation(self) -> None:
        """Let the following master key take the place of the present one, which is gone then."""
        try:
            (self._folder / FOLLOWING_FILE).replace(self._folder / MASTER_FILE)
            sync_folder(self._folder)
        except OSError as failure:
            raise _unusable(self._folder, failure) from failure

    def masters(self) -> MasterKeys:
        """Those that are given, else those in the folder, which are read again whenever a file has changed."""
        if self._configured is not None:
            return self._configured
        following, master = self._folder / FOLLOWING_FILE, self._folder / MASTER_FILE
        signature = (_signature(following), _signature(master))
        if self._loaded is not None and self._loaded[0] == signature:
            return self._loaded[1]
        try:
            if signature == (None, None):
                self._write(master, _fresh())
                signature = (None, _signature(master))
            # The following one first: where it has taken the other's place meanwhile, that file has it.
            keys = [_read(path) if path.exists() else None for path in (following, master)]
        except OSError as failure:
            raise _unusable(self._folder, failure) from failure
        if keys[1] is None:
            raise KeystoreError(f"{master} is missing: restore it, or move {following} there if no other one is left.")
        self._loaded = (signature, MasterKeys(keys[1], keys[0]))
        return self._loaded[1]

    def _path(self, person: UUID) -> Path:
        return self._folder / person.hex[:2] / f"{person}.key"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            with holding(self._folder / LOCK_FILE, LOCK_SECONDS_MAX, lambda _: None):
                yield
        except TimeoutError as failure:
            raise KeystoreError(f"Another process holds {self._folder / LOCK_FILE}: try again.") from failure

    def _write(self, path: Path, content: bytes) -> None:
        """Write a file that appears whole or not at all, never over another one, and is durable."""
        draft = path.with_name(f".{uuid4().hex}")
        try:
            self._folder.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
            path.parent.mkdir(PRIVATE_FOLDER, exist_ok=True)
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE), "wb") as file:  # noqa: PTH123  with a mode
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):  # another process was faster: its key counts
                os.link(draft, path)
            draft.unlink()
            sync_folder(path.parent)
        except OSError as failure:
            raise _unusable(self._folder, failure) from failure


def _fresh() -> bytes:
    return os.urandom(KEY_BYTES).hex().encode()


def _signature(path: Path) -> tuple[int, int] | None:
    """What changes with the file; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


def _read(path: Path) -> MasterKey | None:
    """The master key in a file; None where it was renamed since it was seen."""
    try:
        return LocalMasterKey(bytes.fromhex(path.read_text()))
    except FileNotFoundError:
        return None
    except ValueError as failure:
        raise KeystoreError(f"{path} holds no master key: 64 hexadecimal digits.") from failure


def _unusable(folder: Path, failure: OSError) -> KeystoreError:
    return KeystoreError(
        f"The keys of personal data in {folder} can't be used ({failure.strerror or failure}): name a folder of this"
        " account in COUNTERSIGN_KEYS."
    )
