"""Opens the form at an address: loads its case, and checks the reader's access to the command."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from litestar.di import NamedDependency
from litestar.params import FromPath

from api.acts.chapters import FORMS, WITHOUT_FORM
from api.forms.case import NEW, FormCase, case_of
from api.guard.judging import PROJECT_UNKNOWN, ProjectAccess, require_allowed
from api.html.page import PageContext
from api.web.entries import entries_of
from api.web.http_request import HttpRequest
from api.web.problems import Problem
from domain.access.cases import item_case, subject_case
from domain.access.decision import Judgement, may, may_somewhere
from domain.access.principal import Caller
from domain.messages import Entry
from domain.project.state.project import Project
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import DEFAULT_LAW, Approvals


async def form_case(
    request: HttpRequest,
    project_id: FromPath[UUID],
    command: FromPath[str],
    page: NamedDependency[PageContext],
    approvals: NamedDependency[Approvals],
    laws: NamedDependency[LawBook],
    caller: NamedDependency[Caller],
    now: NamedDependency[datetime],
) -> FormCase:
    """The case of the form at an address. Raises Problem not-found, project-unknown, access-denied."""
    if command not in FORMS:
        why = WITHOUT_FORM.get(command, "the address ends with the stored name of a command, such as accept_item")
        raise Problem("not-found", f"there is no form for {command[:64]}", remedy=why)
    await approvals.shelves.current()
    item = str(request.path_params.get("item", ""))
    if command == NEW:
        require_allowed(may_somewhere(caller, NEW), "", caller)
        entries: Sequence[Entry] = await approvals.history(project_id)
        if entries:
            return registered(case_of(page, approvals, laws, caller, command, item, entries, now))
        blank = Project(project_id)
        return FormCase(page.under(DEFAULT_LAW), approvals, laws, caller, command, blank, "", (), (), {}, now)
    case = case_of(page, approvals, laws, caller, command, item, await entries_of(approvals, project_id), now)
    if item and item not in case.project.items:
        raise Problem("not-found", f"{project_id} has no item {item[:64]}", remedy="check the address")
    require_allowed(judged(case), PROJECT_UNKNOWN, caller)
    return case


def registered(case: FormCase) -> FormCase:
    """The form of a project that exists already, for its readers: the registration was repeated, or opened again.

    Raises Problem not-found to others.
    """
    if not ProjectAccess(case.caller, case.project).may("read:progress").allowed:
        raise Problem("not-found", "this project is registered", remedy="open /acts/register_project for another")
    return case


def judged(case: FormCase) -> Judgement:
    """Whether the reader may send the command for the item of the address, or for anything in the project.

    Access to the command itself is checked again when its effect is reviewed and when it is sent.
    """
    if not case.item:
        return ProjectAccess(case.caller, case.project).may(case.command)
    judgements = list(_about_item(case))
    return next((judgement for judgement in judgements if judgement.allowed), judgements[0])


def _about_item(case: FormCase) -> Iterator[Judgement]:
    """What the table says of the item, and of each card, order and complaint about it."""
    project = case.project
    yield may(case.caller, case.command, item_case(project, case.item))
    for subjects in (project.complaints, project.evaluations, project.signals, project.orders):
        for subject in subjects.values():
            if subject.item == case.item:
                yield may(case.caller, case.command, subject_case(project, subject))
