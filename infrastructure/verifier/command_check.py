"""The stored answers against the entries: each command of which there is an entry must have its row, as it was stored.

A row that is missing would have its command carried out again; one too many would answer a command that never was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import psycopg
from msgspec import DecodeError, Struct, json

from infrastructure.ledger.entry_draft import decode_receipt
from infrastructure.ledger.hash_chain import Fault, RawRow

UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # as it is written, and as the server tells it
FINGERPRINT_BYTES = 32
# A database's clock that was set back this far would have kept commands from being taken; less is NTP's doing.
AT_BACK_US_MAX = 60_000_000
READ = "SELECT id::text, fingerprint, seq, reply, timestamptz_send(at) FROM ledger.command WHERE id = ANY(%s::uuid[])"


class OfCommand(Struct, frozen=True, gc=False):
    """The one thing that is read here of who recorded an entry, and how."""

    command_id: str


class OfFingerprint(Struct, frozen=True, gc=False):
    """What the hashed metadata says of the command's content; nothing in entries of before storage format 1."""

    fingerprint: bytes = b""


class Said(Struct, frozen=True, gc=False):
    """What the entries say of one command: its id, where its last fact stands, and what it was answered."""

    id: str
    seq: int
    stream: bytes
    version: int
    facts: tuple[str, ...]
    fingerprint: bytes


class StoredAnswer(Struct, frozen=True, gc=False):
    """A row of ledger.command; *at* as the server sends it."""

    id: str
    fingerprint: bytes | None
    seq: int | None
    reply: bytes | None
    at: bytes | None

    @property
    def all_of_it(self) -> bytes:
        """For a digest."""
        return b"".join((self.id.encode(), self.fingerprint or b"", self.reply or b"", self.at or b""))


_decode = json.Decoder(OfCommand).decode
_decode_fingerprint = json.Decoder(OfFingerprint).decode


def command_of(row: RawRow) -> str:
    """The id of the command that *row* came with; empty where nothing readable says so."""
    try:
        command = _decode(row.meta or b"").command_id
    except (DecodeError, UnicodeDecodeError):
        return ""
    return command if UUID_TEXT.fullmatch(command) else ""


def said_by(rows: Sequence[RawRow], command: str) -> Said:
    """What *rows*, all of one *command*, say of it."""
    last = rows[-1]
    facts = tuple([(row.type or b"").decode(errors="replace") for row in rows])
    return Said(command, last.seq, last.stream or b"", last.version or 0, facts, _fingerprint(last.meta or b""))


def _fingerprint(meta: bytes) -> bytes:
    try:
        return _decode_fingerprint(meta).fingerprint
    except (DecodeError, UnicodeDecodeError):  # the chain tells of what can't be read
        return b""


def stored(connection: psycopg.Connection, ids: Iterable[str]) -> dict[str, StoredAnswer]:
    """The rows of these commands, by their ids."""
    with connection.cursor(binary=True) as cursor:
        cursor.execute(READ, [f"{{{','.join(ids)}}}"])
        return {row[0]: StoredAnswer(*row) for row in cursor.fetchall()}


class CommandCheck:
    """Takes what the entries say of commands, in the order of positions, with what is stored of them."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.count = 0
        self._latest = 0

    def take(self, said: Said, row: StoredAnswer | None) -> None:
        """One command; *row* is None where none is stored."""
        name = said.id
        if row is None:
            self.faults.append(Fault(said.seq, f"command {name} is missing: sent again, it would be carried out again"))
            return
        self.count += 1
        if row.seq != said.seq:
            self.faults.append(Fault(said.seq, f"command {name} says position {row.seq}, its last fact {said.seq}"))
        if len(row.fingerprint or b"") != FINGERPRINT_BYTES or said.fingerprint not in (b"", row.fingerprint):
            self.faults.append(Fault(said.seq, f"the fingerprint of command {name} was changed"))
        if not _answers(row.reply, said):
            self.faults.append(Fault(said.seq, f"the stored answer to command {name} is not what its facts say"))
        at = int.from_bytes(row.at or b"", signed=True)
        if at < self._latest - AT_BACK_US_MAX or not row.at:
            self.faults.append(Fault(said.seq, f"command {name} was stored before the one that it follows"))
        self._latest = max(self._latest, at)


def _answers(reply: bytes | None, said: Said) -> bool:
    try:
        receipt = decode_receipt(reply or b"")
    except (DecodeError, UnicodeDecodeError):
        return False
    return (receipt.project.bytes, receipt.version, receipt.facts) == (said.stream, said.version, said.facts)
