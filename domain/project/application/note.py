"""环节记录 note: an activity from another system's log, recorded as it is, with no effect on decisions or clocks."""

from __future__ import annotations

from domain.core.context import Context
from domain.core.ledger import Command, Fact, Role
from domain.core.rules import require_role
from domain.core.types import Line, Name, Text
from domain.project.state.project import Project


class NoteStep(Command, frozen=True, tag="note_step"):
    """Record an activity as logged elsewhere, on an item or on the project as a whole."""

    activity: Line
    item: Name = ""
    label: Line = ""
    value: Line = ""
    reason: Text = ""

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        require_role(context.by, "note a step", Role.SYSTEM, Role.PROJECT_MANAGER, Role.OFFICER)
        if self.item:
            project.item(self.item)
        return (
            StepNoted(activity=self.activity, item=self.item, label=self.label, value=self.value, reason=self.reason),
        )


class StepNoted(Fact, frozen=True, tag="step_noted"):
    """An activity without effect on decisions or clocks."""

    activity: str
    item: str = ""
    label: str = ""
    value: str = ""
    reason: str = ""

    def apply(self, project: Project) -> None:
        """No effect on later decisions; it is shown in the history."""
