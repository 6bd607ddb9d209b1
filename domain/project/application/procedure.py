"""办理方式 procedure: the mode in which an item is handled turns out to be another than was planned."""

from __future__ import annotations

from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused
from domain.core.rules import limit_of, require_mode, require_reasons
from domain.core.types import FRESH_STAGES, Code, Mode, ModeName, Stage, Text
from domain.law.office import RECEIPT
from domain.law.packs.pack import Limit, Pack
from domain.project.rules import law_of, require_handler, require_stage
from domain.project.state.project import Item, Project

BEFORE_ACCEPTANCE = (*FRESH_STAGES, Stage.SUBMITTED, Stage.SUPPLEMENTING)


class ChangeMode(Command, frozen=True, tag="change_mode"):
    """Handle an item in another mode than planned, with reasons: the law says which, and it was found out later.

    Where the time to decide runs from acceptance, the mode is fixed by it; where it runs from receipt, the mode may be
    found out as long as nothing is decided. The clocks are then read as if it had been so from the beginning.
    """

    item: Code
    mode: ModeName
    reasons: Text

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_handler(self.item, item, context.by)
        law = law_of(item, context)
        require_unfixed(self.item, item, law)
        if item.mode == self.mode:
            raise Refused(
                "mode-unchanged",
                f"{self.item} is handled in the mode {self.mode} already",
                remedy="there is nothing to do",
            )
        require_mode(self.item, self.mode, law)
        require_reasons(self.reasons, f"handling {self.item} in another mode", law.article("publication"))
        limit = limit_of(law, "decision", self.mode)
        self._require_fitting(item, law, limit)
        return (
            ModeChanged(
                item=self.item,
                mode=self.mode,
                before=item.mode,
                limit=limit.days,
                unit=limit.unit,
                article=limit.article,
                reasons=self.reasons,
            ),
        )

    def _require_fitting(self, item: Item, law: Pack, limit: Limit) -> None:
        """Refuse a mode that contradicts the item's participants, or has a *limit* shorter than its promise."""
        if item.plan.participants and self.mode != Mode.JOINT:
            raise Refused(
                "participants-contradict",
                f"{self.item} has participants, so it can't be handled in the mode {self.mode}",
                article=law.article("joint"),
                remedy="plan another item, without participants",
                item=self.item,
            )
        if item.promise_days is not None and item.promise_days > limit.days:
            raise Refused(
                "promise-exceeds-statute",
                f"{self.item} promises {item.promise_days} days where the law allows {limit.days}",
                article=limit.article,
                remedy="choose a mode in which the promise is no longer than the statute",
                item=self.item,
            )


class ModeChanged(Fact, frozen=True, tag="mode_changed"):
    """办理方式变更. Carries the law's inputs, as an acceptance does; they count from the application's beginning."""

    item: str
    mode: ModeName
    before: ModeName
    limit: int
    unit: str
    article: str
    reasons: str = ""

    def apply(self, project: Project) -> None:
        project.recorded(self.item).mode_found = self.mode


def require_unfixed(code: str, item: Item, law: Pack) -> None:
    """Refuse once the mode is fixed: by the decision, or by acceptance where the time to decide begins with it."""
    if item.stage is Stage.ACCEPTED and RECEIPT not in law.clocks["decision"].start:
        raise Refused(
            "mode-fixed",
            f"{code} was accepted in the mode {item.mode}, which stays with the case",
            article=law.article("decision"),
            remedy="the mode can be changed before acceptance; now the item is decided in the one it has",
        )
    require_stage(code, item, "be handled in another mode", *BEFORE_ACCEPTANCE, Stage.ACCEPTED)
