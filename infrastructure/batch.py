"""What one command wants stored, and how a batch of such items crosses to ledger.append."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from infrastructure.wire import (
    BYTEA_OID,
    INT4_OID,
    TEXT_OID,
    TIMESTAMPTZ_OID,
    UUID_OID,
    array,
    even_array,
    int4,
    timestamptz,
)

UUID_BYTES, INT4_BYTES, INT8_BYTES, HASH_BYTES = 16, 4, 8, 32

APPEND = b"SELECT base, status FROM ledger.append($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14)"
NOTIFY = b"SELECT pg_notify('countersign_appended', '')"


class Status(StrEnum):
    """What ledger.append answers for one item."""

    STORED = "s"
    DUPLICATE = "d"
    MISMATCH = "m"
    CONFLICT = "c"


class Row(Struct, frozen=True, gc=False):
    """One fact as it is stored, its instants in Unix microseconds. *hash* chains it to the one before it."""

    version: int
    type: bytes
    data: bytes
    meta: bytes
    occurred: int
    recorded: int
    hash: bytes


class Item(Struct, frozen=True, gc=False):
    """The facts of one command on one stream; *first* of *rows* must be the stream's next version."""

    stream: UUID
    rows: tuple[Row, ...]
    id: UUID | None = None
    fingerprint: bytes = b""
    reply: bytes = b""


class Verdict(Struct, frozen=True, gc=False):
    """What became of an item; *position* is that of its last fact, where stored."""

    status: Status
    position: int = 0


class Pending(Struct, eq=False, gc=False):
    """An item on its way, and who waits for its verdict."""

    item: Item
    verdict: asyncio.Future[Verdict]


def parameters(items: Sequence[Item]) -> list[bytes | None]:
    """The fourteen parameters of ledger.append, in binary form."""
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
        even_array(UUID_OID, UUID_BYTES, [item.stream.bytes for item in items]),
        even_array(INT4_OID, INT4_BYTES, [int4(item.rows[0].version) for item in items]),
        even_array(INT4_OID, INT4_BYTES, ends),
        even_array(INT4_OID, INT4_BYTES, numbers),
        even_array(INT4_OID, INT4_BYTES, [int4(row.version) for row in rows]),
        array(TEXT_OID, [row.type for row in rows]),
        array(BYTEA_OID, [row.data for row in rows]),
        array(BYTEA_OID, [row.meta for row in rows]),
        even_array(TIMESTAMPTZ_OID, INT8_BYTES, [timestamptz(row.occurred) for row in rows]),
        even_array(TIMESTAMPTZ_OID, INT8_BYTES, [timestamptz(row.recorded) for row in rows]),
        even_array(BYTEA_OID, HASH_BYTES, [row.hash for row in rows]),
    ]
