"""在线申请 the choice of an item, drafts, the list of tasks, and what is known of project and enterprise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter
from msgspec import structs

from api.apply.application import DraftedApplication, application_drafts, drafted
from api.apply.filling import APPLY, MATERIALS, RECEIPT, DraftTurn, draft_turn
from api.apply.known_data import known_data
from api.forms.drafts import STEP
from api.guard.judging import PROJECT_UNKNOWN, ProjectAccess, require_allowed
from api.html.page import PageContext, see_other
from api.route_access import ACCESS
from api.web.dependencies import ReadDependency
from api.web.parameters import WITHOUT_NUL
from api.web.problems import Problem
from api.window.visitor import WINDOW, framed
from domain.access.cases import item_case
from domain.access.decision import may
from domain.access.principal import Caller
from infrastructure.ledger.approvals import Approvals
from infrastructure.window.drafts import ApplicationDrafts, DraftContent
from projections.legal_person.query import PersonBook
from projections.progress.titles import names_of
from projections.window.applicable import SUBMIT, applicable

Words = Annotated[str, QueryParameter(max_length=200, pattern=WITHOUT_NUL, description="In project or item.")]
Service = Annotated[str, QueryParameter(max_length=128, pattern=WITHOUT_NUL, description="A code of the catalogue.")]
APPLYING = WINDOW | {
    "application_drafts": Provide(application_drafts, sync_to_thread=False),
    "drafted": ReadDependency(drafted),
    "draft_turn": Provide(draft_turn, sync_to_thread=False),
}
RENEWAL_TEXTS = ("licence_item", "licence_number")
LINE_CHARACTERS_MAX = 200
NOT_CHECKED = {"": "saved"}  # in the place of faults: a form that its reader did not send yet


class ApplyPages(Controller):
    """For those whom the table of access lets hand in papers: enterprises, their agents, windows."""

    opt = {ACCESS: SUBMIT}  # noqa: RUF012  litestar's own spelling
    path = APPLY
    dependencies = APPLYING

    @get("/")
    async def choose(
        self,
        page: NamedDependency[PageContext],
        approvals: NamedDependency[Approvals],
        application_drafts: NamedDependency[ApplicationDrafts],
        caller: NamedDependency[Caller],
        now: NamedDependency[datetime],
        q: Words = "",
        service: Service = "",
    ) -> Response[str]:
        """The items that may be applied for, and the drafts to go on with."""
        rows = await applicable(approvals.store, caller, q)
        drafts = await application_drafts.of(caller.id, now)
        if service:
            planned = {project: await approvals.project(project) for project in {row.project for row in rows}}
            rows = [row for row in rows if planned[row.project].items[row.item].plan.service == service]
        return page.render(
            "apply.html",
            **framed(page),
            q=q,
            service=service,
            ready=[row for row in rows if not row.unmet],
            waiting=[row for row in rows if row.unmet],
            drafts=[draft for draft in drafts if not draft.case_number],
            handed_in=[draft for draft in drafts if draft.case_number],
            names=await names_of(approvals.store, [draft.project for draft in drafts] + [row.project for row in rows]),
        )

    @post("/", status_code=200)
    async def begin(
        self,
        page: NamedDependency[PageContext],
        text_form: NamedDependency[Mapping[str, str]],
        approvals: NamedDependency[Approvals],
        application_drafts: NamedDependency[ApplicationDrafts],
        caller: NamedDependency[Caller],
        now: NamedDependency[datetime],
    ) -> Response[str]:
        """Begin a draft for one item of one project, or go on with the one there is."""
        try:
            project = await approvals.project(UUID(text_form.get("project", "")))
        except ValueError as wrong:
            raise Problem("bad-request", "the form names no project", remedy=f"choose an item at {APPLY}") from wrong
        item = text_form.get("item", "")
        require_allowed(may(caller, SUBMIT, item_case(project, item)), PROJECT_UNKNOWN, caller)
        if item not in project.items:
            raise Problem("not-found", f"the project has no item {item[:64]}", remedy=f"choose one at {APPLY}")
        draft = await application_drafts.begin(caller.id, project.id, item, now)
        if draft is None:
            raise Problem("too-many-drafts", "you have 50 open drafts", remedy=f"hand in or delete one at {APPLY}")
        return see_other(page.link(f"{APPLY}/{draft.id}"))

    @get("/{draft:uuid}")
    async def tasks(self, draft_turn: NamedDependency[DraftTurn]) -> Response[str]:
        """What there is to do, and what is done; to the receipt of what was handed in."""
        if draft_turn.application.draft.case_number:
            return draft_turn.to_step(RECEIPT)
        return draft_turn.render("apply_tasks.html", steps=draft_turn.steps())

    @post("/{draft:uuid}/delete", status_code=200)
    async def delete(
        self,
        page: NamedDependency[PageContext],
        drafted: NamedDependency[DraftedApplication],
        application_drafts: NamedDependency[ApplicationDrafts],
        caller: NamedDependency[Caller],
    ) -> Response[str]:
        """Delete the draft. What was handed in stays in the ledger."""
        await application_drafts.delete(drafted.draft.id, caller.id)
        return see_other(page.link(APPLY))

    @get("/{draft:uuid}/data")
    async def data(self, draft_turn: NamedDependency[DraftTurn], persons: NamedDependency[PersonBook]) -> Response[str]:
        """What is known, with its sources, and what only the applicant can say."""
        return await _data_page(draft_turn, persons)

    @post("/{draft:uuid}/data", status_code=200)
    async def save_data(
        self,
        draft_turn: NamedDependency[DraftTurn],
        text_form: NamedDependency[Mapping[str, str]],
        persons: NamedDependency[PersonBook],
    ) -> Response[str]:
        """Save what was said, and go on to the papers; a script saves meanwhile, and stays."""
        application = draft_turn.application
        if STEP in text_form:
            saved = await draft_turn.change(lambda current: with_data(current, text_form, NOT_CHECKED))
            return await _data_page(draft_turn.with_draft(saved) if saved else draft_turn, persons)
        if faults := data_faults(application, text_form):
            content = with_data(application.draft.content, text_form, faults)
            entered = draft_turn.with_draft(structs.replace(application.draft, content=content))
            return await _data_page(entered, persons, text_form, faults)
        await draft_turn.change(lambda current: with_data(current, text_form, {}))
        return draft_turn.to_step(MATERIALS)


def data_faults(application: DraftedApplication, form: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with the fields, by their names."""
    faults: dict[str, str] = {}
    until = form.get("valid_through", "")
    if until and day_in(until) is None:
        faults["valid_through"] = "day"
    elif application.is_renewal and not until and not form.get("licence_item"):
        faults["valid_through"] = "licence"
    return faults


def with_data(content: DraftContent, form: Mapping[str, str], faults: Mapping[str, str]) -> DraftContent:
    """*content* with the fields of the form; checked where nothing is wrong with them."""
    texts = {name: form.get(name, "").strip()[:LINE_CHARACTERS_MAX] for name in RENEWAL_TEXTS}
    return structs.replace(
        content,
        checked=content.checked or not faults,
        undertaking="undertaking" in form,
        valid_through=day_in(form.get("valid_through", "")),
        **texts,
    )


def day_in(text: str) -> date | None:
    """The day that a field holds; None where it holds none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


async def _data_page(
    turn: DraftTurn,
    persons: PersonBook,
    form: Mapping[str, str] | None = None,
    faults: Mapping[str, str] | None = None,
) -> Response[str]:
    application, entries = turn.application, await turn.history()
    access = ProjectAccess(turn.caller, application.project)
    page = turn.page.under(application.project.law)
    return turn.render(
        "apply_data.html",
        422 if faults else 200,
        groups=await known_data(page, turn.approvals, persons, access, entries),
        granted=[code for code, item in application.project.items.items() if item.granted_as is not None],
        faults=faults or {},
        until=(form or {}).get("valid_through", str(application.draft.content.valid_through or "")),
    )
