"""Results from outside as they are shown: with how stale they are at the instant asked about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import structs

from domain.messages import Entry
from projections.external.fold import External, ExternalRow, unverified_days
from projections.external.query import ExternalResults
from projections.law.shipped import shipped_law
from projections.view import fold, fold_at

VIEW = External(shipped_law)


class ShownExternal(ExternalRow, frozen=True, kw_only=True):
    """One outside item. *unverified_days*: since it was last verified, at *as_of*.

    *stale* by the setting, as long as work that is not over rests on it.
    """

    unverified_days: int
    stale: bool


async def external_of(external: ExternalResults, project: UUID, at: datetime, stale_days: int) -> list[ShownExternal]:
    """One project's results from outside, with how stale they are at *at*."""
    return [shown_external(row, at, stale_days) for row in await external.of_project(project)]


def shown_external(row: ExternalRow, at: datetime, stale_days: int) -> ShownExternal:
    """*row* as it is shown at the instant *at*."""
    days = unverified_days(row, at)
    return ShownExternal(**structs.asdict(row), unverified_days=days, stale=row.needed and days > stale_days)


def external_in(project: UUID, entries: Sequence[Entry], at: datetime, stale_days: int) -> dict[str, ShownExternal]:
    """The same from the project's own entries, by item, for answers that are never behind."""
    folded = fold((VIEW,), project, entries)
    rows = VIEW.rows(folded.states[VIEW.name], folded.project)["outside"]
    return {row.item: shown_external(row, at, stale_days) for row in (ExternalRow(*row) for row in rows)}


def external_as_of(
    project: UUID, entries: Sequence[Entry], at: datetime, known: datetime, stale_days: int
) -> list[ShownExternal]:
    """The project's results from outside at *at*, by what was recorded by *known*, with how stale they were."""
    folded = fold_at((VIEW,), project, entries, at, known)
    rows = VIEW.rows(folded.states[VIEW.name], folded.project)["outside"]
    return [shown_external(ExternalRow(*row), at, stale_days) for row in rows]
