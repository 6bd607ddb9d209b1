"""Results from outside as they are shown: with how stale they are at the instant asked about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import structs

from domain.messages import Entry
from projections.external.fold import Outside, OutsideRow, unverified_days
from projections.external.query import OutsideResults
from projections.law.shipped import shipped_law
from projections.view import fold, fold_at

VIEW = Outside(shipped_law)


class ShownOutside(OutsideRow, frozen=True, kw_only=True):
    """One outside item. *unverified_days*: since somebody last looked, at *as_of*.

    *stale* by the setting, as long as work that is not over rests on it.
    """

    unverified_days: int
    stale: bool


async def outside_of(external: OutsideResults, project: UUID, at: datetime, stale_days: int) -> list[ShownOutside]:
    """One project's results from outside, with how stale they are at *at*."""
    return [shown_outside(row, at, stale_days) for row in await external.of_project(project)]


def shown_outside(row: OutsideRow, at: datetime, stale_days: int) -> ShownOutside:
    """*row* as it is shown at the instant *at*."""
    days = unverified_days(row, at)
    return ShownOutside(**structs.asdict(row), unverified_days=days, stale=row.needed and days > stale_days)


def outside_in(project: UUID, entries: Sequence[Entry], at: datetime, stale_days: int) -> dict[str, ShownOutside]:
    """The same from the project's own entries, by item, for answers that are never behind."""
    folded = fold((VIEW,), project, entries)
    rows = VIEW.rows(folded.states[VIEW.name], folded.project)["outside"]
    return {row.item: shown_outside(row, at, stale_days) for row in (OutsideRow(*row) for row in rows)}


def outside_as_of(
    project: UUID, entries: Sequence[Entry], at: datetime, known: datetime, stale_days: int
) -> list[ShownOutside]:
    """The project's results from outside at *at*, by what was recorded by *known*, with how stale they were."""
    folded = fold_at((VIEW,), project, entries, at, known)
    rows = VIEW.rows(folded.states[VIEW.name], folded.project)["outside"]
    return [shown_outside(OutsideRow(*row), at, stale_days) for row in rows]
