"""预警与监察牌 warnings and cards: a clock came near its end, or passed it, and that becomes a fact, once."""

from __future__ import annotations

from domain.context import Context
from domain.law.proof import ClockProof, Colour, Rung
from domain.ledger import Command, Fact, Role
from domain.project.rules import next_signal, require_proof, require_reasons, require_role, responsible
from domain.project.signal_state import Signal
from domain.project.state import Project
from domain.project.terms import Code, Name, Text


class WarnDeadline(Command, frozen=True, tag="warn_deadline"):
    """Tell that a running clock has few days left (预警). For the system alone, with the clock's proof."""

    item: Code
    proof: ClockProof

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = require_proof(project, self.item, self.proof, context, Rung.WARNING)
        return (
            DeadlineWarned(
                card=next_signal(project, self.item),
                item=self.item,
                department=responsible(item, self.proof.clock),
                proof=self.proof,
            ),
        )


class DeadlineWarned(Fact, frozen=True, tag="deadline_warned"):
    """预警: from this instant few days were left. *card* is its id among all that was told of the item's clocks."""

    card: str
    item: str
    department: str
    proof: ClockProof

    def apply(self, project: Project) -> None:
        project.signals[self.card] = Signal(self.item, self.department, Rung.WARNING, key=self.proof.key)


class IssueClockCard(Command, frozen=True, tag="issue_clock_card"):
    """Give the card that a passed due date costs. For the system alone, with the clock's proof."""

    item: Code
    colour: Colour
    proof: ClockProof

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = require_proof(project, self.item, self.proof, context, Rung.CARD)
        return (
            CardIssued(
                card=next_signal(project, self.item),
                item=self.item,
                department=responsible(item, self.proof.clock),
                colour=self.colour,
                proof=self.proof,
            ),
        )


class IssueCard(Command, frozen=True, tag="issue_card"):
    """Give a card by hand, for what no clock shows: an application not taken in, no reasons given, fees (A5).

    *department* is whom it is for; empty: the department that handles the item.
    """

    item: Code
    colour: Colour
    reasons: Text
    department: Name = ""

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_role(context.by, "issue a card", Role.SUPERVISOR)
        require_reasons(self.reasons, f"a card for {self.item}", "")
        return (
            CardIssued(
                card=next_signal(project, self.item),
                item=self.item,
                department=self.department or item.department,
                colour=self.colour,
                reasons=self.reasons,
            ),
        )


class CardIssued(Fact, frozen=True, tag="card_issued"):
    """黄牌、红牌. By a clock, with its *proof*, from the instant its due date was over; or by hand, with *reasons*."""

    card: str
    item: str
    department: str
    colour: Colour
    proof: ClockProof | None = None
    reasons: str = ""

    def apply(self, project: Project) -> None:
        key = self.proof.key if self.proof else None
        project.signals[self.card] = Signal(self.item, self.department, Rung.CARD, self.colour, key)
