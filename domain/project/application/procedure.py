"""办理方式 procedure: an item is handled in another mode than planned."""

from __future__ import annotations

from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused
from domain.core.rules import limit_of, require_mode, require_promise_within, require_reasons
from domain.core.types import FRESH_STAGES, Code, Mode, ModeName, Stage, Text
from domain.law.office import RECEIPT
from domain.law.packs.pack import Limit, Pack
from domain.project.rules import law_of, require_handler, require_stage
from domain.project.state.project import Item, Project

BEFORE_ACCEPTANCE = (*FRESH_STAGES, Stage.SUBMITTED, Stage.SUPPLEMENTING)


class ChangeMode(Command, frozen=True, tag="change_mode"):
    """Change the mode of handling, with reasons, where the law requires another one than was planned.

    If the decision clock starts at acceptance, acceptance fixes the mode; if it starts at receipt, the mode may change
    until the decision. The clocks are then read as if the new mode had applied from the beginning.
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
                f"{self.item} is already handled in the mode {self.mode}",
                remedy="nothing needs to be done",
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
        """Refuse a mode that excludes the item's participants, or whose *limit* is shorter than the promise."""
        if item.plan.participants and self.mode != Mode.JOINT:
            raise Refused(
                "participants-contradict",
                f"{self.item} has participants, so it can't be handled in the mode {self.mode}",
                article=law.article("joint"),
                remedy="plan another item without participants",
                item=self.item,
            )
        other = "choose a mode whose statutory limit is at least as long as the promise"
        require_promise_within(self.item, item.promise_days, law, limit, other)


class ModeChanged(Fact, frozen=True, tag="mode_changed"):
    """办理方式变更. Holds the law's inputs, like an acceptance; they apply from the start of the application."""

    item: str
    mode: ModeName
    before: ModeName
    limit: int
    unit: str
    article: str
    reasons: str = ""

    def apply(self, project: Project) -> None:
        project.recorded(self.item).changed_mode = self.mode


def require_unfixed(code: str, item: Item, law: Pack) -> None:
    """Refuse once the mode is fixed: by the decision, or by acceptance if that starts the decision clock."""
    if item.stage is Stage.ACCEPTED and RECEIPT not in law.clocks["decision"].start:
        raise Refused(
            "mode-fixed",
            f"{code} was accepted in the mode {item.mode}, which can't be changed any more",
            article=law.article("decision"),
            remedy="decide it in this mode; the mode can be changed before acceptance only",
        )
    require_stage(code, item, "be handled in another mode", *BEFORE_ACCEPTANCE, Stage.ACCEPTED)
