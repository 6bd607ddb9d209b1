"""Signed statements: short texts of lines `name value`, signed as a note (C2SP signed-note), for anyone to check.

A rebuild statement says what the views were at a position, when they were recomputed from the facts:

    countersign rebuild statement v1
    log approvals.example.org/zone
    position 1102
    head <base64: head of the log's tree of so many entries>
    views <hex: SHA-256 of all rows>
    rows 5310
    at 2026-11-29T22:00:00+00:00

Who has the same facts comes to the same hash. A morning report (`morning`) is another such text.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from infrastructure.proof.log import LogError, LogReader
from infrastructure.proof.merkle import tree_head
from infrastructure.proof.note import NoteError, NoteSigner, NoteVerifier, SignedNote
from infrastructure.proof.tiles import TiledTree

REBUILD = "countersign rebuild statement v1"


class RebuildStatement(Struct, frozen=True):
    """What the views were: the log's name, position and head of the facts, and digest and number of their rows."""

    log: str
    position: int
    head: str
    views: str
    rows: int
    at: str

    @property
    def text(self) -> str:
        """The text that is signed."""
        return "\n".join((REBUILD, *(f"{name} {getattr(self, name)}" for name in self.__struct_fields__), ""))

    @classmethod
    def parse(cls, text: str) -> RebuildStatement:
        """Read the text of a statement. Raises NoteError."""
        first, *lines = text.splitlines()
        values = dict(line.split(" ", 1) for line in lines if " " in line)
        if first != REBUILD or set(values) != set(cls.__struct_fields__):
            raise NoteError("this is no rebuild statement")
        numbers = {name: values.pop(name) for name in ("position", "rows")}
        if not all(number.isdecimal() for number in numbers.values()):
            raise NoteError("position and rows of a rebuild statement are numbers")
        return cls(position=int(numbers["position"]), rows=int(numbers["rows"]), **values)


def rebuild_statement(log: LogReader, position: int, views: str, rows: int, now: datetime) -> RebuildStatement:
    """The statement about the views at *position*. Raises LogError where the log does not reach so far yet."""
    if not 0 < position <= log.checkpoint.size:
        raise LogError("not-in-the-log", f"the log holds {log.checkpoint.size} entries so far, not {position}")
    head = tree_head(position, TiledTree(log.files, log.checkpoint.size).subtree)
    return RebuildStatement(
        log.checkpoint.origin, position, b64encode(head).decode(), views, rows, now.isoformat(timespec="seconds")
    )


def signed_statement(text: str, signers: Sequence[NoteSigner], time: int) -> SignedNote:
    """*text* signed by each of *signers*; a witness's key says that it was at *time*, in Unix seconds."""
    return SignedNote(text, tuple(signer.sign(text, time) for signer in signers))


def read_statement(data: str, keys: Sequence[NoteVerifier]) -> str:
    """The text of a signed statement. Raises NoteError where none of *keys* has signed it, or a signature is wrong."""
    note = SignedNote.parse(data)
    if not note.verify(keys):
        raise NoteError("the statement is not signed by a known key")
    return note.text
