"""Test vectors of statutory clocks: reads their files, reports mismatches and fields that are ignored."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec

from domain.law.calendar.calendar import CalendarBook, decode_books
from domain.law.licensing.event import LawEvent
from domain.law.vectors.generic import check_pack_vectors
from domain.law.vectors.licensing import check_vectors
from infrastructure.errors import OperatorError
from infrastructure.law.lawbook import law_book

CALENDARS = "calendars.json"  # beside a file of vectors
GZIP = b"\x1f\x8b"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
FIELDS = {
    kind.__struct_config__.tag: {"type", *(field.encode_name for field in msgspec.structs.fields(kind))}
    for kind in get_args(LawEvent)
}


class VectorsUnreadableError(OperatorError):
    """A file of vectors or calendars can't be read. The message names it and the reason."""


class VectorsChecked(msgspec.Struct, frozen=True):
    """How many files were checked, and every mismatch in them, a line each."""

    files: int
    mismatches: list[str]


def vector_mismatches(file: Path, calendars: Path | None) -> list[str]:
    """Every value in *file* that the clocks do not reproduce, a line each; raises VectorsUnreadableError."""
    beside = calendars or file.with_name(CALENDARS)
    books: dict[str, CalendarBook] = dict(law_book().calendars())
    if calendars or beside.exists():
        books |= books_in(beside)
    return [
        f"{m.vector} at {m.t.isoformat() if m.t else '-'}: {m.path} expected {m.expected}, got {m.got}"
        for m in check_vectors(lines_of(file), books)
    ]


def pack_mismatches(file: Path) -> list[str]:
    """Every mismatch in *file*, whose vectors are for other laws than Chinese licensing."""
    return [
        f"{m.id}: expected {m.expected}, computed {m.computed}" if m.expected else f"{m.id}: {m.computed}"
        for m in check_pack_vectors(lines_of(file))
    ]


def ignored_fields(file: Path) -> list[str]:
    """Warnings about fields of events in *file* that the clocks ignore, each with the first line that has it."""
    first: dict[tuple[str, str], int] = {}
    for number, line in enumerate(lines_of(file), start=1):
        for event in events_in(line):
            kind = str(event.get("type"))
            for field in event.keys() - FIELDS.get(kind, event.keys()):
                first.setdefault((kind, field), number)
    return [
        f"{file}, line {number}: the field {field!r} of the event {kind} is unknown and was ignored"
        for (kind, field), number in first.items()
    ]


def events_in(line: bytes) -> Iterable[dict[str, Any]]:
    """The events of one vector; none if it can't be decoded, which is reported as a mismatch."""
    try:
        return msgspec.json.decode(line, type=Events).events
    except ValueError:
        return ()


class Events(msgspec.Struct):
    """The events of a vector, undecoded."""

    events: list[dict[str, Any]]


def lines_of(file: Path) -> Iterator[bytes]:
    """The lines of a file, which may be gzipped and begin with a byte order mark. Raises VectorsUnreadableError."""
    try:
        raw = file.read_bytes()
        plain = gzip.decompress(raw) if raw.startswith(GZIP) else raw
    except OSError as fault:
        raise VectorsUnreadableError(f"The file {file} cannot be read: {fault.strerror or fault}.") from fault
    except (EOFError, zlib.error) as fault:
        raise VectorsUnreadableError(f"The file {file} cannot be unpacked: {fault}") from fault
    yield from plain.removeprefix(BYTE_ORDER_MARK).splitlines()


def books_in(file: Path) -> dict[str, CalendarBook]:
    """The calendars in *file*. Raises VectorsUnreadableError."""
    try:
        return decode_books(b"\n".join(lines_of(file)))
    except ValueError as fault:
        raise VectorsUnreadableError(f"The calendars in {file} cannot be read: {fault}.") from fault
