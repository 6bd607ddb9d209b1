"""监察牌档案 case file of one card: its cause and proof, the evidence, and all later entries about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct, structs

from domain.core.ledger import Fact
from domain.law.proof import ClockProof
from domain.messages import Entry, corrections
from domain.project.supervision.appeals import SupervisionAnswered, SupervisionOrdered
from domain.project.supervision.rescission import CardRescinded
from domain.project.supervision.signals import CardIssued
from projections.supervision.fold import SignalRow, Supervision
from projections.view import fold

RETRACTED = "retracted"  # by hand: it does not count, but remains in the ledger


class CardFile(Struct, frozen=True):
    """One warning, card or effect of silence. *proof* is None, and *reasons* are given, if it was issued by hand.

    *evidence* are the versions of the entries its clock was read from, *thread* of those about it: its issue, appeals
    and decisions, a rescission and its cause, orders and their answers.
    """

    signal: SignalRow
    proof: ClockProof | None
    reasons: str
    evidence: tuple[int, ...]
    thread: tuple[int, ...]


def card_file(entries: Sequence[Entry], card: str, known: datetime) -> CardFile | None:
    """The file of *card* as known at *known*, from all entries of its project; None if there is no such card."""
    entries = [entry for entry in entries if entry.recorded_at <= known]
    issued = next((entry for entry in entries if issued_card(entry) == card), None)
    if issued is None:
        return None
    fact = issued.fact
    proof: ClockProof | None = getattr(fact, "proof", None)
    return CardFile(
        _row(entries, issued, card),
        proof,
        fact.reasons if isinstance(fact, CardIssued) else "",
        proof.evidence if proof else (),
        _thread(entries, card),
    )


def issued_card(entry: Entry) -> str:
    """The id of the warning, card or effect of silence issued by *entry*; empty if there is none."""
    return card_in(entry.fact)


def card_in(fact: Fact) -> str:
    """The same for a *fact*."""
    return getattr(fact, "card", "") if hasattr(fact, "proof") else ""


def _row(entries: Sequence[Entry], issued: Entry, card: str) -> SignalRow:
    """Its row in the view; if its issue was retracted, the row before that."""
    retracted = issued.version in corrections(entries).retracted
    by_then = entries[: issued.version] if retracted else entries
    state = fold([Supervision()], issued.stream, by_then).states[Supervision.name]
    row = SignalRow(*state.signals[card])
    return structs.replace(row, state=RETRACTED) if retracted else row


def _thread(entries: Sequence[Entry], card: str) -> tuple[int, ...]:
    """The versions of the entries about *card*, in order."""
    ordered = (entry.fact for entry in entries if isinstance(entry.fact, SupervisionOrdered))
    orders = {order.order for order in ordered if order.card == card}
    versions: set[int] = set()
    for entry in entries:
        fact = entry.fact
        if getattr(fact, "card", "") == card or (isinstance(fact, SupervisionAnswered) and fact.order in orders):
            versions.add(entry.version)
        if isinstance(fact, CardRescinded) and fact.card == card and fact.cause:
            versions.add(fact.cause)
    return tuple(sorted(versions))
