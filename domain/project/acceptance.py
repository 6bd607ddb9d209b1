"""受理 acceptance: the department takes an application in and the decision clock starts, or declines it."""

from __future__ import annotations

from domain.ledger import Command, Context, Fact, Refused
from domain.project.state import Mode, Project, Stage, require_handler, require_stage


class AcceptItem(Command, frozen=True, tag="accept_item"):
    """Take an application in. *lacking* names secondary papers still to come (容缺受理)."""

    item: str
    lacking: tuple[str, ...] = ()

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
        limit = context.law.limit(item.plan.mode)
        return (
            ItemAccepted(
                item=self.item,
                mode=item.plan.mode,
                law=context.law.name,
                limit=limit.days,
                unit=limit.unit,
                article=limit.article,
                promise_days=item.plan.promise_days,
                lacking=self.lacking,
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
        item = project.items[self.item]
        item.stage, item.missing = Stage.ACCEPTED, self.lacking


class DeclineItem(Command, frozen=True, tag="decline_item"):
    """Refuse to admit an application (不予受理), with reasons."""

    item: str
    reasons: str

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_handler(self.item, item, context.by)
        require_stage(self.item, item, "be declined", Stage.SUBMITTED, Stage.SUPPLEMENTING)
        if not self.reasons.strip():
            raise Refused(
                "reasons-missing",
                f"declining {self.item} needs reasons",
                article=context.law.article("intake"),
                remedy="say why the application is not admitted",
            )
        return (ItemDeclined(item=self.item, reasons=self.reasons),)


class ItemDeclined(Fact, frozen=True, tag="item_declined"):
    """不予受理."""

    item: str
    reasons: str

    def apply(self, project: Project) -> None:
        project.items[self.item].stage = Stage.DECLINED
