"""GET /clocks and a project's own: how every statutory clock stands at any instant, as known at any other, and why."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.params import FromPath, QueryParameter
from msgspec import Struct, structs

from api.clocks.links import address, behind
from api.web.as_of import AsOf, KnownAt, asked_then, readable
from api.web.dependencies import AnyRequest, laws_of, parts_of
from api.web.entries import entries_of
from api.web.parameters import PAGE_ROWS, After, Department, Limit, Offset, caught_up, code
from api.web.problems import Problem
from api.web.scope import InRegister, scope_of
from domain.core.types import ModeName
from domain.law.licensing.clock import Level, State
from domain.law.licensing.explain import Explanation
from infrastructure.law.lawbook import law_book
from projections.clocks.counts import ClockCount
from projections.clocks.list import ClockFilter, ListedClock
from projections.clocks.nodes import NODES, ModeTitle, Node, modes_with
from projections.clocks.query import ClocksAt, NoSuchClockError
from projections.clocks.reading import ItemReading, Reading
from projections.scope import ZONE_SCOPE, Scope

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
    """Clocks, those that are over first. *next* is the `offset` of the next page, null on the last.

    *recounting* is true for some minutes after a calendar notice: dates may then still be those of the calendar before.
    """

    as_of: datetime
    known_at: datetime
    clocks: list[ShownClock]
    next: int | None
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


class ClockRoutes(Controller):
    """The clocks view, and the ledger behind it for what the view can't say. Overdue is worked out, never stored."""

    tags = ("clocks",)

    @get("/projects/{project_id:uuid}/clocks", operation_id="get_clocks", summary="Every clock of a project")
    async def get_clocks(
        self, request: AnyRequest, project_id: FromPath[UUID], as_of: AsOf = None, known_at: KnownAt = None
    ) -> ProjectClocks:
        """Item by item, application by application; read from the ledger, so never behind it."""
        asked = await clocks_at(request, as_of, known_at)
        items = await asked.of_project(project_id)
        if not items:
            await entries_of(request, project_id)
        return ProjectClocks(asked.t, asked.known, items)

    @get("/clocks", operation_id="list_clocks", summary="Clocks of all projects that match every filter")
    async def list_clocks(
        self,
        request: AnyRequest,
        *,
        after: After = 0,
        as_of: AsOf = None,
        known_at: KnownAt = None,
        department: Department = "",
        mode: OfMode = None,
        node: AtNode = "",
        item: OfItem = "",
        clock: OfClock = "",
        level: AtLevel = None,
        in_state: InState = None,  # a handler's argument `state` is the application's
        due_before: DueBefore = None,
        due_after: DueAfter = None,
        awaited: Awaited = False,
        closed: Closed = False,
        register: InRegister = "",  # noqa: ARG002  checked here, used by scope_of
        limit: Limit = PAGE_ROWS,
        offset: Offset = 0,
    ) -> ClockPage:
        """Those that are over first, then those that will be; a clock whose last day can't be known comes last."""
        wanted = ClockFilter(
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
            limit=limit + 1,
            offset=offset,
        )
        _, position = await caught_up(request, after)
        return await clock_page(await clocks_at(request, as_of, known_at, await scope_of(request)), wanted, position)

    @get("/clocks/matrix", operation_id="count_clocks", summary="Modes and key nodes: how many clocks stand how")
    async def count_clocks(
        self,
        request: AnyRequest,
        after: After = 0,
        as_of: AsOf = None,
        known_at: KnownAt = None,
        department: Department = "",
        register: InRegister = "",  # noqa: ARG002  checked here, used by scope_of
    ) -> ClockMatrix:
        """Of one department, or of the whole zone: in time, near their end, late, paused, not confirmed."""
        _, position = await caught_up(request, after)
        asked = await clocks_at(request, as_of, known_at, await scope_of(request))
        cells = [shown_count(one, asked, department) for one in await readable(asked.counts(department))]
        modes = modes_with((cell.mode for cell in cells), law_book().packs)
        return ClockMatrix(asked.t, asked.known, department, modes, NODES, cells, position, asked.recounting)

    @get(
        "/projects/{project_id:uuid}/clocks/explain",
        operation_id="explain_clock",
        summary="Why one clock of a project stands where it does, day by day",
    )
    async def explain_clock(
        self,
        request: AnyRequest,
        project_id: FromPath[UUID],
        item: ItemCode,
        clock: ClockName,
        application: Application = 0,
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> ExplainedClock:
        """Every calendar day from its start, counted or not, with the notice or the suspension that says so."""
        asked = await clocks_at(request, as_of, known_at)
        try:
            found = await asked.explained(project_id, item, clock, application)
        except NoSuchClockError as none:
            await entries_of(request, project_id)
            known = ", ".join(dict.fromkeys(one.clock for one in await started(asked, project_id, item)))
            raise Problem("not-found", str(none)[:500], remedy=f"started are: {known or 'none'}") from none
        return ExplainedClock(asked.t, asked.known, found)


async def clocks_at(
    request: AnyRequest, as_of: datetime | None, known_at: datetime | None, scope: Scope = ZONE_SCOPE
) -> ClocksAt:
    """The clocks at the instant asked about, in lists those of *scope*. Raises Problem where one of these is none."""
    t, known = asked_then(request, as_of, known_at)
    return ClocksAt(parts_of(request).approvals.store, await laws_of(request), t, known, scope=scope)


async def started(asked: ClocksAt, project: UUID, item: str) -> list[Reading]:
    """The clocks of *item* that had started."""
    return [one for read in await asked.of_project(project) if read.item == item for one in read.clocks]


async def clock_page(asked: ClocksAt, wanted: ClockFilter, position: int) -> ClockPage:
    """The page of *wanted*, which asks for one clock more than it has, to see whether there are more."""
    rows = [shown_clock(one) for one in await readable(asked.listed(wanted))]
    limit = wanted.limit - 1
    following = wanted.offset + limit if len(rows) > limit else None
    return ClockPage(asked.t, asked.known, rows[:limit], following, position, asked.recounting)


def shown_clock(listed: ListedClock) -> ShownClock:
    """*listed* as it is shown."""
    return ShownClock(project=listed.project, **structs.asdict(listed.reading))


def shown_count(cell: ClockCount, asked: ClocksAt, department: str) -> ShownCount:
    """*cell* as it is shown, with the lists of its clocks at the same instants."""
    pinned = {"as_of": asked.t.isoformat(), "known_at": asked.known.isoformat(), "department": department}
    pinned["register"] = asked.scope.register
    lists = {
        standing: address("/clocks", **pinned, **which)
        for standing, which in behind(cell).items()
        if getattr(cell, standing)
    }
    return ShownCount(**structs.asdict(cell), lists=lists)
