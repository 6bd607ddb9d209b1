"""工作台 a department's desk, and the working behind any clock: why its last day is the one that is shown."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import partial
from typing import Annotated, Literal
from uuid import UUID, uuid4

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from api.clocks.display import clock_functions
from api.clocks.routes import Application, ClockName, ItemCode
from api.html.links import BOARD, CARDS, card_link
from api.html.page import PageContext, see_other
from api.html.past import as_of_fields, past_content
from api.project_page.waiting import applied_again, waited_on
from api.route_access import ACCESS
from api.web.as_of import Instants, On, translate_too_much
from api.web.entries import entries_of
from api.web.parameters import Department, Offset
from api.web.problems import Problem
from api.worklist.sources import DESK_SOURCES
from api.worklist.view_models import BEGINNING, GROUPS, SHOWN_MAX, DeskSources, departments_waited_for, desk_of
from api.worklist.working import explained, reading_of
from domain.core.ledger import Role
from infrastructure.ledger.approvals import Approvals
from projections.clocks.query import ClocksAt
from projections.progress.titles import names_of
from projections.waiting.desk import TO_DO

DESK = "/desk"

Group = Annotated[
    Literal["", "today", "week", "later", "opinions", "applicant", "others", "supervision", "done"],
    QueryParameter(description="One group of the desk alone, with all its rows; empty: the beginning of each."),
]


def _desk_content(page: PageContext, department: str, at: datetime, *, is_past: bool) -> dict[str, object]:
    """What the choice of departments and a desk both say."""
    return {"department": department, "as_of": at, "address": DESK, **clock_functions(page, at, past=is_past)}


def _desk_links(page: PageContext, department: str, instants: Instants) -> dict[str, object]:
    """Links of a desk and of what is on it, and what its form has."""
    return {
        "to_do": TO_DO,
        "form_key": uuid4(),
        "group_link": lambda name: page.here(group=name, offset=0),
        "cards": page.link(CARDS, department=department, as_of=as_of_fields(instants).get("as_of", "")),
        "board": page.link(BOARD),
        "card_link": card_link(page),
        "on_what": partial(waited_on, page),
        "applied_again": partial(applied_again, page),
    }


def desk_chosen(sources: DeskSources, department: str, departments: Collection[str]) -> str:
    """The department whose desk is shown: the one in the address, else the reader's own; empty: it has to be chosen.

    An officer's department has a desk, also an empty one; that of others if it is one of *departments*.
    """
    own = sources.caller.over
    return department or (own if sources.caller.role is Role.OFFICER or own in departments else "")


class WorklistPages(Controller):
    """The filters are in the address, so that it can be passed on."""

    opt = {ACCESS: "read:worklist"}  # noqa: RUF012  litestar's own spelling

    @get(DESK, dependencies=DESK_SOURCES)
    async def worklist(
        self,
        *,
        page: NamedDependency[PageContext],
        desk_sources: NamedDependency[DeskSources],
        instants: NamedDependency[Instants],
        approvals: NamedDependency[Approvals],
        department: Department = "",
        group: Group = "",
        offset: Offset = 0,
        on: On = "",
    ) -> Response[str]:
        """What the department has to do, what ends first on top; without one that of the reader, or a choice.

        As of a past instant it is what it had to do then, and nothing can be done from here.
        """
        if on:
            return see_other(page.at_end_of(on, approvals.clock()))
        departments = await desk_sources.waiting.departments(desk_sources.scope)
        chosen = desk_chosen(desk_sources, department, departments)
        shared = _desk_content(page, chosen, desk_sources.supervision.as_of, is_past=instants.is_past)
        shared |= past_content(page, instants, approvals.clock())
        if not chosen:
            counts = await translate_too_much(departments_waited_for(desk_sources))
            return page.render("desks.html", **shared, departments=counts)
        first, rows = (offset, SHOWN_MAX) if group else (0, BEGINNING)
        desk = await translate_too_much(desk_of(desk_sources, chosen, slice(first, first + rows)))
        return page.render(
            "desk.html",
            **shared,
            **_desk_links(page, chosen, instants),
            **page.paging_links(first, rows, more=bool(group) and desk.counts[group] > first + rows),
            departments=departments,
            desk=desk,
            group=group,
            groups=[group] if group else GROUPS,
            first=first,
            end=first + rows,
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
            reading=reading,
            as_of=project_clocks.t,
            known_at=project_clocks.known,
            explained=await explained(project_clocks, project_id, reading),
            names=await names_of(approvals.store, [project_id]),
            back=page.link(f"/pages/projects/{project_id}"),
            **clock_functions(page, project_clocks.t),
        )
