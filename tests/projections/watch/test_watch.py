"""The watcher records what the clocks passed: each rung once, whatever is recorded in between."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.core.ledger import Actor
from domain.core.plan import PlannedItem
from domain.core.types import Outcome, Stage
from domain.examples.story import story_entries
from domain.examples.supervision import WATCHED, WATCHED_PROJECT
from domain.law.proof import Colour, Rung
from domain.messages import AnyCommand
from domain.project.application.acceptance import AcceptItem, DeclineItem
from domain.project.application.completion import CompleteItem
from domain.project.application.correction import AmendEntry, RetractEntry
from domain.project.application.extension import ExtendLimit
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from domain.project.application.supplement import RequestSupplement, SubmitSupplement
from domain.project.application.suspension import ResumeClock, SuspendClock
from domain.project.application.withdrawal import WithdrawItem
from domain.project.external.results import AttestRecord
from domain.project.supervision.appeals import AppealCard, DecideAppeal, Verdict
from domain.project.supervision.rescission import CardRescinded
from domain.project.supervision.signals import CardIssued
from infrastructure.law.lawbook import law_book
from projections.watch.fold import watch
from tests.effort import tried
from tests.examples import APPLICANT, BUREAU, LAND, LAW, MANAGER
from tests.projections.watch.watched import Zone

ITEMS = (
    PlannedItem(item="land", department="land", promise_days=7),
    PlannedItem(item="tax", department="tax", live=False),
)
REGISTER = RegisterProject(name="Fab 2", enterprise=Enterprise("Hengxin"), manager="wang", items=ITEMS)
OF_SILENCE = [
    ("intake#1", Rung.WARNING),
    ("intake#1", Rung.ACCEPTANCE),
    ("commitment", Rung.WARNING),  # its seven days began with receipt
    ("intake#1", Rung.CARD),
]


def zone(now: str = "2026-03-02 09:00") -> Zone:
    """A registered project, with time standing at *now*."""
    return Zone(datetime.fromisoformat(f"{now}+08:00")).say(MANAGER, REGISTER)


def rungs(zone: Zone) -> list[tuple[str, Rung, bool]]:
    """Clock, rung and whether it was rescinded, of all that was recorded, in order."""
    return [(s.key[1], s.rung, s.rescinded) for s in zone.signals.values() if s.key]


def occurred(zone: Zone) -> list[str]:
    """The local time at which each signal of the watcher truly happened."""
    return [
        entry.occurred_at.astimezone(zone.now.tzinfo).strftime("%m-%d %H:%M")
        for entry in zone.entries
        if entry.recorded.by.id == "deadline-watcher"
    ]


def test_the_story_holds_what_the_watcher_records() -> None:
    entries = story_entries(LAW, WATCHED_PROJECT, WATCHED)
    by_story = [step.command for step in WATCHED if getattr(step.command, "item", "road") == "road"][1:]
    for version, now in ((5, "05-12T00:00"), (6, "05-13T00:00"), (9, "05-14T10:00"), (12, "05-14T10:00")):
        known = entries[:version]
        due = watch(known, law_book(), datetime.fromisoformat(f"2026-{now}:00+08:00")).due
        for due_item in (due_item for due_item in due if due_item.item == "road"):
            stored = next(
                c for c in by_story if type(c) is type(due_item.command) and same_but_for_time(c, due_item.command)
            )
            by_story.remove(stored)

    assert [type(command).__name__ for command in by_story] == [
        *("SubmitItem", "AmendEntry", "AcceptItem", "ErasePerson")
    ]


def same_but_for_time(command: Any, other: Any) -> bool:
    """Whether two commands say the same, but for the time that the story leaves to the step."""
    return all(
        getattr(command, name) == getattr(other, name) for name in command.__struct_fields__ if name != "occurred_at"
    )


def test_ten_days_of_downtime_over_national_day_are_caught_up_with_in_order() -> None:
    case = zone("2026-09-21 09:00").say(APPLICANT, SubmitItem(item="land")).wait(days=1)
    case.say(LAND, AcceptItem(item="land")).watch()
    assert case.warning_ids == []

    case.at("2026-10-11 08:30").watch()

    assert rungs(case) == [("commitment", Rung.WARNING, False), ("commitment", Rung.CARD, False)]
    assert occurred(case) == ["10-01 00:00", "10-10 00:00"]
    assert case.watch().warning_ids == case.warning_ids[:2]


def test_late_or_in_time_the_watcher_records_the_same() -> None:
    def facts_after(*looks: str) -> list[Any]:
        case = zone().say(APPLICANT, SubmitItem(item="land"))
        for look in looks:
            case.at(look).watch()
        return [(entry.fact, entry.occurred_at) for entry in case.entries]

    daily = [f"2026-{month:02}-{day:02} 00:01" for month in (3, 4) for day in range(1, 31)]
    assert facts_after(*daily) == facts_after("2026-04-30 00:01")


def test_silence_accepts_and_the_state_follows() -> None:
    case = zone().say(APPLICANT, SubmitItem(item="land")).at("2026-03-10 00:00").watch()
    item = case.project.items["land"]

    assert rungs(case) == [(clock, rung, False) for clock, rung in OF_SILENCE]
    assert (item.stage, item.deemed_on) == (Stage.ACCEPTED, date(2026, 3, 2))


def test_a_correction_rescinds_with_its_cause_and_both_stay() -> None:
    case = zone().say(APPLICANT, SubmitItem(item="land")).at("2026-03-10 00:00").watch()
    case.wait(hours=10).say(MANAGER, AttestRecord(item="tax"))
    later = datetime.fromisoformat("2026-03-09T10:00:00+08:00")
    case.say(BUREAU, AmendEntry(version=2, new_occurred_at=later, reasons="the wrong day"))
    cause = len(case.entries)
    case.wait(hours=1).watch()

    assert rungs(case) == [(clock, rung, True) for clock, rung in OF_SILENCE]
    rescinded = [entry for entry in case.entries if isinstance(entry.fact, CardRescinded)]
    assert {entry.fact.cause for entry in rescinded if isinstance(entry.fact, CardRescinded)} == {cause}
    assert {entry.occurred_at for entry in rescinded} == {case.entries[cause - 1].recorded_at}
    assert case.project.items["land"].stage is Stage.SUBMITTED

    case.at("2026-03-17 00:00").watch()

    assert rungs(case)[4:] == [(clock, rung, False) for clock, rung in OF_SILENCE]
    assert len(set(case.warning_ids)) == len(case.warning_ids)


def test_a_result_keyed_in_late_takes_the_card_back() -> None:
    case = zone().say(APPLICANT, SubmitItem(item="land")).say(LAND, AcceptItem(item="land"))
    case.at("2026-03-12 00:00").watch()
    assert rungs(case)[-1] == ("commitment", Rung.CARD, False)

    in_time = datetime.fromisoformat("2026-03-11T16:00:00+08:00")
    done = CompleteItem(occurred_at=in_time, item="land", outcome=Outcome.GRANTED)
    case.wait(hours=9).say(LAND, done).watch()

    assert rungs(case) == [("commitment", Rung.WARNING, False), ("commitment", Rung.CARD, True)]


def test_a_revoked_card_does_not_come_again() -> None:
    case = zone().say(APPLICANT, SubmitItem(item="land")).say(LAND, AcceptItem(item="land"))
    case.at("2026-03-12 09:00").watch()
    card = next(card for card, signal in case.signals.items() if signal.colour is Colour.YELLOW)
    case.say(LAND, AppealCard(card=card, reasons="the applicant asked us to wait"))
    case.say(BUREAU, DecideAppeal(card=card, verdict=Verdict.REVOKE, reasons="so it was"))
    moved = datetime.fromisoformat("2026-03-03T10:00:00+08:00")
    case.wait(hours=1).say(BUREAU, AmendEntry(version=3, new_occurred_at=moved, reasons="a day later")).wait(days=1)

    assert sum(isinstance(entry.fact, CardIssued) for entry in case.watch().entries) == 1


def test_what_was_retracted_by_hand_stays_so() -> None:
    case = zone().say(APPLICANT, SubmitItem(item="land")).at("2026-03-10 00:00").watch()
    card = next(entry.version for entry in case.entries if isinstance(entry.fact, CardIssued))
    case.say(BUREAU, RetractEntry(version=card, reasons="test data"))

    assert case.due() == ()


def test_a_retracted_submission_takes_everything_back() -> None:
    case = zone().say(APPLICANT, SubmitItem(item="land")).at("2026-03-10 00:00").watch()
    case.say(BUREAU, RetractEntry(version=2, reasons="wrong project")).watch()

    assert all(is_rescinded for _, _, is_rescinded in rungs(case))
    assert case.project.items["land"].stage is Stage.NOT_STARTED


def test_a_department_outside_costs_nothing_until_its_record_is_attested() -> None:
    case = zone().say(MANAGER, SubmitItem(item="tax")).at("2026-03-20 00:00").watch()
    assert [rung for _, rung, _ in rungs(case)] == [Rung.WARNING]

    case.say(MANAGER, AttestRecord(item="tax")).watch()

    assert [rung for _, rung, _ in rungs(case)] == [Rung.WARNING, Rung.ACCEPTANCE, Rung.CARD]
    assert occurred(case)[1:] == ["03-20 00:00", "03-20 00:00"]


def test_it_says_when_to_look_again() -> None:
    case = zone().say(APPLICANT, SubmitItem(item="land"))

    def coming() -> str:
        result = watch(case.entries, law_book(), case.now).next
        return result.astimezone(case.now.tzinfo).strftime("%m-%d %H:%M") if result else "never"

    assert coming() == "03-07 00:00"
    assert case.at("2026-03-07 00:00").watch() is case
    assert coming() == "03-10 00:00"
    case.say(APPLICANT, WithdrawItem(item="land"))
    assert coming() == "never"


PEOPLE: tuple[Actor, ...] = (LAND, APPLICANT, MANAGER, BUREAU)
ACTS: tuple[AnyCommand, ...] = (
    SubmitItem(item="land"),
    SubmitItem(item="tax"),
    AcceptItem(item="land"),
    AcceptItem(item="tax"),
    RequestSupplement(item="land", missing=("map",)),
    SubmitSupplement(item="land"),
    DeclineItem(item="land", reasons="not ours"),
    SuspendClock(item="land", ground="hearing"),
    ResumeClock(item="land", suspension="s1"),
    ResumeClock(item="land", suspension="s2"),
    ExtendLimit(item="land", days=5, reasons="hard", approver="agency_head"),
    CompleteItem(item="land", outcome=Outcome.REFUSED, reasons="no quota"),
    WithdrawItem(item="land"),
    AttestRecord(item="tax"),
)


@settings(max_examples=tried(12))
@given(st.data())
def test_whatever_happens_in_between_each_rung_is_recorded_once(
    data: st.DataObject,
) -> None:
    case = zone().say(APPLICANT, SubmitItem(item="land"))
    for _ in range(data.draw(st.integers(1, 12))):
        case.wait(days=data.draw(st.integers(0, 9)), hours=data.draw(st.integers(0, 23)))
        act = data.draw(st.sampled_from(("watch", "act", "act", "late", "amend", "retract")))
        if act == "watch":
            case.watch()
        else:
            command = drawn(data, act, case)
            any(case.try_to_say(by, command) for by in PEOPLE)

    case.watch()

    assert len(set(case.warning_ids)) == len(case.warning_ids)
    assert case.due() == ()
    assert case.standing() == case.passed()
    assert all(entry.occurred_at <= entry.recorded_at for entry in case.entries)


def drawn(data: st.DataObject, act: str, case: Zone) -> AnyCommand:
    """An act now, or one keyed in late, or a correction of anything there is."""
    version = data.draw(st.integers(2, max(2, len(case.entries))))
    earlier = case.entries[data.draw(st.integers(0, len(case.entries) - 1))].occurred_at
    if act == "amend":
        return AmendEntry(version=version, new_occurred_at=earlier, reasons="a slip")
    if act == "retract":
        return RetractEntry(version=version, reasons="a slip")
    command = data.draw(st.sampled_from(ACTS))
    return command if act == "act" else replace(command, occurred_at=earlier)
