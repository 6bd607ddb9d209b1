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
# Smaller steps back come from NTP, or from the clocks of several machines: beyond, no command is taken there.
AT_BACK_US_MAX = 60_000_000
EPOCH_2000_US = 946_684_800_000_000  # from which the server counts microseconds
READ = "SELECT id::text, fingerprint, seq, reply, timestamptz_send(at) FROM ledger.command WHERE id = ANY(%s::uuid[])"


class CommandOfEntry(Struct, frozen=True, gc=False):
    """The part of an entry's metadata that is read here."""

    command_id: str


class FingerprintOfEntry(Struct, frozen=True, gc=False):
    """The hashed fingerprint of an entry's command; empty in entries from before storage format 1."""

    fingerprint: bytes = b""


class ExpectedAnswer(Struct, frozen=True, gc=False):
    """The answer to a command that its entries imply; *seq* is the position of its last fact, which was *recorded* at
    these Unix microseconds.
    """

    id: str
    seq: int
    stream: bytes
    version: int
    facts: tuple[str, ...]
    fingerprint: bytes
    recorded: int


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
    return ExpectedAnswer(
        command, last.seq, last.stream or b"", last.version or 0, facts, fingerprint, last.recorded or 0
    )


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
    """Compares expected with stored answers, command by command, in the order of positions.

    *set_back*: where the clock had been set back. Then commands are stored before those that they follow, and entries
    that were recorded at the same time, which their hashes protect, say so as well.
    """

    def __init__(self) -> None:
        self.set_back: list[Fault] = []
        self.count = 0
        self._faults: list[Fault] = []
        self._early: list[Fault] = []  # of commands that nothing between them and the next shows to be stored in order
        self._latest = 0

    @property
    def faults(self) -> list[Fault]:
        """All faults so far."""
        return [*self._faults, *self._early]

    def take(self, expected: ExpectedAnswer, row: StoredAnswer | None) -> None:
        """Check one command; *row* is None if no answer is stored."""
        name, seq = expected.id, expected.seq
        if row is None:
            self._faults.append(Fault(seq, f"command {name} is missing: sent again, it would be carried out again"))
            return
        self.count += 1
        if row.seq != seq:
            self._faults.append(Fault(seq, f"command {name} says position {row.seq}, its last fact {seq}"))
        if len(row.fingerprint or b"") != FINGERPRINT_BYTES or expected.fingerprint not in (b"", row.fingerprint):
            self._faults.append(Fault(seq, f"the fingerprint of command {name} was changed"))
        if not _matches(row.reply, expected):
            self._faults.append(Fault(seq, f"the stored answer to command {name} is not what its facts say"))
        self._take_time(expected, int.from_bytes(row.at or b"", signed=True) + EPOCH_2000_US if row.at else 0)

    def _take_time(self, expected: ExpectedAnswer, at: int) -> None:
        """Check when a command was stored, in Unix microseconds; 0: that is missing."""
        if at >= self._latest - AT_BACK_US_MAX and at:
            self._faults += self._early
            self._early.clear()
            self._latest = max(self._latest, at)
            return
        self._early.append(
            Fault(expected.seq, f"command {expected.id} was stored before the one that it follows"),
        )
        if at and abs(expected.recorded - at) <= AT_BACK_US_MAX:
            seconds = (self._latest - at) // 1_000_000
            self.set_back.append(
                Fault(expected.seq, f"the clock had been set back by {seconds:,} seconds since the one that it follows")
            )
            self._early.clear()
            self._latest = at


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
