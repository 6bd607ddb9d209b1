"""申诉与督办: appeals against cards and their decisions; orders of the bureau and the departments' reports."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain.core.context import Context
from domain.core.ledger import Actor, Command, Fact, Refused, Role
from domain.core.rules import require_reasons, require_role
from domain.core.types import Code, Line, Lines, Name, Text
from domain.law.proof import Rung
from domain.project.rules import find_signal
from domain.project.state.project import Project
from domain.project.state.signals import Appeal, Order


class Verdict(StrEnum):
    """The bureau's decision on an appeal."""

    UPHOLD = "uphold"  # 维持: the card stays
    REVOKE = "revoke"  # 撤销: the card does not count, but remains visible
    RETURN = "return"  # 打回: the appeal may be submitted again, with more evidence


DECIDED = {Verdict.UPHOLD: Appeal.UPHELD, Verdict.REVOKE: Appeal.REVOKED, Verdict.RETURN: Appeal.RETURNED}


class AppealCard(Command, frozen=True, tag="appeal_card"):
    """Appeal against a card, for the department that got it, with reasons and papers."""

    card: Line
    reasons: Text
    papers: Lines = ()

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        signal = find_signal(project, self.card)
        require_department(project, signal.item, signal.department, context.by)
        if signal.rung is not Rung.CARD or signal.rescinded:
            raise Refused(
                "card-void",
                f"{self.card} is {'rescinded' if signal.rescinded else f'not a card but a {signal.rung}'}",
                remedy="appeal only against a card that has not been rescinded",
            )
        if signal.appeal not in (Appeal.NONE, Appeal.RETURNED):
            raise Refused(
                "appeal-settled",
                f"the appeal against {self.card} is already {signal.appeal}",
                remedy="an appeal can be repeated only after it was returned",
            )
        require_reasons(self.reasons, f"the appeal against {self.card}", "")
        return (CardAppealed(card=self.card, item=signal.item, reasons=self.reasons, papers=self.papers),)


class CardAppealed(Fact, frozen=True, tag="card_appealed"):
    """申诉: the department appealed against its card."""

    card: str
    item: str
    reasons: str
    papers: tuple[str, ...] = ()

    def apply(self, project: Project) -> None:
        if signal := project.signals.get(self.card):
            signal.appeal = Appeal.OPEN


class DecideAppeal(Command, frozen=True, tag="decide_appeal"):
    """Decide the pending appeal against a card, with reasons visible to both sides."""

    card: Line
    verdict: Verdict
    reasons: Text

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        require_role(context.by, "decide on an appeal", Role.SUPERVISOR)
        signal = find_signal(project, self.card)
        if signal.appeal is not Appeal.OPEN:
            raise Refused(
                "no-appeal",
                f"no appeal against {self.card} is pending: its state is {signal.appeal}",
                remedy="the department has to appeal first",
            )
        require_reasons(self.reasons, f"the decision on {self.card}", "")
        return (AppealDecided(card=self.card, item=signal.item, verdict=self.verdict, reasons=self.reasons),)


class AppealDecided(Fact, frozen=True, tag="appeal_decided"):
    """The bureau decided the appeal: the card is upheld or revoked, or the appeal returned."""

    card: str
    item: str
    verdict: Verdict
    reasons: str

    def apply(self, project: Project) -> None:
        if signal := project.signals.get(self.card):
            signal.appeal = DECIDED[self.verdict]


class OrderSupervision(Command, frozen=True, tag="order_supervision"):
    """Order a department to act and to report by a day (督办). *card*: the card that gave rise to it, if any."""

    order: Code  # its id, chosen by the sender
    item: Code
    about: Text
    feedback_by: date
    department: Name = ""  # empty: that of the card, else the one that handles the item
    card: Line = ""

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        require_role(context.by, "order supervision", Role.SUPERVISOR, Role.LEADER)
        item = project.item(self.item)
        if self.order in project.orders:
            raise Refused("order-repeated", f"the order id {self.order} is already in use", remedy="choose another id")
        require_reasons(self.about, f"the order {self.order}", "")
        today = context.at.astimezone(ZoneInfo(context.law.zone)).date()
        if self.feedback_by < today:
            raise Refused(
                "feedback-day-past",
                f"feedback_by can't be {self.feedback_by}: today is {today}",
                remedy="give a later day",
            )
        signal = find_signal(project, self.card) if self.card else None
        return (
            SupervisionOrdered(
                order=self.order,
                item=self.item,
                department=self.department or (signal.department if signal else item.department),
                about=self.about,
                feedback_by=self.feedback_by,
                card=self.card,
            ),
        )


class SupervisionOrdered(Fact, frozen=True, tag="supervision_ordered"):
    """督办: the department was ordered to report by the end of *feedback_by*."""

    order: str
    item: str
    department: str
    about: str
    feedback_by: date
    card: str = ""

    def apply(self, project: Project) -> None:
        project.orders[self.order] = Order(self.item, self.department)


class AnswerSupervision(Command, frozen=True, tag="answer_supervision"):
    """Report what was done on an order (督办反馈). Whether it is in time follows from the day."""

    order: Code
    answer: Text

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        try:
            order = project.orders[self.order]
        except KeyError:
            known = ", ".join(project.orders) or "none"
            raise Refused(
                "unknown-order", f"there is no order {self.order}", remedy=f"the project's orders: {known}"
            ) from None
        require_department(project, order.item, order.department, context.by)
        if order.answered:
            raise Refused(
                "order-answered",
                f"the order {self.order} has already been answered",
                remedy="nothing needs to be done, unless the bureau gives a new order",
            )
        if not self.answer.strip():
            raise Refused("feedback-empty", "the report is empty", remedy="describe what was found and done")
        return (SupervisionAnswered(order=self.order, item=order.item, answer=self.answer),)


class SupervisionAnswered(Fact, frozen=True, tag="supervision_answered"):
    """督办反馈: the department reported what it did."""

    order: str
    item: str
    answer: str

    def apply(self, project: Project) -> None:
        if order := project.orders.get(self.order):
            order.answered = True


def require_department(project: Project, code: str, department: str, by: Actor) -> None:
    """Refuse unless *by* acts for *department*: its officer, or the manager if it is outside the system."""
    plan = project.recorded(code).plan
    if by.role is Role.OFFICER and by.department == department != "":
        return
    if by.role is Role.PROJECT_MANAGER and not plan.live and department == plan.department:
        return
    raise Refused(
        "wrong-department",
        f"this concerns {department}, not {by.department or by.id} ({by.role})",
        remedy=f"an officer of {department} has to do this",
        department=department,
    )
