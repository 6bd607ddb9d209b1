"""A ledger that was restored twice, with the logs that ended, and its audit bundles."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from msgspec import Struct

from infrastructure.proof.bundle import export_bundle
from infrastructure.proof.epochs import begin_epoch
from infrastructure.proof.keys import SigningKeys, create_keys
from infrastructure.proof.note import ED25519, NoteSigner, SignedNote
from infrastructure.proof.publisher import ProofFolder
from tests.conftest import database_in, name_of
from tests.infrastructure.proof.test_bundle import seal
from tests.infrastructure.proof.test_log import record
from tests.infrastructure.proof.test_publisher import NAME, published
from tests.infrastructure.proof.test_restores import AT, restored, size_of, step

FIRST_KEPT, FIRST_SIZE, SECOND_KEPT, SECOND_SIZE = 4, 6, 9, 11
PROJECT = "SELECT stream FROM ledger.event WHERE seq = 1"
FORGER = NoteSigner(f"{NAME}/2", sha256(b"forger").digest())
RESTORES = "restores.ndjson"


class RestoredZone(Struct, frozen=True):
    """Bundles of the zone and of one of its projects, and the Ed25519 public key of each log, the first one first."""

    zone: Path
    project: Path
    keys: tuple[str, str, str]
    folder: ProofFolder


def restored_zone(server_url: str, template: str, place: Path) -> RestoredZone:
    """Lose positions 5 and 6, and later 10 and 11: the third log holds what was left."""
    folder = ProofFolder(place / "proof")
    first = create_keys(folder.path, NAME)
    with database_in(server_url, template) as url:
        asyncio.run(record(url, 2))
        with database_in(server_url, name_of(url)) as older:
            second = lost_and_restored(url, older, folder, first)
            asyncio.run(record(older, 2))
            with database_in(server_url, name_of(older)) as oldest:
                third = lost_and_restored(older, oldest, folder, second)
                asyncio.run(record(oldest, 1))
                step(oldest, folder, third)
                with psycopg.connect(oldest) as connection:
                    (project,) = connection.execute(PROJECT).fetchone() or (None,)
                export(oldest, folder, place / "zone", None)
                export(oldest, folder, place / "project", project)
    keys = tuple(ed25519_of(each).text for each in (first, second, third))
    return RestoredZone(place / "zone", place / "project", (keys[0], keys[1], keys[2]), folder)


def lost_and_restored(url: str, older: str, folder: ProofFolder, keys: SigningKeys) -> SigningKeys:
    """Record and sign more at *url*, then go on with *older*, a copy from before; the keys of the new log."""
    asyncio.run(record(url, 1))
    step(url, folder, keys)
    asyncio.run(restored(older, size_of(folder), keys.name, str(published(folder))))
    with psycopg.connect(older, autocommit=True) as connection:
        fresh = begin_epoch(folder, connection, AT)
    assert fresh
    return fresh


def ed25519_of(keys: SigningKeys) -> Any:
    """The public key that Python's and the browser's verifier can check."""
    return next(signer.verifier for signer in keys.signers if signer.algorithm == ED25519)


def export(url: str, folder: ProofFolder, target: Path, project: UUID | None) -> None:
    """Write one bundle."""
    keys = [key for key in folder.trusted_keys() if key.algorithm == ED25519]
    export_bundle(url, folder.read_log(), keys, target, project, AT, lambda _done, _of: None, folder.restores())


Lines = list[dict[str, Any]]


def tampered(bundle: Path, change: Callable[[Lines], Lines]) -> Path:
    """Put other statements into *bundle*, and let its manifests fit."""
    file = bundle / "data" / RESTORES
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    file.write_text("".join(f"{json.dumps(line)}\n" for line in change(lines)), encoding="utf-8")
    seal(bundle)
    return bundle


def changed(lines: Lines, number: int, old: str, new: str) -> Lines:
    """*lines* with another text in one statement."""
    assert old in lines[number]["statement"]
    lines[number]["statement"] = lines[number]["statement"].replace(old, new)
    return lines


def forged(lines: Lines) -> Lines:
    """The second statement signed by someone else under the name of the log that ended."""
    note = SignedNote.parse(lines[1]["statement"])
    others = tuple(signature for signature in note.signatures if signature.name != FORGER.name)
    lines[1]["statement"] = str(SignedNote(note.text, (FORGER.sign(note.text), *others)))
    return lines


def without_path(lines: Lines) -> Lines:
    """The proof that leads from the first statement to the next one, changed."""
    lines[0]["path"] = [*lines[0]["path"][:-1], "00" * 32]
    return lines


TAMPERED: dict[str, tuple[Callable[[Lines], Lines], int]] = {
    "more is said to be kept": (lambda lines: changed(lines, 0, "\nkept 4\n", "\nkept 5\n"), 6),
    "less is said to be lost": (lambda lines: changed(lines, 1, "\nsize 11\n", "\nsize 10\n"), SECOND_KEPT + 1),
    "signed by somebody else": (forged, SECOND_KEPT + 1),
    "another path": (without_path, FIRST_KEPT + 1),
    "the other way round": (lambda lines: lines[::-1], FIRST_KEPT + 1),
    "the first one left out": (lambda lines: lines[1:], FIRST_KEPT + 1),
    "the last one left out": (lambda lines: lines[:1], SECOND_KEPT + 1),
}
"""What is done to the statements in a bundle, and the position that the verifier names."""
