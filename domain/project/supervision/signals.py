"""预警与监察牌 warnings, cards and effects of silence: recorded once, when a clock nears or passes its end."""

from __future__ import annotations

from datetime import date

from domain.core.context import Context
from domain.core.ledger import Command, Fact, Role
from domain.core.rules import require_reasons, require_role
from domain.core.types import DECIDED_STAGES, OPEN_STAGES, Code, Name, Outcome, Stage, Text
from domain.law.proof import ClockProof, Colour, Rung
from domain.project.countersignature.rules import next_request
from domain.project.rules import next_signal, open_consultation, require_proof, responsible
from domain.project.state.consultation import Consultation, Opinion, is_forwarded
from domain.project.state.project import Item, Project
from domain.project.state.signals import Signal


class WarnDeadline(Command, frozen=True, tag="warn_deadline"):
    """Warn that a running clock has few days left (预警). For the system only, with the clock's proof."""

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
    """预警: from this instant few days were left. *card* is its id among the item's signals."""

    card: str
    item: str
    department: str
    proof: ClockProof

    def apply(self, project: Project) -> None:
        project.signals[self.card] = Signal(self.item, self.department, Rung.WARNING, key=self.proof.key)


class IssueClockCard(Command, frozen=True, tag="issue_clock_card"):
    """Issue the card for a passed due date. For the system only, with the clock's proof."""

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
    """Issue a card by hand, for faults that no clock shows: refused intake, missing reasons, fees (A5).

    *department* gets the card; empty: the one that handles the item.
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
    """黄牌、红牌. Issued by a clock, with its *proof*, once its due date was over; or by hand, with *reasons*."""

    card: str
    item: str
    department: str
    colour: Colour
    proof: ClockProof | None = None
    reasons: str = ""

    def apply(self, project: Project) -> None:
        key = self.proof.key if self.proof else None
        project.signals[self.card] = Signal(self.item, self.department, Rung.CARD, self.colour, key)


# A notice or refusal after the last day is void (Art. 32(1)(4), B5.4): the application counts as accepted.
OVERRULED_STAGES = (Stage.SUBMITTED, Stage.SUPPLEMENTING, Stage.DECLINED)


class DeemAcceptance(Command, frozen=True, tag="deem_acceptance"):
    """Record that silence accepted the application, as of the day of receipt. For the system only."""

    item: Code
    proof: ClockProof

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = require_proof(project, self.item, self.proof, context, Rung.ACCEPTANCE)
        return (
            AcceptanceDeemed(
                card=next_signal(project, self.item),
                item=self.item,
                department=responsible(item, self.proof.clock),
                accepted_on=self.proof.started_on,
                proof=self.proof,
            ),
        )


class AcceptanceDeemed(Fact, frozen=True, tag="acceptance_deemed"):
    """视为受理 (Art. 32(1)(4)): accepted as of *accepted_on*, the day of receipt, which is day 0 of the decision."""

    card: str
    item: str
    department: str
    accepted_on: date
    proof: ClockProof

    def apply(self, project: Project) -> None:
        item = project.recorded(self.item)
        signal = silence(self.item, self.department, self.proof)
        project.signals[self.card] = signal
        if item.application == self.proof.application:
            item.deemed_on = self.accepted_on
            if item.stage in OVERRULED_STAGES:
                signal.before, item.stage = item.stage, Stage.ACCEPTED
                signal.missing, item.missing = item.missing, ()  # papers of a void notice are not due


class DeemRenewal(Command, frozen=True, tag="deem_renewal"):
    """Record that silence until the licence's last day renewed it. For the system only."""

    item: Code
    proof: ClockProof

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = require_proof(project, self.item, self.proof, context, Rung.RENEWAL)
        return (
            RenewalDeemed(
                card=next_signal(project, self.item),
                item=self.item,
                department=responsible(item, self.proof.clock),
                proof=self.proof,
            ),
        )


class RenewalDeemed(Fact, frozen=True, tag="renewal_deemed"):
    """视为准予延续 (Art. 50(2)): the licence is renewed from the day after its last day, *proof.due_on*.

    A refusal after that day is void, as the licence was already renewed.
    """

    card: str
    item: str
    department: str
    proof: ClockProof

    def apply(self, project: Project) -> None:
        item = project.recorded(self.item)
        signal = silence(self.item, self.department, self.proof)
        project.signals[self.card] = signal
        if item.application != self.proof.application:
            return
        item.renewed_by_silence = True
        void = item.stage in DECIDED_STAGES and item.outcome not in (Outcome.GRANTED, Outcome.REVOKED)
        if void or item.stage in OPEN_STAGES:
            signal.before, signal.outcome = item.stage, item.outcome
            item.stage, item.outcome, item.suspensions = Stage.COMPLETED, Outcome.GRANTED, {}


class DeemConsent(Command, frozen=True, tag="deem_consent"):
    """Record that a consulted department's silence counts as its consent. For the system only."""

    item: Code
    proof: ClockProof

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = require_proof(project, self.item, self.proof, context, Rung.CONSENT)
        consent = ConsentDeemed(
            card=next_signal(project, self.item),
            item=self.item,
            department=responsible(item, self.proof.clock),
            proof=self.proof,
        )
        consultation = open_consultation(item, self.proof.clock)
        current = consultation is not None and counts(item, consultation, self.proof)
        return (
            (consent, *next_request(self.item, item, consultation, context)) if consultation and current else (consent,)
        )


class ConsentDeemed(Fact, frozen=True, tag="consent_deemed"):
    """默认同意 (B9.3): *department* counts as agreeing, by *proof.article*; an answer after the last day has no effect.

    In a sequence the same command asks the next department.
    """

    card: str
    item: str
    department: str
    proof: ClockProof

    def apply(self, project: Project) -> None:
        item = project.recorded(self.item)
        signal = silence(self.item, self.department, self.proof)
        project.signals[self.card] = signal
        consultation = open_consultation(item, self.proof.clock)
        if consultation and counts(item, consultation, self.proof):
            signal.opinion, consultation.opinion = consultation.opinion, Opinion.AGREED
            consultation.deemed = self.proof.article


def counts(item: Item, consultation: Consultation, proof: ClockProof) -> bool:
    """Whether silence answers *consultation*: not recalled, not forwarded, not stale."""
    is_void = consultation.stale or consultation.recalled or is_forwarded(item.consultations, consultation)
    return item.application == proof.application and not is_void


def silence(item: str, department: str, proof: ClockProof) -> Signal:
    """The signal of an effect of silence, as kept in the project's state."""
    return Signal(item, department, proof.rung, key=proof.key, last_day=proof.due_on)
