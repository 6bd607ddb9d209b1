"""What each attack on the ledger shows as: the table of docs/reference/operation/ledger.md, row by row.

The chain alone finds what is inconsistent. The log finds what was made consistent again. Where the log and its key were
forged as well, or put back with the ledger, the witness still knows.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from shutil import copytree
from typing import NamedTuple

import psycopg
import pytest

from infrastructure.proof.checkpoint import LogCheckpoint
from infrastructure.proof.log import TransparencyLog
from infrastructure.proof.note import COSIGNATURE, NoteSigner, SignedNote
from infrastructure.proof.restore_statement import RestoreStatement
from infrastructure.proof.statement import signed_statement
from infrastructure.proof.tiles import TiledTree, TileFiles
from infrastructure.proof.witness import RESTORES, Witness
from infrastructure.verifier.verify import verify
from tests.conftest import database_in, name_of
from tests.infrastructure.proof.test_restores import restored
from tests.infrastructure.proof.test_witness import request_of
from tests.infrastructure.verifier.tampering import (
    BARE,
    ONE,
    OPTIONAL,
    OTHER,
    REPLACED,
    ignore,
    rechain,
    send_story,
    tampered,
)

SIGNER = NoteSigner("countersign.example/zone", sha256(b"log").digest())
BUREAU = NoteSigner("bureau.example", sha256(b"witness").digest(), COSIGNATURE)
RESTORED_AT = datetime(2026, 7, 15, tzinfo=UTC)
DOCUMENT = Path(__file__).parents[3] / "docs" / "reference" / "operation" / "ledger.md"
SHIFTED = """
    DELETE FROM ledger.stream WHERE seq = 6;
    DELETE FROM ledger.event WHERE seq IN (2, 4, 6);
    DELETE FROM ledger.command WHERE seq IN (2, 4, 6);
    UPDATE ledger.event SET seq = (seq + 1) / 2 + 100; UPDATE ledger.event SET seq = seq - 100;
    UPDATE ledger.command SET seq = (seq + 1) / 2;
    UPDATE ledger.stream SET seq = 3;
    UPDATE ledger.head SET seq = 3
"""
CUT = """
    DELETE FROM ledger.event WHERE seq > 4; DELETE FROM ledger.command WHERE seq > 4; UPDATE ledger.head SET seq = 4
"""
SWAPPED = """
    UPDATE ledger.event SET seq = 9 WHERE seq = 3;
    UPDATE ledger.event SET seq = 3 WHERE seq = 4;
    UPDATE ledger.event SET seq = 4 WHERE seq = 9;
    UPDATE ledger.command SET seq = 7 - seq, at = (SELECT min(at) FROM ledger.command WHERE seq > 2) WHERE seq IN (3, 4)
