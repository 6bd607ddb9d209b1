"""What a project's items wait for: every kind of wait, who has to act, since when, and the chain to its roots."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.core.plan import PlannedItem
from domain.core.types import Outcome, Stage
from domain.messages import AnyFact, Entry
from domain.project.application.correction import EntryAmended, EntryRetracted
from domain.project.application.delivery import DecisionDelivered
from domain.project.application.forwarding import ForwardedItemReceived, ItemForwarded
from domain.project.application.registration import Enterprise, ItemPlanned, ProjectRegistered
from domain.project.application.submission import ItemSubmitted
from domain.project.application.supplement import SupplementRequested, SupplementSubmitted
from domain.project.application.suspension import ClockResumed, ClockSuspended
from domain.project.application.undertaking import DecisionRevoked, UndertakingChecked
from domain.project.application.withdrawal import ItemWithdrawn
from domain.project.countersignature.request import ItemCountersigned
from domain.project.countersignature.rules import CountersignatureAsked
from domain.project.external.results import DiscrepancyFound, ExternalResultRecorded
from domain.project.state.consultation import Opinion
from domain.project.state.project import ExternalResult, Item, Project
from domain.project.waiting.chain import ItemWaiting, blockers, depths, waiting
from domain.project.waiting.wait import HeldBy, WaitKind
from projections.clocks.law_events import folded_as_of
from projections.view import fold
from projections.waiting.fold import VIEW, waiting_at
from tests.effort import tried
from tests.examples import LAW, REGISTERED, accepted, completed, declined, submitted, under_examination
from tests.spec import NOW, PROJECT, entry

FAR = NOW + timedelta(hours=1000)
LAND, PLAN, TAX = "land", "site-plan", "tax"


def day(number: int) -> datetime:
    """The instant of the entry with this number."""
    return NOW + timedelta(hours=number)


def entries(*facts: AnyFact) -> list[Entry]:
    """The project registered, then *facts*, an hour after one another."""
    return [entry(number, fact, at=day(number)) for number, fact in enumerate((REGISTERED, *facts), 1)]


def waiting_after(*facts: AnyFact) -> dict[str, ItemWaiting]:
    return {item.item: item for item in waiting_at(folded_as_of([VIEW], PROJECT, entries(*facts), FAR, FAR))}


def first(item: ItemWaiting) -> tuple[WaitKind, HeldBy, str, tuple[str, ...]]:
    wait = item.waits[0]
    return wait.kind, wait.held_by, wait.holder, wait.on


def suspended(ground: str, number: str = "s1") -> ClockSuspended:
    return ClockSuspended(item=LAND, suspension=number, ground=ground, article="45", stops=("decision",))


def question_to(department: str) -> CountersignatureAsked:
    return CountersignatureAsked(item=LAND, department=department, step="", limit=3, article="")


def test_at_the_start_the_applicant_has_to_apply_and_the_rest_waits() -> None:
    items = waiting_after()
    assert first(items[LAND]) == (WaitKind.APPLICATION, HeldBy.APPLICANT, "applicant", ())
    assert first(items[PLAN]) == (WaitKind.PRECONDITION, HeldBy.APPLICANT, "applicant", (LAND,))
    assert items[PLAN].chain == (PLAN, LAND)
    assert first(items[TAX]) == (WaitKind.OUTSIDE_RESULT, HeldBy.OUTSIDE, "tax", ())
    assert {wait.since for row in items.values() for wait in row.waits} == {day(1)}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([submitted()], (WaitKind.ACCEPTANCE, HeldBy.DEPARTMENT, "land", ())),
        (under_examination(), (WaitKind.DECISION, HeldBy.DEPARTMENT, "land", ())),
        (
            [submitted(), SupplementRequested(item=LAND, missing=("map",))],
            (WaitKind.PAPERS, HeldBy.APPLICANT, "applicant", ("map",)),
        ),
        (
            [submitted(), accepted(lacking=("seal",))],
            (WaitKind.PAPERS, HeldBy.APPLICANT, "applicant", ("seal",)),
        ),
        (
            [*under_examination(), suspended("hearing")],
            (WaitKind.SUSPENSION, HeldBy.DEPARTMENT, "land", ("hearing",)),
        ),
        (
            [*under_examination(), suspended("expert_review")],
            (WaitKind.SUSPENSION, HeldBy.OUTSIDE_BODY, "", ("expert_review",)),
        ),
        (
            [*under_examination(), suspended("force_majeure")],
            (WaitKind.SUSPENSION, HeldBy.NOBODY, "", ("force_majeure",)),
        ),
        (
            [*under_examination(), suspended("supplement")],
            (WaitKind.SUSPENSION, HeldBy.APPLICANT, "applicant", ("supplement",)),
        ),
        ([*under_examination(), question_to("fire")], (WaitKind.COUNTERSIGNATURE, HeldBy.DEPARTMENT, "fire", ())),
        ([*under_examination(), completed()], (WaitKind.DELIVERY, HeldBy.DEPARTMENT, "land", ())),
        ([submitted(), declined()], (WaitKind.APPLICATION, HeldBy.APPLICANT, "applicant", ("declined",))),
        (
            [submitted(), ItemWithdrawn(item=LAND, reasons="x")],
            (WaitKind.APPLICATION, HeldBy.APPLICANT, "applicant", ("withdrawn",)),
        ),
    ],
    ids=lambda value: "" if isinstance(value, list | tuple) and len(value) > 3 else None,
)
def test_what_an_item_waits_for(facts: list[AnyFact], expected: Any) -> None:
    items = waiting_after(*facts)[LAND]
    assert first(items) == expected
    assert items.waits[0].since == day(1 + len(facts))
    assert (items.chain, items.roots, items.blocked_by) == ((LAND,), (LAND,), ())


def test_every_open_wait_is_listed_and_the_decision_only_after_them() -> None:
    facts: list[AnyFact] = [*under_examination(), question_to("fire"), question_to("water"), suspended("testing")]
    items = waiting_after(*facts)[LAND]
    assert [(wait.kind, wait.ref, wait.since) for wait in items.waits] == [
        (WaitKind.SUSPENSION, "s1", day(6)),
        (WaitKind.COUNTERSIGNATURE, "fire/", day(4)),
        (WaitKind.COUNTERSIGNATURE, "water/", day(5)),
    ]
    agreed = [
        ItemCountersigned(item=LAND, department=name, step="", opinion=Opinion.AGREED) for name in ("fire", "water")
    ]
    facts += [agreed[0], ClockResumed(item=LAND, suspension="s1"), agreed[1]]
    (wait,) = waiting_after(*facts)[LAND].waits
    assert (wait.kind, wait.since) == (WaitKind.DECISION, day(9))


def test_a_refusal_is_delivered_and_applied_for_again() -> None:
    items = waiting_after(*under_examination(), completed(outcome=Outcome.REFUSED))
    assert [(wait.kind, wait.on) for wait in items[LAND].waits] == [
        (WaitKind.APPLICATION, ("refused",)),
        (WaitKind.DELIVERY, ()),
    ]
    assert first(items[PLAN])[1:3] == (HeldBy.APPLICANT, "applicant")


def test_a_decision_waits_for_objectors_and_a_grant_on_an_undertaking_is_checked() -> None:
    objected = ItemCountersigned(item=LAND, department="fire", step="", opinion=Opinion.OBJECTED, reasons="no exit")
    facts: list[AnyFact] = [*under_examination(), question_to("fire"), objected]
    assert first(waiting_after(*facts)[LAND]) == (WaitKind.DECISION, HeldBy.DEPARTMENT, "land", ("fire",))
    promised = ItemSubmitted(item=LAND, law=LAW.name, undertaking=True)
    facts = [promised, accepted(), completed(), DecisionDelivered(item=LAND, method="window")]
    assert first(waiting_after(*facts)[LAND]) == (WaitKind.CHECK, HeldBy.DEPARTMENT, "land", ())
    broken: list[AnyFact] = [UndertakingChecked(item=LAND, kept=False)]
    assert LAND not in waiting_after(*facts, *broken)
    broken.append(DecisionRevoked(item=LAND, reasons="it was not so", article="69"))
    items = waiting_after(*facts, *broken)
    assert first(items[LAND]) == (WaitKind.APPLICATION, HeldBy.APPLICANT, "applicant", ("revoked",))
    assert (first(items[PLAN])[0], items[PLAN].waits[0].since) == (WaitKind.PRECONDITION, day(7))


def test_a_file_at_the_upper_level_is_the_upper_levels() -> None:
    item = "discharge"
    sent: list[AnyFact] = [*under_examination(item), ItemForwarded(item=item, upper="province")]
    assert first(waiting_after(*sent)[item]) == (WaitKind.UPPER_LEVEL, HeldBy.DEPARTMENT, "province", ())
    assert first(waiting_after(*sent, ForwardedItemReceived(item=item))[item])[:3] == (
        WaitKind.DECISION,
        HeldBy.DEPARTMENT,
        "province",
    )
    elsewhere: list[AnyFact] = [*under_examination(item), ItemForwarded(item=item, upper="")]
    assert first(waiting_after(*elsewhere)[item])[:2] == (WaitKind.UPPER_LEVEL, HeldBy.OUTSIDE)


def test_a_dispute_is_the_project_managers_and_a_result_from_outside_ends_the_rest() -> None:
    keyed = ExternalResultRecorded(item=TAX, outcome=Outcome.GRANTED, evidence="scan")
    assert TAX not in waiting_after(keyed)
    fed = ExternalResult(Outcome.REFUSED, source="exchange", by_feed=True)
    items = waiting_after(keyed, DiscrepancyFound(item=TAX, keyed=ExternalResult(Outcome.GRANTED), fed=fed))[TAX]
    assert first(items) == (WaitKind.DISCREPANCY, HeldBy.PROJECT_MANAGER, "wang", ())


def test_a_supplement_that_came_in_part_waits_since_the_notice() -> None:
    notice = SupplementRequested(item=LAND, missing=("map", "seal"))
    part = SupplementSubmitted(item=LAND, provided=("map",), complete=False)
    items = waiting_after(submitted(), notice, part)[LAND]
    assert (items.waits[0].on, items.waits[0].since) == (("seal",), day(3))


def test_an_item_is_free_since_its_precondition_was_granted_and_blocked_again_once_that_is_retracted() -> None:
    granted: list[AnyFact] = [*under_examination(), completed()]
    (wait,) = waiting_after(*granted)[PLAN].waits
    assert (wait.kind, wait.since) == (WaitKind.APPLICATION, day(4))
    (wait,) = waiting_after(*granted, EntryRetracted(version=4, item=LAND, reasons="wrong item"))[PLAN].waits
    assert (wait.kind, wait.since) == (WaitKind.PRECONDITION, day(3))


def test_a_blocked_item_waits_for_its_holder_since_it_is_that_holders_turn() -> None:
    """Not since it was planned: until it was applied for, nothing was the department's to do."""
    (wait,) = waiting_after(submitted())[PLAN].waits
    assert (wait.holder, wait.since) == ("land", day(2))
    notice = SupplementRequested(item=LAND, missing=("map",))
    (wait,) = waiting_after(submitted(), notice)[PLAN].waits
    assert (wait.holder, wait.since) == ("applicant", day(3))


