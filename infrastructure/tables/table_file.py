"""What a table file holds: typed cells, a head, and what the table is of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import IO, Protocol, TypeAlias

# Instants are local and without an offset, as spreadsheets know no other; the sheet about the table names the zone.
Cell: TypeAlias = str | int | float | date | datetime | None
Row: TypeAlias = Sequence[Cell]


class TableFormat(StrEnum):
    """The formats in which a list is handed out."""

    XLSX = "xlsx"
    CSV = "csv"


class TableWriter(Protocol):
    """Writes one table to an open file: the head first, then rows in any number of batches, then the end."""

    def rows(self, rows: Sequence[Row]) -> None:
        """Append *rows*."""
        ...

    def discard(self) -> None:
        """Give the table up, ended or not: leave nothing on disk."""
        ...

    def close(self, about: Sequence[tuple[str, Cell]]) -> None:
        """End the file; *about* are lines of a name and a value on what the table is of."""
        ...


class TableWriterFactory(Protocol):
    """Begins a table in a file opened for binary writing, with a title and the names of its columns."""

    def __call__(self, file: IO[bytes], title: str, columns: Sequence[str]) -> TableWriter: ...
