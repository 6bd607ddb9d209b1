"""Whether every file that was ever attached is stored, and still is what its name says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256

import psycopg
from msgspec import Struct, json

from infrastructure.materials.store import MaterialStore
from infrastructure.settings import Settings

SET_ASIDE = "was set aside by a sweep that was cut short: sweep-materials --remove puts it back"


class MaterialFault(Struct, frozen=True):
    """One file that is not what it must be, and the first entry that attached it."""

    digest: str
    position: int
    what: str


class VerifiedMaterials(Struct, frozen=True):
    """What reading every attached file found. *bytes_read* are those of all files that are there."""

    files: int
    bytes_read: int
    faults: list[MaterialFault]


class Attached(Struct, frozen=True):
    """One content that was attached, first at *position* of the ledger."""

    digest: str
    size: int
    position: int


class _Said(Struct):
    digest: str
    size: int


def verify(url: str, settings: Settings, progress: Callable[[int, int], None]) -> VerifiedMaterials:
    """Also of files detached since, or whose attachment was retracted: the history leads to them.

    Raises StorageAwayError where the folder or bucket can't be read.
    """
    materials, attached = MaterialStore.of(settings), list(attached_files(url))
    bytes_read, faults = 0, []
    for done, file in enumerate(attached, start=1):
        read, what = check(materials, file)
        bytes_read += read
        if what:
            faults.append(MaterialFault(file.digest, file.position, what))
        progress(done, len(attached))
    return VerifiedMaterials(len(attached), bytes_read, faults)


def attached_files(url: str) -> Iterator[Attached]:
    """Every content that any project of the ledger ever attached, in the order of its first attachment."""
    seen: set[str] = set()
    with psycopg.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT seq, data FROM ledger.event WHERE type = 'material_attached' ORDER BY seq")
        for seq, data in cursor:
            said = json.decode(data, type=_Said)
            if said.digest not in seen:
                seen.add(said.digest)
                yield Attached(said.digest, said.size, seq)


def check(materials: MaterialStore, file: Attached) -> tuple[int, str]:
    """How many bytes of *file* there are, and what is wrong with it; empty where nothing is."""
    size = materials.size_now(file.digest)
    if size is None:
        return 0, SET_ASIDE if file.digest in materials.set_aside_so_far() else "is not stored"
    found = sha256()
    for piece in materials.pieces(file.digest):
        found.update(piece)
    if found.hexdigest() != file.digest:
        return size, f"hashes to {found.hexdigest()}"
    return size, "" if size == file.size else f"has {size} bytes, {file.size} were attached"
