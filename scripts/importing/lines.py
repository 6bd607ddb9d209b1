"""Reads lines of a CSV file, plain or gzipped, with line numbers, and parses their fields by column."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

from msgspec import Struct

from domain.core.characters import visible
from domain.law.calendar.moment import midnight
from infrastructure.errors import OperatorError

GZIP_MAGIC = b"\x1f\x8b"
HEADER_SHOWN_MAX = 200  # characters of a first line that is none
YEARS = range(2, 9999)  # those whose days begin and end in every zone; 1-1-0001 is how some registers write "no date"


class LogUnreadableError(OperatorError):
    """A file can't be read as a log. The message names the file, the line if there is one, and the reason."""


class Remark(Struct, frozen=True):
    """A remark on one line of a file, for its maintainer."""

    file: str
    line: int
    sentence: str


class Line(Struct):
    """A line being read: its fields by column, and the lists that collect remarks on it."""

    file: str
    number: int
    fields: list[str]
    places: dict[str, int]
    lost: list[Remark]
    remarks: list[Remark]

    def __getitem__(self, column: str) -> str:
        place = self.places.get(column)
        return "" if place is None else self.fields[place]

    def remark(self, sentence: str) -> None:
        self.remarks.append(Remark(self.file, self.number, sentence))

    def lose(self, sentence: str) -> None:
        self.lost.append(Remark(self.file, self.number, sentence))

    def instant(self, column: str) -> datetime | None:
        """The instant in *column*; None if it is empty. Raises ValueError if it is no instant."""
        text = self[column].strip()
        if not text:
            return None
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(f"{column} {text!r} is no time such as 2011-10-11T11:45:40.276Z") from None
        if at.tzinfo is None:
            raise ValueError(f"{column} {text!r} has no offset from UTC: {_offset_remedy(text)}")
        if at.year not in YEARS:
            raise ValueError(f"{column} {text!r} is no time that a register can mean")
        return at

    def day(self, column: str, zone: str) -> datetime | None:
        """The instant at which the local day in *column* begins; None if empty. Raises ValueError if it is no day."""
        text = self[column].strip()
        if not text:
            return None
        try:
            return midnight(date.fromisoformat(text), zone)
        except (ValueError, OverflowError):
            raise ValueError(f"{column} {text!r} is no day such as 2011-10-11") from None

    def instant_or_remark(self, column: str) -> datetime | None:
        """As `instant`, but a value that is no instant is reported and left out."""
        try:
            return self.instant(column)
        except ValueError as wrong:
            self.remark(f"{wrong}; the case goes without it")
            return None


def _offset_remedy(text: str) -> str:
    """What makes a time without an offset one that can be read."""
    if ":" in text:
        return "end it with Z or +02:00"
    return "leave it empty and put the day into occurred_on, or write the time of day as well"


def lines_of(path: Path, needed: Sequence[str]) -> Iterator[tuple[int, list[str] | None, dict[str, int]]]:
    """Each data line: its number, its fields (None if their number is wrong), and the index of each column."""
    line = 0
    try:
        with path.open("rb") as raw:
            packed = raw.peek(len(GZIP_MAGIC)).startswith(GZIP_MAGIC)  # a pipe can't be read twice
            with io.TextIOWrapper(gzip.GzipFile(fileobj=raw) if packed else raw, "utf-8-sig", newline="") as text:
                reader = csv.reader(text, strict=True)
                header = [name.strip() for name in next(filter(None, reader), [])]
                if wrong := _header_fault(header, needed):
                    raise LogUnreadableError(f"{path.name} {wrong}")
                places = {name: place for place, name in enumerate(header)}
                line = reader.line_num
                for fields in reader:
                    line = reader.line_num
                    if fields:
                        yield line, fields if len(fields) == len(header) else None, places
    except UnicodeDecodeError as broken:
        line += broken.object[: broken.start].count(b"\n") + 1  # the decoder reads ahead of the last complete line
        wrong = f"the byte {broken.object[broken.start]:02X} in line {line} is none of its letters"
        raise LogUnreadableError(f"{path.name} is not UTF-8, save it as that: {wrong}") from broken
    except csv.Error as broken:
        raise LogUnreadableError(f"{path.name} is no CSV after line {line}: {broken}") from broken
    except (EOFError, zlib.error, gzip.BadGzipFile) as broken:
        raise LogUnreadableError(f"{path.name} is a broken gzip file after line {line}: {broken}") from broken
    except OSError as broken:
        raise LogUnreadableError(f"{path} can't be read: {broken.strerror or broken}") from broken


def _header_fault(header: Sequence[str], needed: Sequence[str]) -> str:
    """What is wrong with the columns of a log; empty if nothing is."""
    if not header:
        return "is empty: its first line should name the columns"
    if twice := sorted({name for name in header if name and header.count(name) > 1}):
        return f"names the column {', '.join(twice)} twice in its first line: leave one of them out"
    missing = ", ".join(name for name in needed if name not in header)
    if missing and len(header) == 1 and (separator := re.search(r"[;\t|]", header[0])):
        return f"has no column {missing} in its first line: it is separated by {separator[0]!r}, save it with commas"
    if missing:
        names = ", ".join(visible(name) for name in header)[:HEADER_SHOWN_MAX]
        return f"has no column {missing} in its first line, which names {names}: see docs/reference/importing.md"
    return ""
