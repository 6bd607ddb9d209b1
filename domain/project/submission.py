"""申请 submission: the enterprise applies for one item, and the intake clock starts on the day of receipt."""

from __future__ import annotations

from typing import ClassVar

from domain.catalogue.item import ServiceItem
from domain.context import Context, shelf_of
from domain.ledger import Command, Fact, Refused, Role
from domain.project.rules import law_for, require_papers_from, require_stage
from domain.project.state import Item, Project
from domain.project.terms import DECIDED_STAGES, FRESH_STAGES, Code, Lines, Outcome, Stage


class SubmitItem(Command, frozen=True, tag="submit_item"):
    """Apply for one item, with its materials; or apply again after it was declined, withdrawn or not granted.

    *undertaking*: on the promise that all conditions are met (告知承诺), where the item is offered so.
    """

    item: Code
    materials: Lines = ()
    undertaking: bool = False

    needs_shelf: ClassVar[bool] = True

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_papers_from(context.by, "apply for an item")
        if not may_apply_again(item):
            require_stage(self.item, item, "be applied for", *FRESH_STAGES)
        if self.undertaking and not item.plan.by_undertaking:
            raise Refused(
                "undertaking-not-offered",
                f"{self.item} is not decided on an undertaking",
                article=context.law.article("post_check"),
                remedy="apply with all papers",
            )
        catalogue, promise = terms_in_force(item, context)
        return (
            ItemSubmitted(
                item=self.item,
                law=law_for(item.plan, context).name,
                materials=self.materials,
                catalogue=catalogue,
                promise_days=promise,
                undertaking=self.undertaking,
            ),
        )


class ItemSubmitted(Fact, frozen=True, tag="item_submitted"):
    """The application was received. The rules and the catalogue in force on that day stay with the application."""

    item: str
    law: str
    materials: tuple[str, ...] = ()
    catalogue: str = ""  # name and edition of the catalogue then in force, e.g. "beijing-zone@3"
    promise_days: int | None = None  # what that edition promises
    undertaking: bool = False

    def apply(self, project: Project) -> None:
        item = project.recorded(self.item)
        item.renew()
        item.stage, item.undertaking = Stage.SUBMITTED, self.undertaking
        item.edition, item.promised, item.law = self.catalogue, self.promise_days, self.law


def may_apply_again(item: Item) -> bool:
    """Whether the last application was decided without a grant, so that a new one may follow."""
    return item.stage in DECIDED_STAGES and item.outcome is not Outcome.GRANTED


def terms_in_force(item: Item, context: Context) -> tuple[str, int | None]:
    """The catalogue's edition in force, e.g. "beijing-zone@3", and the days it promises; nothing for other items.

    Refused where the enterprise applies online for what can't be applied for online. A promise counts as long as the
    edition handles the item as the project planned it.
    """
    plan, shelf = item.plan, shelf_of(context)
    edition = shelf.in_force(plan.catalogue, context.at, context.law.zone) if plan.catalogue else None
    service = edition.items.get(plan.service) if edition else None
    if edition is None or service is None:
        return "", None
    if context.by.role is Role.APPLICANT and not shelf.is_online(plan.catalogue, service):
        raise Refused(
            "not-online",
            f"{plan.item} can't be applied for online: {service.dept_code} has decided so",
            remedy=f"apply at the window{': ' if service.transact_addr else ''}{service.transact_addr}",
            item=plan.item,
        )
    return f"{plan.catalogue}@{edition.number}", _promise(item, service)


def _promise(item: Item, service: ServiceItem) -> int | None:
    plan, promise = item.plan, service.promise_day
    if promise is None or (service.mode, service.special) != (plan.mode, plan.special):
        return None
    return promise
