"""撤回会签 recall: the lead department takes a question back, and the clock of it ends without a verdict."""

from __future__ import annotations

from domain.context import Context
from domain.ledger import Command, Fact, Refused
from domain.project.asking import going_on
from domain.project.consultation_state import Consultation, key_of, named, queue, unanswered
from domain.project.rules import require_after, require_handler, require_reasons, require_stage
from domain.project.state import Project
from domain.project.terms import Code, Name, Stage, Text


class RecallCountersignature(Command, frozen=True, tag="recall_countersignature"):
    """Take the question to a department back before it has answered, or take it out of a line, with reasons."""

    item: Code
    department: Code
    reasons: Text
    step: Name = ""

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_handler(self.item, item, context.by)
        require_stage(self.item, item, "have a question taken back", Stage.ACCEPTED)
        require_reasons(self.reasons, f"taking back the question to {self.department}", "")
        key = key_of(self.department, self.step)
        recalled = CountersignatureRecalled(
            item=self.item, department=self.department, step=self.step, round=item.round, reasons=self.reasons
        )
        for asked in unanswered(item.consultations):
            if asked.key == key:
                require_after(project, self.item, (asked,), context)
                return (recalled, *going_on(self.item, item, asked, context))
        if key not in queue(item.consultations):
            raise Refused(
                "not-asked",
                f"{self.department} has nothing to answer about {self.item}{named(self.step)}",
                remedy="only a question that waits for its answer, or for its turn, is taken back",
                department=self.department,
            )
        return (recalled,)


class CountersignatureRecalled(Fact, frozen=True, tag="countersignature_recalled"):
    """撤回会签: *department* is asked no longer. Where a line stood at it, the same command asks the next."""

    item: str
    department: str
    step: str
    round: int
    reasons: str

    def apply(self, project: Project) -> None:
        asked = Consultation(self.department, self.step, round=self.round)
        asked = project.recorded(self.item).consultations.setdefault(asked.key, asked)
        asked.recalled, asked.round = True, max(asked.round, self.round)
