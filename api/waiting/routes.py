"""GET /v1/waiting and a project's own: what is waited for, who has to act, since when, and the chain behind it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from api.cursors import PAGED, ListPaging
from api.route_access import ACCESS
from api.web.as_of import Instants, translate_too_much
from api.web.parameters import PAGE_ROWS, Department, Limit, Manager, Paging, Stuck, code
from domain.messages import Entry
from domain.project.waiting.chain import ItemWaiting
from domain.project.waiting.stuck import is_stuck, turned_down
from domain.project.waiting.wait import HeldBy, WaitKind
from projections.clocks.law_events import folded_as_of
from projections.flow.durations import VIEW as HANDLED
from projections.scope import Scope
from projections.view import Folded
from projections.waiting.fold import VIEW as WAITING
from projections.waiting.fold import waiting_at
from projections.waiting.query import HolderCount, ListedWaiting, WaitingFilter, WaitingKey, WaitingRows

Holder = Annotated[str, code("Who has to act: a department's code, `applicant`, or a project manager's id.")]
Turn = Annotated[HeldBy | None, QueryParameter(description="Whose turn it is, by kind of holder.")]
OfKind = Annotated[WaitKind | None, QueryParameter(description="What is waited for.")]


class ProjectWaiting(Struct, frozen=True):
    """Every item of one project that is not over, in the project's order, at *as_of* by what was known at *known_at*.

    *roots*: the items in which something can be done now, with how many others wait for each. *turned_down*: items that
    were refused or declined and not applied for again; *stuck*: the project is open and has such items, or no one can
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

    *next* is the `cursor` of the next page, null on the last.
    """

    as_of: datetime
    known_at: datetime
    waiting: list[ListedWaiting]
    next: str | None
    position: int


class Holders(Struct, frozen=True):
    """Who holds how much, those who hold most first, at *as_of* by what was known at *known_at*."""

    as_of: datetime
    known_at: datetime
    holders: list[HolderCount]
    position: int


def waiting_filter(
    *,
    department: Department = "",
    holder: Holder = "",
    held_by: Turn = None,
    kind: OfKind = None,
    manager: Manager = "",
    stuck: Stuck = None,
    list_scope: NamedDependency[Scope],
    paging: NamedDependency[Paging],
) -> WaitingFilter:
    """Which waits the list shows, and one more to see whether there is a next page."""
    return WaitingFilter(
        department=department,
        holder=holder,
        held_by=held_by or "",
        kind=kind or "",
        manager=manager,
        stuck=stuck,
        scope=list_scope,
        limit=paging.rows_read,
        last=paging.last(WaitingKey),
    )


def folded(
    project_id: FromPath[UUID], entries: NamedDependency[list[Entry]], instants: NamedDependency[Instants]
) -> Folded:
    """The project in the path with what it waits for, at the instants of the request."""
    return folded_as_of((WAITING, HANDLED), project_id, entries, instants.at, instants.known)


FOLDED = {"folded": Provide(folded, sync_to_thread=False)}


class WaitingRoutes(Controller):
    """Who has to act: of one project from its own ledger, of all from the view."""

    opt = {ACCESS: "read:waiting"}  # noqa: RUF012  litestar's own spelling
    tags = ("waiting",)

    @get(
        "/projects/{project_id:uuid}/waiting",
        operation_id="get_waiting",
        summary="What a project is waiting for",
        dependencies=FOLDED,
    )
    async def get_waiting(self, folded: NamedDependency[Folded], instants: NamedDependency[Instants]) -> ProjectWaiting:
        """Item by item, with holder, since when, and the chain; read from the ledger, so never behind it."""
        items = waiting_at(folded)
        project = folded.project
        stuck, declined = is_stuck(project), turned_down(project)
        return ProjectWaiting(instants.at, instants.known, stuck, declined, items, roots_of(items))

    @get(
        "/waiting",
        operation_id="list_waiting",
        summary="What all projects are waiting for, the longest first",
        dependencies=PAGED | {"waiting_filter": Provide(waiting_filter, sync_to_thread=False)},
    )
    async def list_waiting(
        self,
        position: NamedDependency[int],
        instants: NamedDependency[Instants],
        waiting: NamedDependency[WaitingRows],
        waiting_filter: NamedDependency[WaitingFilter],
        paging: NamedDependency[ListPaging],
    ) -> WaitingPage:
        """What a department's items wait for (`department`), or what a holder has to act on (`holder`), or both."""
        rows = await translate_too_much(waiting.listed(waiting_filter, instants.past))
        following = paging.next_of(rows, lambda row: (row.since, row.project, row.nth, row.kind, row.ref))
        return WaitingPage(instants.at, instants.known, paging.shown(rows), following, position)

    @get("/waiting/holders", operation_id="count_waiting", summary="Who holds how much, and since when")
    async def count_waiting(
        self,
        *,
        position: NamedDependency[int],
        instants: NamedDependency[Instants],
        waiting: NamedDependency[WaitingRows],
        department: Department = "",
        list_scope: NamedDependency[Scope],
        limit: Limit = PAGE_ROWS,
    ) -> Holders:
        """Of all items, or of those of one department: who holds it."""
        rows = await translate_too_much(waiting.holders(department, limit, instants.past, list_scope))
        return Holders(instants.at, instants.known, rows, position)


def roots_of(items: list[ItemWaiting]) -> dict[str, int]:
    """The items at which chains end, those with most items behind them first."""
    behind: dict[str, int] = {}
    for item in items:
        for root in item.roots:
            behind[root] = behind.get(root, 0) + (root != item.item)
    return dict(sorted(behind.items(), key=lambda pair: -pair[1]))
