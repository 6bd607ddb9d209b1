"""The publisher over a real ledger and real witnesses over HTTP: signs, collects a quorum, says what is wrong."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep

import psycopg
import pytest
import uvicorn

from api.proof.witness import witness_app
from infrastructure.proof.checkpoint import LogCheckpoint
from infrastructure.proof.keys import OF_A_WITNESS, PRIVATE, SigningKeyError, SigningKeys, create_keys
from infrastructure.proof.log import LogError, LogReader
from infrastructure.proof.note import NoteVerifier, SignedNote
from infrastructure.proof.publisher import ProofFolder, Publisher, PublisherStatus
from infrastructure.proof.witness import Witness
from tests.infrastructure.proof.test_log import BARE, record

NAME = "countersign.example/zone"
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SECONDS_MAX = 60


@contextmanager
def running_witness(folder: Path, log: NoteVerifier, port: int = 0) -> Iterator[tuple[str, NoteVerifier]]:
    """A witness on a port of its own; yields address and key."""
    keys = create_keys(folder, "bureau.example", OF_A_WITNESS) if not folder.exists() else SigningKeys.read(folder)
    app = witness_app(Witness(folder, keys.signers[0], [log]), lambda: 1_790_000_000)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started)
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}", keys.signers[0].verifier
    finally:
        server.should_exit = True
        thread.join()


def wait_until(condition: Callable[[], bool]) -> None:
    end = monotonic() + SECONDS_MAX
    while not condition():
        assert monotonic() < end
        sleep(0.02)


@pytest.fixture
def folder(tmp_path: Path) -> ProofFolder:
    return ProofFolder(tmp_path / "proof")


@pytest.fixture
def keys(folder: ProofFolder) -> SigningKeys:
    return create_keys(folder.path, NAME)


def opened(url: str, folder: ProofFolder, keys: SigningKeys) -> Publisher:
    publisher = Publisher(url, folder, lambda: NOW)
    publisher.open(keys)
    return publisher


def published(folder: ProofFolder) -> SignedNote:
    note = folder.read_log().note
    assert note
    return note


def test_without_a_policy_what_is_signed_is_published(
    database_url: str, folder: ProofFolder, keys: SigningKeys
) -> None:
    publisher = opened(database_url, folder, keys)
    with psycopg.connect(database_url, autocommit=True) as connection:
        assert publisher.step(connection).published == 0
        with pytest.raises(LogError, match="No checkpoint was published"):
            assert folder.read_log().checkpoint
        asyncio.run(record(database_url, 2))
        status = publisher.step(connection)
    assert (status.size, status.published, status.published_at, status.trouble) == (4, 4, NOW, "")
    assert folder.status() == status
    assert set(published(folder).verify([signer.verifier for signer in keys.signers])) == {NAME}
    assert folder.read_log().proof(2).startswith("c2sp.org/tlog-proof@v1\nindex 1\n")


def test_a_quorum_is_waited_for(database_url: str, folder: ProofFolder, keys: SigningKeys, tmp_path: Path) -> None:
    asyncio.run(record(database_url, 2))
    with running_witness(tmp_path / "witness", keys.signers[0].verifier) as (address, key):
        folder.policy_file.write_text(f"witness bureau {key.text} {address}\nquorum bureau\n")
        publisher = opened(database_url, folder, keys)
        with psycopg.connect(database_url, autocommit=True) as connection:
            status = publisher.step(connection)
            assert (status.published, status.witnesses[0].size, status.trouble) == (4, 4, "")
            assert published(folder).verify([key]) == {"bureau.example": 1_790_000_000}
            asyncio.run(record(database_url, 1))
            assert publisher.step(connection).published == 6
    asyncio.run(record(database_url, 1))
    with psycopg.connect(database_url, autocommit=True) as connection:
        status = publisher.step(connection)  # the witness is away
        assert (status.size, status.published) == (8, 6)
        assert "the quorum of witnesses has not cosigned (bureau:" in status.trouble
        assert LogCheckpoint.of(published(folder)).size == 6
        with running_witness(tmp_path / "witness", keys.signers[0].verifier, int(address.rpartition(":")[2])):
            again = opened(database_url, folder, keys)  # as after a restart
            assert again.step(connection).published == 8


def test_a_witness_that_knows_more_names_the_lost_positions(
    database_url: str, folder: ProofFolder, keys: SigningKeys, tmp_path: Path
) -> None:
    """The ledger and the log were both put back to an older backup: the witness remembers."""
    asyncio.run(record(database_url, 3))
    with running_witness(tmp_path / "witness", keys.signers[0].verifier) as (address, key):
        folder.policy_file.write_text(f"witness bureau {key.text} {address}\nquorum none\n")
        with psycopg.connect(database_url, autocommit=True) as connection:
            opened(database_url, folder, keys).step(connection)
            connection.execute(BARE)
            connection.execute("DELETE FROM ledger.event WHERE seq > 4")
            connection.execute("UPDATE ledger.head SET seq = 4")
            with pytest.raises(LogError, match="positions 5 to 6 are lost"):
                opened(database_url, folder, keys).step(connection)
            restored = ProofFolder(tmp_path / "restored")
            restored.path.mkdir()
            (restored.path / PRIVATE).write_text((folder.path / PRIVATE).read_text())
            (restored.path / PRIVATE).chmod(0o600)
            restored.policy_file.write_text(folder.policy_file.read_text())
            status = opened(database_url, restored, keys).step(connection)
    assert "positions 5 to 6 are lost" in status.witnesses[0].trouble
    assert status.witnesses[0].cosigned_at == 0


def test_after_a_rotation_the_same_tree_is_signed_again(
    database_url: str, folder: ProofFolder, keys: SigningKeys
) -> None:
    asyncio.run(record(database_url, 1))
    with psycopg.connect(database_url, autocommit=True) as connection:
        opened(database_url, folder, keys).step(connection)
        both = keys.add_new(folder.path)
        opened(database_url, folder, both).step(connection)
        assert len(published(folder).signatures) == 4
        new = both.retire(folder.path)
        asyncio.run(record(database_url, 1))
        opened(database_url, folder, new).step(connection)
    note = published(folder)
    assert not note.signed_by(keys.signers[0].verifier)
    assert note.signed_by(new.signers[0].verifier)


def test_after_a_restore_another_log_is_begun(database_url: str, folder: ProofFolder, keys: SigningKeys) -> None:
    asyncio.run(record(database_url, 3))
    with psycopg.connect(database_url, autocommit=True) as connection:
        opened(database_url, folder, keys).step(connection)
        connection.execute(BARE)
        connection.execute("DELETE FROM ledger.event WHERE seq > 4")
        connection.execute("UPDATE ledger.head SET seq = 4")
        with pytest.raises(SigningKeyError, match="another name"):
            folder.start_new_log(NAME)
        new = folder.start_new_log(f"{NAME}/2")
        assert opened(database_url, folder, new).step(connection).published == 4
    assert LogCheckpoint.of(published(folder)).origin == f"{NAME}/2"
    (old,) = folder.path.glob("log-*")
    assert LogReader(old / "log").checkpoint.size == 6
    assert not (old / PRIVATE).exists()


def test_an_unreadable_policy_is_reported(database_url: str, folder: ProofFolder, keys: SigningKeys) -> None:
    folder.policy_file.write_text("quorum nobody\n")
    publisher = Publisher(database_url, folder, lambda: NOW)
    thread = threading.Thread(target=publisher.run)
    thread.start()
    try:
        wait_until(lambda: "nobody is no witness" in (folder.status() or PublisherStatus()).trouble)
    finally:
        publisher.stop()
        thread.join()


def test_it_runs_until_it_is_stopped(database_url: str, folder: ProofFolder, keys: SigningKeys) -> None:
    publisher = Publisher(database_url, folder, lambda: NOW)
    thread = threading.Thread(target=publisher.run)
    thread.start()
    try:
        asyncio.run(record(database_url, 2))
        wait_until(lambda: (folder.log / "checkpoint").exists() and LogReader(folder.log).checkpoint.size == 4)
    finally:
        publisher.stop()
        thread.join()
