"""可办事项 what may be done to an item: by the table of access, and by the rules of each command, which refuse or not.

Each action is tried out on a command of its kind, with placeholders for what a person would still have to fill in:
`decide` is pure, so nothing is recorded, and what it says about the state of the item is what it would say to anyone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Literal

from msgspec import Struct

from domain.access.cases import command_cases
from domain.access.decision import may_all
from domain.access.principal import Caller
from domain.core.context import Context
from domain.core.ledger import Actor, Command, Refused, Role
from domain.core.types import Outcome
from domain.law.licensing.review import DECISION
from domain.law.packs.pack import Pack
from domain.project.application.acceptance import AcceptItem, DeclineItem
from domain.project.application.completion import CompleteItem
from domain.project.application.delivery import DeliverDecision
from domain.project.application.extension import ExtendLimit
from domain.project.application.submission import SubmitItem
from domain.project.application.supplement import RequestSupplement, SubmitSupplement
from domain.project.application.suspension import ResumeClock, SuspendClock
from domain.project.application.withdrawal import WithdrawItem
from domain.project.countersignature.request import AskCountersignature, Countersign
from domain.project.external.results import RecordExternalResult
from domain.project.state.consultation import Opinion, unanswered
from domain.project.state.project import Item, Project

BLANK = "–"  # in the place of what a person would fill in
Side = Literal["department", "applicant", "consulted"]


class Action(Struct, frozen=True):
    """One thing that may be done by one *side*: *barred* is the code of the rule against it now, empty for none.

    *allowed*: the table of access lets the reader do it. *reason* says who may; *detail* why the rule is against it, in
    the words of the rule, with its *article*. *unmet* are the items that have to be granted first.
    """

    command: str
    side: Side
    allowed: bool
    barred: str
    reason_zh: str
    reason_en: str
    detail: str = ""
    remedy: str = ""
    article: str = ""
    unmet: tuple[str, ...] = ()

    @property
    def possible(self) -> bool:
        """Whether the reader can do it now."""
        return self.allowed and not self.barred


class ItemAt(Struct, frozen=True):
    """The item *code* of a project, with the *law* its application is under, as actions look at it."""

    project: Project
    code: str
    law: Pack

    @property
    def item(self) -> Item:
        """The item itself."""
        return self.project.items[self.code]


def _suspension(at: ItemAt) -> Command | None:
    ground = next((ground for ground in at.law.grounds if ground.is_for(at.item.mode)), None)
    return SuspendClock(item=at.code, ground=ground.reason, reason=BLANK, notified=True) if ground else None


def _resumption(at: ItemAt) -> Command | None:
    opened = next(iter(at.item.suspensions), "")
    return ResumeClock(item=at.code, suspension=opened) if opened else None


def _extension(at: ItemAt) -> Command:
    extension = at.law.extension(DECISION.name, at.item.mode)
    approver = extension.approver if extension else BLANK
    return ExtendLimit(item=at.code, days=1, reasons=BLANK, approver=approver)


def _countersignature(at: ItemAt) -> Command | None:
    opened = unanswered(at.item.consultations)
    return Countersign(item=at.code, opinion=Opinion.AGREED, step=opened[0].step) if opened else None


def _external(at: ItemAt) -> Command | None:
    if at.item.plan.live:
        return None
    return RecordExternalResult(item=at.code, outcome=Outcome.GRANTED, evidence=BLANK)


def _of_department(build: Callable[[ItemAt], Command]) -> Callable[[ItemAt], Command | None]:
    """What only a department that works in the system does: for the others the result is keyed in."""
    return lambda at: build(at) if at.item.plan.live else None


def _decision(at: ItemAt) -> Command:
    return CompleteItem(item=at.code, outcome=Outcome.GRANTED, reasons=BLANK, document_number=BLANK)


# In the order in which an application meets them.
ACTIONS: Mapping[str, tuple[Side, Callable[[ItemAt], Command | None]]] = {
    "submit_item": ("applicant", lambda at: SubmitItem(item=at.code)),
    "submit_supplement": ("applicant", lambda at: SubmitSupplement(item=at.code)),
    "accept_item": ("department", _of_department(lambda at: AcceptItem(item=at.code))),
    "request_supplement": (
        "department",
        _of_department(lambda at: RequestSupplement(item=at.code, missing=at.item.first_notice or (BLANK,))),
    ),
    "decline_item": ("department", _of_department(lambda at: DeclineItem(item=at.code, reasons=BLANK))),
    "ask_countersignature": (
        "department",
        _of_department(lambda at: AskCountersignature(item=at.code, departments=(BLANK,), within_days=1)),
    ),
    "countersign": ("consulted", _countersignature),
    "suspend_clock": (
        "department",
        _of_department(lambda at: _suspension(at) or ResumeClock(item=at.code, suspension=BLANK)),
    ),
    "resume_clock": ("department", _resumption),
    "extend_limit": ("department", _of_department(_extension)),
    "complete_item": ("department", _of_department(_decision)),
    "deliver_decision": ("department", _of_department(lambda at: DeliverDecision(item=at.code, method=BLANK))),
    "record_external_result": ("department", _external),
    "withdraw_item": ("applicant", lambda at: WithdrawItem(item=at.code)),
}


def actions_for(caller: Caller | None, at: ItemAt, context: Callable[[Actor], Context]) -> list[Action]:
    """What may be done to the item; *context* is that of a command which an actor sends now."""
    return list(_actions(caller, at, context))


def _actions(caller: Caller | None, at: ItemAt, context: Callable[[Actor], Context]) -> Iterator[Action]:
    for name, (side, build) in ACTIONS.items():
        command = build(at)
        if command is None:
            continue
        judged = may_all(caller, name, command_cases(at.project, command))
        refused = refusal_of(command, at.project, context(_acting(side, at.item, caller if judged.allowed else None)))
        yield Action(
            command=name,
            side=side,
            allowed=judged.allowed,
            barred=refused.code if refused else "",
            reason_zh=judged.reason.zh if caller else "",
            reason_en=judged.reason.en if caller else "",
            detail=refused.sentence if refused else "",
            remedy=refused.remedy if refused else "",
            article=refused.article if refused else "",
            unmet=tuple(refused.details.get("unmet", ())) if refused else (),
        )


def _acting(side: Side, item: Item, caller: Caller | None) -> Actor:
    """The reader where he may; else one who might act on that *side*, so that only the item's state is judged."""
    if caller is not None:
        return caller.actor
    if side == "applicant":
        return Actor(BLANK, "", Role.APPLICANT)
    if side == "consulted":
        opened = unanswered(item.consultations)
        return Actor(BLANK, opened[0].department if opened else "", Role.OFFICER)
    return Actor(BLANK, item.department, Role.OFFICER) if item.plan.live else Actor(BLANK, "", Role.PROJECT_MANAGER)


def refusal_of(command: Command, project: Project, context: Context) -> Refused | None:
    """The refusal that *command*, one to a project, would meet by its own rules; None where it would pass."""
    try:
        command.decide(project, context)  # type: ignore[attr-defined]  # every command to a project has rules
    except Refused as refused:
        return refused
    return None


def parted(actions: list[Action]) -> tuple[list[Action], list[Action], list[Action]]:
    """*actions* that the reader can do now, those that a rule bars him from, and those that are for others."""
    now = [action for action in actions if action.possible]
    barred = [action for action in actions if action.allowed and action.barred]
    others = [action for action in actions if not action.allowed and not action.barred]
    return now, barred, others
