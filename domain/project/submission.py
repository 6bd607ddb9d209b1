"""申请 submission: the enterprise applies for one item, and the intake clock starts on the day of receipt."""

from __future__ import annotations

from domain.ledger import Command, Context, Fact, Role
from domain.project.state import FRESH_STAGES, Project, Stage, require_role, require_stage


class SubmitItem(Command, frozen=True, tag="submit_item"):
    """Apply for one item, with its materials."""

    item: str
    materials: tuple[str, ...] = ()

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_role(
            context.by, "apply for an item", Role.APPLICANT, Role.PROJECT_MANAGER, Role.OFFICER, Role.SYSTEM
        )
        require_stage(self.item, item, "be applied for", *FRESH_STAGES)
        return (ItemSubmitted(item=self.item, law=context.law.name, materials=self.materials),)


class ItemSubmitted(Fact, frozen=True, tag="item_submitted"):
    """The application was received. The rule pack in force on that day stays with the application."""

    item: str
    law: str
    materials: tuple[str, ...] = ()

    def apply(self, project: Project) -> None:
        item = project.items[self.item]
        item.renew()
        item.stage = Stage.SUBMITTED
