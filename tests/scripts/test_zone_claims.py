"""A simulated zone has no open clock of an ended application, and no red card that its own evidence answers."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from msgspec import structs

from domain.core.plan import PlannedItem
from domain.core.types import Outcome
from domain.messages import Entry
from domain.project.application.completion import CompleteItem, ItemCompleted
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from domain.project.supervision.signals import CardIssued
from scripts.simulation.simulate import SimulationPlan, simulate
from tests.examples import APPLICANT, LAND, MANAGER
from tests.projections.watch.watched import Zone
from tests.scripts.zone_claims import UNTIL, Claims, claims_in, look_at_cards

ITEM = "land"
PROJECTS = 5  # a proof looks at many more
PLAN = PlannedItem(item=ITEM, department="land", special="construction_permit")
REGISTER = RegisterProject(name="Fab 2", enterprise=Enterprise("Hengxin"), manager="wang", items=(PLAN,))


@pytest.mark.long
@pytest.mark.slow
async def test_what_ends_an_application_of_a_simulated_zone_ends_its_clocks(database_url: str) -> None:
    await simulate(database_url, SimulationPlan(projects=PROJECTS, seed=2, until=UNTIL, processes=1))

    claims = claims_in(database_url)

    assert claims.open_though_ended == []
    assert claims.red_though_answered == []
    assert (claims.projects, claims.hold) == (PROJECTS, True)
    assert claims.red_cards > 0


def carded() -> list[Entry]:
    """A decision that came a day late, with the cards for that and for the silence before."""
    zone = Zone(datetime.fromisoformat("2026-03-02T09:00:00+08:00")).say(MANAGER, REGISTER)
    zone.say(APPLICANT, SubmitItem(item=ITEM)).at("2026-03-10 09:00").watch()
    return zone.say(LAND, CompleteItem(item=ITEM, outcome=Outcome.GRANTED)).watch().entries


def test_a_late_decision_is_no_answer_to_its_card() -> None:
    claims = Claims()
    look_at_cards(claims, carded())
    assert (claims.red_cards, claims.red_though_answered) == (2, [])


def test_a_card_that_its_own_evidence_answers_is_found() -> None:
    entries = carded()
    decided = next(entry for entry in entries if isinstance(entry.fact, ItemCompleted))
    early = structs.replace(decided, occurred_at=decided.occurred_at - timedelta(days=3))
    changed = {decided.version: early}
    for entry in entries:
        if isinstance(entry.fact, CardIssued) and entry.fact.proof and entry.fact.proof.clock == "decision":
            proof = structs.replace(entry.fact.proof, evidence=(*entry.fact.proof.evidence, decided.version))
            changed[entry.version] = structs.replace(entry, fact=structs.replace(entry.fact, proof=proof))

    claims = Claims()
    look_at_cards(claims, [changed.get(entry.version, entry) for entry in entries])
    assert len(claims.red_though_answered) == 1
