"""Checkpoints (C2SP tlog-checkpoint): the size and the head of the Merkle tree, as a note that is signed."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Self

from msgspec import Struct

from infrastructure.proof.merkle import HASH_BYTES
from infrastructure.proof.note import NoteError, SignedNote

LINES_MIN = 3


class LogCheckpoint(Struct, frozen=True):
    """What a log says of itself at one moment: *origin* is its name, *head* that of the tree of *size* leaves."""

    origin: str
    size: int
    head: bytes

    @property
    def text(self) -> str:
        """The note's text."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.head).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text of a checkpoint; lines of extensions are passed over. Raises NoteError."""
        lines = text.splitlines()
        if len(lines) < LINES_MIN or not lines[0]:
            raise NoteError("a checkpoint has three lines: origin, size and head")
        origin, size, head = lines[:LINES_MIN]
        if not (size.isascii() and size.isdigit()) or size != str(int(size)):
            raise NoteError(f"the size of a checkpoint is a number, not {size[:40]!r}")
        try:
            data = b64decode(head, validate=True)
        except ValueError as error:
            raise NoteError(f"the head of a checkpoint is base64, not {head[:60]!r}") from error
        if len(data) != HASH_BYTES:
            raise NoteError(f"the head of a checkpoint has {HASH_BYTES} bytes, not {len(data)}")
        return cls(origin, int(size), data)

    @classmethod
    def of(cls, note: SignedNote) -> Self:
        """The checkpoint in a signed note. Raises NoteError."""
        return cls.parse(note.text)