"""
FLIPPED = "UPDATE ledger.event SET {0} = set_byte({0}, 20, get_byte({0}, 20) # 1) WHERE seq = 3"


class Attack(NamedTuple):
    """What is done; whether the forger computes chains and heads again; what the chain and the log show of it."""

    statements: str
    rechained: bool
    by_chain: str
    by_log: str


ATTACKS = {
    "a byte of the data flipped": Attack(FLIPPED.format("data"), False, "3: .*does not match its hash", ""),
    "a byte of the metadata flipped": Attack(FLIPPED.format("meta"), False, "3: .*does not match its hash", ""),
    "the time it took effect changed": Attack(
        "UPDATE ledger.event SET occurred_at = occurred_at - interval '1 s' WHERE seq = 3", False, "3: .*its hash", ""
    ),
    "the time it was recorded changed": Attack(
        "UPDATE ledger.event SET recorded_at = recorded_at + interval '1 us' WHERE seq = 6", False, "6: .*its hash", ""
    ),
    "a hash emptied": Attack(
        OPTIONAL.format("hash") + "UPDATE ledger.event SET hash = NULL WHERE seq = 3", False, "3: .*no hash", "3: .*not"
    ),
    "the end cut off": Attack(
        "DELETE FROM ledger.event WHERE seq > 4",
        False,
        "5: .*ends at 4, but its head",
        "5: .*a checkpoint",
    ),
    "the end cut off, the head moved back": Attack(CUT, True, "", "5: the ledger ends at 4, .*of 6 entries was signed"),
    "a project deleted": Attack(
        f"DELETE FROM ledger.event WHERE stream = '{OTHER}'", False, "2: positions jump", "2: the entry"
    ),
    "a project deleted, positions closed up": Attack(SHIFTED, True, "", "2: the entry is not the one"),
    "two entries exchanged": Attack(SWAPPED, True, "", "3: the entry is not the one that is in the transparency log"),
    "an entry forged, its hash computed again": Attack(
        REPLACED.format("meta", "applicant", "officer") + " WHERE seq = 6", True, "", "6: the entry is not the one"
    ),
    "a project's whole chain rewritten": Attack(
        REPLACED.format("data", "Fab 2", "Fab 9") + " WHERE seq = 1", True, "", "1: the entry is not the one"
    ),
}


class Sound(NamedTuple):
    """A ledger, by the name of a database to be copied, its log, and the witness that cosigned it."""

    database: str
    log: Path
    witness: Path


@pytest.fixture(scope="module")
def sound(server_url: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sound]:
    log_folder, witness_folder = tmp_path_factory.mktemp("log"), tmp_path_factory.mktemp("witness")
    with database_in(server_url, migrated_template) as url:
        asyncio.run(send_story(url))
        log = followed(url, log_folder)
        reply = Witness(witness_folder, BUREAU, [SIGNER.verifier]).add_checkpoint(request_of(log, 0), 1_790_000_000)
        assert reply.status == 200, reply
        assert faults(url, log) == []
        yield Sound(name_of(url), log_folder, witness_folder)


def followed(url: str, folder: Path) -> TransparencyLog:
    log = TransparencyLog(folder, SIGNER)
    with psycopg.connect(url, autocommit=True) as connection:
        log.follow(connection)
    return log


def faults(url: str, log: TransparencyLog | None = None) -> list[str]:
    """What verification says, each with its position."""
    return [f"{fault.seq}: {fault.what}" for fault in verify(url, ignore, None, log)[0].faults]


def rewritten(url: str, attack: Attack) -> None:
    """Carry the attack out as the owner of the database can."""
    tampered(url, attack.statements)
    if attack.rechained:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(BARE.encode())
        for stream in (ONE, OTHER):
            rechain(url, stream)
        tampered(url, "")


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_on_the_ledger_is_named(server_url: str, sound: Sound, name: str) -> None:
    attack = ATTACKS[name]
    log = TransparencyLog(sound.log, SIGNER)
    with database_in(server_url, sound.database) as url:
        rewritten(url, attack)
        alone, compared = faults(url), faults(url, log)
    assert any(re.match(attack.by_chain, fault) for fault in alone) if attack.by_chain else alone == []
    by_log = [fault for fault in compared if fault not in alone]
    assert any(re.match(attack.by_log, fault) for fault in by_log) if attack.by_log else by_log == []


def test_a_ledger_made_again_with_its_log_passes_and_the_witness_refuses_it(
    server_url: str, sound: Sound, tmp_path: Path
) -> None:
    with database_in(server_url, sound.database) as url:
        rewritten(url, ATTACKS["a project's whole chain rewritten"])
        forged = followed(url, tmp_path)
        assert faults(url, forged) == []
    witness = Witness(Path(copytree(sound.witness, tmp_path / "witness")), BUREAU, [SIGNER.verifier])
    reply = witness.add_checkpoint(request_of(forged, 6), 1_790_000_001)
    assert (reply.status, reply.body) == (409, "6\n")
    assert witness.last(SIGNER.name).head != forged.checkpoint.head


def test_an_old_backup_of_ledger_and_log_passes_and_the_witness_names_the_loss(
    server_url: str, sound: Sound, tmp_path: Path
) -> None:
    with database_in(server_url, sound.database) as url:
        rewritten(url, ATTACKS["the end cut off, the head moved back"])
        old = followed(url, tmp_path)
        assert faults(url, old) == []
    witness = Witness(Path(copytree(sound.witness, tmp_path / "witness")), BUREAU, [SIGNER.verifier])
    reply = witness.add_checkpoint(request_of(old, 4), 1_790_000_001)
    assert (reply.status, reply.body) == (409, "6\n")


def test_a_declared_restore_is_distinguished_from_an_old_backup(server_url: str, sound: Sound, tmp_path: Path) -> None:
    """The ledger of the old backup, but with fact and statement: the witness notes the loss, and goes on."""
    witness = Witness(Path(copytree(sound.witness, tmp_path / "witness")), BUREAU, [SIGNER.verifier])
    next_log = NoteSigner(f"{SIGNER.name}/2", sha256(b"next").digest())
    ended = TransparencyLog(sound.log, SIGNER)
    with database_in(server_url, sound.database) as url:
        rewritten(url, ATTACKS["the end cut off, the head moved back"])
        asyncio.run(restored(url, 6, SIGNER.name, str(ended.note)))
        log = TransparencyLog(tmp_path / "log", next_log)
        with psycopg.connect(url, autocommit=True) as connection:
            log.follow(connection)
        assert faults(url, log) == []
    statement = RestoreStatement.of(SIGNER.name, ended.tree, 4, [next_log.verifier], 2, RESTORED_AT)
    note = signed_statement(statement.text, [SIGNER, next_log], 0)
    assert witness.add_checkpoint(request_of(log, 0), 1_790_000_001).status == 404, "nothing is known of it yet"
    accepted = witness.add_restore(f"old 6\n\n{note}", 1_790_000_001)
    assert accepted.status == 200, accepted.body
    assert "kept 4\n" in (witness.folder / RESTORES).read_text()
    assert witness.add_checkpoint(request_of(log, 4), 1_790_000_002).status == 200


def test_a_restore_that_names_less_than_it_lost_is_refused(sound: Sound, tmp_path: Path) -> None:
    witness = Witness(Path(copytree(sound.witness, tmp_path / "witness")), BUREAU, [SIGNER.verifier])
    next_log = NoteSigner(f"{SIGNER.name}/2", sha256(b"next").digest())
    shorter = TiledTree(TileFiles(tmp_path / "shorter"), 0)
    shorter.grow(list(TransparencyLog(sound.log, SIGNER).tree.all_leaves())[:5])
    statement = RestoreStatement.of(SIGNER.name, shorter, 4, [next_log.verifier], 2, RESTORED_AT)
    note = signed_statement(statement.text, [SIGNER, next_log], 0)
    reply = witness.add_restore(f"old 6\n\n{note}", 1_790_000_001)
    assert (reply.status, "positions 5 to 6 are lost" in reply.body) == (422, True), reply.body
    assert not (witness.folder / RESTORES).exists()


def test_a_changed_tile_of_the_log_is_named(server_url: str, sound: Sound, tmp_path: Path) -> None:
    folder = Path(copytree(sound.log, tmp_path / "log"))
    (tile,) = folder.rglob("entries/000.p/6")
    stored = tile.read_bytes()
    tile.write_bytes(stored[:-1] + bytes([stored[-1] ^ 1]))  # of a random hash any byte may be the last
    with database_in(server_url, sound.database) as url:
        assert faults(url, TransparencyLog(folder, SIGNER)) == [
            "6: the entry is not the one that is in the transparency log"
        ]


def test_the_document_names_every_attack() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    restores = ("a restore that says so", "a restore that says it lost less than it did")
    assert [name for name in (*ATTACKS, *restores) if f"| {name} |" not in text] == []


def test_a_forged_checkpoint_has_no_author(sound: Sound) -> None:
    note = TransparencyLog(sound.log, SIGNER).note
    assert note
    forged = SignedNote(LogCheckpoint(SIGNER.name, 7, LogCheckpoint.of(note).head).text, note.signatures)
    reply = Witness(sound.witness, BUREAU, [SIGNER.verifier]).add_checkpoint(f"old 6\n\n{forged}", 0)
    assert reply.status == 403
