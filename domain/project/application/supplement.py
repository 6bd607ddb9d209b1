"""补正 supplement: the department lists all missing papers in one notice, and the enterprise hands them in."""

from __future__ import annotations

from datetime import date

from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused, Role
from domain.core.types import Code, Lines, Stage
from domain.project.rules import once, require_handler, require_papers_from, require_stage, require_to_come
from domain.project.state.project import Project


class RequestSupplement(Command, frozen=True, tag="request_supplement"):
    """Notify the applicant of everything that is missing, at once (一次告知, Art. 32(1)(4))."""

    item: Code
    missing: Lines
    respond_by: date | None = None

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_handler(self.item, item, context.by)
        require_stage(self.item, item, "be sent back for a supplement", Stage.SUBMITTED, Stage.SUPPLEMENTING)
        require_to_come(self.respond_by, "bringing the papers", context)
        missing = once(self.missing)
        if not missing:
            raise Refused(
                "nothing-missing",
                f"the supplement notice for {self.item} names no missing paper",
                article=context.law.article("supplement"),
                remedy="list every missing or defective paper, or accept the item",
            )
        first = item.first_notice
        added = tuple(paper for paper in missing if paper not in first) if first else ()
        # Acts of outside departments and imported cases are facts already; their clocks ignore such a notice.
        if added and item.plan.live and context.by.role is not Role.SYSTEM:
            raise Refused(
                "second-supplement-notice",
                f"a supplement notice for {self.item} was already given without {', '.join(added)} (一次告知)",
                article=context.law.article("supplement"),
                remedy=f"a further notice can only repeat outstanding papers of: {', '.join(first)}",
                added=added,
            )
        return (
            SupplementRequested(item=self.item, missing=missing, respond_by=self.respond_by, new_items=bool(added)),
        )


class SupplementRequested(Fact, frozen=True, tag="supplement_requested"):
    """补正通知. *new_items*: papers that the first notice did not name, so that this one stops no clock."""

    item: str
    missing: tuple[str, ...]
    respond_by: date | None = None
    new_items: bool = False

    def apply(self, project: Project) -> None:
        item = project.recorded(self.item)
        item.stage, item.missing = Stage.SUPPLEMENTING, self.missing
        item.first_notice = item.first_notice or self.missing


class SubmitSupplement(Command, frozen=True, tag="submit_supplement"):
    """Hand in requested papers; none named means all outstanding ones."""

    item: Code
    provided: Lines = ()

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_papers_from(context.by, "supplement an application")
        require_stage(self.item, item, "be supplemented", Stage.SUPPLEMENTING, Stage.ACCEPTED)
        provided = once(self.provided) or item.missing
        unasked = tuple(paper for paper in provided if paper not in item.missing)
        if unasked or not provided:
            raise Refused(
                "not-asked-for",
                f"{self.item} does not wait for {', '.join(unasked) or 'any papers'}",
                remedy=f"outstanding papers: {', '.join(item.missing) or 'none'}",
                unasked=unasked,
            )
        complete = all(paper in provided for paper in item.missing)
        if item.stage is Stage.ACCEPTED:
            return (LackingPapersReceived(item=self.item, provided=provided, complete=complete),)
        return (SupplementSubmitted(item=self.item, provided=provided, complete=complete),)


class SupplementSubmitted(Fact, frozen=True, tag="supplement_submitted"):
    """补正材料. Only a *complete* one starts the next intake round (Art. 32(1)(5))."""

    item: str
    provided: tuple[str, ...]
    complete: bool

    def apply(self, project: Project) -> None:
        item = project.recorded(self.item)
        item.missing = tuple(paper for paper in item.missing if paper not in self.provided)
        if self.complete:
            item.stage = Stage.SUBMITTED


class LackingPapersReceived(Fact, frozen=True, tag="lacking_papers_received"):
    """容缺材料补齐: papers missing at acceptance were handed in. It moves no clock."""

    item: str
    provided: tuple[str, ...]
    complete: bool

    def apply(self, project: Project) -> None:
        item = project.recorded(self.item)
        item.missing = tuple(paper for paper in item.missing if paper not in self.provided)
