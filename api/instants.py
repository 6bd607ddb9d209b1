"""Instants in an address: which one is asked about, and what was known when."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from litestar.params import QueryParameter

from api.body import YEAR_FIRST, YEAR_LAST
from api.problems import Problem

AsOf = Annotated[
    datetime | None,
    QueryParameter(description="The instant asked about, with its offset (`+` is written %2B). Left out: now."),
]
KnownAt = Annotated[
    datetime | None,
    QueryParameter(description="As was known then: recorded and published by that instant. Left out: as_of."),
]
KnownNow = Annotated[
    datetime | None, QueryParameter(description="As was recorded by this instant, with its offset. Left out: now.")
]
# Of a form's field, which browsers send as an empty text where nobody filled it in.
On = Annotated[str, QueryParameter(max_length=10, description="As it was at the end of this day; empty: as it is now.")]


def instant_in(name: str, given: datetime | None) -> datetime | None:
    """The instant *given* as the parameter *name*. Raises Problem where it has no offset, or no calendar answers."""
    if given is not None and (given.tzinfo is None or not YEAR_FIRST <= given.year <= YEAR_LAST):
        raise Problem(
            "invalid-parameter",
            f"{name}: {given.isoformat()} has no offset, or is not in the years {YEAR_FIRST} to {YEAR_LAST}",
            remedy="write 2026-03-02T09:00:00Z",
            parameter=name,
        )
    return given


def day_in(name: str, day: date) -> date:
    """The day given as the parameter *name*. Raises Problem where no calendar answers for its year."""
    if not YEAR_FIRST <= day.year <= YEAR_LAST:
        raise Problem(
            "invalid-parameter",
            f"{name}: {day} is not in the years {YEAR_FIRST} to {YEAR_LAST}",
            remedy="write 2026-03-02",
            parameter=name,
        )
    return day


def day_on(on: str) -> date | None:
    """The day *on*, as a page's address tells it; None for an empty text. Raises Problem where it is no day."""
    if not on:
        return None
    try:
        day = date.fromisoformat(on)
    except ValueError:
        raise Problem(
            "invalid-parameter", f"on: {on} is no day", remedy="write a day, such as 2026-03-02", parameter="on"
        ) from None
    return day_in("on", day)
