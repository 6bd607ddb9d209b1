"""移交 hand-over: another project manager takes a project over."""

from __future__ import annotations

from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused, Role
from domain.core.rules import require_role
from domain.core.types import Code, Text
from domain.project.state.project import Project


class AssignManager(Command, frozen=True, tag="assign_manager"):
    """Give the project to another project manager, who then has to act in the place of the one before."""

    manager: Code
    reasons: Text = ""

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        require_role(context.by, "assign a project manager", Role.PROJECT_MANAGER, Role.LEADER, Role.SYSTEM)
        if self.manager == project.manager:
            raise Refused(
                "manager-unchanged", f"{self.manager} manages this project already", remedy="name another manager"
            )
        return (ManagerAssigned(manager=self.manager, former=project.manager, reasons=self.reasons),)


class ManagerAssigned(Fact, frozen=True, tag="manager_assigned"):
    """项目经理移交: *manager* is in charge, in the place of the *former* one."""

    manager: str
    former: str
    reasons: str = ""

    def apply(self, project: Project) -> None:
        project.manager = self.manager
