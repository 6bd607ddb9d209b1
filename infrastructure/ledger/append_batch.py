"""What one command appends, and the encoding of a batch of such items as parameters of ledger.append."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from itertools import accumulate
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg.types.array import ArrayBinaryLoader
from psycopg.types.composite import RecordBinaryLoader

from infrastructure.ledger.hash_chain import GENESIS
from infrastructure.ledger.mapper import StoredRow
from infrastructure.ledger.pg_binary import (
    BYTEA_OID,
    TEXT_OID,
    UUID_BYTES,
    UUID_OID,
    array,
    even_array,
    int4_array,
    timestamptz_array,
)

HASH_BYTES = 32

APPEND = (
    b"SELECT base, status, missed FROM ledger.append($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18)"
)
# What psycopg has for arrays and rows; of a type that it does not know, an element stays as it came.
_elements, _columns = ArrayBinaryLoader(0).load, RecordBinaryLoader(0).load
# The database's time, and the newest of its last entries' times: after a clock was set back not that of the last one.
CLOCK = b"""
    SELECT clock_timestamp(), (SELECT max(last.recorded_at) FROM (
        SELECT recorded_at FROM ledger.event ORDER BY seq DESC LIMIT 1000
    ) AS last)
"""
# A notification is a transaction: its flush would delay the next batch. Set for this transaction only.
NOTIFY = b"SELECT set_config('synchronous_commit', 'off', true), pg_notify('countersign_appended', '')"


class AppendStatus(StrEnum):
    """What ledger.append answers for one item."""

    STORED = "s"
    DUPLICATE = "d"
    MISMATCH = "m"
    CONFLICT = "c"
    GONE = "g"


class Row(Struct, frozen=True, gc=False):
    """One fact as it is stored, its instants in Unix microseconds. *hash* chains it to the one before it."""

    version: int
    type: bytes
    data: bytes
    meta: bytes
    occurred: int
    recorded: int
    hash: bytes


class AppendItem(Struct, frozen=True, gc=False):
    """The facts of one command on one stream; the first of *rows* must be the stream's next version.

    *id* is the command's, *fingerprint* the SHA-256 of what it asks, *reply* its receipt. *previous* is the hash of the
    entry that the first row is chained to, which must still be there. *kind* is that of the aggregate, where the stream
    begins with this item.
    """

    stream: UUID
    rows: tuple[Row, ...]
    id: UUID
    fingerprint: bytes
    reply: bytes
    previous: bytes = GENESIS
    kind: bytes = b""


class AppendVerdict(Struct, frozen=True, gc=False):
    """The outcome of an item; *position* is that of its last fact, if it was stored. After a version conflict *missed*
    are rows of its stream that another writer appended, perhaps not all of them, or none.
    """

    status: AppendStatus
    position: int = 0
    missed: tuple[StoredRow, ...] = ()


class Pending(Struct, eq=False, gc=False):
    """An item in flight, and the future that gets its verdict."""

    item: AppendItem
    verdict: asyncio.Future[AppendVerdict]
    span: Any = None  # of the command, where it is traced


def missed_rows(answer: bytes | None) -> defaultdict[UUID, list[StoredRow]]:
    """What ledger.append answers as *missed*, by stream, in order."""
    rows: defaultdict[UUID, list[StoredRow]] = defaultdict(list)
    for record in _elements(answer) if answer else ():
        row = StoredRow(*_columns(record))
        rows[row.stream].append(row)
    return rows


def parameters(items: Sequence[AppendItem]) -> list[bytes]:
    """The eighteen parameters of ledger.append, in binary form."""
    rows = [row for item in items for row in item.rows]
    versions = int4_array([row.version for row in rows])
    hashes = even_array(BYTEA_OID, HASH_BYTES, [row.hash for row in rows])
    if len(rows) == len(items):  # the usual case: a command has one fact
        first, last, last_hashes, ends, of_item = versions, versions, hashes, _counted(len(items)), _counted(len(items))
    else:
        first = int4_array([item.rows[0].version for item in items])
        last = int4_array([item.rows[-1].version for item in items])
        last_hashes = even_array(BYTEA_OID, HASH_BYTES, [item.rows[-1].hash for item in items])
        ends = int4_array(accumulate([len(item.rows) for item in items]))
        of_item = int4_array([nth for nth, item in enumerate(items, 1) for _ in item.rows])
    occurred, recorded = [row.occurred for row in rows], [row.recorded for row in rows]
    recorded_at = timestamptz_array(recorded)
    return [
        even_array(UUID_OID, UUID_BYTES, [item.id.bytes for item in items]),
        even_array(BYTEA_OID, HASH_BYTES, [item.fingerprint for item in items]),
        array(BYTEA_OID, [item.reply for item in items]),
        even_array(UUID_OID, UUID_BYTES, [item.stream.bytes for item in items]),
        array(TEXT_OID, [item.kind for item in items]),
        first,
        last,
        ends,
        even_array(BYTEA_OID, HASH_BYTES, [item.previous for item in items]),
        last_hashes,
        of_item,
        versions,
        array(TEXT_OID, [row.type for row in rows]),
        array(BYTEA_OID, [row.data for row in rows]),
        array(BYTEA_OID, [row.meta for row in rows]),
        recorded_at if occurred == recorded else timestamptz_array(occurred),
        recorded_at,
        hashes,
    ]


@cache
def _counted(items: int) -> bytes:
    """The numbers from 1 to *items*, of which there are never more than in a batch."""
    return int4_array(range(1, items + 1))
