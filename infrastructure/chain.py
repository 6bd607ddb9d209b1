"""The hash chain of a stream: every entry's SHA-256 takes in the hash before it and the exact bytes stored.

Anybody can check a chain with a dozen lines of any language; the layout is written down here and in
docs/verifying.md. Integers are big-endian; instants are microseconds since 1970-01-01T00:00:00Z.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from struct import Struct as Layout
from uuid import UUID

from msgspec import Struct

from infrastructure.wire import microseconds

COLUMNS = "seq, stream, version, type, data, meta, occurred_at, recorded_at, hash"  # of ledger.event: a StoredRow
GENESIS = bytes(32)  # stands where the hash before a stream's first entry would
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


class StoredRow(Struct, frozen=True):
    """One row of ledger.event, as it stands in the database."""

    seq: int
    stream: UUID
    version: int
    type: str
    data: bytes
    meta: bytes
    occurred_at: datetime
    recorded_at: datetime
    hash: bytes


class Fault(Struct, frozen=True):
    """Where the ledger is not what it must be."""

    seq: int
    what: str


class Verifier:
    """Walks the whole ledger in its order. Feed it every row; `faults` says what is wrong, first things first."""

    def __init__(self) -> None:
        self.seq = 0
        self.heads: dict[UUID, tuple[int, bytes]] = {}
        self.faults: list[Fault] = []

    def take(self, rows: Iterable[StoredRow]) -> None:
        for row in rows:
            if row.seq != self.seq + 1:
                self.faults.append(Fault(self.seq + 1, f"positions jump from {self.seq} to {row.seq}"))
            self.seq = row.seq
            version, previous = self.heads.get(row.stream, (0, GENESIS))
            if row.version != version + 1 and not (row.version == 0 and row.stream not in self.heads):
                self.faults.append(Fault(row.seq, f"stream {row.stream} goes from version {version} to {row.version}"))
            expected = chained(
                previous,
                row.stream,
                row.version,
                row.type.encode(),
                row.data,
                row.meta,
                microseconds(row.occurred_at),
                microseconds(row.recorded_at),
            )
            if expected != row.hash:
                self.faults.append(
                    Fault(row.seq, f"version {row.version} of stream {row.stream} does not match its hash")
                )
            self.heads[row.stream] = (row.version, row.hash)

    def finish(self, head: int | None, last_command: int) -> None:
        """Compare with the head row and the last position a command was answered with: both survive a cut tail."""
        if head is None:
            self.faults.append(Fault(self.seq + 1, f"the ledger ends at {self.seq}, but its head row is missing"))
        elif self.seq != head:
            self.faults.append(Fault(self.seq + 1, f"the ledger ends at {self.seq}, but its head says {head}"))
        if last_command > self.seq:
            self.faults.append(
                Fault(self.seq + 1, f"position {last_command} was answered to a command, but is missing")
            )
