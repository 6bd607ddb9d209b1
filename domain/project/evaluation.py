"""好差评 evaluation: those served grade the service, once an application (一事一评) and once a contact (一次一评)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from domain.context import Context
from domain.ledger import Command, Fact, Refused, Role
from domain.project.rules import once, require_role
from domain.project.state import FactNote, Item, Project
from domain.project.terms import Code, Lines, Text
from domain.project.voice_rules import evaluation_id, terms_now
from domain.project.voice_state import Evaluation

WHO_SERVES = (Role.OFFICER, Role.PROJECT_MANAGER)


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
    """Grade the service on one item, or on one *contact*: the version of the entry that records it.

    A bad grade needs a reason or a comment.
    """

    item: Code
    grade: Grade
    reasons: Lines = ()
    comment: Text = ""
    channel: Channel = Channel.WEB
    contact: Annotated[int, Meta(ge=0)] = 0

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_role(context.by, "evaluate a service", Role.APPLICANT, Role.SYSTEM)
        if not item.application:
            raise Refused(
                "nothing-to-evaluate",
                f"nothing was done on {self.item} yet",
                remedy="evaluate it once it was applied for",
            )
        department = self._served_by(project, item)
        self._require_first(project, item)
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
        """Refuse a second evaluation of the same thing."""
        if self.contact and evaluation_id(self.item, item.application, self.contact) in project.evaluations:
            raise Refused(
                "already-evaluated",
                f"the contact that entry {self.contact} records was already evaluated",
                article="GB/T 39734-2020",
                remedy="one evaluation for each contact (一次一评)",
            )
        if not self.contact and item.evaluated:
            raise Refused(
                "already-evaluated",
                f"this application for {self.item} was already evaluated",
                article="GB/T 39734-2020",
                remedy="one evaluation for each application (一事一评)",
            )

    def _served_by(self, project: Project, item: Item) -> str:
        """The department that is graded: the item's, or that of whoever served at the contact."""
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
    """One application's evaluation, or one contact's; a *bad* one has to be put right and answered under *rule*.

    *evaluation* is its id; the oldest facts have none, and are known by their item and application.
    """

    item: str
    department: str
    grade: Grade
    bad: bool
    reasons: tuple[str, ...] = ()
    comment: str = ""
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
