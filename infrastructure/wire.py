"""PostgreSQL's binary form of values and arrays: a batch crosses in one message, with no per-element adapters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from struct import Struct as Layout

UUID_OID, BYTEA_OID, INT4_OID, TEXT_OID, TIMESTAMPTZ_OID = 2950, 17, 23, 25, 1184

_HEADER = Layout("!iiiii")  # dimensions, has nulls, element type, length, lower bound
_EMPTY = Layout("!iii")
_LENGTH = Layout("!i")
_INT8 = Layout("!q")
_NULL = _LENGTH.pack(-1)
_UNIX_TO_2000 = 946_684_800_000_000  # microseconds from the Unix epoch to PostgreSQL's own, 2000-01-01Z
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

INT4 = [_LENGTH.pack(n) for n in range(2049)]  # versions, lengths and item numbers are small: packed once


def array(oid: int, elements: Sequence[bytes | None]) -> bytes:
    """A one-dimensional array of *elements*, each already in binary form."""
    if not elements:
        return _EMPTY.pack(0, 0, oid)
    out = [_HEADER.pack(1, 1, oid, len(elements), 1)]
    for element in elements:
        if element is None:
            out.append(_NULL)
        else:
            out.append(int4(len(element)))
            out.append(element)
    return b"".join(out)


def even_array(oid: int, width: int, elements: Sequence[bytes]) -> bytes:
    """As `array`, for elements that are all *width* bytes long: joined in one go."""
    if not elements:
        return _EMPTY.pack(0, 0, oid)
    prefix = int4(width)
    return _HEADER.pack(1, 0, oid, len(elements), 1) + prefix + prefix.join(elements)


def int4(number: int) -> bytes:
    return INT4[number] if 0 <= number < len(INT4) else _LENGTH.pack(number)


def int8(number: int) -> bytes:
    return _INT8.pack(number)


def int8_from(data: bytes) -> int:
    return int(_INT8.unpack(data)[0])


def microseconds(instant: datetime) -> int:
    """Microseconds from 1970-01-01T00:00:00Z to *instant*, which has a zone."""
    return (instant - _EPOCH) // _MICROSECOND


def timestamptz(unix_microseconds: int) -> bytes:
    return _INT8.pack(unix_microseconds - _UNIX_TO_2000)
