"""The ledger's transparency log: follows the ledger's positions in a Merkle tree, and signs a checkpoint of each size.

All of it can be made again from the ledger but the signatures: a folder that was lost is filled by the next `follow`.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg

from infrastructure.errors import OperatorError
from infrastructure.proof.checkpoint import LogCheckpoint
from infrastructure.proof.merkle import (
    EMPTY_HEAD,
    GrowingHead,
    consistency_proof,
    inclusion_proof,
    leaf,
    leaf_hash,
    tree_head,
    verify_consistency,
)
from infrastructure.proof.note import NoteError, NoteSigner, NoteVerifier, SignedNote
from infrastructure.proof.tiles import TiledTree, TileFiles

CHECKPOINT = "checkpoint"  # its path among the tiles, as C2SP tlog-tiles has it: with the cosignatures it needs
SIGNED = "signed-checkpoint"  # the last one signed, which may still wait for cosignatures
PROOF_HEADER = "c2sp.org/tlog-proof@v1"
UNPUBLISHED = (
    "No checkpoint was published yet. A server with a signing key signs one after each entry, `countersign checkpoint`"
    " signs one now; an empty ledger has none."
)
PAGE_ROWS_MAX = 65_536  # 256 full tiles
HEAD = "SELECT seq FROM ledger.head"
HASHES = "SELECT seq, hash FROM ledger.event WHERE seq > %s AND seq <= %s ORDER BY seq"


class LogError(OperatorError, ValueError):
    """The log and the ledger contradict each other. The sentence says where; *code* is stable."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class LogReader:
    """The log in *folder*, as of its last published checkpoint. Needs no key; any number of processes may read."""

    CURRENT = CHECKPOINT

    def __init__(self, folder: Path) -> None:
        self.files = TileFiles(folder)
        self.note = self._stored()
        self.tree = TiledTree(self.files, self.checkpoint.size if self.note else 0)

    def _stored(self) -> SignedNote | None:
        """The last checkpoint. Raises LogError where it can't be read."""
        try:
            note = SignedNote.parse((self.files.folder / self.CURRENT).read_text(encoding="utf-8"))
            LogCheckpoint.of(note)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (NoteError, OSError, UnicodeDecodeError) as error:
            raise LogError("checkpoint-unreadable", f"the stored checkpoint can't be used: {error}") from error
        return note

    @property
    def checkpoint(self) -> LogCheckpoint:
        """The last checkpoint. Raises LogError where there is none yet."""
        if self.note is None:
            raise LogError("log-empty", UNPUBLISHED)
        return LogCheckpoint.of(self.note)

    def inclusion(self, position: int) -> list[bytes]:
        """The proof that the entry at *position* is in the last checkpoint's tree. Raises LogError."""
        if not 1 <= position <= self.checkpoint.size:
            raise LogError(
                "not-in-the-log",
                f"position {position} is not in the log, which holds {self.checkpoint.size} entries so far",
            )
        return inclusion_proof(position - 1, self.tree.size, self.tree.subtree)

    def proof(self, position: int) -> str:
        """The same with the checkpoint, as C2SP tlog-proof has it: verifiable offline. Raises LogError."""
        path = "".join(f"{b64encode(hash_).decode()}\n" for hash_ in self.inclusion(position))
        return f"{PROOF_HEADER}\nindex {position - 1}\n{path}\n{self.note}"

    def consistency(self, old: int) -> list[bytes]:
        """The proof that the tree of *old* entries is the beginning of the last checkpoint's. Raises LogError."""
        if not 0 <= old <= self.checkpoint.size:
            raise LogError("not-in-the-log", f"the log holds {self.checkpoint.size} entries so far, not {old}")
        return consistency_proof(old, self.tree.size, self.tree.subtree)

    def holds(self, position: int, entry_hash: bytes) -> bool:
        """Whether the entry with this hash is the one that was signed at *position*, counted from 1."""
        return next(self.tree.all_leaves(position - 1), b"") == leaf(position, entry_hash)

    def compare(self, connection: psycopg.Connection[Any], after: int = 0) -> int | None:
        """The first position behind *after* at which ledger and log differ; None where every hash is the one logged.

        All leaves have to make the head that was signed, too. Raises LogError where they do not.
        """
        size, position, edge = self.checkpoint.size, after, GrowingHead()
        logged = self.tree.all_leaves(after)
        for page in _pages(connection, after, size):
            for hash_ in page:
                position += 1
                data = next(logged, b"")
                edge.add(leaf_hash(data))
                if hash_ is None or leaf(position, hash_) != data:
                    return position
        if after == 0 and edge.head() != self.checkpoint.head:
            raise LogError("tiles-changed", "the tiles of the log do not make the head of its checkpoint")
        return None


