"""好差评 evaluation: those served grade the service, once an application (一事一评) and once a contact (一次一评)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused, Role
from domain.core.personal import EVALUATOR, personal
from domain.core.rules import require_reasons, require_role
from domain.core.types import Code, Line, Lines, Text
from domain.project.feedback.rules import (
    evaluation_id,
    find_evaluation,
    open_evaluation,
    require_responsible,
    terms_now,
)
from domain.project.rules import once
from domain.project.state.feedback import Appealed, Evaluation, Satisfied
from domain.project.state.project import FactNote, Item, Project

EVALUATED = personal(EVALUATOR, of="evaluation")  # what an evaluator writes, or says when called back
WHO_SERVES = (Role.OFFICER, Role.PROJECT_MANAGER)


class Grade(StrEnum):
    """The five grades of GB/T 39735-2020; the last two are bad (差评)."""

    VERY_SATISFIED = "very_satisfied"  # 非常满意
    SATISFIED = "satisfied"  # 满意
    FAIR = "fair"  # 基本满意
    DISSATISFIED = "dissatisfied"  # 不满意
    VERY_DISSATISFIED = "very_dissatisfied"  # 非常不满意


class Channel(StrEnum):
    """The channel of the evaluation."""

    WEB = "web"  # 政务服务网
    APP = "app"
    QR_CODE = "qr_code"
    HALL = "hall"  # 政务大厅
    TERMINAL = "terminal"  # 自助终端
    HOTLINE = "hotline"  # 12345


BAD_GRADES = (Grade.DISSATISFIED, Grade.VERY_DISSATISFIED)


class EvaluateService(Command, frozen=True, tag="evaluate_service"):
    """Grade the service on one item, or of one *contact*, given as the version of the entry that records it.

    A bad grade needs a reason or a comment.
    """

    item: Code
    grade: Grade
    reasons: Lines = ()
    comment: Annotated[Text, EVALUATED] = ""
    channel: Channel = Channel.WEB
    contact: Annotated[int, Meta(ge=0)] = 0

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_role(context.by, "evaluate a service", Role.APPLICANT, Role.SYSTEM)
        if not item.application:
            raise Refused(
                "nothing-to-evaluate",
                f"{self.item} has not been applied for yet",
                remedy="evaluate it after the application",
            )
        department = self._served_by(project, item)
        self._require_first(project, item)
        reasons, bad = once(self.reasons), self.grade in BAD_GRADES
        if bad and not reasons and not self.comment.strip():
            raise Refused(
                "grade-unexplained",
                f"the grade {self.grade} needs a reason or a comment",
                remedy="give reasons or a comment",
            )
        return (
            ServiceEvaluated(
                item=self.item,
                department=department,
                grade=self.grade,
                bad=bad,
                reasons=reasons,
                comment=self.comment,
                channel=self.channel,
                evaluation=evaluation_id(self.item, item.application, self.contact),
                contact=self.contact,
                rule=terms_now(context).name,
            ),
        )

    def _require_first(self, project: Project, item: Item) -> None:
        """Refuse a second evaluation of the same application or contact."""
        if self.contact and evaluation_id(self.item, item.application, self.contact) in project.evaluations:
            raise Refused(
                "already-evaluated",
                f"the contact recorded in entry {self.contact} has already been evaluated",
                article="GB/T 39734-2020",
                remedy="each contact is evaluated once (一次一评)",
            )
        if not self.contact and item.evaluated:
            raise Refused(
                "already-evaluated",
                f"this application for {self.item} has already been evaluated",
                article="GB/T 39734-2020",
                remedy="each application is evaluated once (一事一评)",
            )

    def _served_by(self, project: Project, item: Item) -> str:
        """The department being graded: the item's, or that of the person who served at the contact."""
        if not self.contact:
            return item.department
        note: FactNote | None = project.notes.get(self.contact)
        if (
            note is None
            or self.contact in project.retracted
            or note.item != self.item
            or note.by.role not in WHO_SERVES
        ):
            raise Refused(
                "no-contact",
                f"entry {self.contact} records no service on {self.item}",
                remedy="give the version of an entry by an officer or the project manager about this item",
                version=self.contact,
            )
        return note.by.department or item.department


