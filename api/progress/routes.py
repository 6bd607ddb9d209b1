"""GET /v1/progress and a project's own: the progress table, with filters, after one's own write."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from api.cursors import PAGED, ListPaging
from api.external.schemas import ShownExternal, external_as_of, external_of
from api.route_access import ACCESS
from api.web.as_of import Instants, instant_in, progress_as_of, translate_too_much
from api.web.entries import entries_of
from api.web.parameters import PAGE_ROWS_MAX, WITHOUT_NUL, AtStage, Department, Manager, Paging, Since, Stuck, code
from domain.core.types import LINE_CHARACTERS_MAX
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Summary, Views
from infrastructure.settings import Settings
from projections.external.query import ExternalResults
from projections.progress.query import ProgressKey, ProgressList, ProjectFilter
from projections.progress.rows import ProgressItem, ProgressProject
from projections.scope import Scope

AtPhase = Annotated[str, code("The phase of its flow in which a project is, by its code.")]

OfKind = Annotated[str, code("The kind of project, as its flow has it.")]

WaitingOn = Annotated[
    str, code("Who has to act: a department, `applicant`, `outside`, `outside_body`, `project_manager` or `nobody`.")
]

Text = Annotated[
    str,
    QueryParameter(
        max_length=LINE_CHARACTERS_MAX,
        pattern=WITHOUT_NUL,
        description="In code, name or enterprise; or the whole case number of one of its applications.",
    ),
]


class ProgressPage(Struct, frozen=True):
    """Projects, the last changed first, at *as_of* by what was known at *known_at*.

    *next* is the `cursor` of the next page, null on the last.

    *position* is how much of the ledger the rows have at least taken in; so in all answers of the views.
    """

    as_of: datetime
    known_at: datetime
    projects: list[ProgressProject]
    next: str | None
    position: int


class ProjectProgress(Struct, frozen=True):
    """One project's items, in the order of its list; *outside*: those reported from outside, with how stale that is.

    At *as_of*, by what was recorded by *known_at*.
    """

    as_of: datetime
    known_at: datetime
    items: list[ProgressItem]
    outside: list[ShownExternal]
    position: int


def project_filter(
    *,
    instants: NamedDependency[Instants],
    manager: Manager = "",
    phase: AtPhase = "",
    kind: OfKind = "",
    department: Department = "",
    stage: AtStage = None,
    waiting_on: WaitingOn = "",
    text: Text = "",
    stuck: Stuck = None,
    list_scope: NamedDependency[Scope],
    changed_since: Since = None,
    paging: NamedDependency[Paging],
) -> ProjectFilter:
    """Which projects the list shows, and one more to see whether there is a next page."""
    return ProjectFilter(
        t=instants.at,
        manager=manager,
        phase=phase,
        kind=kind,
        department=department,
        stage=stage or "",
        holder=waiting_on,
        text=text,
        stuck=stuck,
        scope=list_scope,
        changed_since=instant_in("changed_since", changed_since),
        limit=paging.rows_read,
        last=paging.last(ProgressKey),
    )


ProjectCode = Annotated[
    str,
    QueryParameter(
        min_length=1, max_length=LINE_CHARACTERS_MAX, pattern=WITHOUT_NUL, description="The project's code, whole."
    ),
]


class ProjectsByCode(Struct, frozen=True):
    """The projects that are registered under one code: one at most, but where a register repeats its own."""

    projects: list[ProgressProject]
    position: int


class ProgressRoutes(Controller):
    """The views, each at the position asked for or later."""

    opt = {ACCESS: "read:progress"}  # noqa: RUF012  litestar's own spelling
    tags = ("views",)

    @get(
        "/progress",
        operation_id="list_progress",
        summary="The progress table: projects that match every filter",
        dependencies=PAGED | {"project_filter": Provide(project_filter, sync_to_thread=False)},
    )
    async def list_progress(
        self,
        position: NamedDependency[int],
        instants: NamedDependency[Instants],
        progress: NamedDependency[ProgressList],
        project_filter: NamedDependency[ProjectFilter],
        paging: NamedDependency[ListPaging],
    ) -> ProgressPage:
        """Who has to act, how far each project has come, and what changed last; without filters, all of them."""
        rows = await translate_too_much(progress.page(project_filter, instants.past))
        return ProgressPage(
            instants.at,
            instants.known,
            paging.shown(rows),
            paging.next_of(rows, lambda row: (row.changed_at, row.project)),
            position,
        )

    @get("/projects", operation_id="find_projects", summary="The project that is registered under a code")
    async def find_projects(
        self,
        code: ProjectCode,
        position: NamedDependency[int],
        now: NamedDependency[datetime],
        progress: NamedDependency[ProgressList],
        list_scope: NamedDependency[Scope],
    ) -> ProjectsByCode:
        """Of the zone itself, or of one register; an empty list where none has the code."""
        wanted = ProjectFilter(t=now, code=code, scope=list_scope, limit=PAGE_ROWS_MAX)
        return ProjectsByCode(await progress.page(wanted), position)

    @get("/progress/summary", operation_id="summarize_progress", summary="The whole zone in a few numbers")
    async def summarize_progress(
        self,
        position: NamedDependency[int],  # noqa: ARG002  waits for the parameter `after`
        views: NamedDependency[Views],
        list_scope: NamedDependency[Scope],
    ) -> Summary:
        """How many projects and items there are, how many are open, and how many projects are stuck."""
        return await views.summary(list_scope)

    @get("/projects/{project_id:uuid}/progress", operation_id="get_progress", summary="A project's items, one a row")
    async def get_progress(
        self,
        *,
        project_id: FromPath[UUID],
        position: NamedDependency[int],
        instants: NamedDependency[Instants],
        views: NamedDependency[Views],
        approvals: NamedDependency[Approvals],
        external: NamedDependency[ExternalResults],
        settings: NamedDependency[Settings],
    ) -> ProjectProgress:
        """Stage, holder, dates and what is missing, item by item; of a past instant read from the ledger."""
        at, known, stale_days = instants.at, instants.known, settings.stale_days
        if instants.is_past:
            entries = await entries_of(approvals, project_id)
            return ProjectProgress(
                as_of=at,
                known_at=known,
                items=progress_as_of(project_id, entries, at, known),
                outside=external_as_of(project_id, entries, at, known, stale_days),
                position=entries[-1].position,
            )
        rows = await views.items(project_id)
        if not rows:
            await entries_of(approvals, project_id)
        outside = await external_of(external, project_id, at, stale_days)
        return ProjectProgress(as_of=at, known_at=known, items=rows, outside=outside, position=position)
