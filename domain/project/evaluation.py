"""好差评 evaluation: whoever was served grades the service, once for each application (一事一评)."""

from __future__ import annotations

from enum import StrEnum

from domain.ledger import Command, Context, Fact, Refused, Role
from domain.project.rules import once, require_role
from domain.project.state import Code, Lines, Project, Text


class Grade(StrEnum):
    """The five grades of GB/T 39735-2020; the last two are bad (差评)."""

    VERY_SATISFIED = "very_satisfied"  # 非常满意
    SATISFIED = "satisfied"  # 满意
    FAIR = "fair"  # 基本满意
    DISSATISFIED = "dissatisfied"  # 不满意
    VERY_DISSATISFIED = "very_dissatisfied"  # 非常不满意


class Channel(StrEnum):
    """Where the evaluation was given."""

    WEB = "web"  # 政务服务网
    APP = "app"
    QR_CODE = "qr_code"
    HALL = "hall"  # 政务大厅
    TERMINAL = "terminal"  # 自助终端
    HOTLINE = "hotline"  # 12345


BAD_GRADES = (Grade.DISSATISFIED, Grade.VERY_DISSATISFIED)


class EvaluateService(Command, frozen=True, tag="evaluate_service"):
    """Grade the service on one item. A bad grade needs a reason or a comment."""

    item: Code
    grade: Grade
    reasons: Lines = ()
    comment: Text = ""
    channel: Channel = Channel.WEB

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_role(context.by, "evaluate a service", Role.APPLICANT, Role.SYSTEM)
        if not item.application:
            raise Refused(
                "nothing-to-evaluate",
                f"nothing was done on {self.item} yet",
                remedy="evaluate it once it was applied for",
            )
        if item.evaluated:
            raise Refused(
                "already-evaluated",
                f"this application for {self.item} was already evaluated",
                article="GB/T 39734-2020",
                remedy="one evaluation for each application (一事一评)",
            )
        reasons, bad = once(self.reasons), self.grade in BAD_GRADES
        if bad and not reasons and not self.comment.strip():
            raise Refused(
                "grade-unexplained",
                f"the grade {self.grade} needs a reason or a comment",
                remedy="say what was bad, so that it can be put right",
            )
        return (
            ServiceEvaluated(
                item=self.item,
                department=item.department,
                grade=self.grade,
                bad=bad,
                reasons=reasons,
                comment=self.comment,
                channel=self.channel,
            ),
        )


class ServiceEvaluated(Fact, frozen=True, tag="service_evaluated"):
    """One application's evaluation; a *bad* one has to be put right and answered."""

    item: str
    department: str
    grade: Grade
    bad: bool
    reasons: tuple[str, ...] = ()
    comment: str = ""
    channel: Channel = Channel.WEB

    def apply(self, project: Project) -> None:
        project.recorded(self.item).evaluated = True
