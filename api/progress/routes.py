"""GET /progress and a project's own: the progress table, with filters, after one's own write."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from api.external.schemas import ShownOutside, outside_of, outside_then
from api.web.as_of import AsOf, KnownAt, asked_then, instant_in, past_in, progress_then, readable
from api.web.dependencies import AnyRequest, parts_of
from api.web.entries import entries_of
from api.web.parameters import (
    PAGE_ROWS,
    WITHOUT_NUL,
    After,
    AtStage,
    Department,
    Limit,
    Manager,
    Offset,
    Since,
    Stuck,
    caught_up,
    code,
)
from api.web.scope import InRegister, scope_of
from domain.core.types import LINE_CHARACTERS_MAX
from infrastructure.projector.positions import Summary
from projections.progress.fold import ProgressItem, ProgressProject
from projections.progress.query import ProgressList, ProjectsAsked

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

    *next* is the `offset` of the next page, null on the last.

    *position* is how much of the ledger the rows have at least taken in; so in all answers of the views.
    """

    as_of: datetime
    known_at: datetime
    projects: list[ProgressProject]
    next: int | None
    position: int


class ProjectProgress(Struct, frozen=True):
    """One project's items, in the order of its list; *outside*: those told from outside, with how stale that is.

    At *as_of*, by what was recorded by *known_at*.
    """

    as_of: datetime
    known_at: datetime
    items: list[ProgressItem]
    outside: list[ShownOutside]
    position: int


class ViewTables(Controller):
    """The views, each at the position asked for or later."""

    tags = ("views",)

    @get("/progress", operation_id="list_progress", summary="The progress table: projects that match every filter")
    async def list_progress(
        self,
        request: AnyRequest,
        *,
        after: After = 0,
        as_of: AsOf = None,
        known_at: KnownAt = None,
        manager: Manager = "",
        phase: AtPhase = "",
        kind: OfKind = "",
        department: Department = "",
        stage: AtStage = None,
        waiting_on: WaitingOn = "",
        text: Text = "",
        stuck: Stuck = None,
        register: InRegister = "",  # noqa: ARG002  checked here, used by scope_of
        changed_since: Since = None,
        limit: Limit = PAGE_ROWS,
        offset: Offset = 0,
    ) -> ProgressPage:
        """Who has to act, how far each project has come, and what changed last; without filters, all of them."""
        (at, known), (_, position) = asked_then(request, as_of, known_at), await caught_up(request, after)
        asked = ProjectsAsked(
            t=at,
            manager=manager,
            phase=phase,
            kind=kind,
            department=department,
            stage=stage or "",
            holder=waiting_on,
            text=text,
            stuck=stuck,
            register=(await scope_of(request)).register,
            changed_since=instant_in("changed_since", changed_since),
            limit=limit + 1,
            offset=offset,
        )
        table = ProgressList(parts_of(request).approvals.store)
        rows = await readable(table.page(asked, past_in(as_of, known_at, at, known)))
        return ProgressPage(at, known, rows[:limit], offset + limit if len(rows) > limit else None, position)

    @get("/progress/summary", operation_id="summarize_progress", summary="The whole zone in a few numbers")
    async def summarize_progress(
        self,
        request: AnyRequest,
        after: After = 0,
        register: InRegister = "",  # noqa: ARG002  checked here, used by scope_of
    ) -> Summary:
        """How many projects and items there are, how many are open, and how many projects are stuck."""
        views, _ = await caught_up(request, after)
        return await views.summary((await scope_of(request)).register)

    @get("/projects/{project_id:uuid}/progress", operation_id="get_progress", summary="A project's items, one a row")
    async def get_progress(
        self,
        request: AnyRequest,
        project_id: FromPath[UUID],
        after: After = 0,
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> ProjectProgress:
        """Stage, holder, dates and what is missing, item by item; of a past instant read from the ledger."""
        at, known = asked_then(request, as_of, known_at)
        views, position = await caught_up(request, after)
        if as_of or known_at:
            entries = await entries_of(request, project_id)
            stale_days = parts_of(request).settings.stale_days
            return ProjectProgress(
                as_of=at,
                known_at=known,
                items=progress_then(project_id, entries, at, known),
                outside=outside_then(project_id, entries, at, known, stale_days),
                position=entries[-1].position,
            )
        rows = await views.items(project_id)
        if not rows:
            await entries_of(request, project_id)
        outside = await outside_of(request, project_id, at)
        return ProjectProgress(as_of=at, known_at=known, items=rows, outside=outside, position=position)
