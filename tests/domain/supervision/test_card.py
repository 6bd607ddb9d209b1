"""Warnings and cards: recorded by the system alone, from a proof that still holds, each once; or given by hand."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from msgspec.structs import replace

from domain.core.ledger import Actor, Role
from domain.law.proof import ClockProof, Colour, Rung
from domain.messages import FACTS, SYSTEM_COMMANDS, AnyFact
from domain.project.application.correction import EntryRetracted
from domain.project.application.forwarding import ForwardedItemReceived, ItemForwarded
from domain.project.countersignature.rules import CountersignatureAsked
from domain.project.rules import SIGNALS, SUPERVISION
from domain.project.state.signals import Appeal
from domain.project.supervision.signals import CardIssued, DeadlineWarned, IssueCard, IssueClockCard, WarnDeadline
from tests.examples import BUREAU, LAND, LAW, REGISTERED, completed, under_examination
from tests.spec import Spec, given

WATCHER = Actor("deadline-watcher", "", Role.SYSTEM)
OVER = datetime.fromisoformat("2026-03-28T00:00:00+08:00")
RED = ClockProof(
    rung=Rung.CARD,
    clock="decision",
    application=1,
    rule=LAW.name,
    calendar="CN/CN-2026",
    article="行政许可法第四十二条",
    started_on=date(2026, 2, 27),
    length=20,
    due_on=date(2026, 3, 27),
    remaining=0,
    provisional=False,
    evidence=(2, 3),
    seen=2,
)
WARNING = replace(RED, rung=Rung.WARNING, remaining=4)
WARN = WarnDeadline(item="land", proof=WARNING)
CARD = IssueClockCard(item="land", colour=Colour.RED, proof=RED)
BY_HAND = IssueCard(item="land", colour=Colour.YELLOW, reasons="no voucher")
WARNED = DeadlineWarned(card="land-1", item="land", department="land", proof=WARNING)
CARDED = CardIssued(card="land-1", item="land", department="land", colour=Colour.RED, proof=RED)


def examined(*further: AnyFact) -> Spec:
    """The land office has the file, and *further* happened."""
    return given(REGISTERED, *under_examination(), *further)


def test_a_clock_near_its_end_is_warned_of() -> None:
    examined().when(WARN, by=WATCHER, at=OVER).then(WARNED)


def test_a_clock_past_its_end_costs_a_card() -> None:
    state = examined().when(CARD, by=WATCHER, at=OVER).then(CARDED).state()

    assert (state.signals["land-1"].colour, state.signals["land-1"].appeal) == (Colour.RED, Appeal.NONE)


def test_warning_and_card_of_one_clock_are_two() -> None:
    examined(WARNED).when(CARD, by=WATCHER, at=OVER).then(replace(CARDED, card="land-2"))


@pytest.mark.parametrize("by", [LAND, BUREAU])
@pytest.mark.parametrize("command", [WARN, CARD])
def test_only_the_system_speaks_for_clocks(command: WarnDeadline | IssueClockCard, by: Actor) -> None:
    examined().when(command, by=by, at=OVER).refused("wrong-role")


def test_a_stale_proof_is_refused() -> None:
    """The decision came in between: the watcher has to look again."""
    examined(completed()).when(CARD, by=WATCHER, at=OVER).refused("proof-stale", "2 entries, but there are 3", seen=3)


def test_what_was_said_about_another_item_leaves_a_proof_fresh() -> None:
    examined(*under_examination("discharge")).when(CARD, by=WATCHER, at=OVER).then(CARDED)


def test_a_card_comes_only_after_the_last_day() -> None:
    just_before = datetime.fromisoformat("2026-03-27T23:59:59+08:00")

    examined().when(CARD, by=WATCHER, at=just_before).refused("not-over", "its last day is 2026-03-27")
    examined().when(CARD, by=WATCHER, at=OVER.astimezone()).then(CARDED)


def test_a_proof_of_one_thing_does_not_serve_for_another() -> None:
    examined().when(replace(CARD, proof=WARNING), by=WATCHER, at=OVER).refused("not-over")
    examined().when(replace(WARN, proof=RED), by=WATCHER, at=OVER).refused("not-over")


def test_a_rung_is_recorded_once() -> None:
    examined(CARDED).when(CARD, by=WATCHER, at=OVER).refused("already-signalled")
    longer = replace(RED, length=30)
    examined(CARDED).when(replace(CARD, proof=longer), by=WATCHER, at=OVER).then(
        replace(CARDED, card="land-2", proof=longer)
    )


def test_ids_are_never_given_twice() -> None:
    """Not even where the first was retracted."""
    retracted = EntryRetracted(version=4, item="land", reasons="test data")
    proof = replace(RED, seen=3)

    examined(CARDED, retracted).when(replace(CARD, proof=proof), by=WATCHER, at=OVER).then(
        replace(CARDED, card="land-2", proof=proof)
    )


@pytest.mark.parametrize(
    ("clock", "department"),
    [
        ("intake#1", "water"),
        ("lower_review", "water"),
        ("decision", "province"),
        ("countersign:fire", "fire"),
        ("countersign:fire/final", "fire"),
    ],
)
def test_the_card_goes_to_whose_clock_it_is(clock: str, department: str) -> None:
    facts = (
        *under_examination("discharge"),
        CountersignatureAsked(item="discharge", department="fire", step="final", limit=5, article=""),
        ItemForwarded(item="discharge", upper="province"),
        ForwardedItemReceived(item="discharge"),
    )
    proof = replace(RED, clock=clock, seen=5)
    command = IssueClockCard(item="discharge", colour=Colour.RED, proof=proof)

    given(REGISTERED, *facts).when(command, by=WATCHER, at=OVER).then(
        CardIssued(card="discharge-1", item="discharge", department=department, colour=Colour.RED, proof=proof)
    )


def test_the_bureau_gives_a_card_by_hand() -> None:
    expected = CardIssued(card="land-1", item="land", department="land", colour=Colour.YELLOW, reasons="no voucher")

    examined().when(BY_HAND, by=BUREAU).then(expected)
    examined().when(replace(BY_HAND, department="fire"), by=BUREAU).then(replace(expected, department="fire"))
    examined().when(BY_HAND, by=LAND).refused("wrong-role")
    examined().when(replace(BY_HAND, reasons=" "), by=BUREAU).refused("reasons-missing")


def test_what_is_no_evidence_is_named_as_it_is_stored() -> None:
    assert FACTS.keys() > SUPERVISION
    assert SIGNALS < SUPERVISION
    assert len(SYSTEM_COMMANDS) == 8
