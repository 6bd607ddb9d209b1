"""送达 delivery: the decision reaches the applicant, within ten days of a grant (Art. 44)."""

from __future__ import annotations

from domain.context import Context
from domain.ledger import Command, Fact
from domain.project.rules import require_handler, require_stage
from domain.project.state import Project
from domain.project.terms import Code, Line, Stage


class DeliverDecision(Command, frozen=True, tag="deliver_decision"):
    """Record how the decision was handed over, and to whom."""

    item: Code
    method: Code
    recipient: Line = ""

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_handler(self.item, item, context.by)
        require_stage(self.item, item, "be delivered", Stage.COMPLETED)
        return (DecisionDelivered(item=self.item, method=self.method, recipient=self.recipient),)


class DecisionDelivered(Fact, frozen=True, tag="decision_delivered"):
    """送达: the delivery clock stops."""

    item: str
    method: str
    recipient: str = ""

    def apply(self, project: Project) -> None:
        project.recorded(self.item).stage = Stage.DELIVERED
