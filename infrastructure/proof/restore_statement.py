"""The statement that ends a log at a restore and names its successor, so that a restore is not taken for an attack.

    countersign restore statement v1
    log approvals.example.org/zone/2
    key approvals.example.org/zone/2+5d0a…+AY…      each public key of the new log
    ended approvals.example.org/zone
    size 5342                                         of the ended log: entries that it had signed
    head <base64 of its tree's head>
    kept 5310                                         entries that are left
    kept-head <base64 of the tree of so many>
    consistency <base64> <base64> ...                 proof that the one is the beginning of the other (RFC 6962, 2.1.2)
    epoch 2
    at 2026-11-29T22:00:00+00:00

Signed by the Ed25519 keys of both logs. Who has a checkpoint of the ended log checks that what is left is what was
signed, and reads which positions are lost; a log that merely ends earlier, without such a statement, is an older backup
put back.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import Self

from msgspec import Struct

from infrastructure.proof.log import LogReader
from infrastructure.proof.merkle import HASH_BYTES, ProofError, consistency_proof, tree_head, verify_consistency
from infrastructure.proof.note import NoteError, NoteVerifier, SignedNote
from infrastructure.proof.tiles import TiledTree

RESTORE = "countersign restore statement v1"
NUMBERS, HASHES = ("size", "kept", "epoch"), ("head", "kept-head")


class RestoreStatement(Struct, frozen=True):
    """What a restore left of a log: the first *kept_to* entries of *size*, which the log *ended* had signed."""

    log: str
    keys: tuple[NoteVerifier, ...]
    ended: str
    size: int
    head: bytes
    kept_to: int
    kept_head: bytes
    consistency: tuple[bytes, ...]
    epoch: int
    at: str

    @classmethod
    def of(
        cls, ended: str, tree: TiledTree, kept_to: int, keys: Sequence[NoteVerifier], epoch: int, at: datetime
    ) -> Self:
        """The statement about the *tree* of the log *ended*, which another with these *keys* follows."""
        return cls(
            keys[0].name,
            tuple(keys),
            ended,
            tree.size,
            tree_head(tree.size, tree.subtree),
            kept_to,
            tree_head(kept_to, tree.subtree),
            tuple(consistency_proof(kept_to, tree.size, tree.subtree)),
            epoch,
            at.isoformat(timespec="seconds"),
        )

    @property
    def text(self) -> str:
        """The text that is signed."""
        lines = (
            RESTORE,
            f"log {self.log}",
            *(f"key {key.text}" for key in self.keys),
            f"ended {self.ended}",
            f"size {self.size}",
            f"head {b64encode(self.head).decode()}",
            f"kept {self.kept_to}",
            f"kept-head {b64encode(self.kept_head).decode()}",
            " ".join(["consistency", *(b64encode(hash_).decode() for hash_ in self.consistency)]),
            f"epoch {self.epoch}",
            f"at {self.at}",
        )
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text of a statement, and check that it fits together. Raises NoteError."""
        first, *lines = text.splitlines() or [""]
        pairs = [line.partition(" ")[::2] for line in lines]
        values = {name: value for name, value in pairs if name != "key"}
        keys = tuple(NoteVerifier.parse(value) for name, value in pairs if name == "key")
        wanted = {"log", "ended", "consistency", "at", *NUMBERS, *HASHES}
        if first != RESTORE or set(values) != wanted or not keys:
            raise NoteError("this is no restore statement")
        if any(not (values[name].isascii() and values[name].isdigit()) for name in NUMBERS):
            raise NoteError("size, kept and epoch of a restore statement are numbers")
        try:
            head, kept_head, *consistency = [
                b64decode(value, validate=True)
                for value in (values["head"], values["kept-head"], *values["consistency"].split())
            ]
        except ValueError as error:
            raise NoteError("a hash of the restore statement is not base64") from error
        statement = cls(
            values["log"], keys, values["ended"], int(values["size"]), head, int(values["kept"]), kept_head,
            tuple(consistency), int(values["epoch"]), values["at"],
        )  # fmt: skip
        statement.require_consistent()
        return statement

    def require_consistent(self) -> None:
        """Raise NoteError where the statement contradicts itself."""
        hashes = (self.head, self.kept_head, *self.consistency)
        if any(len(hash_) != HASH_BYTES for hash_ in hashes) or {key.name for key in self.keys} != {self.log}:
            raise NoteError("the restore statement has a hash of another length, or keys of another log")
        try:
            verify_consistency(self.kept_to, self.kept_head, self.size, self.head, self.consistency)
        except ProofError as error:
            raise NoteError(f"what was kept is not the beginning of what was signed: {error}") from error

    @property
    def lost(self) -> str:
        """What is lost, in words."""
        if self.kept_to == self.size:
            return f"no signed position of {self.ended} is lost"
        return f"positions {self.kept_to + 1} to {self.size} of {self.ended} are lost"


class EndedLog(Struct, frozen=True):
    """A log that ended with a restore, the *keys* that ever signed it, and the statement by which another follows."""

    log: LogReader
    statement: SignedNote
    keys: tuple[NoteVerifier, ...] = ()


def read_restore(note: SignedNote, ended: Sequence[NoteVerifier]) -> RestoreStatement:
    """The statement in *note*, signed by the keys of the log that *ended* and by the new one. Raises NoteError."""
    statement = RestoreStatement.parse(note.text)
    if not note.verify([key for key in ended if key.name == statement.ended]):
        raise NoteError(f"the restore statement is not signed by {statement.ended}")
    if not note.verify(statement.keys):
        raise NoteError(f"the restore statement is not signed by {statement.log}")
    return statement
