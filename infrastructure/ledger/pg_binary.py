"""PostgreSQL's binary form of values and arrays: a batch crosses in one message, with no per-element adapters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from struct import Struct as Layout

UUID_BYTES = 16
UUID_OID, BYTEA_OID, INT4_OID, TEXT_OID, TIMESTAMPTZ_OID = 2950, 17, 23, 25, 1184

_HEADER = Layout("!iiiii")  # dimensions, has nulls, element type, length, lower bound
_LENGTH = Layout("!i")
_INT8 = Layout("!q")
_INT4_BYTES, _INT8_BYTES = 4, 8
_UNIX_TO_2000 = 946_684_800_000_000  # microseconds from the Unix epoch to PostgreSQL's own, 2000-01-01Z
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class _Packed(dict[int, bytes]):
    """Numbers in binary form. Versions, lengths and item numbers are small, and such are packed once."""

    def __missing__(self, number: int) -> bytes:
        return _LENGTH.pack(number)


int4 = _Packed({n: _LENGTH.pack(n) for n in range(2049)}).__getitem__


def array(oid: int, elements: Sequence[bytes]) -> bytes:
    """A one-dimensional array of *elements*, each already in binary form."""
    parts = [_HEADER.pack(1, 0, oid, len(elements), 1)] * (2 * len(elements) + 1)
    parts[1::2] = map(int4, map(len, elements))
    parts[2::2] = elements
    return b"".join(parts)


def even_array(oid: int, width: int, elements: Sequence[bytes]) -> bytes:
    """As `array`, for elements that are all *width* bytes long: joined in one go."""
    return b"".join((_HEADER.pack(1, 0, oid, len(elements), 1), int4(width), int4(width).join(elements)))


def int4_array(numbers: Iterable[int]) -> bytes:
    return even_array(INT4_OID, _INT4_BYTES, [*map(int4, numbers)])


def timestamptz_array(instants: Iterable[int]) -> bytes:
    """An array of instants, given in Unix microseconds."""
    return even_array(TIMESTAMPTZ_OID, _INT8_BYTES, [_INT8.pack(instant - _UNIX_TO_2000) for instant in instants])


def int8(number: int) -> bytes:
    return _INT8.pack(number)


def int8_from(data: bytes) -> int:
    return int(_INT8.unpack(data)[0])


def instant_from(data: bytes) -> datetime:
    return _EPOCH + timedelta(microseconds=int8_from(data) + _UNIX_TO_2000)


def microseconds(instant: datetime) -> int:
    """Microseconds from 1970-01-01T00:00:00Z to *instant*, which has a zone."""
    return (instant - _EPOCH) // _MICROSECOND
