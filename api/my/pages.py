"""我的企业 what an enterprise has to do first, its projects, cases with number and code, and what happened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from api.html.page import PageContext
from api.route_access import ACCESS
from api.web.as_of import translate_too_much
from api.window.timeline import READ, TimelineLine, lines_in
from api.window.tracking import state_of, turn_of
from api.window.visitor import WINDOW, framed
from domain.access.principal import Caller
from domain.access.table import TABLE
from domain.as_of import settled
from infrastructure.ledger.approvals import Approvals
from infrastructure.window.drafts import ApplicationDraft, ApplicationDrafts
from infrastructure.window.query_codes import QueryCodes
from projections.progress.query import ProgressList, ProjectFilter
from projections.progress.rows import ProgressProject
from projections.progress.titles import names_of
from projections.scope import Scope
from projections.waiting.query import ListedWaiting, WaitingFilter, WaitingRows
from projections.window.query import WindowCase, WindowCases

PROJECTS_MAX = 50
MESSAGES_MAX = 30
TASKS_MAX = 50
APPLICANT = "applicant"
OWN = "read:own_enterprise"  # lists of the enterprise for which the reader acts


class EnterpriseMessage(Struct, frozen=True):
    """One thing that happened, in which project and item."""

    project: UUID
    item: str
    line: TimelineLine


class MyPages(Controller):
    """For those who act for an enterprise: all of it follows from what they may read."""

    opt = {ACCESS: "read:progress"}  # noqa: RUF012  litestar's own spelling
    dependencies = WINDOW

    @get("/my")
    async def my(
        self,
        page: NamedDependency[PageContext],
        approvals: NamedDependency[Approvals],
        query_codes: NamedDependency[QueryCodes],
        caller: NamedDependency[Caller],
        now: NamedDependency[datetime],
    ) -> Response[str]:
        """To do first; then projects, cases, messages."""
        scope = Scope(caller=caller)
        if not is_of_enterprise(caller):
            return page.render("not_mine.html", **framed(page))
        store = approvals.store
        projects = await ProgressList(store).page(ProjectFilter(t=now, scope=scope, limit=PROJECTS_MAX))
        ids = [project.project for project in projects]
        waits = todo_filter(scope, TASKS_MAX)
        cases = await WindowCases(store).of_projects(ids)
        return page.render(
            "my.html",
            **framed(page),
            **sections(page, projects, cases, await translate_too_much(WaitingRows(store).listed(waits))),
            drafts=await open_drafts(approvals, caller, now),
            recent=await messages(approvals, page, ids, now),
            names=await names_of(store, ids),
            code_of=query_codes.code_of,
            as_of=now,
        )


def todo_filter(scope: Scope, limit: int) -> WaitingFilter:
    """What waits for an enterprise, and for nothing that has to come before."""
    return WaitingFilter(held_by=APPLICANT, at_hand=True, scope=scope, limit=limit)


def is_of_enterprise(caller: Caller) -> bool:
    """Whether the caller acts for one enterprise, whose code is then that of what he may read."""
    return caller.role in TABLE[OWN].roles


def sections(
    page: PageContext, projects: list[ProgressProject], cases: list[WindowCase], waits: list[ListedWaiting]
) -> Mapping[str, object]:
    """What the page is made of: requested papers come before what can be applied for."""
    by_item = {(case.project, case.item): case for case in cases if case.is_current}
    order = {"papers": 0, "applicant": 1, "declined": 2, "refused": 2}
    tasks = sorted(waits, key=lambda wait: order.get(_turn(by_item.get((wait.project, wait.item))), 3))
    return {
        "projects": projects,
        "cases": [(case, state_of(page.under(case.law), case)) for case in cases],
        "tasks": [(wait, by_item.get((wait.project, wait.item))) for wait in tasks],
    }


def _turn(case: WindowCase | None) -> str:
    return turn_of(case) if case else ""


async def open_drafts(approvals: Approvals, caller: Caller, now: datetime) -> list[ApplicationDraft]:
    """The caller's drafts that were not handed in."""
    drafts = await ApplicationDrafts(approvals.store).of(caller.id, now)
    return [draft for draft in drafts if not draft.case_number]


async def messages(
    approvals: Approvals, page: PageContext, projects: list[UUID], now: datetime
) -> list[EnterpriseMessage]:
    """What departments did last in *projects*, the newest first."""
    sent: list[EnterpriseMessage] = []
    entries = await approvals.entries_of(projects, *READ)
    for project in projects:
        for entry in settled(entries.get(project, ()), now, now):
            item = getattr(entry.fact, "item", "")
            sent += [EnterpriseMessage(project, item, line) for line in lines_in([entry], page) if line.department]
    return sorted(sent, key=lambda message: message.line.at, reverse=True)[:MESSAGES_MAX]
