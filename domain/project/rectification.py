"""差评整改 a bad evaluation: put right, the evaluator called back; or appealed against by the department."""

from __future__ import annotations

from enum import StrEnum

from domain.context import Context
from domain.ledger import Command, Fact, Refused, Role
from domain.project.rules import require_reasons, require_role
from domain.project.state import Project
from domain.project.terms import Line, Text
from domain.project.voice_rules import find_evaluation, open_evaluation, require_responsible, terms_now
from domain.project.voice_state import Appealed, Evaluation, Satisfied

NOT_CONTENT = (Satisfied.NO,)


class AppealGround(StrEnum):
    """Why a department says that an evaluation should not count."""

    MISTAKEN = "mistaken"  # 误评
    MALICIOUS = "malicious"  # 恶意差评


def handled(project: Project, code: str, context: Context) -> Evaluation:
    """The bad evaluation *code*; refused unless it is the sender's to see to."""
    evaluation = open_evaluation(project, code)
    require_responsible(context.by, evaluation.department, f"the evaluation {code}")
    return evaluation


class StartRectification(Command, frozen=True, tag="start_rectification"):
    """Put somebody on a bad evaluation (安排专人核实)."""

    evaluation: Line
    handler: Line
    plan: Text = ""

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        evaluation = handled(project, self.evaluation, context)
        if evaluation.started or evaluation.rectified:
            raise Refused(
                "rectification-started",
                f"somebody is on the evaluation {self.evaluation} already",
                remedy="rectify_evaluation says what was found and done",
            )
        if not self.handler.strip():
            raise Refused("handler-missing", "nobody is named who sees to the evaluation", remedy="name the handler")
        return (
            RectificationStarted(
                evaluation=self.evaluation, item=evaluation.item, handler=self.handler, plan=self.plan
            ),
        )


class RectificationStarted(Fact, frozen=True, tag="rectification_started"):
    """*handler* is on it."""

    evaluation: str
    item: str
    handler: str
    plan: str = ""

    def apply(self, project: Project) -> None:
        if evaluation := project.evaluations.get(self.evaluation):
            evaluation.started = True


class RectifyEvaluation(Command, frozen=True, tag="rectify_evaluation"):
    """Say whether what a bad evaluation complains of is *real* (核实属实), and what was done about it."""

    evaluation: Line
    real: bool
    measures: Text

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        evaluation = handled(project, self.evaluation, context)
        if evaluation.rectified:
            raise Refused(
                "call-back-missing",
                f"the evaluation {self.evaluation} was put right, and the evaluator not called back yet",
                remedy="call_back comes next",
            )
        require_reasons(self.measures, f"putting right {self.evaluation}", "")
        return (
            EvaluationRectified(
                evaluation=self.evaluation, item=evaluation.item, real=self.real, measures=self.measures
            ),
        )


class EvaluationRectified(Fact, frozen=True, tag="evaluation_rectified"):
    """What was found and done: the evaluator is called back next."""

    evaluation: str
    item: str
    real: bool
    measures: str

    def apply(self, project: Project) -> None:
        if evaluation := project.evaluations.get(self.evaluation):
            evaluation.rectified = True
            evaluation.rounds += 1


class CallBack(Command, frozen=True, tag="call_back"):
    """Call the evaluator back (回访): content, mostly, not, or nothing said (not reached)."""

    evaluation: Line
    satisfied: Satisfied
    remarks: Text = ""

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        evaluation = handled(project, self.evaluation, context)
        if not evaluation.rectified:
            raise Refused(
                "not-rectified",
                f"the evaluation {self.evaluation} was not put right yet, so there is nothing to call back about",
                remedy="rectify_evaluation comes first",
            )
        again = self.satisfied in NOT_CONTENT
        if again:
            require_reasons(self.remarks, f"recording that {self.evaluation} was not put right", "")
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
    """What the evaluator said; *again*: it has to be put right once more, otherwise it is closed."""

    evaluation: str
    item: str
    satisfied: Satisfied
    remarks: str = ""
    again: bool = False

    def apply(self, project: Project) -> None:
        if evaluation := project.evaluations.get(self.evaluation):
            evaluation.started = evaluation.rectified = False
            evaluation.closed = not self.again


class AppealEvaluation(Command, frozen=True, tag="appeal_evaluation"):
    """Say that an evaluation was given by mistake or in bad faith, with evidence; once."""

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
                remedy="there is one appeal against an evaluation",
            )
        require_reasons(self.evidence, f"an appeal against {self.evaluation}", "")
        return (
            EvaluationAppealed(
                evaluation=self.evaluation, item=evaluation.item, ground=self.ground, evidence=self.evidence
            ),
        )


class EvaluationAppealed(Fact, frozen=True, tag="evaluation_appealed"):
    """The department asks the bureau not to count the evaluation. Its clocks run on meanwhile."""

    evaluation: str
    item: str
    ground: AppealGround
    evidence: str

    def apply(self, project: Project) -> None:
        if evaluation := project.evaluations.get(self.evaluation):
            evaluation.appeal = Appealed.OPEN


class DecideEvaluationAppeal(Command, frozen=True, tag="decide_evaluation_appeal"):
    """Decide such an appeal: *upheld*, the evaluation no longer counts; it stays to be seen."""

    evaluation: Line
    upheld: bool
    reasons: Text

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        require_role(context.by, "decide an appeal against an evaluation", Role.SUPERVISOR)
        evaluation = find_evaluation(project, self.evaluation)
        if evaluation.appeal is not Appealed.OPEN:
            raise Refused(
                "no-appeal",
                f"no appeal against the evaluation {self.evaluation} waits for a decision",
                remedy="the department appeals first",
            )
        require_reasons(self.reasons, f"deciding the appeal against {self.evaluation}", "")
        return (
            EvaluationAppealDecided(
                evaluation=self.evaluation, item=evaluation.item, upheld=self.upheld, reasons=self.reasons
            ),
        )


class EvaluationAppealDecided(Fact, frozen=True, tag="evaluation_appeal_decided"):
    """*upheld*: the evaluation was given by mistake or in bad faith, and is closed without counting."""

    evaluation: str
    item: str
    upheld: bool
    reasons: str

    def apply(self, project: Project) -> None:
        if evaluation := project.evaluations.get(self.evaluation):
            evaluation.appeal = Appealed.UPHELD if self.upheld else Appealed.REJECTED
            evaluation.closed = evaluation.closed or self.upheld
