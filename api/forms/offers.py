"""Which forms a page links to: those of commands that the table of access allows, and that the state permits.

Commands that the page of an item tries in full (`api.commands.actions`) are not repeated here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime

from api.commands.actions import BLANK, refusal_of
from api.commands.context import context_of
from api.forms.links import act_link
from api.html.page import PageContext
from domain.access.cases import command_cases, item_case, project_case
from domain.access.decision import may, may_all
from domain.access.principal import Caller
from domain.core.context import Context
from domain.core.ledger import Command, Refused, Role
from domain.core.types import DECIDED_STAGES, OPEN_STAGES, HearingStep, Mode, Outcome, Stage
from domain.messages import tag_of
from domain.project.application.correction import correctable
from domain.project.feedback.complaint import (
    AcceptComplaint,
    AnswerComplaint,
    CloseComplaint,
    DeclineComplaint,
    ExtendComplaint,
    TransferComplaint,
    WithdrawComplaint,
)
from domain.project.feedback.evaluation import (
    AppealEvaluation,
    AppealGround,
    CallBack,
    DecideEvaluationAppeal,
    RectifyEvaluation,
    StartRectification,
)
from domain.project.state.consultation import Opinion, unanswered
from domain.project.state.feedback import Satisfied
from domain.project.state.project import Item, Project
from domain.project.supervision.appeals import (
    AnswerSupervision,
    AppealCard,
    DecideAppeal,
    OrderSupervision,
    Verdict,
)
from infrastructure.ledger.approvals import Approvals

Trials = Sequence[Command]


def _accepted(item: Item) -> bool:
    return item.stage is Stage.ACCEPTED


def _applied_for(item: Item) -> bool:
    return item.application > 0


def _always(item: Item) -> bool:  # noqa: ARG001  as all states
    return True


# Acts of the department that handles an item, in the order of the procedure, and the state it has to be in.
OF_DEPARTMENT: Mapping[str, Callable[[Item], bool]] = {
    "change_mode": lambda item: item.stage in OPEN_STAGES,
    "announce_date": _accepted,
    "forward_item": lambda item: _accepted(item) and item.mode == Mode.LOWER_REVIEW and not item.forwarded,
    "receive_forwarded_item": lambda item: item.forwarded and not item.upper_received,
    "tell_hearing_right": lambda item: _accepted(item) and item.hearing is HearingStep.NONE,
    "give_hearing_notice": lambda item: _accepted(item) and item.hearing is not HearingStep.HELD,
    "hold_hearing": lambda item: _accepted(item) and item.hearing is HearingStep.ANNOUNCED,
    "recall_countersignature": lambda item: _accepted(item) and bool(unanswered(item.consultations)),
    "continue_countersignature": lambda item: (
        _accepted(item) and any(each.opinion is Opinion.OBJECTED for each in item.consultations.values())
    ),
    "keep_opinion": lambda item: _accepted(item) and any(each.stale for each in item.consultations.values()),
    "consolidate_opinions": lambda item: _accepted(item) and bool(item.consultations),
    "attempt_delivery": lambda item: item.stage is Stage.COMPLETED,
    "check_undertaking": lambda item: (
        item.undertaking and item.outcome is Outcome.GRANTED and item.undertaking_kept is None
    ),
    "revoke_decision": lambda item: item.outcome is Outcome.GRANTED and item.undertaking_kept is False,
    "note_step": _applied_for,
}
# Acts of others: the enterprise, the manager, consulted departments, the bureau.
OF_OTHERS: Mapping[str, Callable[[Item], bool]] = {
    "forward_countersignature": lambda item: bool(unanswered(item.consultations)),
    "attach_material": _always,
    "revise_application": _accepted,
    "request_hearing": lambda item: _accepted(item) and item.hearing is HearingStep.TOLD,
    "verify_external_result": lambda item: item.external,
    "settle_discrepancy": lambda item: item.disputed is not None,
    "attest_record": lambda item: not item.plan.live and item.stage not in DECIDED_STAGES,
    "evaluate_service": lambda item: _applied_for(item) and not item.evaluated,
    "file_complaint": _always,
    "issue_card": _applied_for,
    "order_supervision": _applied_for,
}


class Offers:
    """The forms that a page of a project links to: names of commands, and their addresses.

    Nothing is offered on a page that *is_past*.
    """

    def __init__(
        self, page: PageContext, caller: Caller, project: Project, approvals: Approvals, at: datetime, *, is_past: bool
    ) -> None:
        self._page, self._caller, self._is_past = page, caller, is_past or not project.law
        self.project = project
        self._context = None if self._is_past else context_of(approvals, project.law, at)(caller.actor)

    def href(self, command: str, item: str = "", **filled: str) -> str:
        """The address of the form of *command*, with fields filled in beforehand."""
        return act_link(self._page, command, self.project.id, item, **filled)

    @property
    def of_project(self) -> list[str]:
        """The acts on the project as a whole."""
        return [] if self._is_past else project_offers(self._caller, self.project)

    def of_item(self, code: str) -> list[str]:
        """The further acts on an item."""
        return [] if self._is_past else item_offers(self._caller, self.project, code)

    def of_entry(self, version: int) -> list[str]:
        """How an entry can be corrected."""
        return [] if self._is_past else entry_offers(self._caller, self.project, version)

    def of_complaint(self, code: str) -> list[str]:
        """What can be done about a complaint."""
        return complaint_offers(self._caller, self.project, code, self._context) if self._context else []

    def of_evaluation(self, code: str) -> list[str]:
        """What can be done about a poor rating."""
        return evaluation_offers(self._caller, self.project, code, self._context) if self._context else []

    def of_card(self, card: str) -> list[str]:
        """What can be done about a card."""
        return card_offers(self._caller, self.project, card, self._context) if self._context else []

    def of_orders(self, item: str) -> list[str]:
        """The orders about an item that the reader can report on."""
        if self._context is None:
            return []
        orders = self.project.orders.items()
        return [
            code
            for code, order in orders
            if order.item == item and order_offers(self._caller, self.project, code, self._context)
        ]


def item_offers(caller: Caller, project: Project, code: str) -> list[str]:
    """The further acts on the item *code*."""
    item, case = project.items[code], item_case(project, code)
    own = caller.role is not Role.PROJECT_MANAGER or not item.plan.live  # he acts for departments outside alone
    fitting = [command for command, fits in OF_DEPARTMENT.items() if own and fits(item)]
    fitting += [command for command, fits in OF_OTHERS.items() if fits(item)]
    return [command for command in fitting if may(caller, command, case).allowed]


def project_offers(caller: Caller, project: Project) -> list[str]:
    """The acts on the project as a whole."""
    case = project_case(project)
    commands = [
        "start_flow" if project.flow is None else "move_flow",
        *("plan_item", "record_information", "assign_manager", "file_complaint"),
    ]
    return [command for command in commands if may(caller, command, case).allowed]


def entry_offers(caller: Caller, project: Project, version: int) -> list[str]:
    """How the entry *version* can be corrected by the reader."""
    note = project.notes.get(version)
    if note is None or not may(caller, "amend_entry", item_case(project, note.item)).allowed:
        return []
    try:
        correctable(project, version, caller.actor)
    except Refused:
        return []
    return ["amend_entry"] if note.fact == "project_registered" else ["amend_entry", "retract_entry"]


def complaint_offers(caller: Caller, project: Project, complaint: str, context: Context) -> list[str]:
    """What can be done about a complaint."""
    trials: Trials = [
        AcceptComplaint(complaint=complaint),
        AnswerComplaint(complaint=complaint, answer=BLANK, upheld=True),
        TransferComplaint(complaint=complaint, to=BLANK, reasons=BLANK),
        ExtendComplaint(complaint=complaint, days=1, reasons=BLANK, approver=BLANK),
        DeclineComplaint(complaint=complaint, reasons=BLANK),
        CloseComplaint(complaint=complaint, satisfied=Satisfied.YES),
        WithdrawComplaint(complaint=complaint),
    ]
    return list(_passing(caller, project, trials, context))


def evaluation_offers(caller: Caller, project: Project, evaluation: str, context: Context) -> list[str]:
    """What can be done about a poor rating."""
    trials: Trials = [
        StartRectification(evaluation=evaluation, handler=BLANK),
        RectifyEvaluation(evaluation=evaluation, real=True, measures=BLANK),
        CallBack(evaluation=evaluation, satisfied=Satisfied.YES),
        AppealEvaluation(evaluation=evaluation, ground=next(iter(AppealGround)), evidence=BLANK),
        DecideEvaluationAppeal(evaluation=evaluation, upheld=True, reasons=BLANK),
    ]
    return list(_passing(caller, project, trials, context))


def card_offers(caller: Caller, project: Project, card: str, context: Context) -> list[str]:
    """What can be done about a card: the appeal and its decision, and an order because of it."""
    signal = project.signals.get(card)
    if signal is None:
        return []
    trials: Trials = [
        AppealCard(card=card, reasons=BLANK),
        DecideAppeal(card=card, verdict=Verdict.UPHOLD, reasons=BLANK),
        OrderSupervision(order=BLANK, item=signal.item, about=BLANK, feedback_by=LAST_DAY, card=card),
    ]
    return list(_passing(caller, project, trials, context))


LAST_DAY = date(2099, 12, 31)


def order_offers(caller: Caller, project: Project, order: str, context: Context) -> list[str]:
    """What can be done about an order."""
    return list(_passing(caller, project, [AnswerSupervision(order=order, answer=BLANK)], context))


def _passing(caller: Caller, project: Project, trials: Trials, context: Context) -> Iterator[str]:
    """The names of those *trials* that pass both the table of access and the rules of the command."""
    for trial in trials:
        allowed = may_all(caller, tag_of(trial), command_cases(project, trial)).allowed
        if allowed and refusal_of(trial, project, context) is None:
            yield tag_of(trial)
