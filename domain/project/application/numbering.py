"""补编办件编号 numbering: an application from before case numbers gets one, when its ledger is migrated to format 1."""

from __future__ import annotations

from typing import ClassVar

from domain.core.context import Context, next_case_number
from domain.core.ledger import Command, Fact, Refused, Role
from domain.core.rules import require_role
from domain.core.types import Code
from domain.project.state.project import Project

SUBMITTED = "item_submitted"


class NumberCase(Command, frozen=True, tag="number_case"):
    """Give the current application for an item the case number that it lacks."""

    item: Code

    needs_case_counter: ClassVar[bool] = True

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_role(context.by, "number a case", Role.SYSTEM)
        if item.case_number:
            raise Refused(
                "already-numbered",
                f"this application for {self.item} has the number {item.case_number}",
                remedy="quote that number",
                item=self.item,
            )
        applied = [note for note in project.notes.values() if (note.fact, note.item) == (SUBMITTED, self.item)]
        if not applied:
            raise Refused(
                "not-applied-for",
                f"{self.item} was not applied for, so there is no case to number",
                remedy="apply for it: the application gets its number at once",
                item=self.item,
            )
        number = next_case_number(context, applied[-1].occurred_at)
        return (CaseNumbered(item=self.item, application=item.application, case_number=number),)


class CaseNumbered(Fact, frozen=True, tag="case_numbered"):
    """An application that was filed before there were case numbers was given one."""

    item: str
    application: int
    case_number: str

    def apply(self, project: Project) -> None:
        item = project.recorded(self.item)
        if item.application == self.application:
            item.case_number = self.case_number
