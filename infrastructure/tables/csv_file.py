"""CSV for spreadsheets: UTF-8 with a byte order mark, CRLF, and no text that a spreadsheet takes for a formula.

No line says what the table is of, as programs read it too: the file's name does.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from typing import IO

from infrastructure.tables.table_file import Cell, Row

ENCODING = "utf-8-sig"  # without the mark, Excel reads Chinese as the code page of the machine
# https://owasp.org/www-community/attacks/CSV_Injection: how a formula begins; the tab and CR are dropped before it.
# Also wide, as Chinese input writes them.
FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
QUOTE = "'"  # before a text, marks it as a text for spreadsheets


class CsvTable:
    """Writes a table as CSV. Times are written as `2026-03-02 09:00`."""

    def __init__(self, file: IO[bytes], title: str, columns: Sequence[str]) -> None:
        del title  # a CSV file has none
        self._text = io.TextIOWrapper(file, ENCODING, newline="")
        self._is_over = False
        self._writer = csv.writer(self._text)
        self.rows([columns])

    def rows(self, rows: Sequence[Row]) -> None:
        """Append *rows*."""
        self._writer.writerows([plain(cell) for cell in row] for row in rows)

    def close(self, about: Sequence[tuple[str, Cell]]) -> None:
        """End the file, which stays open."""
        del about
        self.discard()

    def discard(self) -> None:
        """Write out what is buffered and let go of the file."""
        if not self._is_over:
            self._is_over = True
            self._text.detach()  # flushes


def plain(cell: Cell) -> str | int | float | None:
    """*cell* as text of a CSV file."""
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M")
    if isinstance(cell, str):
        return defused(cell)
    return cell if cell is None or isinstance(cell, int | float) else cell.isoformat()


def defused(text: str) -> str:
    """*text* as a spreadsheet shows it instead of computing it; spaces before a formula don't hide it."""
    return QUOTE + text if text.startswith(FORMULA_BEGINS) or text.lstrip().startswith(FORMULA_BEGINS) else text
