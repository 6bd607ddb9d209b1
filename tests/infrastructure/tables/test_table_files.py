"""Tables as files, read back by programs that others wrote."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Sequence
from datetime import date, datetime
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from infrastructure.tables import xlsx_file
from infrastructure.tables.csv_file import FORMULA_BEGINS, QUOTE, CsvTable
from infrastructure.tables.table_file import Cell, Row, TableWriterFactory
from infrastructure.tables.xlsx_file import TableTooLongError, XlsxTable

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
CELLS: Row = ("立项 =1+1", 7, 1.5, date(2026, 3, 2), datetime(2026, 3, 2, 9, 30), None)
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)


def written(kind: TableWriterFactory, rows: Sequence[Row], about: Sequence[tuple[str, Cell]] = ()) -> bytes:
    """The file of *rows*."""
    file = BytesIO()
    table = kind(file, "办理 [progress]/进度", [f"column {number}" for number in range(len(rows[0]))])
    try:
        for row in rows:
            table.rows([row])
        table.close(about)
    finally:
        table.discard()
    return file.getvalue()


def sheets_in(file: bytes) -> dict[str, list[list[Any]]]:
    """Every sheet of an XLSX file, by its name."""
    book = CalamineWorkbook.from_filelike(BytesIO(file))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def lines_in(file: bytes) -> list[list[str]]:
    """The lines of a CSV file."""
    return list(csv.reader(StringIO(file.decode("utf-8-sig"), newline="")))


def test_a_workbook_has_typed_cells_and_a_sheet_about_the_table() -> None:
    sheets = sheets_in(written(XlsxTable, [CELLS], [("rows", 1), ("filter", "=2")]))
    head, row = sheets["办理  progress  进度"]
    assert head == [f"column {number}" for number in range(6)]
    assert row == ["立项 =1+1", 7, 1.5, date(2026, 3, 2), datetime(2026, 3, 2, 9, 30), ""]
    assert sheets["about"] == [["rows", 1], ["filter", "=2"]]


def test_a_csv_file_opens_in_a_spreadsheet_as_it_was_meant() -> None:
    file = written(CsvTable, [CELLS])
    assert file.startswith(BYTE_ORDER_MARK)
    assert lines_in(file)[1] == ["立项 =1+1", "7", "1.5", "2026-03-02", "2026-03-02 09:30", ""]


@given(st.one_of(TEXTS, st.tuples(st.sampled_from([*FORMULA_BEGINS, " =", " \t+"]), TEXTS).map("".join)))
def test_no_text_is_a_formula_and_none_is_changed_but_for_the_mark(text: str) -> None:
    ((cell,),) = lines_in(written(CsvTable, [(text,)]))[1:] or [[""]]
    assert cell.removeprefix(QUOTE) == text.removeprefix(QUOTE)
    assert not cell.lstrip().startswith(FORMULA_BEGINS)
    begun = sheets_in(written(XlsxTable, [(text, "end")]))
    assert next(iter(begun.values()))[1] == [text, "end"]


def test_a_number_below_zero_stays_a_number() -> None:
    assert lines_in(written(CsvTable, [(-3, 1)]))[1] == ["-3", "1"]
    assert sheets_in(written(XlsxTable, [(-3, date(1899, 1, 2))]))["办理  progress  进度"][1] == [-3, "1899-01-02"]


def test_a_full_sheet_is_refused_and_a_long_text_is_cut(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(xlsx_file, "ROWS_MAX", 2)
    long = "长" * (xlsx_file.TEXT_CHARACTERS_MAX + 5)
    assert len(sheets_in(written(XlsxTable, [(long,), ("b",)]))["办理  progress  进度"][1][0]) == 32_767
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(TableTooLongError, match="2 rows"):
        written(XlsxTable, [("a",)] * 3)
    assert list(tmp_path.iterdir()) == []
