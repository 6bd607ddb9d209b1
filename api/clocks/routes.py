"""GET /v1/clocks and a project's own: each statutory clock at an instant, as known at another, and why."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter
from msgspec import Struct, structs

from api.clocks.links import address, behind
from api.cursors import PAGED, ListPaging
from api.route_access import ACCESS
from api.web.as_of import translate_too_much
from api.web.entries import entries_of
from api.web.parameters import Department, Paging, code
from api.web.problems import Problem
from domain.core.types import ModeName
from domain.law.licensing.clock import Level, State
from domain.law.licensing.explain import Explanation
from infrastructure.law.lawbook import law_book
from infrastructure.ledger.approvals import Approvals
from projections.clocks.counts import ClockCount
from projections.clocks.list import ClockFilter, ClockKey, ListedClock
from projections.clocks.nodes import NODES, ModeTitle, Node, modes_with
from projections.clocks.query import ClocksAt, NoSuchClockError
from projections.clocks.reading import ItemReading, Reading

APPLICATIONS_MAX = 10_000  # of one item: a new one takes a decision on the one before

OfMode = Annotated[ModeName | None, QueryParameter(description="How the item is handled: a mode of its law.")]
AtNode = Annotated[str, code("The key node: acceptance, decision, extension, delivery; `none`: those of no node.")]
OfItem = Annotated[str, code("The item's code.")]
OfClock = Annotated[str, code("A clock's name, such as `intake#2`, or that of its kind, such as `intake`.")]
AtLevel = Annotated[Level | None, QueryParameter(description="Its colour at the instant.")]
InState = Annotated[State | None, QueryParameter(name="state", description="What has become of it by then.")]
DueBefore = Annotated[date | None, QueryParameter(description="Due before this day.")]
DueAfter = Annotated[date | None, QueryParameter(description="Due after this day.")]
Awaited = Annotated[
    bool, QueryParameter(description="Only those that wait for an act, without those that silence has answered.")
]
Closed = Annotated[bool, QueryParameter(description="Those that are history, instead of those that run.")]
Application = Annotated[
    int, QueryParameter(ge=0, le=APPLICATIONS_MAX, description="Which application for the item; 0 is the last.")
]
ItemCode = Annotated[str, QueryParameter(min_length=1, max_length=64, description="The item's code.")]
ClockName = Annotated[str, QueryParameter(min_length=1, max_length=200, description="Such as `decision`, `intake#1`.")]


class ProjectClocks(Struct, frozen=True):
    """Every application of one project, with all its clocks, at *as_of* by what was known at *known_at*."""

    as_of: datetime
    known_at: datetime
    items: list[ItemReading]


class ShownClock(Reading, frozen=True, kw_only=True):
    """One clock of a list, with the project it is of."""

    project: UUID


class ClockPage(Struct, frozen=True):
    """Clocks, those that are over first. *next* is the `cursor` of the next page, null on the last.

    *recounting* is true for some minutes after a calendar notice: dates may then still be those of the calendar before.
    """

    as_of: datetime
    known_at: datetime
    clocks: list[ShownClock]
    next: str | None
    position: int
    recounting: bool = False


class ShownCount(ClockCount, frozen=True, kw_only=True):
    """One cell, and the addresses of the lists whose lengths its numbers are; none for a zero."""

    lists: dict[str, str]


class ClockMatrix(Struct, frozen=True):
    """How many clocks run, by mode and key node. A cell without a node counts those that belong to none.

    *recounting* is as in the list.
    """

    as_of: datetime
    known_at: datetime
    department: str
    modes: tuple[ModeTitle, ...]
    nodes: tuple[Node, ...]
    cells: list[ShownCount]
    position: int
    recounting: bool = False


class ExplainedClock(Struct, frozen=True):
    """One clock day by day: as many days are counted as are used."""

    as_of: datetime
    known_at: datetime
    explanation: Explanation


def clock_filter(
    *,
    department: Department = "",
    mode: OfMode = None,
    node: AtNode = "",
    item: OfItem = "",
    clock: OfClock = "",
    level: AtLevel = None,
    in_state: InState = None,  # a parameter `state` would be the application's
    due_before: DueBefore = None,
    due_after: DueAfter = None,
    awaited: Awaited = False,
    closed: Closed = False,
    paging: NamedDependency[Paging],
) -> ClockFilter:
    """Which clocks a list or its page shows, and one more to see whether there is a next page."""
    return ClockFilter(
        department=department,
        mode=mode or "",
        node=node,
        item=item,
        clock=clock,
        level=level,
        state=in_state,
        due_before=due_before,
        due_after=due_after,
        awaited=awaited,
        closed=closed,
        limit=paging.rows_read,
        offset=paging.offset,
        last=paging.last(ClockKey),
    )


CLOCK_FILTER = {"clock_filter": Provide(clock_filter, sync_to_thread=False)}


class ClockRoutes(Controller):
    """The clocks view, and the ledger behind it for what the view can't say. Overdue is worked out, never stored."""

    opt = {ACCESS: "read:clocks"}  # noqa: RUF012  litestar's own spelling
    tags = ("clocks",)

    @get("/projects/{project_id:uuid}/clocks", operation_id="get_clocks", summary="Every clock of a project")
    async def get_clocks(
        self,
        project_id: FromPath[UUID],
        project_clocks: NamedDependency[ClocksAt],
        approvals: NamedDependency[Approvals],
    ) -> ProjectClocks:
        """Item by item, application by application; read from the ledger, so never behind it."""
        items = await project_clocks.of_project(project_id)
        if not items:
            await entries_of(approvals, project_id)
        return ProjectClocks(project_clocks.t, project_clocks.known, items)

    @get(
        "/clocks",
        operation_id="list_clocks",
        summary="Clocks of all projects that match every filter",
        dependencies=PAGED | CLOCK_FILTER,
    )
    async def list_clocks(
        self,
        position: NamedDependency[int],
        clocks: NamedDependency[ClocksAt],
        clock_filter: NamedDependency[ClockFilter],
        paging: NamedDependency[ListPaging],
    ) -> ClockPage:
        """Those that are over first, then those that will be; a clock whose last day can't be known comes last."""
        rows = await translate_too_much(clocks.listed(clock_filter))
        shown = [shown_clock(row) for row in paging.shown(rows)]
        following = paging.next_of(rows, lambda row: row.place)
        return ClockPage(clocks.t, clocks.known, shown, following, position, clocks.recounting)

    @get("/clocks/matrix", operation_id="count_clocks", summary="Counts of clocks by mode, key node and state")
    async def count_clocks(
        self, position: NamedDependency[int], clocks: NamedDependency[ClocksAt], department: Department = ""
    ) -> ClockMatrix:
        """Of one department, or of the whole zone: in time, near their end, late, paused, not confirmed."""
        counts = await translate_too_much(clocks.counts(department))
        cells = [shown_count(cell, clocks, department) for cell in counts]
        modes = modes_with((cell.mode for cell in cells), law_book().packs)
        return ClockMatrix(clocks.t, clocks.known, department, modes, NODES, cells, position, clocks.recounting)

    @get(
        "/projects/{project_id:uuid}/clocks/explain",
        operation_id="explain_clock",
        summary="How one clock of a project was counted, day by day",
    )
    async def explain_clock(
        self,
        project_id: FromPath[UUID],
        item: ItemCode,
        clock: ClockName,
        project_clocks: NamedDependency[ClocksAt],
        approvals: NamedDependency[Approvals],
        application: Application = 0,
    ) -> ExplainedClock:
        """Every calendar day from its start, counted or not, with the notice or the suspension that says so."""
        try:
            explanation = await project_clocks.explained(project_id, item, clock, application)
        except NoSuchClockError as error:
            await entries_of(approvals, project_id)
            known = ", ".join(dict.fromkeys(clock.clock for clock in await started(project_clocks, project_id, item)))
            raise Problem("not-found", str(error)[:500], remedy=f"started are: {known or 'none'}") from error
        return ExplainedClock(project_clocks.t, project_clocks.known, explanation)


async def started(clocks: ClocksAt, project: UUID, item: str) -> list[Reading]:
    """The clocks of *item* that had started."""
    return [clock for read in await clocks.of_project(project) if read.item == item for clock in read.clocks]


def shown_clock(listed: ListedClock) -> ShownClock:
    """*listed* as it is shown."""
    return ShownClock(project=listed.project, **structs.asdict(listed.reading))


def shown_count(cell: ClockCount, clocks: ClocksAt, department: str) -> ShownCount:
    """*cell* as it is shown, with the lists of its clocks at the same instants."""
    pinned = {"as_of": clocks.t.isoformat(), "known_at": clocks.known.isoformat(), "department": department}
    pinned["register"] = clocks.scope.register
    lists = {
        standing: address("/v1/clocks", **pinned, **which)
        for standing, which in behind(cell).items()
        if getattr(cell, standing)
    }
    return ShownCount(**structs.asdict(cell), lists=lists)
