"""The steps of a draft: their addresses, how far each is, and the frame of their pages."""

from __future__ import annotations

from litestar import Response
from msgspec import Struct

from api.apply.application import DraftedApplication
from api.html.page import PageContext, see_other
from api.window.visitor import framed

APPLY = "/window/apply"
DATA, MATERIALS, CHECK, RECEIPT = "data", "materials", "check", "receipt"


class DraftStep(Struct, frozen=True):
    """One step in the list of tasks: its *state* is done, todo or later."""

    name: str
    state: str
    address: str


def step_address(page: PageContext, application: DraftedApplication, step: str = "") -> str:
    """The page of a step; the list of tasks without one."""
    return page.link(f"{APPLY}/{application.draft.id}{f'/{step}' if step else ''}")


def to_step(page: PageContext, application: DraftedApplication, step: str = "") -> Response[str]:
    """To the page of a step."""
    return see_other(step_address(page, application, step))


def steps_in(page: PageContext, application: DraftedApplication) -> list[DraftStep]:
    """The tasks, in their order."""
    content = application.draft.content
    done = {DATA: content.checked, MATERIALS: content.checked and not application.lacking, CHECK: False}
    steps: list[DraftStep] = []
    for name, is_done in done.items():
        is_next = all(step.state == "done" for step in steps)
        state = "done" if is_done else "todo" if is_next else "later"
        steps.append(DraftStep(name, state, step_address(page, application, name)))
    return steps


def step_page(page: PageContext, template: str, application: DraftedApplication, **content: object) -> Response[str]:
    """The page of a step."""
    draft = application.draft
    return page.under(application.project.law).render(
        template,
        **{
            **framed(page),
            "application": application,
            "draft": draft,
            "item_name": page.called(application.item.plan.name) or draft.item,
            "project_name": application.project_name,
            "back_to": lambda step="": step_address(page, application, step),
            "faults": {},
            **content,
        },
    )