class ServiceEvaluated(Fact, frozen=True, tag="service_evaluated"):
    """The evaluation of one application or one contact; a *bad* one has to be rectified under *rule*.

    *evaluation* is its id; the oldest facts have none and are identified by item and application.
    """

    item: str
    department: str
    grade: Grade
    bad: bool
    reasons: tuple[str, ...] = ()
    comment: Annotated[str, EVALUATED] = ""
    channel: Channel = Channel.WEB
    evaluation: str = ""
    contact: int = 0
    rule: str = ""

    def apply(self, project: Project) -> None:
        item = project.recorded(self.item)
        code = self.evaluation or evaluation_id(self.item, item.application)
        project.evaluations[code] = Evaluation(self.item, self.department, self.bad, closed=not self.bad)
        if not self.contact:
            item.evaluated = True


NOT_CONTENT = (Satisfied.NO,)


class AppealGround(StrEnum):
    """The ground of a department's appeal against an evaluation."""

    MISTAKEN = "mistaken"  # 误评
    MALICIOUS = "malicious"  # 恶意差评


def handled(project: Project, code: str, context: Context) -> Evaluation:
    """The open bad evaluation *code*; refused unless the sender may handle it."""
    evaluation = open_evaluation(project, code)
    require_responsible(context.by, evaluation.department, f"the evaluation {code}")
    return evaluation


class StartRectification(Command, frozen=True, tag="start_rectification"):
    """Assign a person to handle a bad evaluation (安排专人核实)."""

    evaluation: Line
    handler: Line
    plan: Text = ""

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        evaluation = handled(project, self.evaluation, context)
        if evaluation.started or evaluation.rectified:
            raise Refused(
                "rectification-started",
                f"the evaluation {self.evaluation} is already being handled",
                remedy="record the result with rectify_evaluation",
            )
        if not self.handler.strip():
            raise Refused("handler-missing", "no handler is named for the evaluation", remedy="name the handler")
        return (
            RectificationStarted(
                evaluation=self.evaluation, item=evaluation.item, handler=self.handler, plan=self.plan
            ),
        )


class RectificationStarted(Fact, frozen=True, tag="rectification_started"):
    """*handler* was assigned to the evaluation."""

    evaluation: str
    item: str
    handler: str
    plan: str = ""

    def apply(self, project: Project) -> None:
        if evaluation := project.evaluations.get(self.evaluation):
            evaluation.started = True


class RectifyEvaluation(Command, frozen=True, tag="rectify_evaluation"):
    """Record whether the grievance behind a bad evaluation is *real* (核实属实), and what was done about it."""

    evaluation: Line
    real: bool
    measures: Text

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        evaluation = handled(project, self.evaluation, context)
        if evaluation.rectified:
            raise Refused(
                "call-back-missing",
                f"the evaluation {self.evaluation} is rectified, but the evaluator has not been called back yet",
                remedy="record the call-back with call_back first",
            )
        require_reasons(self.measures, f"rectifying {self.evaluation}", "")
        return (
            EvaluationRectified(
                evaluation=self.evaluation, item=evaluation.item, real=self.real, measures=self.measures
            ),
        )


class EvaluationRectified(Fact, frozen=True, tag="evaluation_rectified"):
    """The evaluation was rectified: the evaluator is called back next."""

    evaluation: str
    item: str
    real: bool
    measures: str

    def apply(self, project: Project) -> None:
        if evaluation := project.evaluations.get(self.evaluation):
            evaluation.rectified = True
            evaluation.rounds += 1


