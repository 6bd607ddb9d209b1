"""The rows of the view of waits: keys of their own at every point of a story, and kept rows that are as good as new."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings

from domain.core.types import Outcome
from domain.examples.story import story_entries
from domain.messages import AnyFact, corrections
from domain.project.application.registration import ItemPlanned
from domain.project.flow.adoption import ItemDropped
from domain.project.waiting.chain import waiting
from domain.project.waiting.wait import Wait
from projections.view import CORRECTIONS, fold, take
from projections.waiting.fold import VIEW, WaitingRow
from tests.effort import tried
from tests.examples import LAW, REGISTERED, accepted, declined, submitted
from tests.histories import World, worlds
from tests.spec import PROJECT, entry

ENTRIES = story_entries(LAW)


def test_at_every_point_of_the_story_each_row_has_its_own_key_and_says_since_when() -> None:
    for end in range(1, len(ENTRIES) + 1):
        folded = fold([VIEW], PROJECT, ENTRIES[:end])
        rows = [WaitingRow(*row) for row in VIEW.rows(folded.states["waiting"], folded.project)["waiting"]]
        assert len({(row.item, row.kind, row.ref) for row in rows}) == len(rows), end
        assert {row.since for row in rows} <= {entry.occurred_at for entry in ENTRIES[:end]}, end
        over = {code for code, item in folded.project.items.items() if item.outcome is Outcome.GRANTED}
        assert {row.item for row in rows if row.kind not in ("delivery", "discrepancy")}.isdisjoint(over), end


def items_behind(rows: Sequence[WaitingRow]) -> set[tuple[str, int]]:
    """How many items are on the way to each item, or wait at all, by looking through all *rows* for each."""
    blocked = [row for row in rows if row.kind == "precondition"]
    on_chains = {code for row in blocked for code in row.chain[1:]}
    counts = {code: len({row.item for row in blocked if code in row.chain[1:]}) for code in on_chains}
    return set(counts.items()) | ({("", len({row.item for row in blocked}))} if blocked else set())


def first_turned_down(rows: Sequence[WaitingRow]) -> list[tuple[Any, ...]]:
    """The item turned down first, if any, and how many wait for it, by looking through all *rows*."""
    turned_down = [row for row in rows if row.kind == "application" and row.on]
    if not turned_down:
        return []
    first = min(turned_down, key=lambda row: (row.since, row.item))
    return [(first.item, first.on[0], first.since, dict(items_behind(rows)).get(first.item, 0))]


@settings(max_examples=tried(10))
@given(worlds())
def test_rows_updated_entry_by_entry_equal_a_refold(world: World) -> None:
    settled = corrections(world.entries)
    known = [entry for entry in world.entries if entry.version not in settled.retracted | settled.amended.keys()]
    known = [row for row in known if not isinstance(row.fact, CORRECTIONS)]
    folded = fold([VIEW], PROJECT, [])
    for stored in known:
        take([VIEW], folded, [stored])
        tables = VIEW.rows(folded.states["waiting"], folded.project)
        rows = tables["waiting"]
        waits = [WaitingRow(*row) for row in rows]
        assert {row[1:] for row in tables["waiting_behind"]} == items_behind(waits)
        assert [row[1:] for row in tables["waiting_obstacle"]] == first_turned_down(waits)
        items = waiting(folded.project, folded.states["waiting"].since)
        assert [(row[1], row[2], row[3], row[12]) for row in rows] == [
            (item.item, wait.kind, wait.ref, list(item.chain)) for item in items for wait in item.waits
        ]
        assert [(row[4:6], row[8:12]) for row in rows] == [
            ((list(folded.project.items).index(item.item) + 1, item.name), (*shown_wait(wait),))
            for item in items
            for wait in item.waits
        ]
    refolded = fold([VIEW], PROJECT, known)
    whole, by_entry = (VIEW.rows(each.states["waiting"], each.project) for each in (refolded, folded))
    assert whole["waiting"] == by_entry["waiting"]
    for name in ("waiting_count", "waiting_behind", "waiting_obstacle"):
        assert set(whole[name]) == set(by_entry[name])


def shown_wait(wait: Wait) -> tuple[Any, ...]:
    return wait.held_by.value, wait.holder, list(wait.on), wait.since


def test_an_item_that_is_dropped_and_planned_again_has_its_row_again() -> None:
    plan = REGISTERED.items[0]
    facts: tuple[AnyFact, ...] = (REGISTERED, ItemDropped(plan.item), ItemPlanned(plan.item, plan))
    folded = fold([VIEW], PROJECT, [])
    for number, fact in enumerate(facts, start=1):
        take([VIEW], folded, [entry(number, fact)])
        waited_for = {row[1] for row in VIEW.rows(folded.states["waiting"], folded.project)["waiting"]}
        assert (plan.item in waited_for) is (number != 2)


def test_the_obstacle_is_the_item_turned_down_first_with_the_number_behind_it() -> None:
    steps: tuple[tuple[AnyFact, tuple[str, int] | None], ...] = (
        (REGISTERED, None),
        (submitted("land"), None),
        (declined("land"), ("land", 1)),
        (submitted("site-plan"), ("land", 1)),
        (accepted("site-plan"), ("land", 0)),  # whatever it needs
        (submitted("land"), None),
        (declined("land"), ("land", 0)),
        (ItemDropped("land"), None),
    )
    folded = fold([VIEW], PROJECT, [])
    for number, (fact, obstacle) in enumerate(steps, start=1):
        take([VIEW], folded, [entry(number, fact)])
        rows = VIEW.rows(folded.states["waiting"], folded.project)["waiting_obstacle"]
        assert [(row[1], row[4]) for row in rows] == ([obstacle] if obstacle else []), number
