"""What one command wants stored, and how a batch of such items crosses to ledger.append."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from infrastructure.wire import BYTEA_OID, INT4_OID, TEXT_OID, TIMESTAMPTZ_OID, UUID_OID, array, int4, timestamptz

APPEND = b"SELECT base, status FROM ledger.append($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15)"
PUBLISH = b"SELECT ledger.publish($1)"
NOTIFY = b"SELECT pg_notify('countersign_published', '')"


class Status(StrEnum):
    """What ledger.append answers for one item."""

    STORED = "s"
    DUPLICATE = "d"
    MISMATCH = "m"
    CONFLICT = "c"


class Row(Struct, frozen=True):
    """One fact as it is stored. *hash* chains it to the entry before it in its stream."""

    version: int
    type: str
    data: bytes
    meta: bytes
    occurred_at: datetime
    recorded_at: datetime
    hash: bytes


class Item(Struct, frozen=True):
    """The facts of one command on one stream; *first* of *rows* must be the stream's next version."""

    stream: UUID
    rows: tuple[Row, ...]
    id: UUID | None = None
    fingerprint: bytes = b""
    reply: bytes = b""


class Verdict(Struct, frozen=True):
    """What became of an item; *position* is that of its last fact, where stored."""

    status: Status
    position: int = 0


class Pending(Struct, eq=False):
    """An item on its way, and who waits for its verdict."""

    item: Item
    verdict: asyncio.Future[Verdict]


def parameters(items: Sequence[Item], publish: bool) -> list[bytes | None]:
    """The fifteen parameters of ledger.append, in binary form."""
    rows = [row for item in items for row in item.rows]
    numbers: list[bytes] = []
    ends: list[bytes] = []
    for nth, item in enumerate(items, 1):
        numbers.extend([int4(nth)] * len(item.rows))
        ends.append(int4(len(numbers)))
    return [
        array(UUID_OID, [None if item.id is None else item.id.bytes for item in items]),
        array(BYTEA_OID, [item.fingerprint for item in items]),
        array(BYTEA_OID, [item.reply for item in items]),
        array(UUID_OID, [item.stream.bytes for item in items]),
        array(INT4_OID, [int4(item.rows[0].version) for item in items]),
        array(INT4_OID, ends),
        array(INT4_OID, numbers),
        array(INT4_OID, [int4(row.version) for row in rows]),
        array(TEXT_OID, [row.type.encode() for row in rows]),
        array(BYTEA_OID, [row.data for row in rows]),
        array(BYTEA_OID, [row.meta for row in rows]),
        array(TIMESTAMPTZ_OID, [timestamptz(row.occurred_at) for row in rows]),
        array(TIMESTAMPTZ_OID, [timestamptz(row.recorded_at) for row in rows]),
        array(BYTEA_OID, [row.hash for row in rows]),
        b"\x01" if publish else b"\x00",
    ]
