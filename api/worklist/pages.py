"""工作台 a department's desk, and the working behind any clock: why its last day is the one that is shown."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from litestar import Controller, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from api.clocks.display import telling
from api.clocks.routes import Application, ClockName, ItemCode
from api.html.links import BOARD, CARDS, card_link
from api.html.page import PageContext
from api.project_page.waiting import applied_again, waited_on
from api.route_access import ACCESS
from api.web.as_of import translate_too_much
from api.web.entries import entries_of
from api.web.parameters import Department, Offset
from api.web.problems import Problem
from api.web.queries import supervision_now
from api.worklist.view_models import SHOWN_MAX, departments_waited_for, explained, reading_of, worklist_of
from domain.access.principal import Caller
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import Approvals
from projections.clocks.query import ClocksAt
from projections.progress.titles import names_of
from projections.supervision.query import SupervisionAt
from projections.waiting.query import WaitingRows

WORKLIST = "/worklist"


class WorklistPages(Controller):
    """What is asked for stands in the address, so that it can be passed on."""

    opt = {ACCESS: "read:worklist"}  # noqa: RUF012  litestar's own spelling

    @get(WORKLIST, dependencies={"supervision": Provide(supervision_now, sync_to_thread=False)})
    async def worklist(
        self,
        page: NamedDependency[PageContext],
        supervision: NamedDependency[SupervisionAt],
        waiting: NamedDependency[WaitingRows],
        laws: NamedDependency[LawBook],
        approvals: NamedDependency[Approvals],
        caller: NamedDependency[Caller],
        department: Department = "",
        offset: Offset = 0,
    ) -> Response[str]:
        """What the department has to do, what ends first on top; without one that of the reader, or a choice."""
        chosen = department or caller.over
        departments = await departments_waited_for(waiting, supervision.scope)
        at = supervision.as_of
        shared = {"department": chosen, "departments": departments, "as_of": at, "address": WORKLIST}
        if not chosen or not (department or any(department.holder == chosen for department in departments)):
            return page.render("desks.html", **shared)
        holds = next((department.holds for department in departments if department.holder == chosen), 0)
        desk = await translate_too_much(worklist_of(approvals.store, laws, chosen, supervision, holds))
        end = offset + SHOWN_MAX
        return page.render(
            "desk.html",
            **shared,
            desk=desk,
            queue=desk.queue[offset:end],
            shown_max=SHOWN_MAX,
            previous=page.here(offset=max(offset - SHOWN_MAX, 0)) if offset else "",
            next=page.here(offset=end) if len(desk.queue) > end else "",
            cards=page.link(CARDS, department=chosen),
            board=page.link(BOARD),
            card_link=card_link(page),
            on_what=partial(waited_on, page),
            applied_again=partial(applied_again, page),
            **telling(page, at),
        )

    @get("/pages/projects/{project_id:uuid}/clock", opt={ACCESS: "read:clocks"})
    async def clock(
        self,
        project_id: FromPath[UUID],
        item: ItemCode,
        clock: ClockName,
        page: NamedDependency[PageContext],
        project_clocks: NamedDependency[ClocksAt],
        approvals: NamedDependency[Approvals],
        application: Application = 0,
    ) -> Response[str]:
        """怎么算的 how one clock is counted: its terms, and every day with the reason for which it counts or not."""
        reading = await reading_of(project_clocks, project_id, item, clock, application)
        if reading is None:
            await entries_of(approvals, project_id)
            raise Problem("not-found", f"no clock {clock} of {item} has started", remedy="see the project's clocks")
        page = page.under(reading.law)
        return page.render(
            "clock.html",
            project=project_id,
            one=reading,
            as_of=project_clocks.t,
            known_at=project_clocks.known,
            explained=await explained(project_clocks, project_id, reading),
            names=await names_of(approvals.store, [project_id]),
            back=page.link(f"/pages/projects/{project_id}"),
            **telling(page, project_clocks.t),
        )
