"""撤回 withdrawal of an application by the applicant; every open clock ends without a verdict."""

from __future__ import annotations

from domain.core.context import Context
from domain.core.ledger import Command, Fact
from domain.core.types import OPEN_STAGES, Code, Stage, Text
from domain.project.rules import require_applicant_side, require_stage
from domain.project.state.project import Project


class WithdrawItem(Command, frozen=True, tag="withdraw_item"):
    """Withdraw an open application. The law requires no reasons."""

    item: Code
    reasons: Text = ""

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_applicant_side(self.item, item, context.by, "withdraw")
        require_stage(self.item, item, "be withdrawn", *OPEN_STAGES)
        return (ItemWithdrawn(item=self.item, reasons=self.reasons),)


class ItemWithdrawn(Fact, frozen=True, tag="item_withdrawn"):
    """撤回."""

    item: str
    reasons: str = ""

    def apply(self, project: Project) -> None:
        item = project.recorded(self.item)
        item.stage, item.suspensions = Stage.WITHDRAWN, {}
