"""The pages of a command: its form, the review of its effect, the act itself, and the receipt.

A form has an address of its own (`links`). The button of its POST chooses the step: the review,
the form again, or the act. Nothing is recorded before the act, and whatever goes wrong, what was filled in comes back.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from api.forms.acting import FormSender
from api.forms.case import NEW, FormCase
from api.forms.drafts import STEP, forget, restored, save_draft
from api.forms.form_data import FormData, read_form
from api.forms.links import act_path, receipt_path
from api.forms.opening import form_case
from api.forms.receipt import ShownReceipt, receipt
from api.forms.turns import (
    FormTurn,
    fill_page,
    interrupted,
    linked,
    refused_page,
    restored_page,
    review_page,
)
from api.forms.values import read_command
from api.html.page import PageContext, see_other
from api.route_access import ACCESS, COMMANDS, ITSELF
from api.web.dependencies import ReadDependency
from api.web.error_handlers import described
from api.web.http_request import HttpRequest
from api.web.identity import headers_of
from domain.access.principal import Caller
from infrastructure.materials.store import MaterialStore

EDIT, ACT, DISCARD = "edit", "act", "discard"
INVALID = 422


async def form_data(
    request: HttpRequest, case: NamedDependency[FormCase], materials: NamedDependency[MaterialStore]
) -> FormData:
    """The body of the form, read only after the reader's access is checked. Raises Problem."""
    return await read_form(headers_of(request.scope), request.receive, materials, takes_files=case.takes_files)


def prefilled(request: HttpRequest, case: NamedDependency[FormCase]) -> FormData:
    """The fields that query parameters of the address fill in."""
    fields = set(case.definition.fields)
    pairs = [(name, str(value)) for name, value in request.query_params.multi_items() if name in fields]
    data = FormData()
    for name, value in pairs:
        data.add(name, value)
    return data


class FormPages(Controller):
    """Handlers of the forms of commands. Each command is checked by the table of access and by its own rules."""

    opt = {ACCESS: COMMANDS}  # noqa: RUF012  litestar's own spelling
    dependencies = {  # noqa: RUF012  litestar's own spelling
        "case": ReadDependency(form_case),
        "sent_form": Provide(form_data),
        "prefilled": Provide(prefilled, sync_to_thread=False),
        "receipt": ReadDependency(receipt),
    }

    @get("/acts/register_project", sync_to_thread=False, opt={ACCESS: NEW})
    def register(self, page: NamedDependency[PageContext]) -> Response[str]:
        """Open the form of a new project, under an id of its own."""
        return see_other(page.link(act_path(NEW, uuid4())))

    @get(["/projects/{project_id:uuid}/acts/{command:str}", "/items/{project_id:uuid}/{item:str}/acts/{command:str}"])
    async def fill(self, case: NamedDependency[FormCase], prefilled: NamedDependency[FormData]) -> Response[str]:
        """The form of a command, with the reader's draft if there is one."""
        if case.command == NEW and case.project.version:
            await forget(case)
            return see_other(case.page.link(f"/pages/projects/{case.project.id}"))
        left = await restored(case, prefilled)
        if left is not None:
            return restored_page(case, left)
        return fill_page(FormTurn(case, prefilled, uuid4(), case.project.version), (), is_new=True)

    @post(
        ["/projects/{project_id:uuid}/acts/{command:str}", "/items/{project_id:uuid}/{item:str}/acts/{command:str}"],
        status_code=200,
    )
    async def send(
        self,
        request: HttpRequest,
        case: NamedDependency[FormCase],
        sent_form: NamedDependency[FormData],
        materials: NamedDependency[MaterialStore],
    ) -> Response[Any]:
        """Review the command, go back to the form, start over, or carry it out, depending on the button."""
        turn = FormTurn.of(case, sent_form)
        step = sent_form.text_of(STEP)
        if step == DISCARD:
            await forget(case)
            return see_other(case.page.link(act_path(case.command, case.project.id, case.item)))
        await save_draft(case, sent_form)
        read = read_command(case, sent_form)
        if step == EDIT or read.command is None:
            return fill_page(turn, ()) if step == EDIT else fill_page(turn, read.faults, INVALID)
        try:
            if step != ACT:
                return await review_page(turn, read.command)
            if interrupted(turn, read.command):
                return turn.render("interruption.html", hidden=turn.hidden)
            sender = FormSender(case, materials)
            command_id = await sender.act(read.command, sent_form, turn.key, turn.version)
        except Exception as error:  # noqa: BLE001  whatever it is, what was filled in must not be lost
            return await refused_page(turn, read.command, error, lambda each: described(request.scope, each)[0])
        await forget(case)
        return see_other(case.page.link(receipt_path(case.project.id, command_id)))

    @get("/projects/{project_id:uuid}/receipts/{command_id:uuid}", opt={ACCESS: ITSELF})
    async def receipt(
        self,
        project_id: FromPath[UUID],  # noqa: ARG002  read by the receipt
        command_id: FromPath[UUID],
        receipt: NamedDependency[ShownReceipt],
        caller: NamedDependency[Caller],
    ) -> Response[str]:
        """What a command recorded, and what follows from it."""
        case = receipt.case
        return case.page.render(
            "receipt.html", receipt=receipt, case=case, command_id=command_id, reader=caller, **linked(case)
        )
