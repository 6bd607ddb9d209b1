"""告知承诺 decisions on an undertaking: the agency checks afterwards whether it was honoured, or revokes the grant."""

from __future__ import annotations

from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused
from domain.core.rules import require_reasons
from domain.core.types import DECIDED_STAGES, Code, Outcome, Text
from domain.project.rules import require_handler, require_stage
from domain.project.state.project import Item, Project

CLOCK = "post_check"
REVOCATION = "行政许可法 69"


class CheckUndertaking(Command, frozen=True, tag="check_undertaking"):
    """Record the check of the undertaking on which an item was granted: whether it was *kept*, and the findings."""

    item: Code
    kept: bool
    findings: Text

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_handler(self.item, item, context.by)
        require_stage(self.item, item, "be checked", *DECIDED_STAGES)
        require_undertaking(self.item, item, context)
        if item.undertaking_kept is not None:
            raise Refused(
                "undertaking-checked",
                f"the undertaking for {self.item} was already found {'kept' if item.undertaking_kept else 'broken'}",
                remedy="retract a wrong finding with retract_entry",
            )
        if not self.kept:
            require_reasons(
                self.findings, f"finding the undertaking for {self.item} broken", context.law.article(CLOCK)
            )
        return (UndertakingChecked(item=self.item, kept=self.kept, findings=self.findings),)


class UndertakingChecked(Fact, frozen=True, tag="undertaking_checked"):
    """核查: the agency checked whether the undertaking was honoured; the clock of the check stops."""

    item: str
    kept: bool
    findings: str = ""

    def apply(self, project: Project) -> None:
        project.recorded(self.item).undertaking_kept = self.kept


class RevokeDecision(Command, frozen=True, tag="revoke_decision"):
    """Revoke a grant (撤销) whose undertaking was found broken. Items that require it wait again."""

    item: Code
    reasons: Text

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_handler(self.item, item, context.by)
        require_stage(self.item, item, "be revoked", *DECIDED_STAGES)
        require_undertaking(self.item, item, context)
        if item.undertaking_kept is not False:
            raise Refused(
                "undertaking-not-broken",
                f"the undertaking for {self.item} has not been found broken",
                article=REVOCATION,
                remedy="record the check with check_undertaking first",
            )
        require_reasons(self.reasons, f"revoking {self.item}", context.law.article("reasons"))
        return (DecisionRevoked(item=self.item, reasons=self.reasons, article=REVOCATION),)


class DecisionRevoked(Fact, frozen=True, tag="decision_revoked"):
    """撤销: the item is no longer granted. It may be applied for again."""

    item: str
    reasons: str
    article: str

    def apply(self, project: Project) -> None:
        project.recorded(self.item).outcome = Outcome.REVOKED


def require_undertaking(code: str, item: Item, context: Context) -> None:
    """Refuse unless the item was granted on an undertaking."""
    if not item.undertaking or item.outcome is not Outcome.GRANTED:
        raise Refused(
            "no-undertaking",
            f"{code} was not granted on an undertaking",
            article=context.law.article(CLOCK),
            remedy="only a granted item that was applied for with undertaking true can be checked",
        )
