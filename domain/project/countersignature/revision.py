"""会签轮次 rounds: a revised application is countersigned again; the lead department may confirm earlier opinions."""

from __future__ import annotations

from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused
from domain.core.rules import require_reasons
from domain.core.types import Code, Lines, Name, Stage, Text
from domain.project.countersignature.rules import CountersignatureAsked, later, next_request
from domain.project.rules import once, require_after, require_applicant_side, require_handler, require_stage
from domain.project.state.consultation import Consultation, Opinion, circulation, key_of, named, unanswered
from domain.project.state.project import Item, Project


class ReviseApplication(Command, frozen=True, tag="revise_application"):
    """Revise the papers of an application under examination: all consulted departments are asked again."""

    item: Code
    changes: Text
    materials: Lines = ()

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_applicant_side(self.item, item, context.by, "change the papers of")
        require_stage(self.item, item, "have its papers changed", Stage.ACCEPTED)
        if not self.changes.strip():
            raise Refused(
                "nothing-changed",
                f"the revision of {self.item} names no change",
                remedy="describe the revision in changes",
            )
        require_after(project, self.item, item.consultations.values(), context)
        lines = circulation(item.consultations)
        number = item.round + 1 if lines else item.round
        revised = ApplicationRevised(item=self.item, changes=self.changes, materials=once(self.materials), round=number)
        return (revised, *self._requests(lines, number, context))

    def _requests(
        self, lines: list[tuple[Consultation, tuple[str, ...]]], number: int, context: Context
    ) -> tuple[CountersignatureAsked, ...]:
        """The requests of the new round: on the terms of the last one, to the first department of each sequence."""
        return tuple(
            CountersignatureAsked(
                item=self.item,
                department=departments[0],
                step=consultation.step,
                limit=consultation.limit,
                article=consultation.article,
                round=number,
                line=departments if len(departments) > 1 else (),
                asked_at=later(context),
            )
            for consultation, departments in lines
            if departments
        )


class ApplicationRevised(Fact, frozen=True, tag="application_revised"):
    """申请材料变更: answers from before *round* no longer count, and open requests from before it lapse."""

    item: str
    changes: str
    materials: tuple[str, ...] = ()
    round: int = 1

    def apply(self, project: Project) -> None:
        item = project.recorded(self.item)
        item.round = max(item.round, self.round)
        for consultation in item.consultations.values():
            consultation.stale = True


class KeepOpinion(Command, frozen=True, tag="keep_opinion"):
    """Confirm that a revision does not affect the earlier opinion of *department*; for the lead department."""

    item: Code
    department: Code
    reasons: Text
    step: Name = ""

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_handler(self.item, item, context.by)
        require_stage(self.item, item, "keep an opinion", Stage.ACCEPTED)
        require_reasons(self.reasons, f"keeping the opinion of {self.department}", "")
        consultation = self._answered(item)
        confirmation = OpinionKept(
            item=self.item,
            department=self.department,
            step=self.step,
            opinion=consultation.opinion or consultation.earlier[-1].opinion or Opinion.AGREED,
            round=item.round,
            reasons=self.reasons,
        )
        require_after(project, self.item, (consultation,), context)
        pending = consultation in unanswered(item.consultations)
        return (confirmation, *next_request(self.item, item, consultation, context)) if pending else (confirmation,)

    def _answered(self, item: Item) -> Consultation:
        """The request settled by its earlier answer; refused without such an answer, or without a new request."""
        consultation = item.consultations.get(key_of(self.department, self.step))
        answered = (
            consultation is not None
            and not consultation.recalled
            and (consultation.stale if consultation.opinion else bool(consultation.earlier))
        )
        if consultation is None or not answered or consultation.forwarded_to:
            raise Refused(
                "no-earlier-opinion",
                f"{self.department} has no earlier opinion on {self.item}{named(self.step)} to confirm",
                remedy="only the opinion of a department that answered in an earlier round can be confirmed",
                department=self.department,
            )
        return consultation


class OpinionKept(Fact, frozen=True, tag="opinion_kept"):
    """意见不受影响: the earlier *opinion* counts again in *round*; the new request's clock ends without a verdict."""

    item: str
    department: str
    step: str
    opinion: Opinion
    round: int
    reasons: str

    def apply(self, project: Project) -> None:
        consultation = project.recorded(self.item).consultations.get(key_of(self.department, self.step))
        if consultation is None:
            return
        if consultation.opinion is None and consultation.earlier:
            last = consultation.earlier[-1]
            consultation.opinion, consultation.conditions, consultation.reasons, consultation.answered_round = (
                last.opinion,
                last.conditions,
                last.reasons,
                last.round,
            )
            consultation.deemed = last.article if last.deemed else None
            consultation.earlier = consultation.earlier[:-1]
        consultation.opinion_kept, consultation.stale = True, False
        consultation.round = max(consultation.round, self.round)