class CallBack(Command, frozen=True, tag="call_back"):
    """Record a call-back (回访): the evaluator is satisfied, mostly, not, or gave no answer (not reached)."""

    evaluation: Line
    satisfied: Satisfied
    remarks: Annotated[Text, EVALUATED] = ""

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        evaluation = handled(project, self.evaluation, context)
        if not evaluation.rectified:
            raise Refused(
                "not-rectified",
                f"the evaluation {self.evaluation} is not rectified yet, so there is nothing to call back about",
                remedy="record the rectification with rectify_evaluation first",
            )
        again = self.satisfied in NOT_CONTENT
        if again:
            require_reasons(self.remarks, f"recording dissatisfaction with the rectification of {self.evaluation}", "")
        return (
            EvaluationCalledBack(
                evaluation=self.evaluation,
                item=evaluation.item,
                satisfied=self.satisfied,
                remarks=self.remarks,
                again=again and evaluation.rounds < terms_now(context).rounds_max,
            ),
        )


class EvaluationCalledBack(Fact, frozen=True, tag="evaluation_called_back"):
    """The evaluator was called back; *again*: it has to be rectified once more, otherwise it is closed."""

    evaluation: str
    item: str
    satisfied: Satisfied
    remarks: Annotated[str, EVALUATED] = ""
    again: bool = False

    def apply(self, project: Project) -> None:
        if evaluation := project.evaluations.get(self.evaluation):
            evaluation.started = evaluation.rectified = False
            evaluation.closed = not self.again


class AppealEvaluation(Command, frozen=True, tag="appeal_evaluation"):
    """Appeal, once and with evidence, against an evaluation given by mistake or in bad faith."""

    evaluation: Line
    ground: AppealGround
    evidence: Text

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        evaluation = open_evaluation(project, self.evaluation)
        require_role(context.by, "appeal against an evaluation", Role.OFFICER)
        require_responsible(context.by, evaluation.department, f"the evaluation {self.evaluation}")
        if evaluation.appeal is not Appealed.NONE:
            raise Refused(
                "appeal-settled",
                f"the appeal against the evaluation {self.evaluation} is {evaluation.appeal}",
                remedy="nothing more can be done: only one appeal against an evaluation is possible",
            )
        require_reasons(self.evidence, f"an appeal against {self.evaluation}", "")
        return (
            EvaluationAppealed(
                evaluation=self.evaluation, item=evaluation.item, ground=self.ground, evidence=self.evidence
            ),
        )


class EvaluationAppealed(Fact, frozen=True, tag="evaluation_appealed"):
    """The department appealed to the bureau not to count the evaluation. Its clocks keep running."""

    evaluation: str
    item: str
    ground: AppealGround
    evidence: str

    def apply(self, project: Project) -> None:
        if evaluation := project.evaluations.get(self.evaluation):
            evaluation.appeal = Appealed.OPEN


class DecideEvaluationAppeal(Command, frozen=True, tag="decide_evaluation_appeal"):
    """Decide an appeal: if *upheld*, the evaluation no longer counts, but remains visible."""

    evaluation: Line
    upheld: bool
    reasons: Text

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        require_role(context.by, "decide an appeal against an evaluation", Role.SUPERVISOR)
        evaluation = find_evaluation(project, self.evaluation)
        if evaluation.appeal is not Appealed.OPEN:
            raise Refused(
                "no-appeal",
                f"no appeal against the evaluation {self.evaluation} is pending",
                remedy="the department has to appeal first",
            )
        require_reasons(self.reasons, f"deciding the appeal against {self.evaluation}", "")
        return (
            EvaluationAppealDecided(
                evaluation=self.evaluation, item=evaluation.item, upheld=self.upheld, reasons=self.reasons
            ),
        )


class EvaluationAppealDecided(Fact, frozen=True, tag="evaluation_appeal_decided"):
    """The appeal was decided; if *upheld*, the evaluation is closed and does not count."""

    evaluation: str
    item: str
    upheld: bool
    reasons: str

    def apply(self, project: Project) -> None:
        if evaluation := project.evaluations.get(self.evaluation):
            evaluation.appeal = Appealed.UPHELD if self.upheld else Appealed.REJECTED
            evaluation.closed = evaluation.closed or self.upheld
