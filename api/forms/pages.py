"""The pages of a command: its form, the review of its effect, the act itself, and the receipt.

A form is at an address of its own (`links`). Its POST says by the button that was pressed what is wanted: the review,
the form again, or the act. Nothing is recorded before the act, and whatever goes wrong, what was filled in comes back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from msgspec import Struct, json, structs

from api.commands.actions import ACTIONS, ItemAt
from api.commands.effect import effect_of
from api.forms.acting import FormSender, is_moved
from api.forms.case import NEW, FormCase, form_case, refused_by
from api.forms.definitions import ALWAYS
from api.forms.form_data import FILES, FormData, read_form
from api.forms.links import act_path, receipt_path
from api.forms.receipt import ShownReceipt, receipt
from api.forms.refusals import fault_of
from api.forms.review import shown_review
from api.forms.values import FormFault, read_command
from api.forms.views import shown_form
from api.guard.judging import command_allowed
from api.html.page import PageContext
from api.html.sentences import SentenceContext, Sentences
from api.route_access import ACCESS, COMMANDS, ITSELF
from api.web.dependencies import ReadDependency
from api.web.entries import entries_of
from api.web.error_handlers import described, refused
from api.web.http_request import HttpRequest
from api.web.identity import headers_of
from domain.access.principal import Caller
from domain.messages import AnyCommand
from infrastructure.materials.store import MaterialStore

STEP, KEY, VERSION, ID, CONFIRMED = "_step", "_key", "_version", "_id", "_confirmed"
CONTROLS = frozenset({STEP, KEY, VERSION, ID, CONFIRMED, FILES})
EDIT, ACT = "edit", "act"
INVALID, SEE_OTHER, MOVED = 422, 303, 412


async def form_data(
    request: HttpRequest, case: NamedDependency[FormCase], materials: NamedDependency[MaterialStore]
) -> FormData:
    """What was sent. Read only once it is known that the reader may give the command. Raises Problem."""
    return await read_form(headers_of(request.scope), request.receive, materials, takes_files=case.takes_files)


def prefilled(request: HttpRequest, case: NamedDependency[FormCase]) -> FormData:
    """The form as it is opened: with fields filled in by the address."""
    fields = set(case.definition.fields)
    given = [(name, str(value)) for name, value in request.query_params.multi_items() if name in fields]
    data = FormData()
    for name, value in given:
        data.add(name, value)
    return data


class FormPages(Controller):
    """Forms of commands. Each command is judged by the table of access, and by its own rules."""

    opt = {ACCESS: COMMANDS}  # noqa: RUF012  litestar's own spelling
    dependencies = {  # noqa: RUF012  litestar's own spelling
        "case": ReadDependency(form_case),
        "sent_form": Provide(form_data),
        "prefilled": Provide(prefilled, sync_to_thread=False),
        "receipt": ReadDependency(receipt),
    }

    @get("/acts/register_project", sync_to_thread=False, opt={ACCESS: NEW})
    def register(self, page: NamedDependency[PageContext]) -> Response[None]:
        """Open the form of a new project, under an id of its own."""
        return Response(None, status_code=SEE_OTHER, headers={"Location": page.link(act_path(NEW, uuid4()))})

    @get(["/projects/{project_id:uuid}/acts/{command:str}", "/items/{project_id:uuid}/{item:str}/acts/{command:str}"])
    async def fill(self, case: NamedDependency[FormCase], prefilled: NamedDependency[FormData]) -> Response[str]:
        """The form of a command."""
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
        """Review the command, or go back to the form, or give it: as the button says that was pressed."""
        turn = FormTurn.of(case, sent_form)
        if sent_form.one(STEP) == EDIT:
            return fill_page(turn, ())
        read = read_command(case, sent_form)
        if read.command is None:
            return fill_page(turn, read.faults, INVALID)
        try:
            if sent_form.one(STEP) != ACT:
                return await review_page(turn, read.command)
            if interrupted(turn, read.command):
                return turn.render("interruption.html", hidden=turn.hidden)
            sender = FormSender(case, materials)
            command_id = await sender.act(read.command, sent_form, turn.key, turn.version)
        except Exception as error:  # noqa: BLE001  whatever it is, what was filled in must not be lost
            return await refused_page(turn, read.command, error, request)
        to = case.page.link(receipt_path(case.project.id, command_id))
        return Response(None, status_code=SEE_OTHER, headers={"Location": to})

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
            "receipt.html", receipt=receipt, case=case, command_id=command_id, reader=caller, **_linked(case)
        )


class FormTurn(Struct, frozen=True):
    """One request of a form: the *data* in it, its idempotency *key*, and the *version* it was made for."""

    case: FormCase
    data: FormData
    key: UUID
    version: int

    @classmethod
    def of(cls, case: FormCase, data: FormData) -> FormTurn:
        """From the hidden fields; where these are not as they were sent, as of a new form."""
        try:
            return cls(case, data, UUID(data.one(KEY)), int(data.one(VERSION)))
        except ValueError:
            return cls(case, data, uuid4(), case.project.version)

    @property
    def hidden(self) -> Sequence[tuple[str, str]]:
        """Everything that was filled in, as hidden fields, and what the form is sent under."""
        filled = [(name, text) for name, texts in self.data.values.items() if name not in CONTROLS for text in texts]
        return [*filled, *self.carried]

    @property
    def carried(self) -> Sequence[tuple[str, str]]:
        """What goes along from page to page: files that are stored, the key, the version, the id of what is new."""
        files = [(FILES, json.encode(file).decode()) for file in self.data.files]
        new_id = self.data.one(ID) or self.key.hex[-12:]
        return [*files, (KEY, str(self.key)), (VERSION, str(self.version)), (ID, new_id)]

    def render(self, template: str, status: int = 200, **content: object) -> Response[str]:
        """A page of the form."""
        case = self.case
        address = case.page.link(act_path(case.command, case.project.id, case.item))
        response = case.page.render(template, case=case, address=address, **_linked(case), **content)
        response.status_code = status
        return response


def _linked(case: FormCase) -> Mapping[str, object]:
    """Where the pages lead back to."""
    project = f"/pages/projects/{case.project.id}"
    return {
        "project_link": case.page.link(project) if case.project.version else "",
        "item_link": case.page.link(f"{project}/items/{case.item}") if case.item else "",
    }


def fill_page(
    turn: FormTurn, faults: Sequence[FormFault], status: int = 200, *, is_new: bool = False, **content: object
) -> Response[str]:
    """The form, with what is wrong in a list on top and beside each field."""
    shown = shown_form(turn.case, turn.data, faults, is_new=is_new)
    content = {"changed": (), "barred": barred_now(turn.case) if is_new else None, **content}
    return turn.render("fill.html", status, form=shown, carried=turn.carried, data=turn.data, **content)


def barred_now(case: FormCase) -> FormFault | None:
    """What is against the command whatever is filled in; None where it depends on that, or nothing is."""
    if case.state is None or case.command not in ACTIONS:
        return None
    trial = ACTIONS[case.command][1](ItemAt(case.project, case.item, case.law))
    refusal = refused_by(case, trial) if trial is not None else None
    if refusal is None:
        return None
    fault = fault_of(case, refused(refusal))
    return None if fault.field else fault


def interrupted(turn: FormTurn, command: AnyCommand) -> bool:
    """Whether a card has to ask once more before *command* is given."""
    interrupts = turn.case.definition.interrupts
    if interrupts is None or turn.data.one(CONFIRMED):
        return False
    name, value = interrupts
    return interrupts == ALWAYS or getattr(command, name) == value


async def review_page(turn: FormTurn, command: AnyCommand, status: int = 200) -> Response[str]:
    """The effect of *command* as the project is now, with what happened since the form was opened. Raises Refused."""
    case = turn.case
    preview = await case.approvals.preview(
        case.project.id, command, case.caller.actor, allowed=command_allowed(case.caller, command)
    )
    review = shown_review(case, turn.data, command, preview, effect_of(case.project.id, preview, case.laws))
    changed = _since(case, turn.version)
    turn = structs.replace(turn, version=review.version)
    return turn.render("review.html", status, review=review, hidden=turn.hidden, changed=changed)


def _since(case: FormCase, version: int) -> Sequence[str]:
    """What happened above *version*, in sentences, as far as the reader may see it."""
    sentences = Sentences(case.page, case.project.id, SentenceContext.of(case.history), case.names)
    return [sentences.tell(entry.fact) for entry in case.history if version < entry.version]


async def refused_page(turn: FormTurn, command: AnyCommand, error: Exception, request: HttpRequest) -> Response[str]:
    """The page where *command* was not carried out: the review anew where the project moved, else the form."""
    problem, _ = described(request.scope, error)
    version, case = turn.version, turn.case
    if is_moved(error):
        turn = structs.replace(turn, case=case.after(await entries_of(case.approvals, case.project.id)))
        try:
            return await review_page(turn, command, MOVED)
        except Exception as refusal:  # noqa: BLE001  as it is now it may be refused
            problem, _ = described(request.scope, refusal)
    changed = _since(turn.case, version) if turn.case.project.version != version else ()
    turn = structs.replace(turn, version=turn.case.project.version)
    return fill_page(turn, [fault_of(turn.case, problem)], problem.kind.status, changed=changed)
