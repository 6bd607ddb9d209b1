"""A backup of all keys as one file: those that sign the log, and those by which personal data is encrypted.

It must never be stored with a backup of the data: anyone who holds both can decrypt personal data, and forge the whole
ledger.
"""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from infrastructure.backup.errors import BackupError
from infrastructure.backup.folder import MARK
from infrastructure.durable_files import replace_file, sync_folder
from infrastructure.privacy.current import keys_folder
from infrastructure.privacy.folder_keystore import FOLLOWING_FILE, MASTER_FILE
from infrastructure.privacy.wrapped_keystore import SET_ASIDE
from infrastructure.proof.keys import PRIVATE, PUBLIC
from infrastructure.proof.publisher import POLICY
from infrastructure.settings import Settings

PROOF, PERSONS = "proof", "persons"  # folders in the file
PROOF_FILES = (PRIVATE, PUBLIC, POLICY)
MODE_FILE, MODE_FOLDER = 0o600, 0o700
KEY_BYTES_MAX = 1024 * 1024  # of one file in it; the largest holds a few keys


class KeysBackup(Struct, frozen=True):
    """What a file of keys holds, or what was put in place from it."""

    file: str
    signing_files: int
    persons: int
    master_key: bool


def require_apart(place: Path, settings: Settings) -> None:
    """Refuse a backup of the data in *place* where keys are, or would come to be. Raises BackupError."""
    postgres = settings.data / "postgres"
    for name, folder in (("COUNTERSIGN_PROOF", settings.proof_folder), ("COUNTERSIGN_KEYS", keys_folder(settings))):
        if _is_in(folder, place) or _is_in(place, folder) or _is_in(folder, postgres):
            raise BackupError(
                "keys-with-data",
                f"The keys in {folder} ({name}) would be in the same backup as the data.",
                "Anyone who has both can decrypt personal data and forge the ledger: name another folder, or move"
                " the keys. `countersign backup-keys` has a backup of its own for them.",
            )
    if _is_in(place, settings.data):
        sentence = f"{place} is in the data folder {settings.data}: what destroys that would destroy the backup."
        raise BackupError("backup-in-data", sentence, "Name a folder on another disk.")


def back_up_keys(file: Path, settings: Settings) -> KeysBackup:
    """Write all keys to the new *file*, which only its owner can read. Raises BackupError."""
    file = Path(os.path.abspath(file.expanduser()))  # noqa: PTH100  as given
    beside = next((folder for folder in file.parents if (folder / MARK).exists()), None)
    if beside is not None or _is_in(file, settings.data):
        sentence = f"{file} is in {beside or settings.data}, with the data: keys must not be in a backup of the data."
        raise BackupError("keys-with-data", sentence, "Name a file on a medium of its own.")
    if file.exists():
        raise BackupError("keys-file-exists", f"{file} exists already.", "Name a new file.")
    members = dict(_members(settings))
    if not members:
        raise BackupError("keys-missing", "There are no keys yet.", "The first checkpoint makes some.")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), MODE_FILE
            archive.addfile(entry, io.BytesIO(content))
    try:
        replace_file(file, packed.getvalue(), MODE_FILE)
        sync_folder(file.parent)
    except OSError as failure:
        raise BackupError("keys-file", f"{file} can't be written: {failure.strerror or failure}.", "") from failure
    return _counted(file, members)


def restore_keys_file(file: Path, settings: Settings) -> KeysBackup:
    """Put the keys of *file* in place where none are. Raises BackupError, before anything is written.

    Keys that are there stay. A person's key that an erasure destroyed is destroyed again when the ledger is opened.
    """
    members = _read(file)
    targets = {name: _target(name, settings) for name in members}
    for name, content in members.items():
        target = targets[name]
        if name.endswith((PRIVATE, MASTER_FILE)) and target.exists() and target.read_bytes() != content:
            sentence = f"{target} holds another key than {file}."
            raise BackupError("keys-differ", sentence, "Move it away, if it is not the one of this ledger.")
    written = {}
    for name, content in members.items():
        target = targets[name]
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True, mode=MODE_FOLDER)
            replace_file(target, content, MODE_FILE)
            sync_folder(target.parent)
            written[name] = content
    return _counted(file, written)


def _members(settings: Settings) -> Iterator[tuple[str, bytes]]:
    for name in PROOF_FILES:
        if (file := settings.proof_folder / name).exists():
            yield f"{PROOF}/{name}", file.read_bytes()
    persons = keys_folder(settings)
    for file in sorted(persons.rglob("*.key")) if persons.is_dir() else ():
        yield f"{PERSONS}/{file.relative_to(persons)}", file.read_bytes()


def _read(file: Path) -> dict[str, bytes]:
    try:
        with tarfile.open(file, mode="r:") as archive:
            members = {}
            for entry in archive:
                if not entry.isfile() or entry.size > KEY_BYTES_MAX or not _is_ours(entry.name):
                    raise BackupError("keys-file", f"{file} is no backup of keys: it holds {entry.name}.", "")
                content = archive.extractfile(entry)
                assert content is not None, "a file has content"
                members[entry.name] = content.read()
            return members
    except (OSError, tarfile.TarError) as failure:
        why = failure.strerror if isinstance(failure, OSError) else failure
        raise BackupError(
            "keys-file",
            f"{file} can't be read as a backup of keys: {why}.",
            "Name a file that `backup-keys` has written.",
        ) from failure


def _is_ours(name: str) -> bool:
    folder, _, rest = name.partition("/")
    parts = rest.split("/")
    is_plain = all(part and part not in (".", "..") for part in parts)
    return is_plain and ((folder == PROOF and rest in PROOF_FILES) or (folder == PERSONS and rest.endswith(".key")))


def _target(name: str, settings: Settings) -> Path:
    folder, _, rest = name.partition("/")
    return (settings.proof_folder if folder == PROOF else keys_folder(settings)) / rest


def _counted(file: Path, members: dict[str, bytes]) -> KeysBackup:
    master = f"{PERSONS}/{MASTER_FILE}"
    signing = sum(name.startswith(f"{PROOF}/") for name in members)
    persons = {name.rpartition("/")[2] for name in members if name.startswith(f"{PERSONS}/")}
    others = {MASTER_FILE, FOLLOWING_FILE, *(f"{id_}.key" for id_ in SET_ASIDE)}
    return KeysBackup(str(file), signing, len(persons - others), master in members)


def _is_in(path: Path, folder: Path) -> bool:
    return path.expanduser().resolve().is_relative_to(folder.expanduser().resolve())
