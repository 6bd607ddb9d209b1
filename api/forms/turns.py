"""One request of a form: its data, idempotency key and version, and the pages that answer it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID, uuid4

from litestar import Response
from msgspec import Struct, json, structs

from api.acts.fields import FILES
from api.commands.actions import ACTIONS, ItemAt
from api.commands.effect import effect_of
from api.forms.acting import is_moved
from api.forms.case import FormCase
from api.forms.drafts import CONFIRMED, ID, KEY, STEP, VERSION, RestoredForm, version_of
from api.forms.form_data import FormData
from api.forms.links import act_path
from api.forms.refusals import fault_of
from api.forms.review import shown_review
from api.forms.values import FormFault
from api.forms.views import shown_form
from api.guard.judging import command_allowed
from api.web.entries import entries_of
from api.web.error_handlers import refused
from api.web.problems import Problem
from domain.messages import AnyCommand

CONTROLS = frozenset({STEP, KEY, VERSION, ID, CONFIRMED, FILES})
MOVED = 412


class FormTurn(Struct, frozen=True):
    """One request of a form: the *data* in it, its idempotency *key*, and the *version* it was made for."""

    case: FormCase
    data: FormData
    key: UUID
    version: int

    @classmethod
    def of(cls, case: FormCase, data: FormData) -> FormTurn:
        """Read from the hidden fields; a new key and version where these can't be read."""
        version = version_of(case, data)
        try:
            return cls(case, data, UUID(data.text_of(KEY)), version)
        except ValueError:
            return cls(case, data, uuid4(), version)

    @property
    def hidden(self) -> Sequence[tuple[str, str]]:
        """The hidden fields: all data, the key and the version."""
        filled = [(name, text) for name, texts in self.data.values.items() if name not in CONTROLS for text in texts]
        return [*filled, *self.carried]

    @property
    def carried(self) -> Sequence[tuple[str, str]]:
        """The state passed from page to page: stored files, the key, the version, the id of a new thing."""
        files = [(FILES, json.encode(file).decode()) for file in self.data.files]
        new_id = self.data.text_of(ID) or self.key.hex[-12:]
        return [*files, (KEY, str(self.key)), (VERSION, str(self.version)), (ID, new_id)]

    def render(self, template: str, status: int = 200, **content: object) -> Response[str]:
        """A page of the form."""
        case = self.case
        address = case.page.link(act_path(case.command, case.project.id, case.item))
        response = case.page.render(template, case=case, address=address, **linked(case), **content)
        response.status_code = status
        return response


def linked(case: FormCase) -> Mapping[str, object]:
    """The address that the pages link back to."""
    project = f"/pages/projects/{case.project.id}"
    return {
        "project_link": case.page.link(project) if case.project.version else "",
        "item_link": case.page.link(f"{project}/items/{case.item}") if case.item else "",
    }


def fill_page(
    turn: FormTurn, faults: Sequence[FormFault], status: int = 200, *, is_new: bool = False, **content: object
) -> Response[str]:
    """The form, with its faults in a list on top and beside each field."""
    shown = shown_form(turn.case, turn.data, faults, is_new=is_new)
    content = {"changed": (), "restored": None, "barred": barred_now(turn.case) if is_new else None, **content}
    return turn.render("fill.html", status, form=shown, carried=turn.carried, data=turn.data, **content)


def restored_page(case: FormCase, restored: RestoredForm) -> Response[str]:
    """The form with its draft, and the entries since the draft was saved."""
    turn = FormTurn(case, restored.data, uuid4(), restored.version)
    return fill_page(turn, (), changed=_since(case, turn.version), barred=barred_now(case), restored=restored.saved_at)


def barred_now(case: FormCase) -> FormFault | None:
    """The refusal of the command whatever its fields hold; None if it depends on them, or nothing bars it."""
    if case.state is None or case.command not in ACTIONS:
        return None
    trial = ACTIONS[case.command][1](ItemAt(case.project, case.item, case.law))
    refusal = case.refusal_of(trial) if trial is not None else None
    if refusal is None:
        return None
    fault = fault_of(case, refused(refusal))
    return None if fault.field else fault


def interrupted(turn: FormTurn, command: AnyCommand) -> bool:
    """Whether the reader has to confirm *command* on a card before it is sent."""
    interruption = turn.case.definition.interruption
    if interruption is None or turn.data.text_of(CONFIRMED):
        return False
    return all(getattr(command, name) == value for name, value in interruption.when.items())


async def review_page(turn: FormTurn, command: AnyCommand, status: int = 200) -> Response[str]:
    """The effect of *command* on the current project, and the entries since the form was opened. Raises Refused."""
    case = turn.case
    preview = await case.approvals.preview(
        case.project.id, command, case.caller.actor, allowed=command_allowed(case.caller, command)
    )
    review = shown_review(case, turn.data, command, preview, effect_of(case.project.id, preview, case.laws))
    changed = _since(case, turn.version)
    turn = structs.replace(turn, version=review.version)
    return turn.render("review.html", status, review=review, hidden=turn.hidden, changed=changed)


def _since(case: FormCase, version: int) -> Sequence[str]:
    """The entries after *version* in sentences, as far as the reader may see them."""
    return [case.sentences.tell(entry.fact) for entry in case.history if version < entry.version]


async def refused_page(
    turn: FormTurn, command: AnyCommand, error: Exception, problem_of: Callable[[Exception], Problem]
) -> Response[str]:
    """The page after *command* failed: a new review on a version conflict, else the form.

    *problem_of* makes a problem of an error, and logs it.
    """
    problem, version, case = problem_of(error), turn.version, turn.case
    if is_moved(error):
        turn = structs.replace(turn, case=case.after(await entries_of(case.approvals, case.project.id)))
        try:
            return await review_page(turn, command, MOVED)
        except Exception as refusal:  # noqa: BLE001  as it is now it may be refused
            problem = problem_of(refusal)
    changed = _since(turn.case, version) if turn.case.project.version != version else ()
    turn = structs.replace(turn, version=turn.case.project.version)
    return fill_page(turn, [fault_of(turn.case, problem)], problem.kind.status, changed=changed)
