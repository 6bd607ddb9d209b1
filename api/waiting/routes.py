"""GET /waiting and a project's own: what is waited for, who has to act, since when, and the chain behind it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from api.web.as_of import AsOf, KnownAt, asked_then, past_in, readable
from api.web.dependencies import AnyRequest, parts_of
from api.web.entries import entries_of
from api.web.parameters import PAGE_ROWS, After, Department, Limit, Manager, Offset, Stuck, caught_up, code
from api.web.scope import InRegister, scope_of
from domain.project.waiting.chain import ItemWaiting
from domain.project.waiting.stuck import is_stuck, turned_down
from domain.project.waiting.wait import HeldBy, WaitKind
from projections.clocks.law_events import as_it_stood
from projections.flow.durations import VIEW as HANDLED
from projections.view import Folded
from projections.waiting.fold import VIEW as WAITING
from projections.waiting.fold import waiting_at
from projections.waiting.query import HolderCount, ListedWaiting, WaitingFilter, WaitingRows

Holder = Annotated[str, code("Who has to act: a department's code, `applicant`, or a project manager's id.")]
Turn = Annotated[HeldBy | None, QueryParameter(description="Whose turn it is, whoever that is by name.")]
OfKind = Annotated[WaitKind | None, QueryParameter(description="What is waited for.")]


class ProjectWaiting(Struct, frozen=True):
    """Every item of one project that is not over, in the project's order, at *as_of* by what was known at *known_at*.

    *roots*: the items in which something can be done now, with how many others wait for each. *turned_down*: items that
    were refused or declined and not applied for again; *stuck*: the project is open and has such items, or nobody can
    act on any of its items.
    """

    as_of: datetime
    known_at: datetime
    stuck: bool
    turned_down: list[str]
    items: list[ItemWaiting]
    roots: dict[str, int]


class WaitingPage(Struct, frozen=True):
    """What is waited for, the longest first, at *as_of* by what was known at *known_at*.

    *next* is the `offset` of the next page, null on the last.
    """

    as_of: datetime
    known_at: datetime
    waiting: list[ListedWaiting]
    next: int | None
    position: int


class Holders(Struct, frozen=True):
    """Who holds how much, those who hold most first, at *as_of* by what was known at *known_at*."""

    as_of: datetime
    known_at: datetime
    holders: list[HolderCount]
    position: int


class WaitingTables(Controller):
    """Who has to act: of one project from its own ledger, of all from the view."""

    tags = ("waiting",)

    @get("/projects/{project_id:uuid}/waiting", operation_id="get_waiting", summary="What a project is waiting for")
    async def get_waiting(
        self, request: AnyRequest, project_id: FromPath[UUID], as_of: AsOf = None, known_at: KnownAt = None
    ) -> ProjectWaiting:
        """Item by item, with holder, since when, and the chain; read from the ledger, so never behind it."""
        folded, at, known = await stood(request, project_id, as_of, known_at)
        items = waiting_at(folded)
        project = folded.project
        return ProjectWaiting(at, known, is_stuck(project), turned_down(project), items, roots_of(items))

    @get("/waiting", operation_id="list_waiting", summary="What all projects are waiting for, the longest first")
    async def list_waiting(
        self,
        request: AnyRequest,
        *,
        after: After = 0,
        as_of: AsOf = None,
        known_at: KnownAt = None,
        department: Department = "",
        holder: Holder = "",
        held_by: Turn = None,
        kind: OfKind = None,
        manager: Manager = "",
        stuck: Stuck = None,
        register: InRegister = "",  # noqa: ARG002  checked here, used by scope_of
        limit: Limit = PAGE_ROWS,
        offset: Offset = 0,
    ) -> WaitingPage:
        """What a department's items wait for (`department`), or what somebody has to act on (`holder`), or both."""
        _, position = await caught_up(request, after)
        asked = WaitingFilter(
            department=department,
            holder=holder,
            held_by=held_by or "",
            kind=kind or "",
            manager=manager,
            stuck=stuck,
            register=(await scope_of(request)).register,
            limit=limit + 1,
            offset=offset,
        )
        at, known = asked_then(request, as_of, known_at)
        table = WaitingRows(parts_of(request).approvals.store)
        rows = await readable(table.listed(asked, past_in(as_of, known_at, at, known)))
        return WaitingPage(at, known, rows[:limit], offset + limit if len(rows) > limit else None, position)

    @get("/waiting/holders", operation_id="count_waiting", summary="Who holds how much, and since when")
    async def count_waiting(
        self,
        request: AnyRequest,
        after: After = 0,
        as_of: AsOf = None,
        known_at: KnownAt = None,
        department: Department = "",
        register: InRegister = "",  # noqa: ARG002  checked here, used by scope_of
        limit: Limit = PAGE_ROWS,
    ) -> Holders:
        """Of all items, or of those of one department: whom it waits for."""
        _, position = await caught_up(request, after)
        at, known = asked_then(request, as_of, known_at)
        table = WaitingRows(parts_of(request).approvals.store)
        scope, past = await scope_of(request), past_in(as_of, known_at, at, known)
        rows = await readable(table.holders(department, limit, past, scope.register))
        return Holders(at, known, rows, position)


async def stood(
    request: AnyRequest, project_id: UUID, as_of: datetime | None, known_at: datetime | None
) -> tuple[Folded, datetime, datetime]:
    """The project at the instant asked about, as known then or at another. Raises Problem where there is none."""
    at, known = asked_then(request, as_of, known_at)
    return as_it_stood((WAITING, HANDLED), project_id, await entries_of(request, project_id), at, known), at, known


def roots_of(items: list[ItemWaiting]) -> dict[str, int]:
    """The items at which chains end, those with most items behind them first."""
    behind: dict[str, int] = {}
    for one in items:
        for root in one.roots:
            behind[root] = behind.get(root, 0) + (root != one.item)
    return dict(sorted(behind.items(), key=lambda pair: -pair[1]))
