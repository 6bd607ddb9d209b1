"""GET /progress and a project's own: the progress table, with filters, after one's own write."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from api.identity import actor_of, headers_of
from api.instants import AsOf, KnownAt, instant_in
from api.outside_rows import ShownOutside, outside_of
from api.parts import AnyRequest, parts_of
from api.past import asked_then, outside_then, past_in, progress_then, readable
from api.problems import Problem
from api.projects import entries_of
from domain.project.terms import CODE_CHARACTERS_MAX, LINE_CHARACTERS_MAX, Stage
from infrastructure.approvals import Approvals
from infrastructure.progress_list import ProgressList, ProjectsAsked
from infrastructure.views import Summary, Views
from projections.progress_answers import ProgressItem, ProgressProject

PAGE_ROWS = 100
PAGE_ROWS_MAX = 500  # about 250 kB
OFFSET_MAX = 1_000_000  # a zone has thousands of projects
POSITION_MAX = 2**63 - 1  # a position is stored in eight bytes
WITHOUT_NUL = r"^[^\x00]*$"  # PostgreSQL knows no text with U+0000, so there is none to look for


def code(description: str) -> QueryParameter:
    return QueryParameter(max_length=CODE_CHARACTERS_MAX, pattern=WITHOUT_NUL, description=description)


After = Annotated[
    int, QueryParameter(ge=0, le=POSITION_MAX, description="A receipt's position: wait until the views have it.")
]
Manager = Annotated[str, code("The project manager's id.")]
Department = Annotated[str, code("The department's code.")]
AtPhase = Annotated[str, code("The phase of its flow in which a project is, by its code.")]
OfKind = Annotated[str, code("The kind of project, as its flow has it.")]
WaitingOn = Annotated[str, code("Who has to act: a department, `applicant`, or `outside`.")]
AtStage = Annotated[Stage | None, QueryParameter(description="Has an item at this stage.")]
Text = Annotated[
    str,
    QueryParameter(max_length=LINE_CHARACTERS_MAX, pattern=WITHOUT_NUL, description="In code, name or enterprise."),
]
Since = Annotated[
    datetime | None, QueryParameter(description="With its offset from UTC; a plus sign is written %2B in an address.")
]
Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_ROWS_MAX, description="Rows at most.")]
Offset = Annotated[int, QueryParameter(ge=0, le=OFFSET_MAX, description="The `next` of the page before.")]


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
        changed_since: Since = None,
        limit: Limit = PAGE_ROWS,
        offset: Offset = 0,
    ) -> ProgressPage:
        """Who has to act, how far each project has come, and what changed last; without filters, all of them."""
        at, known = asked_then(request, as_of, known_at)
        asked = ProjectsAsked(
            t=at,
            manager=manager,
            phase=phase,
            kind=kind,
            department=department,
            stage=stage or "",
            holder=waiting_on,
            text=text,
            changed_since=instant_in("changed_since", changed_since),
            limit=limit + 1,
            offset=offset,
        )
        _, position = await caught_up(request, after)
        table = ProgressList(parts_of(request).approvals.store)
        rows = await readable(table.page(asked, past_in(as_of, known_at, at, known)))
        return ProgressPage(at, known, rows[:limit], offset + limit if len(rows) > limit else None, position)

    @get("/progress/summary", operation_id="summarize_progress", summary="The whole zone in a few numbers")
    async def summarize_progress(self, request: AnyRequest, after: After = 0) -> Summary:
        """How many projects and items there are, and how many are open."""
        views, _ = await caught_up(request, after)
        return await views.summary()

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


async def caught_up(request: AnyRequest, after: int) -> tuple[Views, int]:
    """The views, once they have *after*, and the position all of them have reached.

    Raises ViewBehind; Problem where the ledger has no such position.
    """
    actor_of(headers_of(request.scope))
    views = parts_of(request).views
    reached = await views.reached()
    if reached < after:
        await _require_recorded(parts_of(request).approvals, after)
        await views.catch_up(after)
        reached = await views.reached()
    return views, reached


async def _require_recorded(approvals: Approvals, after: int) -> None:
    """Refuse a position that the ledger has not come to: waiting for it would not end."""
    if after > (head := await approvals.store.head()):
        raise Problem(
            "invalid-parameter",
            f"after: the ledger ends at position {head}, before {after}",
            remedy="write the position of a receipt, or leave it out",
            parameter="after",
        )
