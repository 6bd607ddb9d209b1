"""A project as it stood at an instant, as known at another: which instants are asked about, and its rows then."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from api.identity import actor_of, headers_of
from api.instants import day_on, instant_in
from api.outside_rows import VIEW, ShownOutside, shown_outside
from api.paper import zone_of
from api.parts import AnyRequest, parts_of
from api.problems import Problem
from domain.law.moment import midnight, next_day
from domain.vocabulary import Entry
from infrastructure.clocks import TooMuchToRead
from infrastructure.past import Past
from projections.outside import OutsideRow
from projections.progress import Progress
from projections.progress_answers import ProgressItem
from projections.view import fold_at

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
    except TooMuchToRead as much:
        raise too_much(much) from much


def too_much(much: TooMuchToRead) -> Problem:
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


def outside_then(
    project: UUID, entries: Sequence[Entry], at: datetime, known: datetime, stale_days: int
) -> list[ShownOutside]:
    """The project's results from outside at *at*, by what was recorded by *known*, with how stale they were."""
    folded = fold_at((VIEW,), project, entries, at, known)
    rows = VIEW.rows(folded.states[VIEW.name], folded.project)["outside"]
    return [shown_outside(OutsideRow(*row), at, stale_days) for row in rows]
