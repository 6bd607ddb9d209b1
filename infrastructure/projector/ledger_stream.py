"""Reads the ledger as histories: the server aggregates a stream's entries into one row, decoded in one call.

One row per entry would take Python twice as long, as driver and decoder are then called for each entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from struct import unpack
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from msgspec import json
from psycopg.sql import SQL, Composable

from domain.core.ledger import Recorded
from domain.messages import AnyFact, Entry
from infrastructure.errors import OperatorError
from infrastructure.privacy.cipher import decrypted_facts

_BY_STREAM = SQL(
    "SELECT stream,"
    " string_agg(int4send(version), ''::bytea ORDER BY version),"
    " string_agg(int8send(seq), ''::bytea ORDER BY version),"
    " string_agg(timestamptz_send(occurred_at), ''::bytea ORDER BY version),"
    " string_agg(timestamptz_send(recorded_at), ''::bytea ORDER BY version),"
    " string_agg(data, ','::bytea ORDER BY version),"
    " string_agg(meta, ','::bytea ORDER BY version)"
    " FROM (SELECT * FROM ledger.event {}) AS event GROUP BY stream"
)
_VERSION_BYTES, _NUMBER_BYTES = 4, 8  # of an integer, and of a bigint or timestamp, in binary format
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # of binary timestamps, which count microseconds

_Item = TypeVar("_Item")
_facts_of = json.Decoder(list[AnyFact]).decode
_recorded_of = json.Decoder(list[Recorded]).decode


class LedgerGapError(OperatorError):
    """A position is missing: the ledger is damaged, and no view may skip it."""


def histories(connection: psycopg.Connection[Any], condition: Composable) -> Iterator[list[Entry]]:
    """The entries that *condition* (what follows FROM ledger.event) selects: one list per stream, by version.

    They come without hashes, which views don't need. Raises msgspec's errors for bytes that are no known fact.
    """
    with connection.cursor(binary=True) as cursor:
        for row in cursor.stream(_BY_STREAM.format(condition)):
            yield _history(*row)


def _history(
    stream: UUID, versions: bytes, positions: bytes, occurred: bytes, recorded: bytes, data: bytes, meta: bytes
) -> list[Entry]:
    length = len(versions) // _VERSION_BYTES
    occurred_at = _instants(occurred)
    return list(
        map(
            Entry,
            [stream] * length,
            unpack(f"!{length}i", versions),
            occurred_at,
            occurred_at if recorded == occurred else _instants(recorded),
            _each(_facts_of, decrypted_facts(stream, data), length),
            _each(_recorded_of, meta, length),
            _numbers(positions),
        )
    )


def _numbers(sent: bytes) -> tuple[int, ...]:
    return unpack(f"!{len(sent) // _NUMBER_BYTES}q", sent)


def _instants(sent: bytes) -> list[datetime]:
    return [_EPOCH + timedelta(microseconds=number) for number in _numbers(sent)]


def _each(decode: Callable[[bytes], list[_Item]], texts: bytes, length: int) -> list[_Item]:
    """Decode *texts*, *length* JSON values separated by commas."""
    items = decode(b"[%b]" % texts)
    if len(items) != length:
        raise ValueError(f"{length} entries hold {len(items)} JSON texts")
    return items
