"""LogCheckpoint, keys, proofs and tiles over HTTP: public, and each verified as a stranger would."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest
import pytest_asyncio
from litestar import Litestar
from litestar.testing import AsyncTestClient

from api.app import create_app
from api.identity.public import is_public
from api.proof.witness import witness_app
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from infrastructure.proof.bundle_verifier import head_by_proof
from infrastructure.proof.checkpoint import LogCheckpoint
from infrastructure.proof.keys import OF_A_WITNESS, SigningKeys, create_keys
from infrastructure.proof.merkle import leaf, leaf_hash
from infrastructure.proof.note import NoteVerifier, SignedNote
from infrastructure.proof.publisher import ProofFolder, Publisher
from infrastructure.proof.witness import REQUEST_BYTES_MAX, Witness
from infrastructure.settings import Settings
from tests.api.client import REGISTER, Door, problem

NAME = "countersign.example/zone"
PROJECTS = 130  # two entries are one and a half tiles
ADDRESSES = ("/v1/checkpoint", "/v1/log-keys", "/v1/proofs/1", "/v1/tile/0/000")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> ProofFolder:
    return ProofFolder(tmp_path_factory.mktemp("proof") / "proof")


@pytest.fixture(scope="module")
def app(approvals: Approvals, folder: ProofFolder, tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    chosen = Settings(data=tmp_path_factory.mktemp("data"), proof=str(folder.path))
    return create_app(approvals, Views(approvals.store), chosen)


@pytest_asyncio.fixture(scope="module")
async def hashes(door: Door, folder: ProofFolder, shared_database_url: str) -> dict[int, bytes]:
    """A ledger whose log is published; the hash at each position."""
    for address in ADDRESSES[:3]:
        assert "log-key create" in problem(await door.get(address, None), "no-checkpoint")["remedy"]
    for _ in range(PROJECTS * 2):
        answer = await door.post(uuid4(), REGISTER)
        assert answer.status_code == 200
    return await asyncio.to_thread(_published, shared_database_url, folder)


def _published(url: str, folder: ProofFolder) -> dict[int, bytes]:
    publisher = Publisher(url, folder, lambda: datetime.now(UTC))
    publisher.open(create_keys(folder.path, NAME))
    with psycopg.connect(url, autocommit=True) as connection:
        publisher.step(connection)
        rows = connection.execute("SELECT seq, hash FROM ledger.event").fetchall()
    return {seq: bytes(hash_) for seq, hash_ in rows}


async def test_a_proof_leads_from_an_entry_to_the_signed_checkpoint(door: Door, hashes: dict[int, bytes]) -> None:
    answer = await door.get("/v1/log-keys", None)
    keys = [NoteVerifier.parse(line) for line in answer.text.splitlines()]
    assert [key.name for key in keys] == [NAME, NAME]
    for position in (1, 256, 257, len(hashes)):
        answer = await door.get(f"/v1/proofs/{position}", None)
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        head, _, note = answer.text.partition("\n\n")
        first, index, *path = head.split("\n")
        assert (first, index) == ("c2sp.org/tlog-proof@v1", f"index {position - 1}")
        signed = SignedNote.parse(note)
        assert signed.verify(keys[:1]) == {NAME: None}
        assert signed.verify(keys[1:]) == {NAME: 0}
        checkpoint = LogCheckpoint.of(signed)
        hash_ = leaf_hash(leaf(position, hashes[position]))
        proof = [b64decode(line) for line in path]
        assert head_by_proof(hash_, position - 1, checkpoint.size, proof) == checkpoint.head
    assert (await door.get("/v1/checkpoint", None)).text == note


async def test_tiles_hold_the_leaves(door: Door, hashes: dict[int, bytes]) -> None:
    answer = await door.get("/v1/tile/entries/000", None)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "immutable" in answer.headers["cache-control"]
    leaves = [answer.content[at + 2 : at + 42] for at in range(0, len(answer.content), 42)]
    assert leaves == [leaf(position, hashes[position]) for position in range(1, 257)]
    rest = len(hashes) - 256
    assert len((await door.get(f"/v1/tile/0/001.p/{rest}", None)).content) == 32 * rest
    assert len((await door.get("/v1/tile/1/000.p/1", None)).content) == 32


@pytest.mark.parametrize(
    "tile", ["0/001", "0/001.p/256", "0/001.p/0", "../../private-keys", "0/../../../private-keys", "x", "entries/x001"]
)
async def test_what_is_no_tile_is_not_found(door: Door, hashes: dict[int, bytes], tile: str) -> None:
    answer = await door.get(f"/v1/tile/{tile}", None)
    assert answer.status_code in (400, 404), answer.text
    assert b"PRIVATE" not in answer.content


@pytest.mark.parametrize("position", [0, -1, 10_000_000, 2**80])
async def test_a_position_that_is_not_logged_is_said_to_be_so(
    door: Door, hashes: dict[int, bytes], position: int
) -> None:
    refusal = problem(await door.get(f"/v1/proofs/{position}", None), "position-not-logged")
    assert "not in the log" in refusal["detail"]


async def test_a_damaged_log_is_a_problem(door: Door, hashes: dict[int, bytes], folder: ProofFolder) -> None:
    file = folder.log / "checkpoint"
    text = file.read_text()
    file.write_text("nothing")
    try:
        problem(await door.get("/v1/checkpoint", None), "log-damaged")
    finally:
        file.write_text(text)


async def test_readiness_shows_the_age_of_the_checkpoint(
    door: Door, hashes: dict[int, bytes], projector: object
) -> None:
    answer = await door.get("/readyz", None)
    for _ in range(600):
        if answer.status_code == 200:
            break
        await asyncio.sleep(0.1)
        answer = await door.get("/readyz", None)
    log = answer.json()["log"]
    assert (log["size"], log["witnesses"], log["trouble"]) == (len(hashes), [], "")
    assert log["age_seconds"] >= 0


def test_all_of_it_needs_no_sign_in() -> None:
    assert all(is_public("GET", address) for address in ADDRESSES)


@pytest.fixture
def log_keys(tmp_path: Path) -> SigningKeys:
    return create_keys(tmp_path / "log", NAME)


@pytest_asyncio.fixture
async def witness(tmp_path: Path, log_keys: SigningKeys) -> AsyncIterator[httpx.AsyncClient]:
    log = log_keys.signers[0].verifier
    signer = create_keys(tmp_path / "witness", "bureau.example", OF_A_WITNESS).signers[0]
    async with AsyncTestClient(witness_app(Witness(tmp_path / "witness", signer, [log]), lambda: 0)) as client:
        yield client


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"\xff", 400), (b"old 0\n\nnonsense", 400), (b"old " + b"9" * REQUEST_BYTES_MAX, 413)],
)
async def test_a_witness_answers_nonsense_with_a_sentence(witness: httpx.AsyncClient, body: bytes, status: int) -> None:
    answer = await witness.post("/add-checkpoint", content=body)
    assert answer.status_code == status, answer.text
    assert answer.text.strip()
    assert (await witness.get("/healthz")).text == "alive\n"
    assert (await witness.get("/nothing")).status_code == 404


async def test_a_witness_answers_in_the_types_of_its_protocol(
    witness: httpx.AsyncClient, log_keys: SigningKeys
) -> None:
    text = LogCheckpoint(NAME, 1, leaf_hash(b"one")).text
    note = SignedNote(text, (log_keys.signers[0].sign(text),))
    cosigned = await witness.post("/add-checkpoint", content=f"old 0\n\n{note}".encode())
    assert (cosigned.status_code, cosigned.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert cosigned.text.startswith("\u2014 bureau.example ")
    conflict = await witness.post("/add-checkpoint", content=f"old 0\n\n{note}".encode())
    assert (conflict.status_code, conflict.headers["content-type"], conflict.text) == (409, "text/x.tlog.size", "1\n")


async def test_a_receipt_leads_to_a_proof_that_holds_its_hash(door: Door, hashes: dict[int, bytes]) -> None:
    project = uuid4()
    receipt = (await door.post(project, REGISTER)).json()
    waiting = await door.get(f"/v1/projects/{project}/proofs/{receipt['version']}")
    assert waiting.headers["retry-after"] == "1"
    assert "follows the ledger" in problem(waiting, "position-not-logged")["remedy"]
    assert problem(await door.get(f"/v1/projects/{project}/proofs/9"), "entry-unknown")["remedy"]
    assert hashes
