"""A list as a file to download, written to disk before it is sent, so that an error is answered as a problem."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing
from datetime import UTC, date, datetime
from tempfile import TemporaryFile
from typing import IO, TypeVar

from anyio import to_thread
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Stream
from markupsafe import Markup
from msgspec import Struct, structs

from api.html.page import PageAddress, PageContext, filters_in, question_digest, with_query
from api.web.parameters import Paging
from api.web.problems import Problem
from api.web.zones import zone_of
from domain.law.calendar.period import Period
from infrastructure.ledger.approvals import Approvals
from infrastructure.tables.csv_file import CsvTable
from infrastructure.tables.table_file import Cell, Row, TableFormat, TableWriterFactory
from infrastructure.tables.xlsx_file import TableTooLongError, XlsxTable
from projections.snapshots import PagedReader

F = TypeVar("F", bound=Struct)
R = TypeVar("R")
K = TypeVar("K")

Batches = AsyncGenerator[Sequence[Row], None]

BATCH_ROWS = 500  # read, and written, at a time
SHORTER = "choose fewer rows by a filter, or ask for CSV"
PIECE_BYTES = 64 * 1024
FORMATS: dict[TableFormat, tuple[TableWriterFactory, str]] = {
    TableFormat.XLSX: (XlsxTable, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    TableFormat.CSV: (CsvTable, "text/csv; charset=utf-8"),
}
SHEET_FORMAT = "/{sheet_format:str}"  # the end of each export's path
PAGE_OF = {  # the page with the list of each name, for the digest that is printed on it; others are on no page
    "attention": "/overview",
    "cards": "/pages/supervision/cards",
    "cases": "/pages/cases",
    "clocks": "/pages/supervision/clocks",
    "complaints": "/supervision/complaints",
    "conformance": "/pages/conformance",
    "conformance-items": "/pages/conformance/items",
    "decisions": "/pages/supervision/decisions",
    "granted": "/window/decisions",
    "guides": "/window/items",
    "information": "/pages/information",
    "lags": "/pages/supervision/timeliness",
    "ledgers": "/audit",
    "missed": "/window/published",
    "my-cases": "/my",
    "my-projects": "/pages/my-projects",
    "my-tasks": "/my",
    "orders": "/supervision/orders",
    "progress": "/pages/progress",
    "published": "/window/published",
    "suspensions": "/pages/supervision/timeliness",
    "waiting": "/desk",
    "worklist": "/desk",
}


class Export:
    """One request for a list as a file: the page it was asked for on, the format, and the question it answers."""

    def __init__(self, page: PageContext, address: PageAddress, sheet_format: TableFormat, now: datetime) -> None:
        self.page, self.now = page, now
        self._address, self._format = address, sheet_format
        self._notes: list[tuple[str, Cell]] = []

    def instant(self, at: datetime | None, law: str = "") -> datetime | None:
        """*at* as clocks show it where *law* (else the page's own) holds, without an offset."""
        return None if at is None else at.astimezone(zone_of(law or self.page.law)).replace(tzinfo=None)

    def day(self, at: datetime | None) -> date | None:
        """The day of *at* where the page's law holds."""
        return None if at is None else at.astimezone(zone_of(self.page.law)).date()

    def yes(self, value: object) -> str:
        """Yes or no, in words; empty for None."""
        return "" if value is None else self.page.words["export"]("yes" if value else "no")

    def note(self, text: str) -> None:
        """Say *text* in the file's `about`, such as that it is not all."""
        self._notes.append((self.page.words["export"]("note"), text))

    def of_period(self, period: Period) -> None:
        """Say in the file's `about` which days it is of, as the address may have none."""
        self._notes.append((self.page.words["export"]("period"), f"{period.first} – {period.last}"))

    async def file(
        self,
        name: str,
        title: str,
        columns: Sequence[str],
        batches: Batches,
        as_of: datetime,
        reader: PagedReader,
    ) -> Stream:
        """The answer with the file of the list *name*, read by *reader*. Raises Problem where it is too long."""
        writer_of, media_type = FORMATS[self._format]
        count, file = 0, TemporaryFile()  # noqa: SIM115  closed once it is sent
        writer = writer_of(file, title, columns)
        try:
            async with aclosing(batches):
                async for rows in batches:
                    count += len(rows)
                    await to_thread.run_sync(writer.rows, rows)
            digest = question_digest(PAGE_OF.get(name, self._path), self._query)
            about = [
                *self._about(title, as_of, count, reader.position),
                (self.page.words["export"]("query_hash"), digest),
            ]
            await to_thread.run_sync(writer.close, about)
        except BaseException as error:
            writer.discard()
            file.close()
            if isinstance(error, TableTooLongError):
                raise Problem("invalid-parameter", str(error), remedy=SHORTER) from error
            raise
        file_name = f"{name}-{compact(as_of)}-{digest[:8]}.{self._format.value}"
        return attachment(file, file_name, media_type)

    @property
    def _path(self) -> str:
        return self._address.path.rpartition("/")[0]

    @property
    def _query(self) -> dict[str, str]:
        return {name: value for name, value in self._address.query.items() if value and name != "offset"}

    def _about(self, title: str, as_of: datetime, count: int, position: int | None) -> list[tuple[str, Cell]]:
        say = self.page.words["export"]
        lines: list[tuple[str, Cell]] = [
            (say("title"), title),
            (say("as_of"), as_of.astimezone(zone_of(self.page.law)).isoformat(timespec="seconds")),
            (say("made_at"), self.now.astimezone(zone_of(self.page.law)).isoformat(timespec="seconds")),
            (say("zone"), zone_of(self.page.law).key),
            (say("rows"), count),
        ]
        if position is not None:  # a list that is not read as of one names none
            lines.append((say("position"), position))
        lines += self._notes
        lines += [(f"{say('filter')}: {name}", value) for name, value in sorted(filters_in(self._query).items())]
        return [*lines, (say("address"), with_query(self._path, self._query))]


def export(
    page: NamedDependency[PageContext],
    page_address: NamedDependency[PageAddress],
    now: NamedDependency[datetime],
    sheet_format: FromPath[TableFormat],
) -> Export:
    """The export in the format of the path."""
    return Export(page, page_address, sheet_format, now)


def export_paging() -> Paging:
    """The whole list, read a batch at a time; `limit` and `offset` of the page are its own."""
    return Paging(BATCH_ROWS)


def export_reader(approvals: NamedDependency[Approvals]) -> PagedReader:
    """The reader of all batches, at the position of the first."""
    return PagedReader(approvals.store, is_paged=True)


EXPORTED = {  # the dependencies of a list that is read whole, as of one position
    "export": Provide(export, sync_to_thread=False),
    "paging": Provide(export_paging, sync_to_thread=False),
    "list_reader": Provide(export_reader, sync_to_thread=False),
}


async def in_batches(
    read: Callable[[F], Awaitable[tuple[Sequence[R], K | None]]], criteria: F, *, key: str = "last"
) -> AsyncIterator[Sequence[R]]:
    """All rows that match *criteria*, from the first batch to the last.

    *read* gives a batch and the sorting values of its last row, None where no batch follows; *key* is the field of
    the criteria for these values.
    """
    last: K | None = None
    while True:
        rows, last = await read(criteria if last is None else structs.replace(criteria, **{key: last}))
        if rows:
            yield rows
        if last is None:
            return


async def by_number(read: Callable[[int], Awaitable[Sequence[R]]], limit: int) -> AsyncIterator[Sequence[R]]:
    """All rows of a list whose pages are cut by number: *read* gives at most *limit* rows from a number on.

    To be read in one snapshot, as rows move from page to page while others write.
    """
    offset = 0
    while rows := await read(offset):
        yield rows
        if len(rows) < limit:
            return
        offset += limit


def followed(rows: Sequence[R], limit: int | None, key: Callable[[R], K]) -> tuple[Sequence[R], K | None]:
    """The first *limit* of *rows*, and the sorting values of the last of them where there are more."""
    if limit is None or len(rows) < limit or not rows:
        return rows, None
    return rows, key(rows[-1])


def joined(values: Iterable[str]) -> str:
    """Several values in one cell."""
    return "; ".join(values)


def without_tags(text: str) -> str:
    """*text* of a page without the tags that it may have."""
    return Markup(text).striptags()  # noqa: S704  nothing is rendered


def compact(at: datetime) -> str:
    """*at* in UTC, as it is written in the name of a file."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def attachment(file: IO[bytes], name: str, media_type: str) -> Stream:
    """The answer that saves *file*, closed once it is sent, under *name*."""
    return Stream(
        lambda: pieces(file),
        media_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


async def pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    """The bytes of *file*, which is closed after the last."""
    with file:
        file.seek(0)
        while piece := file.read(PIECE_BYTES):
            yield piece
