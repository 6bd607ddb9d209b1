"""项目进度表 the progress table: the zone in a few numbers, filters, and a row a project with a cell an item."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get
from litestar.exceptions import HTTPException
from litestar.params import QueryParameter

from api.clock_paper import telling
from api.law import laws_of
from api.pages import AtStage, Lang, apologize, page, reader_of
from api.paper import paper_of, zone_of
from api.parts import AnyRequest, parts_of
from api.progress_paper import choices_of, shown_rows, tiles_of
from api.views import PAGE_ROWS, AtPhase, Department, Limit, Manager, Offset, OfKind, Text, WaitingOn
from domain.law.moment import week_from
from infrastructure.approvals import DEFAULT_LAW
from infrastructure.clock_list import ListedClock
from infrastructure.clocks import ClocksAt, TooMuchToRead
from infrastructure.progress_list import ProgressList, ProjectsAsked

Warned = Annotated[str, QueryParameter(pattern="^(soon|late|)$", description="With a clock that is.")]
Status = Annotated[str, QueryParameter(pattern="^(open|done|)$", description="Not all items decided, or all.")]
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
        limit: Limit = PAGE_ROWS,
        offset: Offset = 0,
    ) -> Response[str]:
        """The projects that match every filter, those changed last first."""
        reader_of(request)
        parts = parts_of(request)
        asked = ProjectsAsked(
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
            limit=limit,
            offset=offset,
        )
        return await _table(request, asked, {"status": status, "stale": stale})


async def _table(request: AnyRequest, asked: ProjectsAsked, chosen: dict[str, str]) -> Response[str]:
    """The page for what is *asked*; *chosen* are the filters that it holds under another name."""
    parts, paper = parts_of(request), await paper_of(request, DEFAULT_LAW)
    table = ProgressList(parts.approvals.store)
    found, count = await table.page(asked), await table.count(asked)
    tiles = await table.tiles(asked.t, week_from(asked.t, zone_of(DEFAULT_LAW).key), parts.settings.stale_days)
    ids, end = [row.project for row in found], asked.offset + asked.limit
    running = await _running(request, asked.t, ids)
    body = paper.print(
        "progress.html",
        as_of=asked.t,
        tiles=tiles_of(paper, tiles),
        nothing=not tiles.projects,
        asked=asked,
        picked={name: getattr(asked, name, "") for name in ("manager", "phase", "kind", "department", "stage")}
        | {"holder": asked.holder, "warned": asked.warned}
        | chosen,
        choices=choices_of(paper, await table.choices()),
        page_rows=PAGE_ROWS,
        count=count,
        rows=shown_rows(paper, found, await table.items(ids), running or ()),
        clocks_missing=running is None,
        **telling(paper),
        previous=paper.here(offset=max(asked.offset - asked.limit, 0)) if asked.offset else "",
        next=paper.here(offset=end) if count > end else "",
    )
    return page(body)


async def _running(request: AnyRequest, t: datetime, projects: Sequence[UUID]) -> list[ListedClock] | None:
    """The running clocks of *projects*; None where too much has moved: the table is worth showing without them."""
    clocks = ClocksAt(parts_of(request).approvals.store, await laws_of(request), t, t)
    try:
        return await clocks.running(projects)
    except TooMuchToRead:
        return None
