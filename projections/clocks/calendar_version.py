"""By which calendar rows are counted: part of what they rest on, and of the version of the views that count days."""

from __future__ import annotations

from datetime import date

from domain.law.calendar.calendar import CalendarBook
from projections.reader import Laws


def counted_by(law: str, laws: Laws, known: date) -> str:
    """Which calendar the days of *law* are counted by as known on a date: what a project's rows rest on."""
    version = law.partition("/")[0]
    return f"{version}={laws.calendar(laws.pack(version), known).version}"


def notice_ids(book: CalendarBook) -> tuple[str, ...]:
    """The notices of a calendar, those it stacks on first."""
    return tuple(notice.id for layer in book.layers for notice in layer.notices)
