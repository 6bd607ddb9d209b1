"""转报 referral: an asked department passes the question on to the department, or the upper level, whose it is."""

from __future__ import annotations

from domain.context import Context
from domain.ledger import Command, Fact, Refused, Role
from domain.project.asking import CountersignatureAsked, later
from domain.project.consultation_state import Consultation, chain, key_of, named, queue
from domain.project.rules import require_asked, require_reasons, require_role, require_stage
from domain.project.state import Item, Project
from domain.project.terms import Code, Name, Stage, Text


class ForwardCountersignature(Command, frozen=True, tag="forward_countersignature"):
    """Pass the question on to the department *to* whose it is, with reasons: for the asked department."""

    item: Code
    to: Code
    reasons: Text
    step: Name = ""

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_role(context.by, "pass a countersignature on", Role.OFFICER, Role.SYSTEM)
        require_stage(self.item, item, "be countersigned", Stage.ACCEPTED)
        asked = require_asked(project, self.item, self.step, context)
        require_reasons(self.reasons, f"passing on the question about {self.item}", "")
        self._require_new(item, asked)
        forwarded = CountersignatureForwarded(
            item=self.item,
            department=asked.department,
            step=self.step,
            to=self.to,
            reasons=self.reasons,
            round=asked.round,
        )
        line = tuple(self.to if one == asked.department else one for one in asked.line if one != self.to)
        question = CountersignatureAsked(
            item=self.item,
            department=self.to,
            step=self.step,
            limit=asked.limit,
            article=asked.article,
            round=asked.round,
            line=line if len(line) > 1 else (),
            reasons=self.reasons,
            forwarded_from=asked.department,
            asked_at=later(context),
        )
        return forwarded, question

    def _require_new(self, item: Item, asked: Consultation) -> None:
        """Refuse where the question would go in a circle, or to a department that has it already."""
        if self.to == item.department or self.to in chain(item.consultations, asked):
            raise Refused(
                "referral-loop",
                f"the question about {self.item}{named(self.step)} came from {self.to}, so it can't go there",
                remedy="object, or agree with conditions, and say why",
                department=self.to,
            )
        key = key_of(self.to, self.step)
        other = item.consultations.get(key)
        _, _, before = queue(item.consultations).get(key, ("", "", asked))
        asked_now = other is not None and not other.recalled and other.round >= asked.round
        if asked_now or before.line != asked.line:
            raise Refused(
                "already-asked",
                f"{self.to} was or will be asked about {self.item}{named(self.step)} itself",
                remedy="answer for your own part",
                department=self.to,
            )


class CountersignatureForwarded(Fact, frozen=True, tag="countersignature_forwarded"):
    """转报会签: *department* passed the question on *to* another, which the same command asks; its own clock ends."""

    item: str
    department: str
    step: str
    to: str
    reasons: str
    round: int

    def apply(self, project: Project) -> None:
        asked = Consultation(self.department, self.step, round=self.round)
        asked = project.recorded(self.item).consultations.setdefault(asked.key, asked)
        asked.forwarded_to = self.to
