"""受理 acceptance: the department takes an application in and the decision clock starts, or declines it."""

from __future__ import annotations

from domain.ledger import Command, Context, Fact, Refused
from domain.project.rules import law_for, limit_of, once, require_handler, require_reasons, require_stage
from domain.project.state import Code, Lines, Mode, Project, Stage, Text


class AcceptItem(Command, frozen=True, tag="accept_item"):
    """Take an application in. *lacking* names secondary papers still to come (容缺受理)."""

    item: Code
    lacking: Lines = ()

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
        law = law_for(item.plan, context)
        limit = limit_of(law, "decision", item.plan.mode)
        return (
            ItemAccepted(
                item=self.item,
                mode=item.plan.mode,
                law=law.name,
                limit=limit.days,
                unit=limit.unit,
                article=limit.article,
                promise_days=item.promise_days,
                lacking=once((*item.missing, *self.lacking)),
            ),
        )


class ItemAccepted(Fact, frozen=True, tag="item_accepted"):
    """受理. Carries the law's inputs as they stood at acceptance: a later pack changes nothing for this case."""

    item: str
    mode: Mode
    law: str
    limit: int
    unit: str
    article: str
    promise_days: int | None = None
    lacking: tuple[str, ...] = ()

    def apply(self, project: Project) -> None:
        item = project.recorded(self.item)
        item.stage, item.missing = Stage.ACCEPTED, self.lacking


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
