"""送达 delivery: the decision reaches the applicant, within ten days of a grant (Art. 44), or an attempt fails."""

from __future__ import annotations

from typing import Annotated

from domain.core.context import Context
from domain.core.ledger import Command, Fact
from domain.core.personal import RECIPIENT, personal
from domain.core.rules import require_reasons
from domain.core.types import Code, Line, Stage, Text
from domain.project.rules import require_handler, require_stage
from domain.project.state.project import Project

RECEIVED = personal(RECIPIENT, of="item")  # who signed for it


class DeliverDecision(Command, frozen=True, tag="deliver_decision"):
    """Record how the decision was handed over, and to whom."""

    item: Code
    method: Code
    recipient: Annotated[Line, RECEIVED] = ""

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_handler(self.item, item, context.by)
        require_stage(self.item, item, "be delivered", Stage.COMPLETED)
        return (DecisionDelivered(item=self.item, method=self.method, recipient=self.recipient),)


class AttemptDelivery(Command, frozen=True, tag="attempt_delivery"):
    """Record a failed attempt to hand the decision over; *reasons* describe it.

    The decision stays undelivered. Where a time limit ends with notification, a documented attempt meets it.
    """

    item: Code
    method: Code
    reasons: Text

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_handler(self.item, item, context.by)
        require_stage(self.item, item, "have its delivery attempted", Stage.COMPLETED)
        require_reasons(self.reasons, f"an attempt to deliver {self.item}", context.law.article("notification"))
        return (DeliveryAttempted(item=self.item, method=self.method, reasons=self.reasons),)


class DecisionDelivered(Fact, frozen=True, tag="decision_delivered"):
    """送达: the delivery clock stops."""

    item: str
    method: str
    recipient: Annotated[str, RECEIVED] = ""

    def apply(self, project: Project) -> None:
        project.recorded(self.item).stage = Stage.DELIVERED


class DeliveryAttempted(Fact, frozen=True, tag="delivery_attempted"):
    """送达未成: the decision could not be handed over."""

    item: str
    method: str
    reasons: str

    def apply(self, project: Project) -> None:
        """No effect on later decisions: the decision is still to be delivered."""
