"""项目进度表 the progress table: the zone in a few numbers, filters, and a row a project with a cell an item."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter
from msgspec import Struct

from api.clocks.display import telling
from api.html.frame import AtStage
from api.html.page import PageContext
from api.progress.routes import AtPhase, OfKind, Text, WaitingOn
from api.progress.view_models import choices_of, explained, shown_rows, tiles_of
from api.route_access import ACCESS
from api.web.parameters import PAGE_ROWS, Department, Manager, Paging
from api.web.zones import zone_of
from domain.law.calendar.moment import week_from
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import DEFAULT_LAW, Approvals
from infrastructure.settings import Settings
from projections.clocks.list import ListedClock
from projections.clocks.query import ClocksAt
from projections.history.moment import TooMuchToReadError
from projections.progress.query import ProgressList, ProjectFilter
from projections.scope import Scope

Warned = Annotated[str, QueryParameter(pattern="^(soon|late|)$", description="With a clock that is.")]
Status = Annotated[str, QueryParameter(pattern="^(open|done|)$", description="Not all items decided, or all.")]
Stuck = Annotated[str, QueryParameter(pattern="^(true|)$", description="Open, and nothing in it moves.")]
Stale = Annotated[str, QueryParameter(pattern="^(true|)$", description="With an outside result long not verified.")]


class Picked(Struct, frozen=True):
    """What the form of the table was sent with: the *wanted* projects, and the filters by their names there."""

    wanted: ProjectFilter
    fields: dict[str, str]


def picked(
    *,
    now: NamedDependency[datetime],
    settings: NamedDependency[Settings],
    text: Text = "",
    manager: Manager = "",
    phase: AtPhase = "",
    kind: OfKind = "",
    department: Department = "",
    stage: AtStage = "",
    holder: WaitingOn = "",
    warned: Warned = "",
    status: Status = "",
    stale: Stale = "",
    stuck: Stuck = "",
    list_scope: NamedDependency[Scope],
    paging: NamedDependency[Paging],
) -> Picked:
    """The filters of the form, whose empty fields a browser sends too."""
    wanted = ProjectFilter(
        t=now,
        text=text,
        manager=manager,
        phase=phase,
        kind=kind,
        department=department,
        stage=stage,
        holder=holder,
        warned=warned,
        over=status == "done" if status else None,
        stale_days=settings.stale_days if stale else None,
        stuck=True if stuck else None,
        scope=list_scope,
        limit=paging.limit,
        offset=paging.offset,
    )
    named = ("manager", "phase", "kind", "department", "stage", "holder", "warned")
    fields = {name: getattr(wanted, name) for name in named}
    return Picked(wanted, fields | {"status": status, "stale": stale, "stuck": stuck})


def current_clocks(
    approvals: NamedDependency[Approvals],
    laws: NamedDependency[LawBook],
    now: NamedDependency[datetime],
    list_scope: NamedDependency[Scope],
) -> ClocksAt:
    """The clocks of now: the table has no other instant."""
    return ClocksAt(approvals.store, laws, now, now, scope=list_scope)


class ProgressPages(Controller):
    """Filters and places in the listing are in the address, so that it can be passed on."""

    opt = {ACCESS: "read:progress"}  # noqa: RUF012  litestar's own spelling
    dependencies = {  # noqa: RUF012  litestar's own spelling
        "picked": Provide(picked, sync_to_thread=False),
        "current_clocks": Provide(current_clocks, sync_to_thread=False),
    }

    @get("/")
    async def progress_table(
        self,
        page: NamedDependency[PageContext],
        picked: NamedDependency[Picked],
        progress: NamedDependency[ProgressList],
        current_clocks: NamedDependency[ClocksAt],
        list_scope: NamedDependency[Scope],
        settings: NamedDependency[Settings],
    ) -> Response[str]:
        """The projects that match every filter, those changed last first."""
        wanted = picked.wanted
        rows, count = await progress.page(wanted), await progress.count(wanted)
        week = week_from(wanted.t, zone_of(DEFAULT_LAW).key)
        tiles = await progress.tiles(wanted.t, week, settings.stale_days, list_scope)
        ids, end = [row.project for row in rows], wanted.offset + wanted.limit
        running = await _running(current_clocks, ids)
        return page.render(
            "progress.html",
            as_of=wanted.t,
            tiles=tiles_of(page, tiles),
            nothing=not tiles.projects,
            asked=wanted,
            picked=picked.fields,
            choices=choices_of(page, await progress.choices(list_scope)),
            page_rows=PAGE_ROWS,
            count=count,
            rows=shown_rows(page, rows, await progress.items(ids), running or ()),
            clocks_missing=running is None,
            explained=explained(page),
            **telling(page, wanted.t),
            previous=page.here(offset=max(wanted.offset - wanted.limit, 0)) if wanted.offset else "",
            next=page.here(offset=end) if count > end else "",
        )


async def _running(clocks: ClocksAt, projects: Sequence[UUID]) -> list[ListedClock] | None:
    """The running clocks of *projects*; None where too much has moved: the table is worth showing without them."""
    try:
        return await clocks.running(projects)
    except TooMuchToReadError:
        return None
