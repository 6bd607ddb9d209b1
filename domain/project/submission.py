"""申请 submission: the enterprise applies for one item, and the intake clock starts on the day of receipt."""

from __future__ import annotations

from domain.ledger import Command, Context, Fact
from domain.project.rules import law_for, require_papers_from, require_stage
from domain.project.state import DECIDED_STAGES, FRESH_STAGES, Code, Item, Lines, Outcome, Project, Stage


class SubmitItem(Command, frozen=True, tag="submit_item"):
    """Apply for one item, with its materials; or apply again after it was declined, withdrawn or not granted."""

    item: Code
    materials: Lines = ()

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_papers_from(context.by, "apply for an item")
        if not may_apply_again(item):
            require_stage(self.item, item, "be applied for", *FRESH_STAGES)
        return (ItemSubmitted(item=self.item, law=law_for(item.plan, context).name, materials=self.materials),)


class ItemSubmitted(Fact, frozen=True, tag="item_submitted"):
    """The application was received. The rules and the catalogue in force on that day stay with the application."""

    item: str
    law: str
    materials: tuple[str, ...] = ()
    catalogue: str = ""  # name and edition of the catalogue then in force, e.g. "beijing-zone@3"
    promise_days: int | None = None  # what that edition promises

    def apply(self, project: Project) -> None:
        item = project.recorded(self.item)
        item.renew()
        item.stage, item.promised = Stage.SUBMITTED, self.promise_days


def may_apply_again(item: Item) -> bool:
    """Whether the last application was decided without a grant, so that a new one may follow."""
    return item.stage in DECIDED_STAGES and item.outcome is not Outcome.GRANTED
