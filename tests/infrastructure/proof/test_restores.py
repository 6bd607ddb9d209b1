"""A restore, and how it differs from an older backup: the statement, the new log, and the witness that checks both."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from shutil import copytree
from uuid import uuid4

import psycopg
import pytest
from msgspec import structs

from domain.core.ledger import Actor, Role
from domain.epochs.restore import RecordRestore
from domain.epochs.state import EPOCHS_STREAM
from infrastructure.ledger.approvals import Approvals
from infrastructure.proof.epochs import begin_epoch, name_of_epoch
from infrastructure.proof.keys import SigningKeys, create_keys
from infrastructure.proof.merkle import consistency_proof
from infrastructure.proof.note import NoteError, NoteSigner, SignedNote
from infrastructure.proof.publisher import ProofFolder, PublisherStatus
from infrastructure.proof.restore_statement import RestoreStatement, read_restore
from infrastructure.proof.statement import signed_statement
from infrastructure.proof.witness import LOGS, RESTORES, Witness
from tests.conftest import database_in, name_of
from tests.infrastructure.proof.test_log import record
from tests.infrastructure.proof.test_publisher import NAME, opened, published, running_witness
from tests.infrastructure.proof.test_witness import BUREAU, LOG, NOW, Ledger

AT = datetime.fromtimestamp(NOW, UTC)
NEXT = NoteSigner(f"{LOG.name}/2", sha256(b"next").digest())
SYSTEM = Actor("operator", "", Role.SYSTEM)


def stated(ledger: Ledger, kept_to: int, *signers: NoteSigner) -> SignedNote:
    statement = RestoreStatement.of(LOG.name, ledger.tree, kept_to, [NEXT.verifier], 2, AT)
    return signed_statement(statement.text, signers or (LOG, NEXT), 0)


def request(ledger: Ledger, old: int, note: SignedNote) -> str:
    proof = consistency_proof(old, ledger.tree.size, ledger.tree.subtree)
    return f"old {old}\n" + "".join(f"{b64encode(hash_).decode()}\n" for hash_ in proof) + f"\n{note}"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger", 300)


@pytest.fixture
def witness(tmp_path: Path, ledger: Ledger) -> Witness:
    """A witness that has cosigned 300 entries."""
    witness = Witness(tmp_path / "witness", BUREAU, [LOG.verifier])
    assert witness.add_checkpoint(ledger.request(0), NOW).status == HTTPStatus.OK
    return witness


def test_a_statement_is_read_as_it_was_written(ledger: Ledger) -> None:
    statement = read_restore(stated(ledger, 260), [LOG.verifier])
    assert (statement.ended, statement.log, statement.kept_to, statement.size) == (LOG.name, NEXT.name, 260, 300)
    assert statement.lost == f"positions 261 to 300 of {LOG.name} are lost"
    assert RestoreStatement.parse(statement.text) == statement
    assert RestoreStatement.of(LOG.name, ledger.tree, 300, [NEXT.verifier], 2, AT).lost.startswith("no signed position")


@pytest.mark.parametrize("signers", [(LOG,), (NEXT,)], ids=["the old log alone", "the new log alone"])
def test_both_logs_have_to_sign(ledger: Ledger, signers: tuple[NoteSigner, ...]) -> None:
    with pytest.raises(NoteError, match="not signed by"):
        read_restore(stated(ledger, 260, *signers), [LOG.verifier])


def test_a_statement_that_contradicts_itself_is_refused(ledger: Ledger) -> None:
    statement = RestoreStatement.of(LOG.name, ledger.tree, 260, [NEXT.verifier], 2, AT)
    for changed in (
        structs.replace(statement, kept_to=261),
        structs.replace(statement, kept_head=statement.head),
        structs.replace(statement, keys=(LOG.verifier,)),
        structs.replace(statement, consistency=statement.consistency[:-1]),
    ):
        with pytest.raises(NoteError, match=r"beginning|hash"):
            RestoreStatement.parse(changed.text)
    for text in ("", statement.text.replace("size 300", "size many"), statement.text.replace("epoch 2\n", "")):
        with pytest.raises(NoteError, match="restore statement"):
            RestoreStatement.parse(text)


def test_a_witness_names_what_is_lost_and_goes_on_with_the_new_log(ledger: Ledger, witness: Witness) -> None:
    reply = witness.add_restore(request(ledger, 300, stated(ledger, 260)), NOW)
    assert (reply.status, reply.body[:2]) == (HTTPStatus.OK, "\u2014 "), reply.body
    assert "kept 260\n" in (witness.folder / RESTORES).read_text()
    assert NEXT.verifier.text in (witness.folder / LOGS).read_text()
    assert (witness.last(NEXT.name).size, witness.last(NEXT.name).head) == (
        260,
        RestoreStatement.parse(stated(ledger, 260).text).kept_head,
    )
    assert witness.add_restore(request(ledger, 300, stated(ledger, 260)), NOW).status == HTTPStatus.OK, "sent again"
    assert (witness.folder / RESTORES).read_text().count("kept 260\n") == 1


@pytest.mark.parametrize(
    ("size", "salt", "known", "status", "says"),
    [
        (280, b"", 300, HTTPStatus.UNPROCESSABLE_ENTITY, "positions 261 to 300 are lost"),
        (310, b"else", 300, HTTPStatus.UNPROCESSABLE_ENTITY, "not the beginning"),
        (310, b"", 10, HTTPStatus.CONFLICT, "300"),
    ],
    ids=["fewer entries than it cosigned", "other entries", "a wrong size"],
)
def test_a_witness_refuses_a_restore_of_what_it_has_not_cosigned(
    witness: Witness, tmp_path: Path, size: int, salt: bytes, known: int, status: HTTPStatus, says: str
) -> None:
    other = Ledger(tmp_path / "other", size, salt)
    reply = witness.add_restore(
        request(other, min(known, size), stated(other, 260)).replace(f"old {min(known, size)}", f"old {known}", 1), NOW
    )
    assert (reply.status, says in reply.body) == (status, True), reply.body
    assert not (witness.folder / RESTORES).exists()


def test_a_log_is_followed_by_one_that_begins_with_what_was_left(
    server_url: str, migrated_template: str, tmp_path: Path
) -> None:
    """The whole way: a ledger is put back, says so, and the witness that refused it as an attack accepts it."""
    folder = ProofFolder(tmp_path / "proof")
    keys = create_keys(folder.path, NAME)
    with database_in(server_url, migrated_template) as url:
        asyncio.run(record(url, 2))
        with (
            database_in(server_url, name_of(url)) as older,
            running_witness(tmp_path / "witness", keys.signers[0].verifier) as (address, key),
        ):
            folder.policy_file.write_text(f"witness bureau {key.text} {address}\nquorum bureau\n")
            asyncio.run(record(url, 1))
            step(url, folder, keys)
            size = size_of(folder)
            before = tmp_path / "before"
            copytree(folder.path, before)

            kept_to = asyncio.run(restored(older, size, NAME, str(published(folder))))
            assert kept_to < size
            with psycopg.connect(older, autocommit=True) as connection:
                fresh = begin_epoch(folder, connection, AT)
                assert fresh is not None
                assert begin_epoch(folder, connection, AT) is None, "it is begun once"
            status = step(older, folder, fresh)
            assert (status.trouble, status.published) == ("", kept_to + 1)
            assert published(folder).verify([key]) == {"bureau.example": NOW}
            assert f"size {size}\n" in (tmp_path / "witness" / RESTORES).read_text()
            with psycopg.connect(older, autocommit=True) as connection:
                assert folder.read_log().compare(connection) is None


@pytest.mark.parametrize("moved", [("log",), ("log", "public-keys"), ("log", "public-keys", "status.json")])
def test_a_new_log_that_was_begun_by_half_is_finished(
    server_url: str, migrated_template: str, tmp_path: Path, moved: tuple[str, ...]
) -> None:
    folder = ProofFolder(tmp_path / "proof")
    keys = create_keys(folder.path, NAME)
    with database_in(server_url, migrated_template) as url, database_in(server_url, name_of(url)) as older:
        asyncio.run(record(url, 1))
        step(url, folder, keys)
        asyncio.run(restored(older, size_of(folder), NAME, ""))
        ended = folder.ended_log(keys)
        ended.mkdir()
        for name in moved:
            (folder.path / name).rename(ended / name)
        with psycopg.connect(older, autocommit=True) as connection:
            fresh = begin_epoch(folder, connection, AT)
        assert fresh is not None
        assert fresh.name == name_of_epoch(NAME, 2)
        assert step(older, folder, fresh).published == 1


def test_a_log_that_lost_nothing_goes_on_also_when_it_has_grown_since(database_url: str, tmp_path: Path) -> None:
    folder = ProofFolder(tmp_path / "proof")
    keys = create_keys(folder.path, NAME)
    asyncio.run(record(database_url, 1))
    step(database_url, folder, keys)
    asyncio.run(restored(database_url, size_of(folder), NAME, ""))
    for _ in range(2):
        with psycopg.connect(database_url, autocommit=True) as connection:
            assert begin_epoch(folder, connection, AT) is None
        step(database_url, folder, keys)
    assert size_of(folder) == 3


def test_epochs_of_a_log_are_counted_in_its_name() -> None:
    assert name_of_epoch("a/zone", 2) == "a/zone/2"
    assert name_of_epoch("a/zone/2", 3) == "a/zone/3"


async def restored(url: str, lost_to: int, log: str, checkpoint: str, epoch_before: int = 0) -> int:
    """Record a restore as the first entry behind what is left; the last position that is left."""
    async with Approvals(url) as approvals:
        kept_to = await approvals.store.head()
        command = RecordRestore(
            kept_to=kept_to, lost_to=lost_to, epoch_before=epoch_before, log=log, checkpoint=checkpoint
        )
        await approvals.handle(EPOCHS_STREAM, command, SYSTEM, uuid4())
    return kept_to


def step(url: str, folder: ProofFolder, keys: SigningKeys) -> PublisherStatus:
    publisher = opened(url, folder, keys)
    with psycopg.connect(url, autocommit=True) as connection:
        return publisher.step(connection)


def size_of(folder: ProofFolder) -> int:
    return folder.read_log().checkpoint.size