class SignedReader(LogReader):
    """The same as of its last signed checkpoint, which may lack cosignatures that publishing needs."""

    CURRENT = SIGNED


class TransparencyLog(LogReader):
    """The log of one ledger in *folder*, signed by *signer*; *also* sign along during a change of keys.

    One process writes it. A checkpoint by a key *retired* is recognised, and signed again by the next `follow`.
    """

    CURRENT = SIGNED

    def __init__(
        self,
        folder: Path,
        signer: NoteSigner,
        also: Sequence[NoteSigner] = (),
        retired: Sequence[NoteVerifier] = (),
    ) -> None:
        self.signers = (signer, *also)
        self.retired = tuple(retired)
        super().__init__(folder)

    @property
    def signer(self) -> NoteSigner:
        """The current key, whose name is the log's origin."""
        return self.signers[0]

    def _stored(self) -> SignedNote | None:
        note = super()._stored()
        keys = [*(signer.verifier for signer in self.signers), *self.retired]
        if note is None:
            return None
        try:
            signed = note.verify(keys)
        except NoteError as error:
            raise LogError("checkpoint-unreadable", f"the stored checkpoint can't be used: {error}") from error
        if not signed:
            raise LogError("checkpoint-by-other-key", f"the stored checkpoint is not signed by {self.signer.name}")
        return note

    @property
    def checkpoint(self) -> LogCheckpoint:
        """The last checkpoint; that of the empty tree before the first."""
        if self.note:
            return LogCheckpoint.of(self.note)
        return LogCheckpoint(self.signer.name, 0, EMPTY_HEAD)

    def follow(self, connection: psycopg.Connection[Any]) -> SignedNote | None:
        """Take in what was added since, and sign a checkpoint; None where there is nothing new.

        Raises LogError where the ledger is shorter than the log, as after a restore of an older state.
        """
        (head,) = connection.execute(HEAD).fetchone() or (0,)
        if head < self.tree.size:
            raise LogError(
                "ledger-shorter-than-log",
                f"the ledger ends at {head}, but a checkpoint of {self.tree.size} entries was signed:"
                f" positions {head + 1} to {self.tree.size} are lost",
            )
        if head == self.tree.size:
            return self._sign_again()
        before = self.checkpoint
        for leaves in _leaves(connection, self.tree.size, head):
            self.tree.grow(leaves)
        return self._sign(before)

    def _sign_again(self) -> SignedNote | None:
        """After a change of keys, sign the same tree by those of now."""
        if self.note is None or all(self.note.signed_by(signer.verifier) for signer in self.signers):
            return None
        return self._sign(self.checkpoint)

    def _sign(self, before: LogCheckpoint) -> SignedNote:
        """Sign the tree as it is, once it is shown to begin with the one signed before. Raises ProofError."""
        size, read = self.tree.size, self.tree.subtree
        after = LogCheckpoint(self.signer.name, size, tree_head(size, read))
        proof = consistency_proof(before.size, size, read)
        verify_consistency(before.size, before.head, size, after.head, proof)
        self.note = SignedNote(after.text, tuple(signer.sign(after.text) for signer in self.signers))
        self.files.write(SIGNED, str(self.note).encode())
        return self.note

    def publish(self, note: SignedNote) -> None:
        """Make *note*, a checkpoint that was signed here, the one that is handed out."""
        self.files.write(CHECKPOINT, str(note).encode())


def _pages(connection: psycopg.Connection[Any], after: int, last: int) -> Iterator[list[bytes | None]]:
    """The hashes of all positions above *after*, a page at a time; None where one is missing."""
    while after < last:
        end = min(after + PAGE_ROWS_MAX, last)
        hashes = dict(connection.execute(HASHES, [after, end], binary=True).fetchall())
        yield [hashes.get(seq) for seq in range(after + 1, end + 1)]
        after = end


def _leaves(connection: psycopg.Connection[Any], after: int, last: int) -> Iterator[list[bytes]]:
    """The leaves above position *after*, in pages. Raises LogError where a position or a hash is missing."""
    for page in _pages(connection, after, last):
        leaves = [leaf(seq, hash_) for seq, hash_ in enumerate(page, after + 1) if hash_ is not None]
        if len(leaves) < len(page):
            missing = after + 1 + page.index(None)
            raise LogError("ledger-has-a-gap", f"position {missing} is missing in the ledger, or has no hash")
        yield leaves
        after += len(page)
