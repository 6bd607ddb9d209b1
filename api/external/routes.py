"""GET /outside and a project's own: results from departments outside the system, how stale, and where feeds differ."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from api.external.schemas import ShownOutside, asked_at, outside_of, shown_outside
from api.web.as_of import AsOf
from api.web.dependencies import AnyRequest, parts_of
from api.web.entries import entries_of
from api.web.parameters import PAGE_ROWS, After, Department, Limit, Manager, Offset, caught_up
from api.web.scope import InRegister, scope_of
from projections.external.query import OutsideFilter, OutsideResults

Stale = Annotated[bool, QueryParameter(description="Only those nobody has verified for longer than the setting says.")]
Disputed = Annotated[
    bool | None, QueryParameter(description="Those where a feed says otherwise and nobody has decided, or the others.")
]


class OutsidePage(Struct, frozen=True):
    """Results, those verified longest ago first. *next* is the `offset` of the next page, null on the last."""

    as_of: datetime
    stale_days: int
    results: list[ShownOutside]
    next: int | None
    position: int


class ProjectOutside(Struct, frozen=True):
    """One project's results from outside, by item."""

    as_of: datetime
    stale_days: int
    results: list[ShownOutside]
    position: int


class OutsideTables(Controller):
    """What departments outside the system decided, as far as somebody keyed it in or their own system told."""

    tags = ("views",)

    @get("/outside", operation_id="list_outside", summary="Results from outside, those verified longest ago first")
    async def list_outside(
        self,
        request: AnyRequest,
        *,
        after: After = 0,
        as_of: AsOf = None,
        department: Department = "",
        manager: Manager = "",
        stale: Stale = False,
        disputed: Disputed = None,
        register: InRegister = "",  # noqa: ARG002  checked here, used by scope_of
        limit: Limit = PAGE_ROWS,
        offset: Offset = 0,
    ) -> OutsidePage:
        """Of all projects. `as_of` moves only the day by which staleness is counted."""
        at, days = asked_at(request, as_of)
        _, position = await caught_up(request, after)
        asked = OutsideFilter(
            department=department,
            manager=manager,
            disputed=disputed,
            stale_days=days if stale else None,
            at=at,
            register=(await scope_of(request)).register,
            limit=limit + 1,
            offset=offset,
        )
        rows = await OutsideResults(parts_of(request).approvals.store).listed(asked)
        results = [shown_outside(row, at, days) for row in rows[:limit]]
        return OutsidePage(at, days, results, offset + limit if len(rows) > limit else None, position)

    @get("/projects/{project_id:uuid}/outside", operation_id="get_outside", summary="A project's results from outside")
    async def get_outside(
        self, request: AnyRequest, project_id: FromPath[UUID], after: After = 0, as_of: AsOf = None
    ) -> ProjectOutside:
        """Item by item: what stands, where it is from, when it was last verified, and what a feed says otherwise."""
        at, days = asked_at(request, as_of)
        _, position = await caught_up(request, after)
        results = await outside_of(request, project_id, at)
        if not results:
            await entries_of(request, project_id)
        return ProjectOutside(at, days, results, position)
