"""Cursors of lists: opaque texts that say where the next page begins, and of which position of the ledger.

A cursor belongs to the address it was given for: its filters are part of it, as a digest. It holds when the first
page was answered, so that all pages are of one moment, and the values by which the last row was sorted.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any, TypeVar

from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter
from msgspec import DecodeError, Struct, ValidationError, convert, msgpack

from api.web.http_request import HttpRequest
from api.web.parameters import PAGE_ROWS, Limit, Paging, position_lost
from api.web.problems import Problem
from api.web.request_body import YEAR_FIRST, YEAR_LAST
from infrastructure.feed.epochs import read_epochs
from infrastructure.ledger.approvals import Approvals
from projections.snapshots import PagedReader

Row = TypeVar("Row")

CURSOR_VERSION = 2
CURSOR_CHARACTERS_MAX = 2000
MARK_BYTES = 12  # of a digest that no one gains from forging
CHECK_BYTES = 6  # of the same kind: a cursor that was copied wrongly would begin anywhere
TEXT_CHARACTERS_MAX = 1000  # a name that rows are sorted by is shorter
NUMBER_MAX = 2**63 - 1  # a position is stored in eight bytes
REAL_MIN, REAL_MAX = 2.0**-149, 2.0**127  # a rank is stored in four
OF_THE_PAGE = frozenset({"cursor", "limit", "after"})  # parameters that may differ from page to page
OF_THE_LOOK = frozenset({"lang", "open", "view"})  # of pages: no row depends on these
START_AGAIN = "leave the cursor out to begin again, or write `next` of the page before, with the same parameters"

CursorText = Annotated[
    str,
    QueryParameter(
        max_length=CURSOR_CHARACTERS_MAX,
        description="The `next` of the page before, with the same other parameters; left out: the first page.",
    ),
]

_encode = msgpack.Encoder().encode


class PageCursor(Struct, frozen=True, array_like=True):
    """Where a page begins: after the row with the sorting values *last*, at *position*, in a list first read *at*.

    *mark* is a digest of the address and its filters.
    """

    version: int
    mark: bytes
    at: datetime
    position: int
    last: list[Any]


class ListPaging(Paging):
    """The page of a list that is read with cursors."""

    def __init__(
        self, limit: int, cursor: PageCursor | None, *, mark: bytes, at: datetime, list_reader: PagedReader
    ) -> None:
        super().__init__(limit)
        self.cursor, self.mark, self.at, self.list_reader = cursor, mark, at, list_reader

    def last(self, kind: Any) -> Any:
        """The sorting values of the row before the page; None on the first one. Raises Problem invalid-cursor."""
        return None if self.cursor is None else key_in(self.cursor, kind)

    def next_of(self, rows: Sequence[Row], key: Callable[[Row], Sequence[Any]]) -> str | None:
        """The cursor of the next page, by the rows read; None on the last page. *key*: what a row is sorted by."""
        return self.after(key(rows[self.limit - 1])) if self.has_more(rows) else None

    def after(self, key: Sequence[Any]) -> str:
        """The cursor of the page after the row that is sorted by *key*."""
        return cursor_text(self.mark, self.at, self.list_reader.position or 0, key)


def cursor_text(mark: bytes, at: datetime, position: int, key: Sequence[Any]) -> str:
    """A cursor, as it is written in an address."""
    packed = _encode(PageCursor(CURSOR_VERSION, mark, at, position, list(key)))
    return urlsafe_b64encode(packed + _check(packed)).rstrip(b"=").decode()


def read_cursor(text: str, mark: bytes) -> PageCursor:
    """The cursor that *text* is. Raises Problem invalid-cursor where it is none, or of another list."""
    try:
        whole = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        packed, check = whole[:-CHECK_BYTES], whole[-CHECK_BYTES:]
        cursor = msgpack.decode(packed, type=PageCursor)
    except (ValueError, DecodeError) as error:  # ValidationError is a DecodeError
        raise invalid("it can't be read") from error
    if cursor.version != CURSOR_VERSION:
        raise invalid("it is of another version")
    if cursor.mark != mark:
        raise invalid("it was given for another address, or for other filters")
    is_same = check == _check(packed) and urlsafe_b64encode(whole).rstrip(b"=").decode() == text
    bounded = 0 <= cursor.position <= NUMBER_MAX and all(map(is_bounded, [cursor.at, *cursor.last]))
    if not is_same or not bounded:
        raise invalid("it can't be read")
    return cursor


def _check(packed: bytes) -> bytes:
    return sha256(packed).digest()[:CHECK_BYTES]


def key_in(cursor: PageCursor, kind: Any) -> Any:
    """The sorting values in *cursor*, a tuple of the type *kind*. Raises Problem invalid-cursor."""
    try:
        return convert(cursor.last, kind)
    except ValidationError as error:
        raise invalid("it can't be read") from error


def is_bounded(value: object) -> bool:
    """Whether the database can compare *value* with its own."""
    if isinstance(value, str):
        return len(value) <= TEXT_CHARACTERS_MAX and "\0" not in value and not _has_surrogates(value)
    if isinstance(value, datetime):
        return value.tzinfo is not None and YEAR_FIRST <= value.year <= YEAR_LAST
    if isinstance(value, float):
        return value == 0 or REAL_MIN <= abs(value) <= REAL_MAX
    return value is None or isinstance(value, bool) or (isinstance(value, int) and abs(value) <= NUMBER_MAX)


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def invalid(why: str) -> Problem:
    """The problem of a cursor that can't be followed."""
    return Problem("invalid-cursor", f"cursor: {why}", remedy=START_AGAIN, parameter="cursor")