def test_an_amended_time_moves_since_when_and_as_of_goes_by_it() -> None:
    known = entries(submitted(), EntryAmended(version=2, item=LAND, new_occurred_at=day(1), reasons="late"))
    folded = folded_as_of([VIEW], PROJECT, known, FAR, FAR)
    assert waiting_at(folded)[0].waits[0].since == day(1)
    before = folded_as_of([VIEW], PROJECT, known, day(1), FAR)
    assert before.project.items[LAND].stage is Stage.SUBMITTED
    unknown = folded_as_of([VIEW], PROJECT, known, day(1), day(2))
    assert unknown.project.items[LAND].stage is Stage.NOT_STARTED


def of_items(*items: PlannedItem) -> dict[str, ItemWaiting]:
    registered = ProjectRegistered(
        name="Fab", enterprise=Enterprise("Hengxin"), manager="wang", code="", law=LAW.id, items=items
    )
    folded = fold([VIEW], PROJECT, [entry(1, registered)])
    return {item.item: item for item in waiting_at(folded)}


def test_of_alternatives_the_least_blocked_is_followed_and_all_are_listed() -> None:
    items = of_items(
        PlannedItem(item="a", department="one"),
        PlannedItem(item="b", department="two", requires=("a",)),
        PlannedItem(item="c", department="three"),
        PlannedItem(item="d", department="four", requires_any=(("b", "c"),)),
        PlannedItem(item="e", department="five", requires=("b", "d")),
    )
    (blocker,) = items["d"].blocked_by
    assert (blocker.any_of, blocker.followed) == (("b", "c"), "c")
    assert items["d"].chain == ("d", "c")
    assert items["e"].chain == ("e", "b", "a")
    assert set(items["e"].roots) == {"a", "c"}


