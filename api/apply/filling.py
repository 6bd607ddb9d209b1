"""The steps of a draft: their addresses, how far each is, and one turn of filling it in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from litestar import Response
from litestar.di import NamedDependency
from msgspec import Struct, structs

from api.apply.application import DraftedApplication
from api.html.page import PageContext, see_other
from api.window.visitor import framed
from domain.access.principal import Caller
from domain.messages import Entry
from infrastructure.ledger.approvals import Approvals
from infrastructure.window.drafts import ApplicationDraft, ApplicationDrafts, DraftContent

APPLY = "/window/apply"
DATA, MATERIALS, CHECK, RECEIPT = "data", "materials", "check", "receipt"


class DraftStep(Struct, frozen=True):
    """One step in the list of tasks: its *state* is done, todo or later."""

    name: str
    state: str
    address: str


class DraftTurn(Struct, frozen=True):
    """One request about a draft: the *application* it is for, by its *caller*, and the *page* that is answered."""

    page: PageContext
    application: DraftedApplication
    approvals: Approvals
    drafts: ApplicationDrafts
    caller: Caller
    now: datetime

    def address(self, step: str = "") -> str:
        """The page of a step; the list of tasks without one."""
        return self.page.link(f"{APPLY}/{self.application.draft.id}{f'/{step}' if step else ''}")

    def to_step(self, step: str = "") -> Response[str]:
        """To the page of a step."""
        return see_other(self.address(step))

    def steps(self) -> list[DraftStep]:
        """The tasks, in their order."""
        content = self.application.draft.content
        done = {DATA: content.checked, MATERIALS: self.application.is_whole, CHECK: False}
        steps: list[DraftStep] = []
        for name, is_done in done.items():
            is_next = all(step.state == "done" for step in steps)
            state = "done" if is_done else "todo" if is_next else "later"
            steps.append(DraftStep(name, state, self.address(name)))
        return steps

    def with_draft(self, draft: ApplicationDraft) -> DraftTurn:
        """The same request with the draft as it is now, or would be."""
        return structs.replace(self, application=structs.replace(self.application, draft=draft))

    async def history(self) -> Sequence[Entry]:
        """The entries of the project."""
        return await self.approvals.history(self.application.project.id)

    async def change(self, edit: Callable[[DraftContent], DraftContent]) -> ApplicationDraft | None:
        """Save what *edit* makes of the draft's content, as `ApplicationDrafts.change`."""
        return await self.drafts.change(self.application.draft.id, self.caller.id, self.now, edit)

    def render(self, template: str, status: int = 200, /, **content: object) -> Response[str]:
        """The page of a step."""
        application, draft = self.application, self.application.draft
        response = self.page.under(application.project.law).render(
            template,
            **{
                **framed(self.page),
                "application": application,
                "draft": draft,
                "item_name": self.page.called(application.item.plan.name) or draft.item,
                "project_name": application.project_name,
                "back_to": self.address,
                "faults": {},
                **content,
            },
        )
        response.status_code = status
        return response


def draft_turn(
    page: NamedDependency[PageContext],
    drafted: NamedDependency[DraftedApplication],
    approvals: NamedDependency[Approvals],
    application_drafts: NamedDependency[ApplicationDrafts],
    caller: NamedDependency[Caller],
    now: NamedDependency[datetime],
) -> DraftTurn:
    """The request about the draft in the path."""
    return DraftTurn(page, drafted, approvals, application_drafts, caller, now)
