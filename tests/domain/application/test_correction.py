"""更正: an entry is amended or retracted by a further entry; corrections can be corrected themselves."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import pytest

from domain.core.ledger import Actor, Role
from domain.core.plan import PlannedItem
from domain.core.types import Outcome, Stage
from domain.messages import AnyCommand, AnyFact, Corrections, corrections, follow, replay
from domain.project.application.completion import CompleteItem
from domain.project.application.correction import AmendEntry, EntryAmended, EntryRetracted, RetractEntry
from domain.project.application.registration import ItemPlanned, PlanItem
from domain.project.application.submission import SubmitItem
from domain.project.countersignature.request import ItemCountersigned
from domain.project.countersignature.rules import CountersignatureAsked
from domain.project.feedback.complaint import ComplaintFiled
from domain.project.state.consultation import Opinion
from tests.examples import (
    APPLICANT,
    BUREAU,
    FIRE,
    IMPORTER,
    LAND,
    LEADER,
    MANAGER,
    REGISTERED,
    accepted,
    completed,
    submitted,
)
from tests.spec import NOW, PROJECT, entry, given

EARLIER = datetime.fromisoformat("2026-03-13T15:00:00+08:00")
EARLIEST = datetime.fromisoformat("2026-03-12T15:00:00+08:00")
HISTORY = ((MANAGER, REGISTERED), (APPLICANT, submitted()), (LAND, accepted()))
RETRACT, AMEND = (
    RetractEntry(version=3, reasons="wrong file"),
    AmendEntry(version=3, new_occurred_at=EARLIER, reasons="typo"),
)


def retracted(version: int, item: str = "land") -> EntryRetracted:
    return EntryRetracted(version=version, item=item, reasons="wrong file")


def amended(version: int, to: datetime = EARLIER, item: str = "land") -> EntryAmended:
    return EntryAmended(version=version, item=item, new_occurred_at=to, reasons="typo")


@pytest.mark.parametrize("by", [LAND, Actor("colleague", "land"), BUREAU])
def test_the_department_that_recorded_it_and_the_bureau_correct_an_entry(by: Actor) -> None:
    given(*HISTORY).when(RETRACT, by=by).then(retracted(3))
    given(*HISTORY).when(AMEND, by=by).then(amended(3))


@pytest.mark.parametrize("by", [FIRE, MANAGER, APPLICANT, LEADER, IMPORTER])
def test_no_one_corrects_an_entry_of_another_department(by: Actor) -> None:
    given(*HISTORY).when(RETRACT, by=by).refused("not-yours-to-correct", "li of land")
    given(*HISTORY).when(AMEND, by=by).refused("not-yours-to-correct")


def test_the_manager_corrects_what_the_manager_keyed_in() -> None:
    keyed_in = ((MANAGER, REGISTERED), (MANAGER, submitted("tax")))
    command = RetractEntry(version=2, reasons="wrong file")

    given(*keyed_in).when(command, by=MANAGER).then(retracted(2, "tax"))
    given(*keyed_in).when(command, by=Actor("another", MANAGER.department, Role.PROJECT_MANAGER)).refused(
        "not-yours-to-correct"
    )


def test_people_without_a_department_do_not_share_one() -> None:
    given(*HISTORY).when(RetractEntry(version=2, reasons="x"), by=Actor("somebody")).refused("not-yours-to-correct")


@pytest.mark.parametrize(
    "command", [RetractEntry(version=4, reasons="x"), AmendEntry(version=0, new_occurred_at=NOW, reasons="x")]
)
def test_an_entry_that_is_not_there_is_not_corrected(command: AnyCommand) -> None:
    refusal = given(*HISTORY).when(command, by=BUREAU).refused("no-such-entry")

    assert refusal.remedy == "choose an entry from 1 to 3"


def test_a_correction_says_why() -> None:
    given(*HISTORY).when(RetractEntry(version=3, reasons=" "), by=LAND).refused("reasons-missing")
    given(*HISTORY).when(AmendEntry(version=3, new_occurred_at=EARLIER, reasons=""), by=LAND).refused("reasons-missing")


def test_nothing_is_moved_into_the_future() -> None:
    given(*HISTORY).when(AMEND, by=LAND, at=EARLIEST).refused("in-the-future", "entry 3")


def test_a_time_without_a_zone_is_no_time() -> None:
    body = b'{"command":"amend_entry","version":3,"new_occurred_at":"2026-03-13T15:00:00","reasons":"typo"}'

    with pytest.raises(msgspec.ValidationError, match="timezone"):
        msgspec.json.decode(body, type=AnyCommand)


def test_the_registration_stays() -> None:
    given(*HISTORY).when(RetractEntry(version=1, reasons="x"), by=MANAGER).refused("registration-stays")
    given(*HISTORY).when(AmendEntry(version=1, new_occurred_at=EARLIER, reasons="typo"), by=MANAGER).then(
        amended(1, item="")
    )


def test_a_retracted_entry_is_as_if_it_had_never_happened() -> None:
    project = given(*HISTORY).when(RETRACT, by=LAND).then(retracted(3)).state()

    assert project.items["land"].stage is Stage.SUBMITTED
    assert (project.retracted, project.version, len(project.notes)) == ({3}, 4, 4)


def test_it_is_corrected_no_further() -> None:
    given(*HISTORY, (LAND, retracted(3))).when(RETRACT, by=LAND).refused("already-retracted")
    given(*HISTORY, (LAND, retracted(3))).when(AMEND, by=LAND).refused("already-retracted")


def test_retracting_the_retraction_brings_it_back() -> None:
    spec = given(*HISTORY, (LAND, retracted(3))).when(RetractEntry(version=4, reasons="wrong file"), by=LAND)

    project = spec.then(retracted(4)).state()

    assert project.items["land"].stage is Stage.ACCEPTED
    assert project.retracted == {4}


def test_later_entries_stay_where_an_earlier_one_is_retracted() -> None:
    """History is history: a decision without its acceptance is judged by the clocks, not rewritten."""
    decided = (*HISTORY, (LAND, completed()))

    project = given(*decided).when(RETRACT, by=LAND).then(retracted(3)).state()

    assert project.items["land"].outcome is Outcome.GRANTED
    given(*decided, (LAND, retracted(3))).when(CompleteItem(item="land", outcome=Outcome.GRANTED), by=LAND).refused(
        "wrong-stage"
    )


def test_facts_about_an_item_whose_planning_was_retracted_lead_nowhere() -> None:
    plan = PlannedItem(item="bridge", department="land", requires=("land",))

    spec = given(*HISTORY, (MANAGER, ItemPlanned(item="bridge", plan=plan)), (LAND, submitted("bridge")))
    project = spec.when(RetractEntry(version=4, reasons="wrong file"), by=MANAGER).then(retracted(4, "bridge")).state()

    assert "bridge" not in project.items
    spec.when(SubmitItem(item="bridge"), by=LAND).refused("unknown-item")
    spec.when(PlanItem(item=plan), by=MANAGER).then(ItemPlanned(item="bridge", plan=plan))


CASES: list[tuple[tuple[AnyFact, ...], Corrections]] = [
    ((), Corrections(set(), {})),
    ((amended(2),), Corrections(set(), {2: EARLIER})),
    ((amended(2, EARLIEST), amended(2, EARLIER)), Corrections(set(), {2: EARLIER})),
    ((amended(2, EARLIEST), amended(2, EARLIER), retracted(5)), Corrections({5}, {2: EARLIEST})),
    ((retracted(2), retracted(4)), Corrections({4}, {})),
    ((retracted(2), retracted(4), retracted(5)), Corrections({5, 2}, {})),
    ((amended(2), amended(4, EARLIEST)), Corrections(set(), {4: EARLIEST, 2: EARLIER})),
]


@pytest.mark.parametrize(("facts", "expected"), CASES)
def test_corrections_are_settled_from_the_last_to_the_first(facts: tuple[AnyFact, ...], expected: Corrections) -> None:
    entries = given(*HISTORY, *facts).entries

    assert corrections(entries) == expected
    assert replay(PROJECT, iter(entries)).retracted == expected.retracted


def test_only_a_replay_takes_a_retraction_in_and_no_entry_is_skipped() -> None:
    project = given(*HISTORY).project

    assert not follow(project, entry(4, retracted(3)))
    assert not follow(project, entry(5, completed()))
    assert project == given(*HISTORY).project
    assert follow(project, entry(4, completed()))
    assert not follow(project, entry(4, completed()))


def test_a_refused_correction_does_not_say_who_complained() -> None:
    filed = ComplaintFiled(complaint="c1", item="land", department="land", about="slow", by="hengxin", anonymous=True)
    history = ((MANAGER, REGISTERED), (APPLICANT, filed))

    refused = given(*history).when(RetractEntry(version=2, reasons="x"), by=FIRE).refused("not-yours-to-correct")
    assert APPLICANT.id not in refused.sentence
    given(*history, (MANAGER, retracted(2))).when(RetractEntry(version=3, reasons="x"), by=FIRE).refused(
        "not-yours-to-correct", "another person"
    )


def test_a_question_is_not_moved_behind_its_answer() -> None:
    """As no answer may come before its question, whichever of the two is corrected."""
    question = CountersignatureAsked(item="land", department="fire", step="", limit=7, article="")
    answered = ItemCountersigned(item="land", department="fire", step="", opinion=Opinion.AGREED)
    history = given(REGISTERED, submitted(), accepted(), (LAND, question), (FIRE, answered))
    later = NOW + timedelta(hours=1)
    amend = AmendEntry(version=4, new_occurred_at=later, reasons="时间录错")
    history.when(amend, by=LAND, at=later).refused("before-the-question", "entry 5", version=5)
    earlier = AmendEntry(version=4, new_occurred_at=NOW - timedelta(hours=1), reasons="时间录错")
    amended = EntryAmended(version=4, item="land", new_occurred_at=NOW - timedelta(hours=1), reasons="时间录错")
    history.when(earlier, by=LAND, at=later).then(amended)
