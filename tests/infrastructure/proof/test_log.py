"""The transparency log over a real ledger: checkpoints follow it, proofs verify, and a changed ledger is detected."""

from __future__ import annotations

import asyncio
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from domain.core.plan import PlannedItem
from domain.examples.story import ENTERPRISE, MANAGER
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from infrastructure.ledger.approvals import Approvals
from infrastructure.proof.checkpoint import LogCheckpoint
from infrastructure.proof.log import SIGNED, LogError, TransparencyLog
from infrastructure.proof.merkle import leaf, verify_consistency, verify_inclusion
from infrastructure.proof.note import NoteSigner, SignedNote
from infrastructure.proof.publisher import ProofFolder

SIGNER = NoteSigner("countersign.example/zone", sha256(b"log").digest())
OTHER = NoteSigner("countersign.example/zone", sha256(b"other").digest())
BARE = "ALTER TABLE ledger.event DISABLE TRIGGER append_only"


async def record(url: str, projects: int) -> None:
    """Add two entries a project."""
    async with Approvals(url) as approvals:
        for number in range(projects):
            items = (PlannedItem(item="land", department="land"),)
            register = RegisterProject(
                name=f"Fab {number}", enterprise=Enterprise("Hengxin"), manager="wang", items=items
            )
            project = uuid4()
            await approvals.handle(project, register, MANAGER, uuid4())
            await approvals.handle(project, SubmitItem(item="land"), ENTERPRISE, uuid4())


def hash_at(connection: psycopg.Connection[tuple[bytes]], position: int) -> bytes:
    """The hash of the entry at *position*."""
    (hash_,) = connection.execute("SELECT hash FROM ledger.event WHERE seq = %s", [position]).fetchone() or (b"",)
    return bytes(hash_)


def test_the_log_follows_the_ledger(database_url: str, tmp_path: Path) -> None:
    log = TransparencyLog(tmp_path, SIGNER)
    with psycopg.connect(database_url, autocommit=True) as connection:
        assert log.follow(connection) is None
        asyncio.run(record(database_url, 2))
        first = log.follow(connection)
        assert first
        assert log.follow(connection) is None
        asyncio.run(record(database_url, 130))
        log = TransparencyLog(tmp_path, SIGNER)  # as after a restart
        second = log.follow(connection)
        assert second
        assert second == SignedNote.parse((tmp_path / SIGNED).read_text())
        old, new = LogCheckpoint.of(first), LogCheckpoint.of(second)
        assert (old.size, new.size) == (4, 264)
        verify_consistency(old.size, old.head, new.size, new.head, log.consistency(old.size))
        for position in (1, 4, 5, 256, 257, 264):
            data = leaf(position, hash_at(connection, position))
            verify_inclusion(data, position - 1, new.size, log.inclusion(position), new.head)
        assert log.compare(connection) is None
    for position in (0, 265):
        with pytest.raises(LogError, match="not in the log"):
            log.inclusion(position)


def test_without_a_checkpoint_the_log_says_how_one_comes_to_be(tmp_path: Path) -> None:
    with pytest.raises(LogError, match=r"`countersign checkpoint` signs one now; an empty ledger has none\.") as empty:
        ProofFolder(tmp_path).read_log().proof(1)
    assert empty.value.code == "log-empty"


def test_a_changed_hash_is_found_at_its_position(database_url: str, tmp_path: Path) -> None:
    asyncio.run(record(database_url, 3))
    log = TransparencyLog(tmp_path, SIGNER)
    with psycopg.connect(database_url, autocommit=True) as connection:
        log.follow(connection)
        connection.execute(BARE)
        connection.execute("UPDATE ledger.event SET hash = sha256(hash) WHERE seq = 4")
        assert log.compare(connection) == 4
        assert (log.compare(connection, 3), log.compare(connection, 4), log.compare(connection, 6)) == (4, None, None)


def test_a_ledger_that_went_back_is_not_signed(database_url: str, tmp_path: Path) -> None:
    asyncio.run(record(database_url, 3))
    log = TransparencyLog(tmp_path, SIGNER)
    with psycopg.connect(database_url, autocommit=True) as connection:
        log.follow(connection)
        connection.execute(BARE)
        connection.execute("DELETE FROM ledger.event WHERE seq > 4")
        connection.execute("UPDATE ledger.head SET seq = 4")
        with pytest.raises(LogError, match="ends at 4, but a checkpoint of 6"):
            log.follow(connection)
        assert log.compare(connection) == 5


def test_a_gap_is_not_signed(database_url: str, tmp_path: Path) -> None:
    asyncio.run(record(database_url, 3))
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(BARE)
        connection.execute("DELETE FROM ledger.event WHERE seq = 3")
        with pytest.raises(LogError, match="position 3 is missing"):
            TransparencyLog(tmp_path, SIGNER).follow(connection)


def test_a_folder_of_another_key_is_refused(database_url: str, tmp_path: Path) -> None:
    asyncio.run(record(database_url, 1))
    with psycopg.connect(database_url, autocommit=True) as connection:
        TransparencyLog(tmp_path, SIGNER).follow(connection)
    with pytest.raises(LogError, match="not signed by"):
        TransparencyLog(tmp_path, OTHER)
    (tmp_path / SIGNED).write_text("nothing\n")
    with pytest.raises(LogError, match="can't be used"):
        TransparencyLog(tmp_path, SIGNER)
