"""`countersign verify-materials`: compares every attached file with the SHA-256 under which it is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256

import psycopg
from msgspec import Struct, json

from infrastructure.materials.store import MaterialStore
from infrastructure.settings import Settings

SET_ASIDE = "was set aside by an interrupted sweep: run sweep-materials --remove, which restores it"


class MaterialFault(Struct, frozen=True):
    """A missing or damaged file, and the position of the first entry that attached it."""

    digest: str
    position: int
    what: str


class VerifiedMaterials(Struct, frozen=True):
    """The result of reading every attached file."""

    files: int
    bytes_read: int
    faults: list[MaterialFault]


class Attached(Struct, frozen=True):
    """A file's content, and the first ledger position at which it was attached."""

    digest: str
    size: int
    position: int


class _AttachedMaterial(Struct):
    digest: str
    size: int


def verify(url: str, settings: Settings, progress: Callable[[int, int], None]) -> VerifiedMaterials:
    """Check every file ever attached, also if it was detached or its attachment retracted since: history links to it.

    Raises StorageAwayError if the folder or bucket can't be read.
    """
    materials, attached = MaterialStore.of(settings), list(attached_files(url))
    bytes_read, faults = 0, []
    for done, file in enumerate(attached, start=1):
        size, fault = check(materials, file)
        bytes_read += size
        if fault:
            faults.append(MaterialFault(file.digest, file.position, fault))
        progress(done, len(attached))
    return VerifiedMaterials(len(attached), bytes_read, faults)


def attached_files(url: str) -> Iterator[Attached]:
    """Every distinct content that a project ever attached, ordered by its first attachment."""
    seen: set[str] = set()
    with psycopg.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT seq, data FROM ledger.event WHERE type = 'material_attached' ORDER BY seq")
        for seq, data in cursor:
            material = json.decode(data, type=_AttachedMaterial)
            if material.digest not in seen:
                seen.add(material.digest)
                yield Attached(material.digest, material.size, seq)


def check(materials: MaterialStore, file: Attached) -> tuple[int, str]:
    """The stored size of *file* in bytes, and its fault; empty if there is none."""
    size = materials.size_now(file.digest)
    if size is None:
        return 0, SET_ASIDE if file.digest in materials.set_aside_so_far() else "is not stored"
    digest = sha256()
    for piece in materials.pieces(file.digest):
        digest.update(piece)
    if digest.hexdigest() != file.digest:
        return size, f"hashes to {digest.hexdigest()}"
    return size, "" if size == file.size else f"has {size} bytes, {file.size} were attached"
