"""The calendars that ship with the product, read once for all tests of the law."""

from functools import cache
from pathlib import Path

from domain.law.calendar.calendar import CalendarBook, decode_books

CALENDARS = Path(__file__).parents[3] / "domain" / "law" / "calendar" / "data" / "cn.json"


@cache
def shipped() -> dict[str, CalendarBook]:
    return decode_books(CALENDARS.read_bytes())


def china() -> CalendarBook:
    return shipped()["CN"]
