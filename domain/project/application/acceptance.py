"""受理 acceptance: the department takes an application in and the decision clock starts, or declines it."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from domain.catalogue.item import DAYS_MAX
from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused, Role
from domain.core.rules import limit_of, require_reasons
from domain.core.types import Code, Lines, ModeName, Stage, Text
from domain.project.countersignature.rules import asked_jointly
from domain.project.rules import law_at_acceptance, once, require_handler, require_stage, service_of
from domain.project.state.project import Item, Project


class AcceptItem(Command, frozen=True, tag="accept_item"):
    """Take an application in. *lacking* names secondary papers still to come (容缺受理), in *cure_days* working days.

    Those are as many as the item is promised in, unless fewer are given. A joint item's participants are asked at once.
    """

    item: Code
    lacking: Lines = ()
    cure_days: Annotated[int, Meta(ge=1, le=DAYS_MAX)] | None = None

    needs_shelf: ClassVar[bool] = True

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_handler(self.item, item, context.by)
        require_stage(self.item, item, "be accepted", Stage.SUBMITTED, Stage.SUPPLEMENTING)
        if unmet := project.unmet(self.item):
            raise Refused(
                "precondition-unmet",
                f"{self.item} still needs {', '.join(unmet)}",
                remedy="these items have to be granted first",
                unmet=unmet,
            )
        law = law_at_acceptance(item, context)
        limit = limit_of(law, "decision", item.mode)
        lacking = once((*outstanding(project, item, context), *self.lacking))
        if context.by.role is not Role.SYSTEM:  # what an imported case really went without can't be refused
            require_tolerable(item, lacking, context)
        accepted = ItemAccepted(
            item=self.item,
            mode=item.mode,
            law=law.name,
            limit=limit.days,
            unit=limit.unit,
            article=limit.article,
            promise_days=item.promise_days,
            lacking=lacking,
            cure_days=self._cure_days(lacking, limit.days if item.promise_days is None else item.promise_days),
        )
        return (accepted, *asked_jointly(item, law))

    def _cure_days(self, lacking: tuple[str, ...], longest: int) -> int | None:
        """In how many working days the papers have to come: never later than the item is promised (容缺)."""
        if not lacking:
            if self.cure_days is None:
                return None
            raise Refused(
                "nothing-lacking",
                f"nothing is missing for {self.item}, so there is nothing to bring in {self.cure_days} days",
                remedy="name the papers in lacking, or leave cure_days out",
            )
        days = longest if self.cure_days is None else self.cure_days
        if days > longest:
            raise Refused(
                "cure-exceeds-promise",
                f"the papers for {self.item} can't come {days} days after acceptance: it is decided within {longest}",
                remedy=f"at most {longest}",
            )
        return days or None


class ItemAccepted(Fact, frozen=True, tag="item_accepted"):
    """受理. Carries the law's inputs as they stood at acceptance: a later pack changes nothing for this case."""

    item: str
    mode: ModeName
    law: str
    limit: int
    unit: str
    article: str
    promise_days: int | None = None
    lacking: tuple[str, ...] = ()
    cure_days: int | None = None  # 容缺: in so many working days the papers have to come

    def apply(self, project: Project) -> None:
        item = project.recorded(self.item)
        item.stage, item.missing, item.law = Stage.ACCEPTED, self.lacking, self.law


class DeclineItem(Command, frozen=True, tag="decline_item"):
    """Refuse to admit an application (不予受理), with reasons."""

    item: Code
    reasons: Text

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_handler(self.item, item, context.by)
        require_stage(self.item, item, "be declined", Stage.SUBMITTED, Stage.SUPPLEMENTING)
        require_reasons(self.reasons, f"declining {self.item}", context.law.article("intake"))
        return (ItemDeclined(item=self.item, reasons=self.reasons),)


class ItemDeclined(Fact, frozen=True, tag="item_declined"):
    """不予受理."""

    item: str
    reasons: str

    def apply(self, project: Project) -> None:
        project.recorded(self.item).stage = Stage.DECLINED


def outstanding(project: Project, item: Item, context: Context) -> tuple[str, ...]:
    """The papers that the applicant was asked for and has not brought; a notice after acceptance asks for nothing."""
    noted = [
        note.occurred_at
        for version, note in project.notes.items()
        if note.fact == "supplement_requested" and note.item == item.plan.item and version not in project.retracted
    ]
    void = bool(noted) and context.at < noted[-1] and context.by.role is not Role.SYSTEM  # registers date loosely
    return () if void else item.missing


def require_tolerable(item: Item, lacking: tuple[str, ...], context: Context) -> None:
    """Refuse to go without a paper that the case's catalogue lists and does not tolerate missing (容缺)."""
    service = service_of(item, context) if lacking else None
    listed = {paper.material_name: paper.tolerable for paper in service.materials} if service else {}
    if needed := [paper for paper in lacking if not listed.get(paper, True)]:
        raise Refused(
            "paper-not-tolerable",
            f"{item.plan.item} can't be accepted without {', '.join(needed)}: "
            "the catalogue does not tolerate that missing",
            article=context.law.article("supplement"),
            remedy="these papers have to come first; request_supplement asks for what was not asked for yet",
            papers=needed,
        )
