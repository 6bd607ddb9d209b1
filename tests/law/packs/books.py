"""The calendars that ship with the product, read once for all tests of the law."""

from functools import cache
from pathlib import Path

from domain.law.calendar.calendar import CalendarBook, CalendarData, Notice, decode_books

CALENDARS = Path(__file__).parents[3] / "domain" / "law" / "calendar" / "data" / "cn.json"


@cache
def shipped() -> dict[str, CalendarBook]:
    return decode_books(CALENDARS.read_bytes())


def china() -> CalendarBook:
    return shipped()["CN"]


def with_notice(book: CalendarBook, notice: Notice) -> CalendarBook:
    """*book* with one more notice, as the next edition of its file would have it."""
    notices = (*book.data.notices, notice)
    data = CalendarData(book.data.weekend, notices, book.data.provisional_off, book.data.stacks_on)
    return CalendarBook(book.name, data, book.base)
