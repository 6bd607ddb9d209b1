"""The entries that a card is said to fall with are those whose retraction lets the deadline watcher rescind it."""

from __future__ import annotations

from copy import deepcopy

from domain.core.types import Outcome
from domain.law.proof import Colour
from domain.project.application.acceptance import AcceptItem
from domain.project.application.completion import CompleteItem
from domain.project.application.correction import RetractEntry
from domain.project.application.submission import SubmitItem
from domain.project.application.suspension import ResumeClock, SuspendClock
from domain.project.supervision.appeals import AppealCard, DecideAppeal, Verdict
from domain.project.supervision.signals import IssueCard
from infrastructure.law.lawbook import law_book
from projections.supervision.card_basis import decisive_entries
from tests.examples import APPLICANT, BUREAU, LAND
from tests.projections.watch.test_watch import zone
from tests.projections.watch.watched import Zone


def late() -> Zone:
    """A decision that comes too late, after a suspension too short to help; the watcher has seen all of it."""
    late = zone().say(APPLICANT, SubmitItem(item="land"))
    late.at("2026-03-03 09:00").say(LAND, AcceptItem(item="land"))
    late.at("2026-03-05 09:00").say(LAND, SuspendClock(item="land", ground="testing"))
    (suspension,) = late.project.items["land"].suspensions
    late.at("2026-03-06 09:00").say(LAND, ResumeClock(item="land", suspension=suspension))
    late.at("2026-04-20 09:00").watch()
    return late.say(LAND, CompleteItem(item="land", outcome=Outcome.GRANTED)).watch()


def test_the_entries_are_those_whose_retraction_rescinds_the_card() -> None:
    history, tried = late(), 0
    for card, signal in history.signals.items():
        decisive = decisive_entries(history.entries, card, law_book(), history.now)
        for version in range(1, len(history.entries) + 1):
            retracted = deepcopy(history)
            if not retracted.try_to_say(BUREAU, RetractEntry(version=version, reasons="录入有误")):
                continue
            if getattr(history.entries[version - 1].fact, "card", ""):  # what speaks of a card is no evidence
                continue
            tried += 1
            assert retracted.watch().signals[card].rescinded == (version in decisive), (card, signal, version)
    assert tried > len(history.signals)


def test_a_card_given_by_hand_or_revoked_falls_with_no_entry() -> None:
    by_hand = late().say(BUREAU, IssueCard(item="land", colour=Colour.YELLOW, reasons="未说明理由"))
    card = next(card for card, signal in by_hand.signals.items() if signal.key is None)
    red = next(card for card, signal in by_hand.signals.items() if signal.colour is Colour.RED)
    assert decisive_entries(by_hand.entries, red, law_book(), by_hand.now) != ()
    by_hand.say(LAND, AppealCard(card=red, reasons="系统故障"))
    by_hand.say(BUREAU, DecideAppeal(card=red, verdict=Verdict.REVOKE, reasons="属实"))
    assert decisive_entries(by_hand.entries, card, law_book(), by_hand.now) == ()
    assert decisive_entries(by_hand.entries, red, law_book(), by_hand.now) == ()
