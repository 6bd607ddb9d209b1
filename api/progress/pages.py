"""项目进度表 the progress table: the zone in a few numbers, filters, and a row a project with a cell an item."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get
from litestar.exceptions import HTTPException
from litestar.params import QueryParameter

from api.clocks.display import telling
from api.html.frame import AtStage, Lang, apologize, page, reader_of
from api.html.page import paper_of
from api.progress.routes import AtPhase, OfKind, Text, WaitingOn
from api.progress.view_models import GLYPHS, choices_of, explained, shown_rows, tiles_of
from api.web.dependencies import AnyRequest, laws_of, parts_of, zone_of
from api.web.parameters import PAGE_ROWS, Department, Limit, Manager, Offset
from api.web.scope import InRegister, scope_of
from domain.law.calendar.moment import week_from
from infrastructure.ledger.approvals import DEFAULT_LAW
from projections.clocks.list import ListedClock
from projections.clocks.query import ClocksAt, TooMuchToReadError
from projections.progress.query import ProgressList, ProjectFilter
from projections.scope import Scope

Warned = Annotated[str, QueryParameter(pattern="^(soon|late|)$", description="With a clock that is.")]
Status = Annotated[str, QueryParameter(pattern="^(open|done|)$", description="Not all items decided, or all.")]
Stuck = Annotated[str, QueryParameter(pattern="^(true|)$", description="Open, and nothing in it moves.")]
Stale = Annotated[str, QueryParameter(pattern="^(true|)$", description="With an outside result long not verified.")]


class ProgressPages(Controller):
    """Filters and places in the listing are in the address, so that it can be passed on."""

    include_in_schema = False
    exception_handlers = {Exception: apologize, HTTPException: apologize}  # noqa: RUF012  litestar's own spelling

    @get("/")
    async def progress(
        self,
        request: AnyRequest,
        *,
        lang: Lang = "",  # noqa: ARG002  checked here, used by Paper
        register: InRegister = "",  # noqa: ARG002  checked here, used by scope_of
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
        limit: Limit = PAGE_ROWS,
        offset: Offset = 0,
    ) -> Response[str]:
        """The projects that match every filter, those changed last first."""
        parts, scope = parts_of(request), await scope_of(request)
        asked = ProjectFilter(
            t=parts.approvals.clock(),
            text=text,
            manager=manager,
            phase=phase,
            kind=kind,
            department=department,
            stage=stage,
            holder=holder,
            warned=warned,
            over=status == "done" if status else None,
            stale_days=parts.settings.stale_days if stale else None,
            stuck=True if stuck else None,
            register=scope.register,
            limit=limit,
            offset=offset,
        )
        return await _table(request, asked, scope, {"status": status, "stale": stale, "stuck": stuck})


async def _table(request: AnyRequest, asked: ProjectFilter, scope: Scope, chosen: dict[str, str]) -> Response[str]:
    """The page for what is *asked*; *chosen* are the filters that it holds under another name."""
    reader_of(request)
    parts, paper = parts_of(request), await paper_of(request, DEFAULT_LAW)
    table = ProgressList(parts.approvals.store)
    found, count = await table.page(asked), await table.count(asked)
    week = week_from(asked.t, zone_of(DEFAULT_LAW).key)
    tiles = await table.tiles(asked.t, week, parts.settings.stale_days, scope)
    ids, end = [row.project for row in found], asked.offset + asked.limit
    running = await _running(request, asked.t, ids, scope)
    body = paper.print(
        "progress.html",
        as_of=asked.t,
        tiles=tiles_of(paper, tiles),
        nothing=not tiles.projects,
        asked=asked,
        picked={name: getattr(asked, name, "") for name in ("manager", "phase", "kind", "department", "stage")}
        | {"holder": asked.holder, "warned": asked.warned}
        | chosen,
        choices=choices_of(paper, await table.choices(scope)),
        page_rows=PAGE_ROWS,
        count=count,
        rows=shown_rows(paper, found, await table.items(ids), running or ()),
        clocks_missing=running is None,
        glyph=lambda state: GLYPHS.get(state, ""),
        explained=explained(paper),
        **telling(paper, asked.t),
        previous=paper.here(offset=max(asked.offset - asked.limit, 0)) if asked.offset else "",
        next=paper.here(offset=end) if count > end else "",
    )
    return page(body)


async def _running(
    request: AnyRequest, t: datetime, projects: Sequence[UUID], scope: Scope
) -> list[ListedClock] | None:
    """The running clocks of *projects*; None where too much has moved: the table is worth showing without them."""
    clocks = ClocksAt(parts_of(request).approvals.store, await laws_of(request), t, t, scope=scope)
    try:
        return await clocks.running(projects)
    except TooMuchToReadError:
        return None
