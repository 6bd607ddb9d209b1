"""工作台 a department's desk, and the working behind any clock: why its last day is the one that is shown."""

from __future__ import annotations

from functools import partial
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get
from litestar.exceptions import HTTPException
from litestar.params import FromPath, QueryParameter

from api.clocks.display import telling
from api.clocks.routes import Application, ClockName, ItemCode
from api.html.frame import Lang, apologize, page, reader_of
from api.html.links import BOARD, CARDS, card_link
from api.html.page import paper_of
from api.project_page.waiting import applied_again, waited_on
from api.web.as_of import AsOf, KnownAt, instant_in, readable
from api.web.dependencies import AnyRequest, laws_of, parts_of
from api.web.entries import entries_of
from api.web.parameters import Department, Offset
from api.web.period import supervision_at
from api.web.problems import Problem
from api.web.scope import InRegister
from api.worklist.view_models import SHOWN_MAX, departments_waited_for, desk_of
from domain.law.licensing.explain import Explanation
from infrastructure.ledger.approvals import DEFAULT_LAW
from projections.clocks.query import ClocksAt, NoSuchClockError
from projections.clocks.reading import Reading
from projections.progress.titles import names_of

DESK = "/desk"

From = Annotated[str, QueryParameter(pattern="^(desk|)$", description="Where the reader comes from.")]


class DeskPages(Controller):
    """What is asked for stands in the address, so that it can be passed on."""

    include_in_schema = False
    exception_handlers = {Exception: apologize, HTTPException: apologize}  # noqa: RUF012  litestar's own spelling

    @get(DESK)
    async def desk(
        self,
        request: AnyRequest,
        lang: Lang = "",  # noqa: ARG002  checked here, used by Paper
        register: InRegister = "",  # noqa: ARG002  checked here, used by scope_of
        department: Department = "",
        offset: Offset = 0,
    ) -> Response[str]:
        """What the department has to do, what ends first on top; without one that of the reader, or a choice."""
        chosen = department or reader_of(request).department
        asked = await supervision_at(request, None)
        departments = await departments_waited_for(request, asked.scope.register)
        at = parts_of(request).approvals.clock()
        paper = await paper_of(request, DEFAULT_LAW)
        shared = {"department": chosen, "departments": departments, "as_of": at, "address": DESK}
        if not chosen or not (department or any(one.holder == chosen for one in departments)):
            return page(paper.print("desks.html", **shared))
        holds = next((one.holds for one in departments if one.holder == chosen), 0)
        found = await readable(desk_of(request, chosen, at, asked, holds))
        end = offset + SHOWN_MAX
        body = paper.print(
            "desk.html",
            **shared,
            desk=found,
            queue=found.queue[offset:end],
            shown_max=SHOWN_MAX,
            previous=paper.here(offset=max(offset - SHOWN_MAX, 0)) if offset else "",
            next=paper.here(offset=end) if len(found.queue) > end else "",
            cards=paper.link(CARDS, department=chosen),
            board=paper.link(BOARD),
            card_link=card_link(paper),
            on_what=partial(waited_on, paper),
            applied_again=partial(applied_again, paper),
            **telling(paper, at),
        )
        return page(body)

    @get("/pages/projects/{project_id:uuid}/clock")
    async def clock(
        self,
        request: AnyRequest,
        project_id: FromPath[UUID],
        item: ItemCode,
        clock: ClockName,
        lang: Lang = "",  # noqa: ARG002  checked here, used by Paper
        application: Application = 0,
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> Response[str]:
        """怎么算的 how one clock is counted: its terms, and every day with the reason for which it counts or not."""
        reader_of(request)
        at = instant_in("as_of", as_of) or parts_of(request).approvals.clock()
        known = instant_in("known_at", known_at) or at
        asked = ClocksAt(parts_of(request).approvals.store, await laws_of(request), at, known)
        reading = await reading_of(request, asked, project_id, item, clock, application)
        paper = await paper_of(request, reading.law)
        body = paper.print(
            "clock.html",
            project=project_id,
            one=reading,
            as_of=at,
            known_at=known,
            explained=await explained(asked, project_id, reading),
            names=await names_of(parts_of(request).approvals.store, [project_id]),
            back=paper.link(f"/pages/projects/{project_id}"),
            **telling(paper, at),
        )
        return page(body)


async def reading_of(
    request: AnyRequest, asked: ClocksAt, project: UUID, item: str, clock: str, application: int
) -> Reading:
    """The clock as it stands; of the last application unless one is named. Raises Problem not-found."""
    found = [
        one
        for of_item in await asked.of_project(project)
        if of_item.item == item and application in (0, of_item.application)
        for one in of_item.clocks
        if one.clock == clock
    ]
    if not found:
        await entries_of(request, project)
        raise Problem("not-found", f"no clock {clock} of {item} has started", remedy="see the project's clocks")
    return max(found, key=lambda one: one.application)


async def explained(asked: ClocksAt, project: UUID, one: Reading) -> Explanation | None:
    """The clock day by day; None where it is counted in hours."""
    try:
        return await asked.explained(project, one.item, one.clock, one.application)
    except NoSuchClockError:
        return None
