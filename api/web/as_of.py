"""Instants in an address: which one is asked about, and what was known when."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import date, datetime
from typing import Annotated, TypeVar
from uuid import UUID

from litestar.params import QueryParameter

from api.web.dependencies import AnyRequest, parts_of, zone_of
from api.web.identity import actor_of, headers_of
from api.web.problems import Problem
from api.web.request_body import YEAR_FIRST, YEAR_LAST
from domain.law.calendar.moment import midnight, next_day
from domain.messages import Entry
from projections.as_of import Past
from projections.clocks.query import TooMuchToReadError
from projections.progress.fold import Progress, ProgressItem
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


PROGRESS = Progress()

Answer = TypeVar("Answer")


def asked_then(request: AnyRequest, as_of: datetime | None, known_at: datetime | None) -> tuple[datetime, datetime]:
    """The instant asked about, now where it is left out, and that of knowledge, the same where it is left out."""
    actor_of(headers_of(request.scope))
    at = instant_in("as_of", as_of) or parts_of(request).approvals.clock()
    return at, instant_in("known_at", known_at) or at


def end_of(request: AnyRequest, on: str, law: str) -> datetime | None:
    """The end of the day *on* where *law* holds, or now where that is still to come; None for an empty text.

    Raises Problem where it is no day, or none that a calendar answers for.
    """
    day = day_on(on)
    if day is None:
        return None
    return min(midnight(next_day(day), zone_of(law).key), parts_of(request).approvals.clock())


def past_in(as_of: datetime | None, known_at: datetime | None, at: datetime, known: datetime) -> Past | None:
    """The past that is asked about with *as_of* and *known_at*; None where neither is, so that the view answers."""
    return Past(at, known) if as_of or known_at else None


async def readable(rows: Awaitable[Answer]) -> Answer:
    """What is asked for. Raises Problem where too much has happened since."""
    try:
        return await rows
    except TooMuchToReadError as much:
        raise too_much(much) from much


def too_much(much: TooMuchToReadError) -> Problem:
    """The problem of a question about all projects at an instant that lies too far back."""
    return Problem(
        "invalid-parameter",
        f"as_of: {much}, too many to be read at once",
        remedy="ask of a later instant, or of one project at a time",
        parameter="as_of",
    )


def progress_then(project: UUID, entries: Sequence[Entry], at: datetime, known: datetime) -> list[ProgressItem]:
    """The project's items at *at*, by what was recorded by *known*; *entries* are its whole history."""
    folded = fold_at((PROGRESS,), project, entries, at, known)
    rows = PROGRESS.rows(folded.states[PROGRESS.name], folded.project)["item"]
    return [ProgressItem(*row) for row in rows]
