"""综合意见 consolidation: the lead department summarises the opinions, each of which stays on record."""

from __future__ import annotations

from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused
from domain.core.types import Code, Lines, Stage, Text
from domain.project.rules import once, require_handler, require_stage
from domain.project.state.consultation import Answer, Consolidated, not_agreed, opinions
from domain.project.state.project import Project


class ConsolidateOpinions(Command, frozen=True, tag="consolidate_opinions"):
    """Consolidate the opinions of all departments, for the lead department. It holds until one of them changes.

    *override_reasons* justify not waiting for outstanding answers; departments that have not agreed are then named.
    """

    item: Code
    text: Text
    conditions: Lines = ()
    override_reasons: Text = ""

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_handler(self.item, item, context.by)
        require_stage(self.item, item, "have its opinions consolidated", Stage.ACCEPTED)
        answers = opinions(item.consultations)
        if not answers:
            raise Refused(
                "nobody-asked",
                f"no department was asked to countersign {self.item}, so there are no opinions to consolidate",
                remedy="ask departments with ask_countersignature",
            )
        if not self.text.strip():
            raise Refused("opinion-empty", f"the opinion on {self.item} is empty", remedy="give the opinion in text")
        missing = tuple(answer.department for answer in answers if answer.opinion is None)
        if missing and not self.override_reasons.strip():
            raise Refused(
                "opinions-outstanding",
                f"opinions on {self.item} are outstanding: {', '.join(missing)}",
                remedy="wait for them, recall the requests, or say in override_reasons why not to wait",
                departments=missing,
            )
        overridden = not_agreed(item.consultations) if self.override_reasons.strip() else ()
        override_reasons = self.override_reasons if overridden else ""
        if item.consolidated == Consolidated(self.text, once(self.conditions), answers, override_reasons):
            raise Refused(
                "already-consolidated",
                f"the opinions on {self.item} have already been consolidated in these words",
                remedy="consolidate them again in other words, or after an opinion has changed",
            )
        return (
            OpinionsConsolidated(
                item=self.item,
                round=item.round,
                text=self.text,
                conditions=once(self.conditions),
                opinions=answers,
                overridden=overridden,
                override_reasons=override_reasons,
            ),
        )


class OpinionsConsolidated(Fact, frozen=True, tag="opinions_consolidated"):
    """综合意见, with every department's opinion as recorded; departments *overridden* had not agreed."""

    item: str
    round: int
    text: str
    conditions: tuple[str, ...]
    opinions: tuple[Answer, ...]
    overridden: tuple[str, ...] = ()
    override_reasons: str = ""

    def apply(self, project: Project) -> None:
        project.recorded(self.item).consolidated = Consolidated(
            self.text, self.conditions, self.opinions, self.override_reasons
        )
