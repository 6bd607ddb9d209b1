"""Instants in an address: which one is asked about, and as known when."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from typing import Annotated, TypeVar
from uuid import UUID

from litestar.params import QueryParameter
from msgspec import Struct

from api.web.problems import Problem
from api.web.request_body import YEAR_FIRST, YEAR_LAST
from api.web.zones import zone_of
from domain.law.calendar.moment import midnight, next_day
from domain.messages import Entry
from infrastructure.ledger.approvals import DEFAULT_LAW
from projections.as_of import Past
from projections.history.moment import TooMuchToReadError
from projections.progress.fold import Progress
from projections.progress.rows import ProgressItem
from projections.view import fold_at

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

# Of a form's field, which browsers send as an empty text where it was not filled in.
On = Annotated[str, QueryParameter(max_length=10, description="As it was at the end of this day; empty: as it is now.")]


def instant_in(name: str, instant: datetime | None) -> datetime | None:
    """The instant *instant* as the parameter *name*. Raises Problem where it has no offset, or no calendar answers."""
    if instant is not None and (instant.tzinfo is None or not _in_years(instant)):
        raise Problem(
            "invalid-parameter",
            f"{name}: {instant.isoformat()} has no offset, or is not in the years {YEAR_FIRST} to {YEAR_LAST}",
            remedy="write 2026-03-02T09:00:00Z",
            parameter=name,
        )
    return instant


def _in_years(instant: datetime) -> bool:
    """Whether calendars answer for the day of *instant*, where it is given and where days begin here."""
    if not YEAR_FIRST <= instant.year <= YEAR_LAST:
        return False  # and the first and last years of all have no other zone's day
    return YEAR_FIRST <= instant.astimezone(zone_of(DEFAULT_LAW)).year <= YEAR_LAST


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
    """The day *on*, as in a page's address; None for an empty text. Raises Problem where it is no day."""
    if not on:
        return None
    try:
        day = date.fromisoformat(on)
    except ValueError:
        raise Problem(
            "invalid-parameter", f"on: {on} is no day", remedy="write a day, such as 2026-03-02", parameter="on"
        ) from None
    return day_in("on", day)


PROGRESS = Progress()

Rows = TypeVar("Rows")


class Instants(Struct, frozen=True):
    """The instant *at* that is asked about, as *known* at another. *is_now*: no instant was named in the address.

    *is_past*: one of both was named, so that the views can't answer as they are.
    """

    at: datetime
    known: datetime
    is_now: bool = True
    is_past: bool = False

    @property
    def past(self) -> Past | None:
        """The past that is asked about; None where the views answer as they are."""
        return Past(self.at, self.known) if self.is_past else None


def end_of(on: str, law: str, now: datetime) -> datetime | None:
    """The end of the day *on* where *law* holds, or *now* where that is still to come; None for an empty text.

    Raises Problem where it is no day, or none that a calendar answers for.
    """
    day = day_on(on)
    return None if day is None else min(midnight(next_day(day), zone_of(law).key), now)


def too_much_hindsight(error: TooMuchToReadError) -> Problem:
    """The problem where too much was changed with hindsight to be read from the ledger."""
    return Problem(
        "invalid-parameter",
        f"as_of: {error}, too many to be read at once",
        remedy="ask as it was known then (known_at as as_of) or is known now, or of one project at a time",
        parameter="as_of",
    )


async def translate_too_much(
    rows: Awaitable[Rows], problem: Callable[[TooMuchToReadError], Problem] = too_much_hindsight
) -> Rows:
    """The result of a query. Raises *problem* where it would read too much from the ledger."""
    try:
        return await rows
    except TooMuchToReadError as error:
        raise problem(error) from error


def progress_as_of(project: UUID, entries: Sequence[Entry], at: datetime, known: datetime) -> list[ProgressItem]:
    """The project's items at *at*, by what was recorded by *known*; *entries* are its whole history."""
    folded = fold_at((PROGRESS,), project, entries, at, known)
    rows = PROGRESS.rows(folded.states[PROGRESS.name], folded.project)["item"]
    return [ProgressItem(*row) for row in rows]
