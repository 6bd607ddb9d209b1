"""编号 by which people call cards, orders, complaints and evaluations: made of the year and the place in the ledger.

Ids are chosen by the sender of a command, or by the deadline watcher, and may be the same in two projects. The place of
an entry in the ledger is unique in an installation and never changes, so these numbers are and don't either.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.core.ledger import Fact
from domain.law.proof import Colour
from domain.messages import AnyFact, Entry
from domain.project.feedback.complaint import ComplaintFiled
from domain.project.feedback.evaluation import ServiceEvaluated
from domain.project.supervision.signals import CardIssued, DeadlineWarned
from projections.feedback.complaints import ComplaintRow
from projections.feedback.evaluations import EvaluationRow
from projections.sums import ZONE
from projections.supervision.fold import DEEMED, WARNING, OrderRow, SignalRow

# The first part of each number. Like the number of a document (文号) it is the same in every language.
SUPERVISION, ORDER, COMPLAINT, EVALUATION = "监察", "督办", "投诉", "评价"
# By level: R-0131 and W-0132 are two things, whatever their places say.
LETTERS = {WARNING: "W", Colour.YELLOW.value: "Y", Colour.RED.value: "R", DEEMED: "D"}
FILED: Mapping[type[Fact], str] = {ComplaintFiled: COMPLAINT, ServiceEvaluated: EVALUATION}
DIGITS = 4  # at least


def numbered(kind: str, at: datetime, letter: str, position: int) -> str:
    """Such as 监察〔2026〕R-0131; the year is that of *at* in the zone."""
    year = at.astimezone(ZoneInfo(ZONE)).year
    return f"{kind}〔{year}〕{letter}{'-' if letter else ''}{position:0{DIGITS}}"


def card_number(signal: SignalRow) -> str:
    """The number of a warning, a card or an effect of silence."""
    return numbered(SUPERVISION, signal.happened_at, LETTERS[signal.level], signal.position)


def order_number(order: OrderRow) -> str:
    """The number of an order."""
    return numbered(ORDER, order.ordered_at, "", order.position)


def complaint_number(complaint: ComplaintRow) -> str:
    """The number of a complaint."""
    return numbered(COMPLAINT, complaint.filed_at, "", complaint.position)


def evaluation_number(evaluation: EvaluationRow) -> str:
    """The number of an evaluation."""
    return numbered(EVALUATION, evaluation.evaluated_at, "", evaluation.position)


def filed_number(entry: Entry) -> str:
    """The number of the complaint or evaluation that *entry* records."""
    return numbered(FILED[type(entry.fact)], entry.occurred_at, "", entry.position)


def level_of(fact: AnyFact) -> str:
    """The level of the warning, card or effect of silence that *fact* is about."""
    if isinstance(fact, CardIssued):
        return fact.colour.value
    return WARNING if isinstance(fact, DeadlineWarned) else DEEMED


NUMBERS = {
    "card_number": card_number,
    "order_number": order_number,
    "complaint_number": complaint_number,
    "evaluation_number": evaluation_number,
}
