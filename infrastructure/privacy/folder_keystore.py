"""The keystore of a single machine: a folder beside the data folder, with the master key and a file per person."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

from infrastructure.durable_files import sync_folder
from infrastructure.privacy.keystore import KEY_BYTES, KeystoreError, LocalMasterKey, MasterKey, new_key

MASTER_FILE = "master.key"
PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600


class FolderKeystore:
    """Keys as files, read each time: a key that another process destroyed is not read any more. No key stays in memory.

    The first key makes the folder, and a master key where none is given. Raises KeystoreError.
    """

    def __init__(self, folder: Path, master: MasterKey | None = None) -> None:
        self._folder, self._supplied = folder, master
        self._loaded: MasterKey | None = None
        self._secrets: dict[str, bytes] = {}

    def find(self, person: UUID) -> bytes | None:
        wrapped = self.wrapped(person)
        return None if wrapped is None else self._master().unwrap(wrapped)

    def make(self, person: UUID) -> bytes:
        if key := self.find(person):
            return key
        self._write(self._path(person), self._master().wrap(new_key()))
        key = self.find(person)  # perhaps that of a process which was faster
        if key is None:
            raise KeystoreError(f"The key of the person {person} was destroyed while it was made: send it again.")
        return key

    def destroy(self, person: UUID) -> bool:
        """The file is overwritten before it is removed, which helps where the file system writes in place."""
        path = self._path(person)
        try:
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

    def secret(self, purpose: str) -> bytes:
        if purpose not in self._secrets:
            self._secrets[purpose] = self._master().secret(purpose)
        return self._secrets[purpose]

    def wrapped(self, person: UUID) -> bytes | None:
        try:
            return self._path(person).read_bytes() or None
        except FileNotFoundError:
            return None
        except OSError as failure:
            raise _unusable(self._folder, failure) from failure

    def adopt(self, person: UUID, wrapped: bytes) -> None:
        self._master().unwrap(wrapped)
        self._write(self._path(person), wrapped)

    def _path(self, person: UUID) -> Path:
        return self._folder / person.hex[:2] / f"{person}.key"

    def _master(self) -> MasterKey:
        if self._supplied is not None:
            return self._supplied
        if self._loaded is None:
            path = self._folder / MASTER_FILE
            try:
                if not path.exists():
                    self._write(path, os.urandom(KEY_BYTES).hex().encode())
                self._loaded = LocalMasterKey(bytes.fromhex(path.read_text()))
            except ValueError as failure:
                raise KeystoreError(f"{path} holds no master key: 64 hexadecimal digits.") from failure
            except OSError as failure:
                raise _unusable(self._folder, failure) from failure
        return self._loaded

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


def _unusable(folder: Path, failure: OSError) -> KeystoreError:
    return KeystoreError(
        f"The keys of personal data in {folder} can't be used ({failure.strerror or failure}): name a folder of this"
        " account in COUNTERSIGN_KEYS."
    )
