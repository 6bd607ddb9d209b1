"""The ledger as a stream of rows: COPY in binary form, read while the server is still sending.

A SELECT of the same rows takes twice as long: psycopg asks for a loader a value, and nothing overlaps.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from struct import Struct as Layout
from typing import Any
from uuid import UUID

import psycopg
from psycopg.sql import SQL, Composable

from domain.vocabulary import Entry
from infrastructure.mapper import decode_fact, decode_recorded

Raw = tuple[int, UUID, int, bytes, bytes, datetime, datetime]  # position, stream, version, data, meta, both times

_COLUMNS = SQL("seq, stream, version, data, meta, occurred_at, recorded_at")
_SIGNATURE_BYTES = 19  # of the binary format: name, flags, no extension
_START = Layout("!hiqi16siii")  # 7 fields: seq, stream and version behind their lengths, then the length of data
_LENGTH = Layout("!i")
_TIMES = Layout("!iqiq")
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class GapInLedger(Exception):  # noqa: N818 it says what was found
    """A position is missing: the ledger was damaged, and no view may pass it by."""


def rows(connection: psycopg.Connection[Any], condition: Composable) -> Iterator[Raw]:
    """The rows of ledger.event that *condition* (what follows FROM) selects and orders."""
    statement = SQL("COPY (SELECT {} FROM ledger.event {}) TO STDOUT (FORMAT binary)").format(_COLUMNS, condition)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        skip = _SIGNATURE_BYTES
        last, stream = b"", UUID(int=0)
        for packet in copy:
            row = bytes(packet)[skip:]
            skip = 0
            if len(row) < _START.size:
                continue  # the trailer
            _, _, seq, _, bytes_of_stream, _, version, length = _START.unpack_from(row)
            if bytes_of_stream != last:
                last, stream = bytes_of_stream, UUID(bytes=bytes_of_stream)
            end = _START.size + length
            data = row[_START.size : end]
            (length,) = _LENGTH.unpack_from(row, end)
            start, end = end + _LENGTH.size, end + _LENGTH.size + length
            _, occurred, _, recorded = _TIMES.unpack_from(row, end)
            occurred_at = _EPOCH + timedelta(microseconds=occurred)
            recorded_at = occurred_at if recorded == occurred else _EPOCH + timedelta(microseconds=recorded)
            yield seq, stream, version, data, row[start:end], occurred_at, recorded_at


def entry_of(row: Raw) -> Entry:
    """The entry in *row*; its hash is not a view's business."""
    seq, stream, version, data, meta, occurred_at, recorded_at = row
    return Entry(stream, version, occurred_at, recorded_at, decode_fact(data), decode_recorded(meta), seq)
