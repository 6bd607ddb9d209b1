"""What silence brings about, and what a correction takes back."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from msgspec.structs import replace

from domain.core.ledger import Actor, Role
from domain.core.types import Outcome, Stage
from domain.law.proof import ClockProof, Colour, Rung
from domain.messages import AnyFact
from domain.project.application.acceptance import AcceptItem, DeclineItem
from domain.project.application.completion import CompleteItem
from domain.project.application.correction import EntryAmended, EntryRetracted
from domain.project.application.supplement import RequestSupplement, SupplementRequested
from domain.project.application.suspension import ClockSuspended
from domain.project.application.withdrawal import ItemWithdrawn
from domain.project.countersignature.request import Countersign, ItemCountersigned
from domain.project.countersignature.rules import CountersignatureAsked
from domain.project.state.consultation import Opinion
from domain.project.state.project import Item
from domain.project.supervision.rescission import CardRescinded, RescindCard
from domain.project.supervision.signals import (
    AcceptanceDeemed,
    CardIssued,
    ConsentDeemed,
    DeemAcceptance,
    DeemConsent,
    DeemRenewal,
    RenewalDeemed,
)
from tests.examples import (
    BUREAU,
    FIRE,
    LAND,
    LAW,
    REGISTERED,
    accepted,
    completed,
    declined,
    submitted,
    under_examination,
)
from tests.spec import Spec, given

WATCHER = Actor("deadline-watcher", "", Role.SYSTEM)
OVER = datetime.fromisoformat("2026-03-28T00:00:00+08:00")
SILENT = ClockProof(
    rung=Rung.ACCEPTANCE,
    clock="intake#1",
    application=1,
    rule=LAW.name,
    calendar="CN/CN-2026",
    article="行政许可法第三十二条第一款第四项",
    started_on=date(2026, 3, 20),
    length=5,
    due_on=date(2026, 3, 27),
    remaining=0,
    provisional=False,
    evidence=(2,),
    seen=1,
)
CONSENTING = replace(SILENT, rung=Rung.CONSENT, clock="countersign:fire/final", seen=3)
RENEWING = replace(SILENT, rung=Rung.RENEWAL, clock="renewal_guard", length=None, seen=2)
DEEMED = AcceptanceDeemed(card="land-1", item="land", department="land", accepted_on=date(2026, 3, 20), proof=SILENT)
CONSENTED = ConsentDeemed(card="land-1", item="land", department="fire", proof=CONSENTING)
RENEWED = RenewalDeemed(card="land-1", item="land", department="land", proof=RENEWING)
ASKED = CountersignatureAsked(item="land", department="fire", step="final", limit=5, article="")
NOTICE = SupplementRequested(item="land", missing=("map",))
AMENDED = EntryAmended(version=2, item="land", new_occurred_at=OVER, reasons="a later day")
RESCINDED = CardRescinded(card="land-1", item="land", cause=4, calendar="CN/CN-2026")
RESCIND = RescindCard(card="land-1", cause=4, calendar="CN/CN-2026", seen=2)


def land_after(*facts: AnyFact) -> Item:
    """The item after it was registered and *facts* happened."""
    return given(REGISTERED, *facts).project.items["land"]


def test_silence_accepts_as_of_the_day_of_receipt() -> None:
    command = DeemAcceptance(item="land", proof=SILENT)
    item = given(REGISTERED, submitted()).when(command, by=WATCHER, at=OVER).then(DEEMED).state().items["land"]

    assert (item.stage, item.deemed_on) == (Stage.ACCEPTED, date(2026, 3, 20))


@pytest.mark.parametrize(
    "command",
    [
        AcceptItem(item="land"),
        DeclineItem(item="land", reasons="not ours"),
        RequestSupplement(item="land", missing=("map",)),
    ],
)
def test_what_comes_after_silence_is_refused(command: AcceptItem | DeclineItem | RequestSupplement) -> None:
    given(REGISTERED, submitted(), DEEMED).when(command, by=LAND, at=OVER).refused("wrong-stage")


def test_an_acceptance_in_time_that_is_keyed_in_late_is_judged_as_on_its_own_day() -> None:
    """And it stays when what silence did is taken back: both accepted the application."""
    keyed_in = given(REGISTERED, submitted(), DEEMED).when(AcceptItem(item="land"), by=LAND, now=OVER).then(accepted())
    item = keyed_in.state().items["land"]
    assert (item.stage, item.deemed_on) == (Stage.ACCEPTED, date(2026, 3, 20))

    taken_back = keyed_in.when(RESCIND, by=WATCHER, at=OVER).then(replace(RESCINDED, undoes=False))
    item = taken_back.state().items["land"]
    assert (item.stage, item.deemed_on) == (Stage.ACCEPTED, None)


def test_an_application_accepted_by_silence_is_examined_like_any_other() -> None:
    command = CompleteItem(item="land", outcome=Outcome.GRANTED)

    given(REGISTERED, submitted(), DEEMED).when(command, by=LAND, at=OVER).then(completed())


@pytest.mark.parametrize(
    ("facts", "stage"),
    [
        ((submitted(), NOTICE), Stage.ACCEPTED),
        ((submitted(), declined()), Stage.ACCEPTED),
        ((submitted(), accepted()), Stage.ACCEPTED),
        ((submitted(), accepted(), completed()), Stage.COMPLETED),
        ((submitted(), ItemWithdrawn(item="land")), Stage.WITHDRAWN),
        ((submitted(), declined(), submitted()), Stage.SUBMITTED),
    ],
)
def test_recorded_late_it_overrules_only_what_came_too_late(facts: tuple[AnyFact, ...], stage: Stage) -> None:
    """A notice or refusal after the last day is void (B5.4); a decision, or the next application, is not."""
    assert land_after(*facts, DEEMED).stage is stage


def test_a_notice_that_came_too_late_asks_for_nothing() -> None:
    item = land_after(submitted(), NOTICE, DEEMED)

    assert (item.stage, item.missing) == (Stage.ACCEPTED, ())
    tolerated = land_after(submitted(), accepted(lacking=("seal",)), DEEMED)
    assert tolerated.missing == ("seal",)


@pytest.mark.parametrize("facts", [(submitted(),), (submitted(), NOTICE), (submitted(), declined())])
def test_taken_back_everything_is_as_it_was(facts: tuple[AnyFact, ...]) -> None:
    assert land_after(*facts, DEEMED, RESCINDED) == land_after(*facts)


def test_taken_back_what_was_done_since_stays() -> None:
    hearing = ClockSuspended(item="land", suspension="s1", ground="hearing", article="", stops=("decision",))

    assert land_after(submitted(), DEEMED, completed(), RESCINDED).stage is Stage.COMPLETED
    assert land_after(submitted(), DEEMED, hearing, RESCINDED).stage is Stage.ACCEPTED
    again = land_after(submitted(), DEEMED, declined(), submitted(), RESCINDED)
    assert (again.stage, again.application) == (Stage.SUBMITTED, 2)


def test_a_consulted_departments_silence_counts_as_agreement() -> None:
    command = DeemConsent(item="land", proof=CONSENTING)
    spec = given(REGISTERED, *under_examination(), ASKED).when(command, by=WATCHER, at=OVER).then(CONSENTED)

    assert spec.project.items["land"].consultations["fire/final"].opinion is Opinion.AGREED
    late = Countersign(item="land", step="final", opinion=Opinion.OBJECTED, reasons="too near")
    spec.when(late, by=FIRE, at=OVER).refused("already-answered")
    spec.when(CompleteItem(item="land", outcome=Outcome.GRANTED), by=LAND, at=OVER).then(completed())


def test_an_objection_that_came_too_late_has_no_effect_until_consent_is_taken_back() -> None:
    objected = ItemCountersigned(item="land", department="fire", step="final", opinion=Opinion.OBJECTED)
    facts = (*under_examination(), ASKED, objected, CONSENTED)

    assert land_after(*facts).consultations["fire/final"].opinion is Opinion.AGREED
    assert land_after(*facts, RESCINDED).consultations["fire/final"].opinion is Opinion.OBJECTED


def test_silence_until_a_licences_last_day_renews_it() -> None:
    command = DeemRenewal(item="land", proof=RENEWING)
    item = (
        given(REGISTERED, *under_examination()).when(command, by=WATCHER, at=OVER).then(RENEWED).state().items["land"]
    )

    assert (item.stage, item.outcome) == (Stage.COMPLETED, Outcome.GRANTED)
    assert land_after(*under_examination(), RENEWED, RESCINDED) == land_after(*under_examination())


def test_a_refusal_after_the_licences_last_day_is_void_until_the_renewal_is_taken_back() -> None:
    refused = completed(outcome=Outcome.REFUSED)
    void = land_after(*under_examination(), refused, RENEWED)

    assert (void.stage, void.outcome) == (Stage.COMPLETED, Outcome.GRANTED)
    assert land_after(*under_examination(), refused, RENEWED, RESCINDED) == land_after(*under_examination(), refused)


def test_what_silence_has_renewed_can_only_be_granted_in_writing_and_once() -> None:
    spec = given(REGISTERED, *under_examination(), RENEWED)
    refuse = CompleteItem(item="land", outcome=Outcome.REFUSED, reasons="the site has changed")
    spec.when(refuse, by=LAND, at=OVER).refused("renewed-by-silence", "was renewed by silence")

    grant = CompleteItem(item="land", outcome=Outcome.GRANTED, document_number="7", valid_through=date(2031, 3, 27))
    spec.when(grant, by=LAND, at=OVER).then(replace(completed(), document_number="7", valid_through=date(2031, 3, 27)))
    spec.when(grant, by=LAND, at=OVER).refused("wrong-stage")


@pytest.mark.parametrize("by", [LAND, BUREAU])
def test_only_the_system_says_what_silence_means(by: Actor) -> None:
    given(REGISTERED, submitted()).when(DeemAcceptance(item="land", proof=SILENT), by=by, at=OVER).refused("wrong-role")
    given(REGISTERED, submitted(), DEEMED, AMENDED).when(RESCIND, by=by).refused("wrong-role")


def test_a_correction_takes_it_back_with_its_cause_and_it_may_come_again() -> None:
    spec = given(REGISTERED, submitted(), DEEMED, AMENDED).when(RESCIND, by=WATCHER).then(RESCINDED)
    proof = replace(SILENT, seen=2, after=5)

    spec.when(RESCIND, by=WATCHER).refused("card-void", "already rescinded")
    spec.when(DeemAcceptance(item="land", proof=proof), by=WATCHER, at=OVER).then(
        replace(DEEMED, card="land-2", proof=proof)
    )


def test_taking_back_needs_a_card_of_a_clock_a_cause_and_the_newest_knowledge() -> None:
    spec: Spec = given(REGISTERED, submitted(), DEEMED, AMENDED)

    spec.when(replace(RESCIND, card="land-9"), by=WATCHER).refused("unknown-card", "land-9")
    spec.when(replace(RESCIND, cause=9), by=WATCHER).refused("no-such-entry")
    spec.when(replace(RESCIND, seen=1), by=WATCHER).refused("proof-stale")
    by_hand = CardIssued(card="land-1", item="land", department="land", colour=Colour.RED, reasons="fees")
    given(REGISTERED, by_hand).when(replace(RESCIND, seen=0), by=WATCHER).refused("card-void", "issued by hand")


def test_a_retracted_plan_leaves_nothing_to_undo() -> None:
    """Facts never fail, whatever was retracted before them."""
    retraction = EntryRetracted(version=2, item="land", reasons="wrong project")

    assert land_after(submitted(), DEEMED, retraction, RESCINDED).stage is Stage.NOT_STARTED
