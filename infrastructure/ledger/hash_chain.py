"""The hash chain of a stream: every entry's SHA-256 takes in the hash before it and the exact bytes stored.

Anybody can check a chain with a dozen lines of any language; the layout is written down here and in
docs/reference/operation/ledger.md. Integers are big-endian; instants are microseconds since 1970-01-01T00:00:00Z.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from hashlib import sha256
from struct import Struct as Layout
from uuid import UUID

from msgspec import Struct

from infrastructure.ledger.mapper import StoredRow
from infrastructure.ledger.pg_binary import microseconds

HASHED = ("stream", "version", "type", "data", "meta", "occurred", "recorded")

EARLIEST_US, LATEST_US = -(2**63), 2**63 - 1  # Unix microseconds that the header can hold

OURS = b'"source":""'  # in the meta of an entry that no other system had first: whatever is quoted holds no such thing

GENESIS = bytes(32)  # in place of the hash before a stream's first entry

_HEADER = Layout(">16sqqqHII")  # stream, version, occurred, recorded, lengths of type, data and meta


def chained(
    previous: bytes,
    stream: UUID,
    version: int,
    type_: bytes,
    data: bytes,
    meta: bytes,
    occurred: int,
    recorded: int,
) -> bytes:
    """The hash of one entry: SHA-256 over the hash before, a header of fixed length, then type, data and meta.

    *occurred* and *recorded* are Unix microseconds.
    """
    header = _HEADER.pack(
        stream.bytes,
        version,
        occurred,
        recorded,
        len(type_),
        len(data),
        len(meta),
    )
    return sha256(b"".join((previous, header, type_, data, meta))).digest()


class Fault(Struct, frozen=True):
    """Where the ledger is not what it must be."""

    seq: int
    what: str


class RawRow(Struct, frozen=True, gc=False):
    """One row of ledger.event as bytes and numbers, even of a tampered table: every column may be missing.

    *occurred* and *recorded* are Unix microseconds; what is infinite is beyond what the header can hold.
    """

    seq: int
    stream: bytes | None
    version: int | None
    type: bytes | None
    data: bytes | None
    meta: bytes | None
    occurred: int | None
    recorded: int | None
    hash: bytes | None

    @classmethod
    def of(cls, row: StoredRow) -> RawRow:
        """A row that was read as what it must be."""
        return cls(
            row.seq,
            row.stream.bytes,
            row.version,
            row.type.encode(),
            row.data,
            row.meta,
            microseconds(row.occurred_at),
            microseconds(row.recorded_at),
            row.hash,
        )

    def expected(self, previous: bytes) -> bytes | None:
        """The hash it has to have after *previous*; None where a column is missing or can't be hashed."""
        columns = (self.stream, self.version, self.type, self.data, self.meta, self.occurred, self.recorded)
        if None in columns:
            return None
        stream, version, type_, data, meta, occurred, recorded = columns
        try:
            header = _HEADER.pack(stream, version, occurred, recorded, len(type_), len(data), len(meta))  # type: ignore[arg-type]
        except struct.error:
            return None
        return sha256(b"".join((previous, header, type_, data, meta))).digest()  # type: ignore[arg-type]

    @property
    def unfit(self) -> str:
        """The columns that can't be hashed, as a sentence lists them."""
        missing = [name for name in HASHED if getattr(self, name) is None]
        times = {"occurred": self.occurred, "recorded": self.recorded}
        endless = [f"{name}_at" for name, at in times.items() if at is not None and not EARLIEST_US <= at <= LATEST_US]
        named = [f"{name}_at" if name in times else name for name in missing]
        faults = [f"{', '.join(named)} missing"] if named else []
        faults += [f"{', '.join(endless)} out of range"] if endless else []
        return " and ".join(faults) or "a column is too long"


class Last(Struct, gc=False):
    """What a stream's next entry follows on."""

    version: int
    hash: bytes
    recorded: int
    seq: int = 0
    first: bytes = b""  # the stored name of the stream's first fact


class Verifier:
    """Walks the whole ledger in its order. Feed it every row; `faults` says what is wrong, first things first.

    A row that can't be hashed is a fault of its position, and no reason to stop: one fault must not
    hide another.
    """

    def __init__(self, seq: int = 0) -> None:
        """Begin behind position *seq*; `heads` has to hold what the streams met then follow on."""
        self.seq = seq
        self.begun = 0  # streams whose first entry was met
        self.heads: dict[bytes, Last] = {}
        self.faults: list[Fault] = []

    def take(self, rows: Iterable[RawRow]) -> None:
        for row in rows:
            if row.seq != self.seq + 1:
                self._fault(self.seq + 1, f"positions jump from {self.seq} to {row.seq}")
            self.seq = row.seq
            if row.stream is None:
                self._fault(row.seq, f"it can't be hashed: {row.unfit}")
            else:
                self._follow(row, row.stream)

    def _follow(self, row: RawRow, stream: bytes) -> None:
        last = self.heads.get(stream)
        is_first = last is None
        self.begun += is_first
        last = last or Last(0, GENESIS, EARLIEST_US)
        expected = row.expected(last.hash)
        if row.version not in ((0, 1) if is_first else (last.version + 1,)):
            self._fault(row.seq, f"stream {UUID(bytes=stream)} goes from version {last.version} to {row.version}")
        if expected is None:
            self._fault(row.seq, f"it can't be hashed: {row.unfit}")
        elif row.hash is None:
            self._fault(row.seq, f"version {row.version} of stream {UUID(bytes=stream)} has no hash")
        elif expected != row.hash:
            self._fault(row.seq, f"version {row.version} of stream {UUID(bytes=stream)} does not match its hash")
        if row.recorded is not None and row.recorded < last.recorded and OURS in (row.meta or b""):
            self._fault(row.seq, f"version {row.version} of stream {UUID(bytes=stream)} was recorded before the last")
        version = last.version + 1 if row.version is None else row.version
        self.heads[stream] = Last(
            version,
            row.hash or expected or GENESIS,
            row.recorded or last.recorded,
            row.seq,
            (row.type or b"") if is_first else last.first,
        )

    def _fault(self, seq: int, what: str) -> None:
        self.faults.append(Fault(seq, what))

    def finish(self, head: int | None, last_command: int) -> None:
        """Compare with the head row and the last position a command was answered with: both survive a cut tail."""
        if head is None:
            self._fault(self.seq + 1, f"the ledger ends at {self.seq}, but its head row is missing")
        elif self.seq != head:
            self._fault(self.seq + 1, f"the ledger ends at {self.seq}, but its head says {head}")
        if last_command > self.seq:
            self._fault(self.seq + 1, f"position {last_command} was answered to a command, but is missing")
