"""Which fields each form shows, in which order, and why others are left out; commands without a form, and why."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from domain.core.types import Outcome
from domain.law.proof import Colour
from domain.project.supervision.appeals import Verdict

NUMBERED, PLANNED, BY_PATH = "given by the system", "planned afterwards", "named by the address"
ALWAYS = ("", "")  # for `interrupts`: whatever is filled in


class FormDefinition(Struct, frozen=True):
    """One form. *fields* in their order; *left_out* gives the reason why each other field is not in the form.

    *generated*: a field that is given an id of its own. *dated*: when it happened may be said, for what was done on
    paper. *takes_files*: files may come with it, which are attached to the item together with the act. *interrupts*:
    a field and the value with which a card asks once more before the act; ALWAYS: it does in any case.
    """

    fields: tuple[str, ...]
    left_out: Mapping[str, str] = {}
    generated: str = ""
    dated: bool = True
    takes_files: bool = False
    interrupts: tuple[str, str] | None = None


def form(fields: str = "", **options: object) -> FormDefinition:
    """A form with these *fields*, written with blanks between them."""
    return FormDefinition(tuple(fields.split()), **options)  # type: ignore[arg-type]


PLANNED_ITEM = (
    "item.item item.name item.department item.mode item.promise_days item.live item.requires item.participants"
    " item.joint_form item.by_undertaking item.special"
)
NOT_PLANNED = {
    "item.requires_any": "alternatives are planned by a flow",
    "item.phase": "phases come with a flow",
    "item.milestone": "milestones come with a flow",
    "item.service": "what the catalogue lists is planned by a flow",
    "item.catalogue": "what the catalogue lists is planned by a flow",
    "item.calendar": "the region follows from the law unless a catalogue says otherwise",
}

REGISTRATION = {
    "register_project": form(
        "name enterprise.name enterprise.uscc code manager law classified", left_out={"items": PLANNED}, dated=False
    ),
    "plan_item": form(PLANNED_ITEM, left_out=NOT_PLANNED, dated=False),
    "assign_manager": form("manager reasons"),
    "start_flow": form("flow kind edition", dated=False),
    "move_flow": form("kind edition", dated=False),
    "record_information": form("category fields as_of source", dated=False),
}

APPLICATION = {
    "submit_item": form("item materials undertaking renews.item renews.number renews.valid_through", takes_files=True),
    "request_supplement": form("item missing respond_by"),
    "submit_supplement": form("item provided", takes_files=True),
    "accept_item": form("item lacking cure_days"),
    "decline_item": form("item reasons", interrupts=ALWAYS),
    "forward_item": form("item upper"),
    "receive_forwarded_item": form("item"),
    "suspend_clock": form(
        "item ground reason notified planned_until", left_out={"suspension": NUMBERED}, takes_files=True
    ),
    "resume_clock": form("item suspension"),
    "extend_limit": form("item clock days approver approved_by reasons notified"),
    "announce_date": form("item clock announced_on channel wording"),
    "tell_hearing_right": form("item"),
    "request_hearing": form("item"),
    "give_hearing_notice": form("item hearing_on"),
    "hold_hearing": form("item"),
    "complete_item": form(
        "item outcome document_number valid_through reasons override_reasons",
        interrupts=("outcome", Outcome.REFUSED.value),
    ),
    "deliver_decision": form("item method recipient"),
    "attempt_delivery": form("item method reasons"),
    "check_undertaking": form("item kept findings"),
    "revoke_decision": form("item reasons", interrupts=ALWAYS),
    "withdraw_item": form("item reasons", interrupts=ALWAYS),
    "change_mode": form("item mode reasons"),
    "note_step": form("item activity label value reason"),
    "amend_entry": form("version new_occurred_at reasons", dated=False),
    "retract_entry": form("version reasons", dated=False, interrupts=ALWAYS),
}

COUNTERSIGNATURE = {
    "ask_countersignature": form("item departments order within_days step"),
    "countersign": form("item step opinion conditions reasons"),
    "continue_countersignature": form("item department step reasons"),
    "recall_countersignature": form("item department step reasons"),
    "forward_countersignature": form("item step to reasons"),
    "revise_application": form("item changes materials", takes_files=True),
    "keep_opinion": form("item department step reasons"),
    "consolidate_opinions": form("item text conditions override_reasons"),
}

EXTERNAL = {
    "record_external_result": form(
        "item outcome document_number document_on evidence source verified_on", takes_files=True
    ),
    "verify_external_result": form("item evidence", takes_files=True),
    "settle_discrepancy": form("item keep reasons"),
    "attest_record": form("item"),
}

MATERIALS = {
    "attach_material": form(
        "items source later_evidence",
        left_out=dict.fromkeys(("digest", "name", "media_type", "size"), "read from the file itself"),
        takes_files=True,
        dated=False,
    ),
    "detach_material": form("digest items reasons", dated=False),
}

SUPERVISION = {
    "issue_card": form("item colour department reasons", interrupts=("colour", Colour.RED.value), dated=False),
    "appeal_card": form("card reasons papers", dated=False),
    "decide_appeal": form("card verdict reasons", interrupts=("verdict", Verdict.REVOKE.value), dated=False),
    "order_supervision": form("item card department about feedback_by", generated="order", dated=False),
    "answer_supervision": form("order answer", dated=False),
}

FEEDBACK = {
    "file_complaint": form("item about step person entries contact anonymous", generated="complaint", dated=False),
    "accept_complaint": form("complaint", dated=False),
    "decline_complaint": form("complaint reasons", dated=False),
    "transfer_complaint": form("complaint to reasons", dated=False),
    "extend_complaint": form("complaint days approver reasons", dated=False),
    "withdraw_complaint": form("complaint reasons", dated=False),
    "answer_complaint": form("complaint upheld partly answer entries", dated=False),
    "close_complaint": form("complaint satisfied remarks", dated=False),
    "evaluate_service": form(
        "item contact grade reasons comment", left_out={"channel": "a page is always the web"}, dated=False
    ),
    "start_rectification": form("evaluation handler plan", dated=False),
    "rectify_evaluation": form("evaluation real measures", dated=False),
    "call_back": form("evaluation satisfied remarks", dated=False),
    "appeal_evaluation": form("evaluation ground evidence", dated=False),
    "decide_evaluation_appeal": form("evaluation upheld reasons", dated=False),
}

FORMS: Mapping[str, FormDefinition] = {
    **REGISTRATION,
    **APPLICATION,
    **COUNTERSIGNATURE,
    **EXTERNAL,
    **MATERIALS,
    **SUPERVISION,
    **FEEDBACK,
}

# Commands of projects that no person gives on a page, and why.
WITHOUT_FORM: Mapping[str, str] = {
    "reconcile_external_result": "departments' own systems report it by their feed; no person has that role",
}
