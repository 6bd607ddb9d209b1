"""XLSX with two sheets: the table, and what it is of. Rows go to disk as they come, so that memory stays constant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from math import isfinite
from tempfile import TemporaryDirectory
from typing import IO, Any

import xlsxwriter  # type: ignore[import-untyped]

from infrastructure.tables.table_file import Cell, Row

# Limits of the format, from Microsoft's "Excel specifications and limits".
ROWS_MAX = 1_048_575  # below the head
TEXT_CHARACTERS_MAX = 32_767
TITLE_CHARACTERS_MAX = 31
TITLE_FORBIDS = re.compile(r"[\[\]:*?/\\]|^'|'$")
WIDTH = 18  # characters of a column; in constant memory it can't follow the rows
ABOUT = "about"
YEAR_FIRST = 1900  # the format counts days from its beginning
# Nothing is ever guessed from a text: neither formula, nor number, nor link.
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "in_memory": False,
}


class TableTooLongError(Exception):
    """A sheet holds no more rows."""


class XlsxTable:
    """Writes a table as XLSX. Raises TableTooLongError above `ROWS_MAX` rows."""

    def __init__(self, file: IO[bytes], title: str, columns: Sequence[str]) -> None:
        self._folder = TemporaryDirectory()  # of the rows, which the library would leave behind after an error
        self._is_over = False
        self._book = xlsxwriter.Workbook(file, OPTIONS | {"tmpdir": self._folder.name})
        self._bold = self._book.add_format({"bold": True})
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._instant = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        self._sheet = self._book.add_worksheet(TITLE_FORBIDS.sub(" ", title)[:TITLE_CHARACTERS_MAX])
        self._sheet.freeze_panes(1, 0)
        self._sheet.set_column(0, max(len(columns) - 1, 0), WIDTH)
        for column, name in enumerate(columns):
            self._sheet.write_string(0, column, name, self._bold)
        self._row = 0

    def rows(self, rows: Sequence[Row]) -> None:
        """Append *rows*."""
        if self._row + len(rows) > ROWS_MAX:
            raise TableTooLongError(f"a sheet holds {ROWS_MAX:,} rows")
        for row in rows:
            self._row += 1
            for column, cell in enumerate(row):
                self._write(self._sheet, self._row, column, cell)

    def close(self, about: Sequence[tuple[str, Cell]]) -> None:
        """Add the second sheet and pack the file, which stays open."""
        sheet = self._book.add_worksheet(ABOUT)
        sheet.set_column(0, 1, 2 * WIDTH)
        for row, (name, value) in enumerate(about):
            sheet.write_string(row, 0, name, self._bold)
            self._write(sheet, row, 1, value)
        self.discard()

    def discard(self) -> None:
        """Pack what there is, the only way to end a workbook, and remove the rows from disk."""
        if not self._is_over:
            self._is_over = True
            with self._folder:
                self._book.close()

    def _write(self, sheet: Any, row: int, column: int, cell: Cell) -> None:
        if isinstance(cell, date) and cell.year < YEAR_FIRST:
            cell = cell.isoformat()
        if isinstance(cell, date):
            sheet.write_datetime(row, column, cell, self._instant if isinstance(cell, datetime) else self._day)
        elif isinstance(cell, str):
            sheet.write_string(row, column, cell[:TEXT_CHARACTERS_MAX])
        elif cell is not None and isfinite(cell):
            sheet.write_number(row, column, cell)
