"""What a project manager's page is made of: results to key in and to verify, projects that are stuck, and all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct, structs

from api.external.schemas import ShownExternal, shown_external
from domain.access.principal import Caller
from domain.project.waiting.wait import WaitKind
from infrastructure.settings import Settings
from projections.external.query import ExternalFilter, ExternalResults
from projections.progress.query import ProgressList, ProjectFilter
from projections.progress.rows import ProgressProject
from projections.progress.titles import ProjectTitles, names_of
from projections.reader import Reader
from projections.scope import Scope
from projections.waiting.query import ListedWaiting, WaitingFilter, WaitingRows

ROWS_MAX = 1_000  # of one manager that are looked at
BEGINNING, PAGE_MAX = 5, 50  # rows of each group on the first screen; rows of a page of one group
KEY_IN, VERIFY, STUCK, MINE = "key_in", "verify", "stuck", "mine"
GROUPS = (KEY_IN, VERIFY, STUCK, MINE)


class Portfolio(Struct, frozen=True):
    """All that one project manager has to see to.

    *key_in* are items whose department, outside the system, has decided nothing that is known here, and results that
    differ from what that department's system reports; *verify* are results that open work waits for and that were
    verified too long ago. *reasons* are the items of a stuck project that were turned down, by project.
    """

    key_in: list[ListedWaiting]
    verify: list[ShownExternal]
    stuck: list[ProgressProject]
    mine: list[ProgressProject]
    reasons: Mapping[Any, list[ListedWaiting]]
    names: ProjectTitles

    @property
    def whole(self) -> bool:
        """Whether no group has reached the number of rows that are looked at."""
        return all(len(self.rows(name)) < ROWS_MAX for name in GROUPS)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows each group has."""
        return {name: len(self.rows(name)) for name in GROUPS}

    def rows(self, group: str) -> Sequence[Any]:
        """The rows of *group*."""
        rows: Sequence[Any] = getattr(self, group)
        return rows


class PortfolioSources(Struct, frozen=True):
    """What the page is read from, as it is *now*, within the scope of the reader."""

    store: Reader
    progress: ProgressList
    waiting: WaitingRows
    external: ExternalResults
    scope: Scope
    caller: Caller
    settings: Settings
    now: datetime


async def portfolio_of(sources: PortfolioSources) -> Portfolio:
    """The portfolio of the reader."""
    manager, scope, now, days = sources.caller.id, sources.scope, sources.now, sources.settings.stale_days
    waits = WaitingFilter(manager=manager, scope=scope, limit=ROWS_MAX, at_hand=True)
    due = [
        wait
        for kind in (WaitKind.DISCREPANCY, WaitKind.OUTSIDE_RESULT)
        for wait in await sources.waiting.listed(structs.replace(waits, kind=kind.value))
    ]
    stale = ExternalFilter(manager=manager, stale_days=days, at=now, scope=scope, limit=ROWS_MAX)
    verify = [shown_external(row, now, days) for row in await sources.external.listed(stale)]
    mine = ProjectFilter(t=now, manager=manager, scope=scope, limit=ROWS_MAX)
    projects = await sources.progress.page(mine)
    stuck = [project for project in projects if project.stuck]
    turned_down = structs.replace(waits, kind=WaitKind.APPLICATION.value, stuck=True)
    reasons: dict[Any, list[ListedWaiting]] = {}
    for wait in await sources.waiting.listed(turned_down):
        if wait.on:  # applied for before, and turned down
            reasons.setdefault(wait.project, []).append(wait)
    shown = [row.project for rows in (due, verify, stuck) for row in rows]
    return Portfolio(due, verify, stuck, projects, reasons, await names_of(sources.store, shown))


def shown_part(portfolio: Portfolio, group: str, offset: int) -> Callable[[str], Sequence[Any]]:
    """A function from a group to the rows that the page shows: of one *group* a page, else the beginning of each."""

    def part(name: str) -> Sequence[Any]:
        rows = portfolio.rows(name)
        return rows[offset : offset + PAGE_MAX] if group else rows[:BEGINNING]

    return part
