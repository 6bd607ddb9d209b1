"""The lines of a facts file: JSON, one object per line, in the order of the ledger, packed with gzip where named .gz.

First a header, then every entry, each command's row behind its last entry, then what the watcher has looked at, the
keys of personal data, and at the end how much there was, with the SHA-256 of all lines before. Bytes are in base64:
entries come back exactly as they were hashed. Instants are microseconds since 1970-01-01T00:00:00Z.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, Annotated, TypeAlias, cast
from uuid import UUID

from msgspec import DecodeError, Meta, Struct, json

from infrastructure.ledger.hash_chain import RawRow

FORMAT = "countersign-facts-1"
# What the columns hold; an instant in microseconds, of the years 1 to 9999.
Position = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Version = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Microseconds = Annotated[int, Meta(ge=-62_135_596_800_000_000, le=253_402_300_799_999_999)]
LINE_BYTES_MAX = 64 * 1024 * 1024  # an entry is some hundred bytes, and no more than a request may bring


class FactsFileUnfitError(Exception):
    """The file, or the database it is for, can't be used. The sentence says why, and what would help."""


class HeaderLine(Struct, frozen=True, tag="header", tag_field="line"):
    """What the ledger was when it was written: its migrations, its last position, the last case counter."""

    format: str
    migrations: list[str]
    position: Position
    case_counter: Position
    watched_to: Position  # the position up to which the watcher had read
    calendars: str  # by which it had counted, with the version of its rules


class EntryLine(Struct, frozen=True, gc=False, tag="entry", tag_field="line"):
    """One row of ledger.event."""

    seq: int
    stream: UUID
    version: int
    type: str
    data: bytes
    meta: bytes
    occurred: int
    recorded: int
    hash: bytes

    def raw(self) -> RawRow:
        """As the verifier takes it."""
        columns = self.data, self.meta, self.occurred, self.recorded, self.hash
        return RawRow(self.seq, self.stream.bytes, self.version, self.type.encode(), *columns)


class CommandLine(Struct, frozen=True, gc=False, tag="command", tag_field="line"):
    """One row of ledger.command."""

    id: UUID
    fingerprint: bytes
    seq: Position
    reply: bytes
    at: Microseconds
    alias: bool = False


class WatchLine(Struct, frozen=True, gc=False, tag="watch", tag_field="line"):
    """One row of watch.project."""

    project: UUID
    version: Version
    look_at: Microseconds | None
    sweep: bool


class KeyLine(Struct, frozen=True, tag="key", tag_field="line"):
    """The key of a person whose texts the entries hold encrypted; wrapped, so that it needs the master key."""

    person: UUID
    wrapped: bytes


class EndLine(Struct, frozen=True, tag="end", tag_field="line"):
    """How much there was, and the SHA-256 of all lines before this one, in hexadecimal."""

    entries: int
    commands: int
    digest: str


Line: TypeAlias = HeaderLine | EntryLine | CommandLine | WatchLine | KeyLine | EndLine

_encode = json.Encoder().encode
_decode = json.Decoder(Line).decode


class LineWriter:
    """Writes lines, and the last one, which has their count and hash."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._digest = file, sha256()
        self.entries = self.commands = 0

    def write(self, line: Line) -> None:
        text = _encode(line) + b"\n"
        self._digest.update(text)
        self._file.write(text)
        self.entries += isinstance(line, EntryLine)
        self.commands += isinstance(line, CommandLine)

    def end(self) -> EndLine:
        last = EndLine(self.entries, self.commands, self._digest.hexdigest())
        self._file.write(_encode(last) + b"\n")
        return last


@contextmanager
def written(path: Path) -> Iterator[LineWriter]:
    """A new file, never over an older one; removed where it does not come to its end. Raises FactsFileUnfitError."""
    try:
        raw = path.open("xb")
    except OSError as failure:
        sentence = "is there already: name a new file" if isinstance(failure, FileExistsError) else "can't be written"
        raise FactsFileUnfitError(f"{path} {sentence} ({failure.strerror}).") from failure
    try:
        with raw, _packed(raw, path) as file:
            yield LineWriter(file)
    except OSError as failure:
        path.unlink(missing_ok=True)
        raise FactsFileUnfitError(f"{path} can't be written ({failure.strerror or failure}).") from failure
    except BaseException:
        path.unlink(missing_ok=True)
        raise


@contextmanager
def _packed(raw: IO[bytes], path: Path) -> Iterator[IO[bytes]]:
    if path.suffix != ".gz":
        yield raw
        return
    with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=0) as file:  # the same bytes again
        yield cast("IO[bytes]", file)


def read(path: Path) -> Iterator[Line]:
    """Every line but the last, which is compared with what was read. Raises FactsFileUnfitError."""
    digest, entries, commands, number = sha256(), 0, 0, 0
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            while text := file.readline(LINE_BYTES_MAX):
                number += 1
                line = _decode(text)
                if isinstance(line, EndLine):
                    if line != EndLine(entries, commands, digest.hexdigest()):
                        raise FactsFileUnfitError(f"{path} was changed after it was written: export the facts again.")
                    if file.read(1):
                        raise FactsFileUnfitError(f"{path} goes on behind its end: export the facts again.")
                    return
                digest.update(text)
                entries += isinstance(line, EntryLine)
                commands += isinstance(line, CommandLine)
                yield line
    except (OSError, EOFError, zlib.error) as failure:
        raise FactsFileUnfitError(f"{path} can't be read: {failure}.") from failure
    except (DecodeError, UnicodeDecodeError, RecursionError) as failure:
        raise FactsFileUnfitError(f"{path} is no facts file: {failure}, in line {number}.") from failure
    raise FactsFileUnfitError(f"{path} breaks off after line {number}: export the facts again.")
