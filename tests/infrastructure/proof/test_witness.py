"""The witness: cosigns a tree that grows, and refuses one that was made again, went back, or is signed by others."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path

import pytest

from infrastructure.proof.checkpoint import LogCheckpoint
from infrastructure.proof.log import LogReader
from infrastructure.proof.merkle import consistency_proof, leaf, tree_head
from infrastructure.proof.note import COSIGNATURE, NoteSigner, SignedNote
from infrastructure.proof.tiles import TiledTree, TileFiles
from infrastructure.proof.witness import Witness, WitnessReply

LOG = NoteSigner("countersign.example/zone", sha256(b"log").digest())
STRANGER = NoteSigner(LOG.name, sha256(b"stranger").digest())
BUREAU = NoteSigner("bureau.example", sha256(b"witness").digest(), COSIGNATURE)
NOW = 1_790_000_000


class Ledger:
    """A log whose trees can be signed at any size."""

    def __init__(self, folder: Path, size: int, salt: bytes = b"") -> None:
        self.tree = TiledTree(TileFiles(folder), 0)
        self.tree.grow(leaf(at, sha256(salt + b"%d" % at).digest()) for at in range(1, size + 1))

    def signed(self, signer: NoteSigner = LOG) -> str:
        """The checkpoint of now."""
        text = LogCheckpoint(LOG.name, self.tree.size, tree_head(self.tree.size, self.tree.subtree)).text
        return str(SignedNote(text, (signer.sign(text),)))

    def request(self, old: int, signer: NoteSigner = LOG) -> str:
        """A request that says *old* entries are known."""
        proof = consistency_proof(min(old, self.tree.size), self.tree.size, self.tree.subtree)
        hashes = "".join(f"{b64encode(hash_).decode()}\n" for hash_ in proof)
        return f"old {old}\n{hashes}\n{self.signed(signer)}"


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(tmp_path / "witness", BUREAU, [LOG.verifier])


def cosigned(ledger: Ledger, reply: WitnessReply) -> dict[str, int | None]:
    """Who signed the checkpoint, with the line of the reply added."""
    assert reply.status == HTTPStatus.OK, reply.body
    return SignedNote.parse(ledger.signed() + reply.body).verify([LOG.verifier, BUREAU.verifier])


def test_a_tree_that_grows_is_cosigned(witness: Witness, tmp_path: Path) -> None:
    first, second = Ledger(tmp_path / "1", 5), Ledger(tmp_path / "2", 300)
    assert cosigned(first, witness.add_checkpoint(first.request(0), NOW)) == {LOG.name: None, BUREAU.name: NOW}
    again = Witness(witness.folder, BUREAU, [LOG.verifier])  # after a restart
    assert cosigned(second, again.add_checkpoint(second.request(5), NOW + 1))[BUREAU.name] == NOW + 1
    assert again.last(LOG.name).size == 300
    assert cosigned(second, again.add_checkpoint(second.request(300), NOW + 2))[BUREAU.name] == NOW + 2


def test_a_ledger_made_again_is_refused(witness: Witness, tmp_path: Path) -> None:
    witness.add_checkpoint(Ledger(tmp_path / "1", 5).request(0), NOW)
    forged = Ledger(tmp_path / "2", 9, salt=b"forged")
    assert witness.add_checkpoint(forged.request(5), NOW).status == HTTPStatus.UNPROCESSABLE_ENTITY
    same_size = Ledger(tmp_path / "3", 5, salt=b"forged")
    assert witness.add_checkpoint(same_size.request(5), NOW).status == HTTPStatus.CONFLICT
    assert witness.last(LOG.name).size == 5


def test_a_ledger_that_went_back_is_refused(witness: Witness, tmp_path: Path) -> None:
    witness.add_checkpoint(Ledger(tmp_path / "1", 50).request(0), NOW)
    for old in (0, 20):
        reply = witness.add_checkpoint(Ledger(tmp_path / f"back{old}", 20).request(old), NOW)
        assert (reply.status, reply.body, reply.media_type) == (HTTPStatus.CONFLICT, "50\n", "text/x.tlog.size")
    reply = witness.add_checkpoint(Ledger(tmp_path / "less", 20).request(50), NOW)
    assert reply.status == HTTPStatus.BAD_REQUEST


def test_a_witness_refuses_unknown_logs_and_tampered_checkpoints(witness: Witness, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "1", 5)
    assert witness.add_checkpoint(ledger.request(0, STRANGER), NOW).status == HTTPStatus.FORBIDDEN
    other = Witness(tmp_path / "other", BUREAU, [])
    assert other.add_checkpoint(ledger.request(0), NOW).status == HTTPStatus.NOT_FOUND
    tampered = ledger.request(0).replace("\n5\n", "\n6\n")
    assert witness.add_checkpoint(tampered, NOW).status == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize("text", ["", "old", "old 1", "old x\n\nzone", "new 1\n\nzone", "old 0\n*\n\nzone\n1\nAA\n"])
def test_what_is_no_request_is_refused(witness: Witness, text: str) -> None:
    assert witness.add_checkpoint(text, NOW).status == HTTPStatus.BAD_REQUEST


def request_of(log: LogReader, old: int) -> str:
    """What a log sends to a witness that knows *old* entries."""
    hashes = "".join(f"{b64encode(hash_).decode()}\n" for hash_ in log.consistency(old))
    return f"old {old}\n{hashes}\n{log.note}"
