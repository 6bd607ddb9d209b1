"""GET /v1/external and a project's own: results from departments outside the system, how old, where feeds differ."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from api.cursors import PAGED, ListPaging
from api.external.schemas import ShownExternal, external_as_of, external_of, shown_external
from api.route_access import ACCESS
from api.web.as_of import Instants, translate_too_much
from api.web.entries import entries_of
from api.web.parameters import Department, Manager, Paging
from infrastructure.ledger.approvals import Approvals
from infrastructure.settings import Settings
from projections.external.query import ExternalFilter, ExternalKey, ExternalResults
from projections.scope import Scope

Stale = Annotated[bool, QueryParameter(description="Only those not verified for longer than the setting says.")]
Disputed = Annotated[
    bool | None, QueryParameter(description="Those where a feed differs and no decision was recorded, or the others.")
]


class ExternalPage(Struct, frozen=True):
    """Results at *as_of*, by what was recorded by *known_at*, those verified longest ago first.

    *next* is the `cursor` of the next page, null on the last.
    """

    as_of: datetime
    known_at: datetime
    stale_days: int
    results: list[ShownExternal]
    next: str | None
    position: int


class ProjectExternal(Struct, frozen=True):
    """One project's results from outside at *as_of*, by what was recorded by *known_at*, by item."""

    as_of: datetime
    known_at: datetime
    stale_days: int
    results: list[ShownExternal]
    position: int


def external_filter(
    *,
    instants_known_now: NamedDependency[Instants],
    settings: NamedDependency[Settings],
    department: Department = "",
    manager: Manager = "",
    stale: Stale = False,
    disputed: Disputed = None,
    list_scope: NamedDependency[Scope],
    paging: NamedDependency[Paging],
) -> ExternalFilter:
    """Which results the list shows, and one more to see whether there is a next page."""
    return ExternalFilter(
        department=department,
        manager=manager,
        disputed=disputed,
        stale_days=settings.stale_days if stale else None,
        at=instants_known_now.at,
        scope=list_scope,
        limit=paging.rows_read,
        last=paging.last(ExternalKey),
    )


class ExternalRoutes(Controller):
    """Decisions of departments outside the system, as keyed in by an officer or reported by their own system."""

    opt = {ACCESS: "read:external"}  # noqa: RUF012  litestar's own spelling
    tags = ("views",)

    @get(
        "/external",
        operation_id="list_external",
        summary="Results from outside, those verified longest ago first",
        dependencies=PAGED | {"external_filter": Provide(external_filter, sync_to_thread=False)},
    )
    async def list_external(
        self,
        position: NamedDependency[int],
        instants_known_now: NamedDependency[Instants],
        external: NamedDependency[ExternalResults],
        external_filter: NamedDependency[ExternalFilter],
        settings: NamedDependency[Settings],
        paging: NamedDependency[ListPaging],
    ) -> ExternalPage:
        """Of all projects, now or as they were at `as_of`, by what is known now or was at `known_at`."""
        instants, days = instants_known_now, settings.stale_days
        at = instants.at
        rows = await translate_too_much(external.listed(external_filter, instants.past))
        results = [shown_external(row, at, days) for row in paging.shown(rows)]
        following = paging.next_of(rows, lambda row: (row.verified_on, row.project, row.item))
        return ExternalPage(at, instants.known, days, results, following, position)

    @get(
        "/projects/{project_id:uuid}/external", operation_id="get_external", summary="A project's results from outside"
    )
    async def get_external(
        self,
        project_id: FromPath[UUID],
        position: NamedDependency[int],
        instants_known_now: NamedDependency[Instants],
        external: NamedDependency[ExternalResults],
        approvals: NamedDependency[Approvals],
        settings: NamedDependency[Settings],
    ) -> ProjectExternal:
        """Item by item: the result, its source, when it was last verified, and what a feed says otherwise.

        Of a past instant it is read from the ledger.
        """
        instants, days = instants_known_now, settings.stale_days
        at, known = instants.at, instants.known
        if instants.is_past:
            entries = await entries_of(approvals, project_id)
            results = external_as_of(project_id, entries, at, known, days)
            return ProjectExternal(at, known, days, results, entries[-1].position)
        results = await external_of(external, project_id, at, days)
        if not results:
            await entries_of(approvals, project_id)
        return ProjectExternal(at, known, days, results, position)
