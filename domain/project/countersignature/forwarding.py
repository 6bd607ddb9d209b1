"""撤回会签、转报会签: a countersignature request is recalled by the lead department, or forwarded to another one."""

from __future__ import annotations

from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused, Role
from domain.core.rules import require_reasons, require_role
from domain.core.types import Code, Name, Stage, Text
from domain.project.countersignature.rules import CountersignatureAsked, later, next_request
from domain.project.rules import require_after, require_handler, require_request, require_stage
from domain.project.state.consultation import Consultation, chain, key_of, named, queue, unanswered
from domain.project.state.project import Item, Project


class RecallCountersignature(Command, frozen=True, tag="recall_countersignature"):
    """Recall the request to a department before it has answered, or remove it from the order, with reasons."""

    item: Code
    department: Code
    reasons: Text
    step: Name = ""

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_handler(self.item, item, context.by)
        require_stage(self.item, item, "have a countersignature request recalled", Stage.ACCEPTED)
        require_reasons(self.reasons, f"recalling the request to {self.department}", "")
        key = key_of(self.department, self.step)
        recalled = CountersignatureRecalled(
            item=self.item, department=self.department, step=self.step, round=item.round, reasons=self.reasons
        )
        for consultation in unanswered(item.consultations):
            if consultation.key == key:
                require_after(project, self.item, (consultation,), context)
                return (recalled, *next_request(self.item, item, consultation, context))
        if key not in queue(item.consultations):
            raise Refused(
                "not-asked",
                f"{self.department} has no open countersignature request for {self.item}{named(self.step)}",
                remedy="only an unanswered request can be recalled",
                department=self.department,
            )
        return (recalled,)


class CountersignatureRecalled(Fact, frozen=True, tag="countersignature_recalled"):
    """撤回会签: the request to *department* was recalled. In a sequence the same command asks the next department."""

    item: str
    department: str
    step: str
    round: int
    reasons: str

    def apply(self, project: Project) -> None:
        consultation = Consultation(self.department, self.step, round=self.round)
        consultation = project.recorded(self.item).consultations.setdefault(consultation.key, consultation)
        consultation.recalled, consultation.round = True, max(consultation.round, self.round)


class ForwardCountersignature(Command, frozen=True, tag="forward_countersignature"):
    """Forward the request to the competent department *to*, with reasons; for the department that was asked."""

    item: Code
    to: Code
    reasons: Text
    step: Name = ""

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_role(context.by, "forward a countersignature request", Role.OFFICER, Role.SYSTEM)
        require_stage(self.item, item, "be countersigned", Stage.ACCEPTED)
        consultation = require_request(project, self.item, self.step, context)
        require_reasons(self.reasons, f"forwarding the countersignature request for {self.item}", "")
        self._require_new(item, consultation)
        forwarded = CountersignatureForwarded(
            item=self.item,
            department=consultation.department,
            step=self.step,
            to=self.to,
            reasons=self.reasons,
            round=consultation.round,
        )
        line = tuple(
            self.to if department == consultation.department else department
            for department in consultation.line
            if department != self.to
        )
        question = CountersignatureAsked(
            item=self.item,
            department=self.to,
            step=self.step,
            limit=consultation.limit,
            article=consultation.article,
            round=consultation.round,
            line=line if len(line) > 1 else (),
            reasons=self.reasons,
            forwarded_from=consultation.department,
            asked_at=later(context),
        )
        return forwarded, question

    def _require_new(self, item: Item, consultation: Consultation) -> None:
        """Refuse forwarding in a cycle, or to a department that has a request of its own."""
        if self.to == item.department or self.to in chain(item.consultations, consultation):
            raise Refused(
                "referral-loop",
                f"the request for {self.item}{named(self.step)} came from {self.to}, so it can't be forwarded there",
                remedy="answer it: object, or agree with conditions, and give reasons",
                department=self.to,
            )
        key = key_of(self.to, self.step)
        other = item.consultations.get(key)
        _, _, before = queue(item.consultations).get(key, ("", "", consultation))
        already_requested = other is not None and not other.recalled and other.round >= consultation.round
        if already_requested or before.line != consultation.line:
            raise Refused(
                "already-asked",
                f"{self.to} has its own countersignature request for {self.item}{named(self.step)}",
                remedy="answer for your own department",
                department=self.to,
            )


class CountersignatureForwarded(Fact, frozen=True, tag="countersignature_forwarded"):
    """转报会签: *department* forwarded the request *to* another, which the same command asks; its own clock ends."""

    item: str
    department: str
    step: str
    to: str
    reasons: str
    round: int

    def apply(self, project: Project) -> None:
        consultation = Consultation(self.department, self.step, round=self.round)
        consultation = project.recorded(self.item).consultations.setdefault(consultation.key, consultation)
        consultation.forwarded_to = self.to