def mark_of(path: str, parameters: Iterable[tuple[str, str]]) -> bytes:
    """A digest of an address and its filters."""
    filters = sorted((name, value) for name, value in parameters if name not in OF_THE_PAGE)
    return sha256(_encode((path, filters))).digest()[:MARK_BYTES]


def list_mark(request: HttpRequest) -> bytes:
    """The digest of the requested address, without its look, and without the empty fields that a form sends."""
    filters = request.query_params.multi_items()
    return mark_of(
        request.scope["path"], ((name, value) for name, value in filters if value and name not in OF_THE_LOOK)
    )


async def page_cursor(
    list_mark: NamedDependency[bytes], approvals: NamedDependency[Approvals], cursor: CursorText = ""
) -> PageCursor | None:
    """The cursor in the address. Raises Problem invalid-cursor, position-lost."""
    if not cursor:
        return None
    page = read_cursor(cursor, list_mark)
    epochs = await read_epochs(approvals.store)
    for point in epochs.restores:
        if page.position > point.kept_to and point.restored_at is not None and page.at < point.restored_at:
            raise position_lost(page.position, point, epochs)
    return page


def first_read_at(approvals: NamedDependency[Approvals], page_cursor: NamedDependency[PageCursor | None]) -> datetime:
    """The instant at which the first page of the list was read."""
    return page_cursor.at if page_cursor else approvals.clock()


def paged_reader(approvals: NamedDependency[Approvals], page_cursor: NamedDependency[PageCursor | None]) -> PagedReader:
    """The reader of the list, at the position of its first page."""
    return PagedReader(approvals.store, is_paged=True, position=page_cursor.position if page_cursor else None)


def paging_of(rows: int) -> Provide:
    """The dependency on the requested page of a list, of as many *rows* where the address has no limit."""

    def list_paging(
        *,
        limit: Limit = rows,
        page_cursor: NamedDependency[PageCursor | None],
        list_mark: NamedDependency[bytes],
        now: NamedDependency[datetime],
        list_reader: NamedDependency[PagedReader],
    ) -> ListPaging:
        return ListPaging(limit, page_cursor, mark=list_mark, at=now, list_reader=list_reader)

    return Provide(list_paging, sync_to_thread=False)


PAGED = {  # the dependencies of a list that is read page by page
    "list_mark": Provide(list_mark, sync_to_thread=False),
    "page_cursor": Provide(page_cursor),
    "now": Provide(first_read_at, sync_to_thread=False),
    "list_reader": Provide(paged_reader, sync_to_thread=False),
    "paging": paging_of(PAGE_ROWS),
}