def test_an_alternative_no_longer_needed_waits_for_nothing() -> None:
    plans = (
        PlannedItem(item="a", department="land"),
        PlannedItem(item="b", department="land"),
        PlannedItem(item="c", department="land", requires_any=(("a", "b"),)),
    )
    facts: list[AnyFact] = [ItemPlanned(item=plan.item, plan=plan) for plan in plans]
    facts += [ItemSubmitted(item="a", law=LAW.name), completed("land")]
    granted = completed("a")
    items = waiting_after(*facts, granted)
    assert "b" not in items
    assert first(items["c"])[0] is WaitKind.APPLICATION


def test_items_that_wait_for_each_other_or_for_nothing_known_are_stuck() -> None:
    project = Project(PROJECT, manager="wang")
    for plan in (
        PlannedItem(item="a", department="one", requires=("b",)),
        PlannedItem(item="b", department="two", requires=("a",)),
        PlannedItem(item="c", department="three", requires=("gone",)),
    ):
        project.items[plan.item] = Item(plan)
    items = {row.item: row for row in waiting(project, {})}
    assert all(row.stuck for row in items.values())
    assert items["a"].chain == ("a", "b")
    assert first(items["a"])[:3] == (WaitKind.PRECONDITION, HeldBy.NOBODY, "")
    assert first(items["c"]) == (WaitKind.PRECONDITION, HeldBy.PROJECT_MANAGER, "wang", ("gone",))
    assert items["c"].waits[0].since is None


@settings(max_examples=tried(40))
@given(st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdef"), max_size=3), min_size=1))
def test_every_chain_leads_down_to_something_that_can_be_done(needs: dict[str, list[str]]) -> None:
    project = Project(PROJECT)
    for code, others in needs.items():
        project.items[code] = Item(PlannedItem(item=code, department=code, requires=tuple(others)))
    deep = depths(blockers(project), set())
    for row in waiting(project, {}):
        assert row.stuck is (row.item not in deep)
        if not row.stuck:
            assert len(row.chain) == deep[row.item]
            assert not needs[row.chain[-1]]
            assert set(row.roots) <= {code for code in needs if not needs[code]}
