"""Phases of a project's flow: when each began and ended, and its days, as was known."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.as_of import settled
from domain.core.plan import Phase, PlannedItem
from domain.core.types import Outcome
from domain.law.generic.expand import general_rule
from domain.law.generic.rule import GeneralRule
from domain.messages import AnyFact, Entry, replay
from domain.project.application.completion import ItemCompleted
from domain.project.application.correction import EntryAmended, EntryRetracted
from domain.project.application.registration import ItemPlanned
from domain.project.flow.adoption import FlowAdopted
from infrastructure.law.lawbook import law_book
from projections.flow.phases import PhaseStanding, PhaseState, course, phases_at
from tests.effort import tried
from tests.examples import LAW, MANAGER, REGISTERED, submitted
from tests.spec import PROJECT, entry

PHASES = (
    Phase(code="p1", name="立项", limit_days=5),
    Phase(code="p2", name="施工", limit_days=10),
    Phase(code="p3", name="无事项", limit_days=1),
    Phase(code="p4", name="不限时"),
)


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}+08:00")


def planned(item: str, phase: str) -> ItemPlanned:
    return ItemPlanned(item=item, plan=PlannedItem(item=item, department="land", phase=phase))


@pytest.fixture(scope="module")
def rule() -> GeneralRule:
    """Working days of the China of 2026, with its Spring Festival of February 15 to 23."""
    return general_rule(LAW, law_book().calendar(LAW, local("03-01T00:00").date()), days=0)


class Ledger:
    """Entries recorded one after the other."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        plans = (planned("a", "p1"), planned("b", "p1"), planned("c", "p2"), planned("d", "p4"))
        adopted = FlowAdopted(flow="f", edition=1, kind="k", phases=PHASES, steps=("a", "b", "c", "d"))
        for fact in (REGISTERED, *plans, adopted):
            self.record("02-02T09:00", fact)

    def record(self, at: str, fact: AnyFact, known: str = "") -> None:
        new = entry(len(self.entries) + 1, fact, MANAGER, local(at), local(known or at))
        self.entries.append(new)

    def phases(self, rule: GeneralRule, at: str, known: str = "") -> dict[str, PhaseStanding]:
        counted = settled(self.entries, local(at), local(known or at))
        return {phase.code: phase for phase in phases_at(course(PROJECT, counted), rule, local(at))}


def granted(item: str) -> ItemCompleted:
    return ItemCompleted(item=item, outcome=Outcome.GRANTED)


def test_a_phase_runs_from_its_first_application_until_all_of_it_is_granted(rule: GeneralRule) -> None:
    ledger = Ledger()
    assert {phase.state for phase in ledger.phases(rule, "02-03T09:00").values()} == {PhaseState.NOT_BEGUN}
    assert list(ledger.phases(rule, "02-03T09:00")) == ["p1", "p2", "p4"], "a phase without steps is not told"
    ledger.record("02-09T09:00", submitted("a"))
    ledger.record("02-10T09:00", granted("a"))
    ledger.record("02-10T10:00", submitted("b"))
    running = ledger.phases(rule, "02-12T09:00")["p1"]
    assert (running.state, running.steps, running.done, running.begun_at) == (
        PhaseState.RUNNING,
        2,
        1,
        local("02-09T09:00"),
    )
    assert (str(running.due_on), running.used_days, running.remaining_days) == ("2026-02-14", 3, 2)
    assert (running.unit, running.late, running.provisional) == ("working_day", False, False)
    late = ledger.phases(rule, "02-15T00:00")["p1"]
    assert (late.late, late.remaining_days) == (True, 0)
    ledger.record("02-24T10:00", granted("b"))
    done = ledger.phases(rule, "03-20T09:00")["p1"]
    assert (done.state, done.ended_at, done.late) == (PhaseState.DONE, local("02-24T10:00"), True)
    assert (done.used_days, done.remaining_days) == (6, -1), "the holidays don't count"


def test_a_phase_without_a_limit_is_never_late(rule: GeneralRule) -> None:
    ledger = Ledger()
    ledger.record("02-09T09:00", submitted("d"))
    phase = ledger.phases(rule, "11-09T09:00")["p4"]
    assert (phase.state, phase.due_on, phase.used_days, phase.late) == (PhaseState.RUNNING, None, None, False)


def test_corrections_count_from_when_they_were_known(rule: GeneralRule) -> None:
    ledger = Ledger()
    ledger.record("02-09T09:00", submitted("a"))
    ledger.record("02-10T09:00", granted("a"))
    ledger.record("02-12T09:00", EntryAmended(version=7, item="a", new_occurred_at=local("02-06T09:00"), reasons="x"))
    ledger.record("02-13T09:00", EntryRetracted(version=8, item="a", reasons="x"))
    for known, begun, done in (("02-10", "02-09", 1), ("02-12", "02-06", 1), ("02-13", "02-06", 0)):
        phase = ledger.phases(rule, "02-10T12:00", f"{known}T12:00")["p1"]
        assert (phase.begun_at, phase.done) == (local(f"{begun}T09:00"), done), known


def test_an_item_that_is_granted_no_more_opens_its_phase_again(rule: GeneralRule) -> None:
    ledger = Ledger()
    ledger.record("02-09T09:00", submitted("c"))
    ledger.record("02-10T09:00", granted("c"))
    assert ledger.phases(rule, "02-11T09:00")["p2"].state is PhaseState.DONE
    ledger.record("02-12T09:00", submitted("c"))
    phase = ledger.phases(rule, "02-13T09:00")["p2"]
    assert (phase.state, phase.begun_at, phase.ended_at) == (PhaseState.RUNNING, local("02-09T09:00"), None)


facts = st.sampled_from([submitted("a"), granted("a"), submitted("b"), granted("b"), submitted("c"), granted("c")])
hours = st.integers(0, 500)


@settings(max_examples=tried(40))
@given(st.lists(st.tuples(facts, hours, hours), max_size=12))
def test_a_late_enough_instant_gives_the_present(story: list[tuple[AnyFact, int, int]]) -> None:
    """With everything known and everything over, what is settled leads to the very state that a replay does."""
    ledger = Ledger()
    for fact, happened, learned in story:
        at = local("02-02T10:00") + timedelta(hours=happened)
        known = at + timedelta(hours=learned)
        ledger.entries.append(entry(len(ledger.entries) + 1, fact, MANAGER, at, known))
    ever = local("12-31T00:00")
    flow_course = course(PROJECT, settled(ledger.entries, ever, ever))
    project = replay(PROJECT, ledger.entries)
    assert flow_course.project.items == project.items
    assert flow_course.granted_at.keys() == project.granted
