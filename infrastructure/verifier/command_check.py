"""Checks the stored answers: each command that has entries must have one row, with the answer that they imply.

Without its row, a command sent again would be executed again; a row without entries would answer a command that was
never executed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import psycopg
from msgspec import DecodeError, Struct, json

from infrastructure.ledger.entry_draft import decode_receipt
from infrastructure.ledger.hash_chain import Fault, RawRow

UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # in metadata, and as the server writes it
FINGERPRINT_BYTES = 32
# Commands are refused while the database's clock is wrong by this much; smaller steps come from NTP.
AT_BACK_US_MAX = 60_000_000
READ = "SELECT id::text, fingerprint, seq, reply, timestamptz_send(at) FROM ledger.command WHERE id = ANY(%s::uuid[])"


class CommandOfEntry(Struct, frozen=True, gc=False):
    """The part of an entry's metadata that is read here."""

    command_id: str


class FingerprintOfEntry(Struct, frozen=True, gc=False):
    """The hashed fingerprint of an entry's command; empty in entries from before storage format 1."""

    fingerprint: bytes = b""


class ExpectedAnswer(Struct, frozen=True, gc=False):
    """The answer to a command that its entries imply; *seq* is the position of its last fact."""

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
        """All columns as bytes, for a digest."""
        return b"".join((self.id.encode(), self.fingerprint or b"", self.reply or b"", self.at or b""))


_decode = json.Decoder(CommandOfEntry).decode
_decode_fingerprint = json.Decoder(FingerprintOfEntry).decode


def command_of(row: RawRow) -> str:
    """The id of the command that recorded *row*; empty if its metadata can't be decoded."""
    try:
        command = _decode(row.meta or b"").command_id
    except (DecodeError, UnicodeDecodeError):
        return ""
    return command if UUID_TEXT.fullmatch(command) else ""


def expected_answer(rows: Sequence[RawRow], command: str) -> ExpectedAnswer:
    """The answer to *command* that *rows*, all of its entries, imply."""
    last = rows[-1]
    facts = tuple([(row.type or b"").decode(errors="replace") for row in rows])
    fingerprint = _fingerprint(last.meta or b"")
    return ExpectedAnswer(command, last.seq, last.stream or b"", last.version or 0, facts, fingerprint)


def _fingerprint(meta: bytes) -> bytes:
    try:
        return _decode_fingerprint(meta).fingerprint
    except (DecodeError, UnicodeDecodeError):  # the chain's check names what can't be read
        return b""


def stored(connection: psycopg.Connection, ids: Iterable[str]) -> dict[str, StoredAnswer]:
    """The stored answers of these commands, by id."""
    with connection.cursor(binary=True) as cursor:
        cursor.execute(READ, [f"{{{','.join(ids)}}}"])
        return {row[0]: StoredAnswer(*row) for row in cursor.fetchall()}


class CommandCheck:
    """Compares expected with stored answers, command by command, in the order of positions."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.count = 0
        self._latest = 0

    def take(self, expected: ExpectedAnswer, row: StoredAnswer | None) -> None:
        """Check one command; *row* is None if no answer is stored."""
        name, seq = expected.id, expected.seq
        if row is None:
            self.faults.append(Fault(seq, f"command {name} is missing: sent again, it would be carried out again"))
            return
        self.count += 1
        if row.seq != seq:
            self.faults.append(Fault(seq, f"command {name} says position {row.seq}, its last fact {seq}"))
        if len(row.fingerprint or b"") != FINGERPRINT_BYTES or expected.fingerprint not in (b"", row.fingerprint):
            self.faults.append(Fault(seq, f"the fingerprint of command {name} was changed"))
        if not _matches(row.reply, expected):
            self.faults.append(Fault(seq, f"the stored answer to command {name} is not what its facts say"))
        at = int.from_bytes(row.at or b"", signed=True)
        if at < self._latest - AT_BACK_US_MAX or not row.at:
            self.faults.append(Fault(seq, f"command {name} was stored before the one that it follows"))
        self._latest = max(self._latest, at)


def _matches(reply: bytes | None, expected: ExpectedAnswer) -> bool:
    try:
        receipt = decode_receipt(reply or b"")
    except (DecodeError, UnicodeDecodeError):
        return False
    return (receipt.project.bytes, receipt.version, receipt.facts) == (
        expected.stream,
        expected.version,
        expected.facts,
    )
