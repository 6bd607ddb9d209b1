"""From the facts of a project to its cards: what was answered costs none, and a retracted acceptance loses nothing."""

from __future__ import annotations

from datetime import datetime

from domain.core.plan import PlannedItem
from domain.core.types import Mode
from domain.project.application.acceptance import AcceptItem, DeclineItem
from domain.project.application.correction import RetractEntry
from domain.project.application.forwarding import ForwardItem, ReceiveForwardedItem
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from domain.project.supervision.rescission import CardRescinded
from domain.project.supervision.signals import CardIssued
from infrastructure.law.lawbook import law_book
from projections.clocks.law_events import item_histories
from projections.clocks.reading import Reading, read
from projections.clocks.rows import ClockRow, rows_of
from tests.examples import APPLICANT, BUREAU, LAND, MANAGER
from tests.projections.watch.watched import Zone

ITEM = "land"


def applied(plan: PlannedItem) -> Zone:
    """Applied for on Monday, the 2nd of March, at nine."""
    zone = Zone(datetime.fromisoformat("2026-03-02T09:00:00+08:00"))
    register = RegisterProject(name="Fab 2", enterprise=Enterprise("Hengxin"), manager="wang", items=(plan,))
    return zone.say(MANAGER, register).say(APPLICANT, SubmitItem(item=ITEM))


def clocks(zone: Zone) -> dict[str, Reading]:
    (history,) = item_histories(zone.entries).values()
    reading = read(history, law_book(), zone.now, zone.now)
    assert reading is not None
    return {clock.clock: clock for clock in reading.clocks}


def stored_rows(zone: Zone) -> dict[str, ClockRow]:
    (history,) = item_histories(zone.entries).values()
    return {row.clock: row for row in (ClockRow(*row) for row in rows_of(zone.entries[0].stream, history, law_book()))}


def cards(zone: Zone) -> list[str]:
    return [entry.fact.proof.clock for entry in zone.entries if isinstance(entry.fact, CardIssued) and entry.fact.proof]


def test_a_construction_permit_that_was_not_admitted_costs_no_card() -> None:
    zone = applied(PlannedItem(item=ITEM, department="land", special="construction_permit"))
    zone.at("2026-03-05 10:00").say(LAND, DeclineItem(item=ITEM, reasons="no land"))

    zone.at("2026-04-30 09:00").watch()

    assert cards(zone) == []
    assert {name: (clock.state, clock.closed) for name, clock in clocks(zone).items()} == {
        "intake": ("met", True),
        "decision": ("void", True),
    }
    assert all(row.closed for row in stored_rows(zone).values())


def test_a_refusal_keyed_in_late_takes_the_card_back() -> None:
    zone = applied(PlannedItem(item=ITEM, department="land", special="construction_permit"))
    zone.say(LAND, AcceptItem(item=ITEM)).at("2026-03-11 09:00").watch()
    assert cards(zone) == ["decision"]

    accepted = next(entry.version for entry in zone.entries if entry.fact.__struct_config__.tag == "item_accepted")
    zone.say(BUREAU, RetractEntry(version=accepted, reasons="it was another file"))
    refused = datetime.fromisoformat("2026-03-05T10:00:00+08:00")
    zone.say(LAND, DeclineItem(item=ITEM, reasons="no land", occurred_at=refused)).watch()

    assert any(isinstance(entry.fact, CardRescinded) for entry in zone.entries)
    assert zone.standing() == zone.passed()
    assert [passing for passing in zone.passed() if "card" in str(passing)] == []


def test_a_retracted_acceptance_keeps_what_both_levels_did() -> None:
    zone = applied(PlannedItem(item=ITEM, department="land", mode=Mode.LOWER_REVIEW))
    zone.at("2026-03-03 10:00").say(LAND, AcceptItem(item=ITEM))
    accepted = len(zone.entries)
    zone.at("2026-03-05 10:00").say(LAND, ForwardItem(item=ITEM))
    zone.at("2026-03-06 10:00").say(LAND, ReceiveForwardedItem(item=ITEM))

    zone.at("2026-03-31 09:00").say(BUREAU, RetractEntry(version=accepted, reasons="nobody signed it")).watch()

    result = clocks(zone)
    assert (result["lower_review"].state, str(result["lower_review"].start_on)) == ("met", "2026-03-02")
    assert (result["decision"].state, str(result["decision"].due_on)) == ("running", "2026-04-03")
    assert cards(zone) == ["intake#1"]  # the silence itself, and nothing else
    assert (stored_rows(zone)["decision"].due_on, stored_rows(zone)["lower_review"].closed) == (
        result["decision"].due_on,
        True,
    )
