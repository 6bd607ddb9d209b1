"""The archive of case records: one file per table, what each column holds, and what the platform will miss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from tempfile import TemporaryFile
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile

from msgspec import Struct, json

from domain.project.application.registration import ProjectRegistered
from infrastructure.case_record.cases import cases_in, is_of_the_zone
from infrastructure.case_record.codes import PlatformCodes
from infrastructure.case_record.columns import CaseColumn, tables
from infrastructure.case_record.reference import CaseReference, reference_of
from infrastructure.case_record.rows import CaseCells, accepted, rows_of
from infrastructure.projector.histories import histories
from infrastructure.tables.csv_file import CsvTable
from projections.clocks.law_events import item_histories

PIECE_BYTES = 64 * 1024
COLUMNS_FILE, ABOUT_FILE = "columns.csv", "about.json"
COLUMN_HEADS = ("table", "column", "名称", "characters", "required", "held here", "what fills it")


class CaseRecordsExported(Struct):
    """What was written. *rows* are by table; *left_out* are cases by why; *lacking* and *unfit* are cells by column.

    *lacking*: required by the platform, and empty here; *unfit*: codes too long for the column, left empty; texts too
    long are cut, and counted as *shortened*.
    """

    position: int
    made_at: datetime
    cases: int
    rows: dict[str, int]
    left_out: dict[str, int]
    lacking: dict[str, int]
    unfit: dict[str, int]
    shortened: dict[str, int]


class CaseArchive:
    """Collects rows table by table, on disk, until they are packed."""

    def __init__(self, reference: CaseReference, stack: ExitStack) -> None:
        self._reference = reference
        self._files: dict[str, IO[bytes]] = {name: stack.enter_context(_temporary()) for name in tables()}
        self._tables = {
            name: CsvTable(self._files[name], name, [column.name for column in columns])
            for name, columns in tables().items()
        }
        for table in self._tables.values():
            stack.callback(table.discard)
        self.cases = 0
        self.rows = Counter[str]()
        self.left_out, self.lacking, self.unfit, self.shortened = (Counter[str]() for _ in range(4))

    def add(self, table: str, number: str, cells: CaseCells) -> None:
        """One row of the case *number*."""
        reference = self._reference
        common = {
            "project_no": number,
            "cd_time": reference.local_now,
            "cd_batch": str(reference.position),
            **reference.codes.constant,
        }
        row = common | cells
        self._tables[table].rows([[self._cell(table, column, row.get(column.name, "")) for column in tables()[table]]])
        self.rows[table] += 1

    def _cell(self, table: str, column: CaseColumn, value: str) -> str:
        name = f"{table}.{column.name}"
        if len(value) > column.max:
            if column.is_code:
                self.unfit[name] += 1
                value = ""
            else:
                self.shortened[name] += 1
                value = value[: column.max]
        if column.need and not value:
            self.lacking[name] += 1
        return value

    def pack(self, file: IO[bytes]) -> CaseRecordsExported:
        """Write the archive to *file*; what it holds."""
        exported = CaseRecordsExported(
            self._reference.position,
            self._reference.now,
            self.cases,
            {name: self.rows[name] for name in tables()},
            *(dict(sorted(counts.items())) for counts in (self.left_out, self.lacking, self.unfit, self.shortened)),
        )
        with ZipFile(file, "w", ZIP_DEFLATED) as archive:
            for name, table in self._tables.items():
                table.close([])
                self._files[name].seek(0)
                _copy(archive, f"{name}.csv", self._files[name])
            with TemporaryFile() as columns:
                _write_columns(columns)
                columns.seek(0)
                _copy(archive, COLUMNS_FILE, columns)
            archive.writestr(ABOUT_FILE, json.format(json.encode(exported), indent=2))
        return exported


def write_case_records(
    url: str,
    file: IO[bytes],
    codes: PlatformCodes,
    now: datetime,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> CaseRecordsExported:
    """Write the case records of the zone's own projects in the ledger at *url* to *file*, as known at *now*.

    Only cases that were accepted and have a case number are in it. *progress* is called with (entries read, entries in
    all).
    """
    reference = reference_of(url, codes, now)
    with ExitStack() as stack:
        archive = CaseArchive(reference, stack)
        for entries in histories(url, progress):
            registered = entries[0].fact
            if not isinstance(registered, ProjectRegistered) or not is_of_the_zone(entries):
                continue
            law_events = item_histories(entries)
            for case in cases_in(entries).values():
                why = "without a case number" if not case.number else "" if accepted(case) else "not accepted"
                if why:
                    archive.left_out[why] += 1
                    continue
                archive.cases += 1
                for table, cells in rows_of(case, registered, law_events, reference):
                    archive.add(table, case.number, cells)
        return archive.pack(file)


def _write_columns(file: IO[bytes]) -> None:
    table = CsvTable(file, "columns", COLUMN_HEADS)
    table.rows([_described(name, column) for name, columns in tables().items() for column in columns])
    table.close([])


def _described(table: str, column: CaseColumn) -> tuple[str, ...]:
    need, held = ("yes" if answer else "no" for answer in (column.need, column.is_held))
    return table, column.name, column.title, str(column.max), need, held, column.ours.removeprefix("- ")


def _temporary() -> IO[bytes]:
    return TemporaryFile()


def _copy(archive: ZipFile, name: str, file: IO[bytes]) -> None:
    with archive.open(name, "w", force_zip64=True) as packed:
        while piece := file.read(PIECE_BYTES):
            packed.write(piece)
