"""受理所选 accepting several applications at once: each is decided by itself, and has a result of its own."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid5

from litestar import Controller, Response, post
from litestar.di import NamedDependency, Provide
from msgspec import Struct

from api.clocks.display import clock_functions
from api.commands.page_sender import CommandResult, PageSender, page_sender
from api.commands.sender import ProjectCommand
from api.html.page import PageContext
from api.route_access import ACCESS, COMMANDS
from api.web.form_fields import FormFields, form_fields, unreadable_form
from api.web.problems import Problem
from api.worklist.pages import DESK
from api.worklist.working import reading_of
from domain.law.licensing.review import DECISION
from domain.project.application.acceptance import AcceptItem
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import Approvals
from projections.clocks.query import ClocksAt
from projections.clocks.reading import Reading
from projections.progress.titles import names_of

ACCEPTANCES = "/desk/acceptances"
CASES_MAX = 200  # accepted at once; each takes some milliseconds


class AcceptedCase(Struct, frozen=True):
    """One chosen application: the *result* of its acceptance, and the clock of the decision that runs from now on."""

    project: UUID
    item: str
    result: CommandResult
    decision: Reading | None = None


class AcceptancePages(Controller):
    """The one form of the desk."""

    opt = {ACCESS: COMMANDS}  # noqa: RUF012  litestar's own spelling
    dependencies = {  # noqa: RUF012  litestar's own spelling
        "fields": Provide(form_fields),
        "page_sender": Provide(page_sender, sync_to_thread=False),
    }

    @post(ACCEPTANCES, status_code=200)
    async def accept_chosen(
        self,
        page: NamedDependency[PageContext],
        fields: NamedDependency[FormFields],
        page_sender: NamedDependency[PageSender],
        approvals: NamedDependency[Approvals],
        laws: NamedDependency[LawBook],
    ) -> Response[str]:
        """Accept each application whose box was ticked. Sent again, the form gets its first answers."""
        key, chosen = fields.key(), [_case(text) for text in fields.all("case")]
        if len(chosen) > CASES_MAX:
            raise Problem(
                "bad-request", f"{len(chosen)} applications were chosen", remedy=f"at most {CASES_MAX} at once"
            )
        cases = [await _accept(page_sender, project, item, key) for project, item in chosen]
        now = approvals.clock()  # after what was just recorded, which is to be seen
        clocks = ClocksAt(approvals.store, laws, now, now)
        cases = [await _with_decision(case, clocks) for case in cases]
        return page.render(
            "accepted.html",
            cases=cases,
            accepted=sum(case.result.is_done for case in cases),
            names=await names_of(approvals.store, _readable(cases)),
            department=fields.text("department"),
            desk_link=page.link(DESK, department=fields.text("department")),
            **clock_functions(page, now),
        )


def _case(text: str) -> tuple[UUID, str]:
    """The application of a box. Raises Problem bad-request."""
    project, _, item = text.partition("/")
    try:
        return UUID(project), item
    except ValueError as wrong:
        raise unreadable_form() from wrong


async def _accept(sender: PageSender, project: UUID, item: str, key: UUID) -> AcceptedCase:
    command = AcceptItem(item=item)
    sent = ProjectCommand(project, command, uuid5(key, f"{project}/{item}"), None)
    return AcceptedCase(project, item, await sender.carry_out(sent))


async def _with_decision(case: AcceptedCase, clocks: ClocksAt) -> AcceptedCase:
    """*case* with the clock of the decision, where it was accepted."""
    if not case.result.is_done:
        return case
    decision = await reading_of(clocks, case.project, case.item, DECISION.name)
    return AcceptedCase(case.project, case.item, case.result, decision)


def _readable(cases: Sequence[AcceptedCase]) -> list[UUID]:
    """The projects that may be named: not those of which the reader may not even know."""
    return [case.project for case in cases if not case.result.is_hidden]
