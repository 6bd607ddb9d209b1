"""申诉与督办 appeal and supervision: a card is disputed and decided on; the bureau orders, the department answers."""

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
    """What the bureau says to an appeal."""

    UPHOLD = "uphold"  # 维持: the card stays
    REVOKE = "revoke"  # 撤销: the card does not count, and stays to be seen
    RETURN = "return"  # 打回: the appeal may be made again, with more


DECIDED = {Verdict.UPHOLD: Appeal.UPHELD, Verdict.REVOKE: Appeal.REVOKED, Verdict.RETURN: Appeal.RETURNED}


class AppealCard(Command, frozen=True, tag="appeal_card"):
    """Dispute a card, for the department that got it, with reasons and papers."""

    card: Line
    reasons: Text
    papers: Lines = ()

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        signal = find_signal(project, self.card)
        require_department(project, signal.item, signal.department, context.by)
        if signal.rung is not Rung.CARD or signal.rescinded:
            raise Refused(
                "card-void",
                f"{self.card} is {'rescinded' if signal.rescinded else f'no card but a {signal.rung}'}",
                remedy="appeal against a card that counts",
            )
        if signal.appeal not in (Appeal.NONE, Appeal.RETURNED):
            raise Refused(
                "appeal-settled",
                f"the appeal against {self.card} is already {signal.appeal}",
                remedy="an appeal is made once, and again only where it was returned",
            )
        require_reasons(self.reasons, f"the appeal against {self.card}", "")
        return (CardAppealed(card=self.card, item=signal.item, reasons=self.reasons, papers=self.papers),)


class CardAppealed(Fact, frozen=True, tag="card_appealed"):
    """申诉: the department disputes its card."""

    card: str
    item: str
    reasons: str
    papers: tuple[str, ...] = ()

    def apply(self, project: Project) -> None:
        if signal := project.signals.get(self.card):
            signal.appeal = Appeal.OPEN


class DecideAppeal(Command, frozen=True, tag="decide_appeal"):
    """Decide on the open appeal against a card, with reasons that both sides read."""

    card: Line
    verdict: Verdict
    reasons: Text

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        require_role(context.by, "decide on an appeal", Role.SUPERVISOR)
        signal = find_signal(project, self.card)
        if signal.appeal is not Appeal.OPEN:
            raise Refused(
                "no-appeal",
                f"no appeal against {self.card} waits for a decision: it is at {signal.appeal}",
                remedy="the department appeals first",
            )
        require_reasons(self.reasons, f"the decision on {self.card}", "")
        return (AppealDecided(card=self.card, item=signal.item, verdict=self.verdict, reasons=self.reasons),)


class AppealDecided(Fact, frozen=True, tag="appeal_decided"):
    """The bureau's word: the card stays, or is revoked, or the appeal goes back for more."""

    card: str
    item: str
    verdict: Verdict
    reasons: str

    def apply(self, project: Project) -> None:
        if signal := project.signals.get(self.card):
            signal.appeal = DECIDED[self.verdict]


class OrderSupervision(Command, frozen=True, tag="order_supervision"):
    """Order a department to act and to report by a day (督办). *card*: what gave rise to it, if a card did."""

    order: Code  # its id, chosen by whoever orders
    item: Code
    about: Text
    feedback_by: date
    department: Name = ""  # empty: the card's, else the one that handles the item
    card: Line = ""

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        require_role(context.by, "order supervision", Role.SUPERVISOR, Role.LEADER)
        item = project.item(self.item)
        if self.order in project.orders:
            raise Refused("order-repeated", f"there already is an order {self.order}", remedy="choose another id")
        require_reasons(self.about, f"the order {self.order}", "")
        today = context.at.astimezone(ZoneInfo(context.law.zone)).date()
        if self.feedback_by < today:
            raise Refused(
                "feedback-day-past",
                f"nobody can report by {self.feedback_by} any more: it is {today}",
                remedy="give a day that is still to come",
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
    """督办: the department has to report by the end of *feedback_by*."""

    order: str
    item: str
    department: str
    about: str
    feedback_by: date
    card: str = ""

    def apply(self, project: Project) -> None:
        project.orders[self.order] = Order(self.item, self.department)


class AnswerSupervision(Command, frozen=True, tag="answer_supervision"):
    """Report what was done on an order (督办反馈). Whether in time is seen from the day."""

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
                "order-answered", f"the order {self.order} was answered before", remedy="a new order may follow"
            )
        if not self.answer.strip():
            raise Refused("feedback-empty", "the report says nothing", remedy="say what was found and done")
        return (SupervisionAnswered(order=self.order, item=order.item, answer=self.answer),)


class SupervisionAnswered(Fact, frozen=True, tag="supervision_answered"):
    """督办反馈: what the department did."""

    order: str
    item: str
    answer: str

    def apply(self, project: Project) -> None:
        if order := project.orders.get(self.order):
            order.answered = True


def require_department(project: Project, code: str, department: str, by: Actor) -> None:
    """Refuse unless *by* speaks for *department*: its officer, or the manager for one outside the system."""
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
