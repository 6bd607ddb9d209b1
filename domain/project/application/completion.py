"""办结 completion: the department decides and the decision clock stops."""

from __future__ import annotations

from datetime import date

from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused, Role
from domain.core.rules import require_reasons
from domain.core.types import OPEN_STAGES, Code, Line, Mode, Outcome, Stage, Text
from domain.law.calendar.moment import local_day
from domain.project.rules import require_decision, require_handler, require_stage
from domain.project.state.consultation import Opinion, not_agreed, opinions
from domain.project.state.project import Item, Licence, Project

RESERVED = (Opinion.OBJECTED, Opinion.AGREED_WITH_CONDITIONS)


class CompleteItem(Command, frozen=True, tag="complete_item"):
    """Decide an item. *override_reasons* justify a grant against or without a countersignature.

    *valid_through*: the last day of a licence granted for a limited time, to which its renewal is counted. A licence
    renewed by silence can only be granted in writing.
    """

    item: Code
    outcome: Outcome
    reasons: Text = ""
    document_number: Line = ""
    override_reasons: Text = ""
    valid_through: date | None = None

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_handler(self.item, item, context.by)
        # A case from another system may lack a record of acceptance, which the law then implies.
        stages = OPEN_STAGES if context.by.role is Role.SYSTEM else (Stage.ACCEPTED,)
        granted = self.outcome is Outcome.GRANTED
        if item.renewed_by_silence and item.stage is Stage.COMPLETED and not item.confirmed:
            require_renewed(self.item, item, context, granted=granted)
        else:
            require_stage(self.item, item, "be decided", *stages)
        require_decision(self.outcome)
        self._require_validity(context, granted=granted)
        if not granted:
            require_reasons(self.reasons, f"deciding {self.item} as {self.outcome}", context.law.article("reasons"))
        if item.mode == Mode.LOWER_REVIEW and not item.upper_received and self.outcome is not Outcome.TERMINATED:
            raise Refused(
                "not-forwarded",
                f"{self.item} is decided by the upper level, which has not received the file yet",
                article=context.law.article("lower_review"),
                remedy="send forward_item, then receive_forwarded_item",
            )
        if granted:
            require_papers(self.item, item, context)
        overridden, override_reasons = self._overridden(item) if granted else ((), "")
        return (
            ItemCompleted(
                item=self.item,
                outcome=self.outcome,
                reasons=self.reasons,
                document_number=self.document_number,
                overridden=overridden,
                override_reasons=override_reasons if overridden else "",
                on_undertaking=item.undertaking and granted,
                valid_through=self.valid_through,
            ),
        )

    def _require_validity(self, context: Context, *, granted: bool) -> None:
        """Refuse an expiry date for an item that is not granted, or one before the grant."""
        if self.valid_through is None:
            return
        if not granted:
            raise Refused(
                "validity-without-grant",
                f"{self.item} is decided as {self.outcome}, so it can't have an expiry date {self.valid_through}",
                remedy="leave valid_through out, or grant the item",
            )
        if self.valid_through < local_day(context.at, context.law.zone):
            raise Refused(
                "validity-over",
                f"the licence for {self.item} would have expired on {self.valid_through}, before it was granted",
                remedy="give the expiry date stated on the licence",
            )

    def _overridden(self, item: Item) -> tuple[tuple[str, ...], str]:
        """Departments that have not agreed, and the reasons for granting anyway; refused without reasons or summary."""
        consolidated = item.consolidation
        overridden = not_agreed(item.consultations)
        reasons = self.override_reasons.strip() and self.override_reasons
        reasons = reasons or (consolidated.override_reasons if consolidated else "")
        if overridden and not reasons:
            raise Refused(
                "countersignature-open",
                f"{self.item} can't be granted without the agreement of {', '.join(overridden)}",
                remedy="wait for the opinions, or justify the grant in override_reasons",
                overridden=overridden,
            )
        reserved = [answer.department for answer in opinions(item.consultations) if answer.opinion in RESERVED]
        if reserved and consolidated is None:
            raise Refused(
                "opinions-not-consolidated",
                f"{self.item} can't be granted before the opinions of {', '.join(reserved)} are consolidated",
                remedy="send consolidate_opinions first: it has to answer objections and conditions",
                departments=reserved,
            )
        return overridden, reasons


class ItemCompleted(Fact, frozen=True, tag="item_completed"):
    """办结. Open suspensions end with the decision; *overridden* had not agreed when it was granted."""

    item: str
    outcome: Outcome
    reasons: str = ""
    document_number: str = ""
    overridden: tuple[str, ...] = ()
    override_reasons: str = ""
    on_undertaking: bool = False  # 告知承诺: to be checked afterwards
    valid_through: date | None = None  # 有效期: the licence's last day

    def apply(self, project: Project) -> None:
        item = project.recorded(self.item)
        item.stage, item.outcome, item.suspensions = Stage.COMPLETED, self.outcome, {}
        item.confirmed = item.renewed_by_silence
        item.granted_as = (
            Licence(valid_through=self.valid_through, number=self.document_number, item=self.item)
            if self.valid_through
            else None
        )


def require_renewed(code: str, item: Item, context: Context, *, granted: bool) -> None:
    """Refuse any decision but a grant on a licence renewed by silence."""
    if granted:
        return
    last = item.renews.valid_through if item.renews else None
    raise Refused(
        "renewed-by-silence",
        f"{code} was renewed by silence: no decision was made by {last}, the licence's last day",
        article=context.law.article("renewal_guard"),
        remedy="grant it in writing; a refusal was possible until that day only",
    )


def require_papers(code: str, item: Item, context: Context) -> None:
    """Refuse a grant while papers missing at acceptance are outstanding (容缺), except for imported cases."""
    if item.missing and context.by.role is not Role.SYSTEM:
        raise Refused(
            "papers-outstanding",
            f"papers missing when {code} was accepted are still outstanding: {', '.join(item.missing)}",
            article=context.law.article("received"),
            remedy="hand them in with submit_supplement",
            missing=item.missing,
        )
