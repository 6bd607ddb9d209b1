"""The sums of the board: everything counts once for all departments together."""

from __future__ import annotations

import pytest

from domain.core.plan import PlannedItem
from domain.messages import AnyFact
from domain.project.application.correction import EntryRetracted
from domain.project.application.registration import ItemPlanned
from projections.clocks.fold import SUMS, Clocks
from projections.law.shipped import shipped_law
from projections.sums import ALL, Sums
from projections.view import fold
from tests.examples import REGISTERED, completed, submitted
from tests.projections.clocks.test_law_events import entries_of
from tests.spec import NOW, PROJECT

PLANNED = ItemPlanned(item="bridge", plan=PlannedItem(item="bridge", department="fire"))
VIEW = Clocks(shipped_law)


@pytest.mark.parametrize(
    ("corrections", "counted"),
    [
        ((), {("fire", 1), (ALL, 1)}),
        ((EntryRetracted(2, "bridge", reasons="not needed"),), {(ALL, 1)}),
    ],
)
def test_a_decision_counts_once_also_when_its_planning_was_retracted(
    corrections: tuple[AnyFact, ...], counted: set[tuple[str, int]]
) -> None:
    facts = (REGISTERED, PLANNED, submitted("bridge"), completed("bridge"), *corrections)
    folded = fold([VIEW], PROJECT, entries_of(*((f"03-0{day}", fact) for day, fact in enumerate(facts, 2))))

    rows = VIEW.rows(folded.states[VIEW.name], folded.project)

    for span in ("day", "month", "year"):
        assert {(row[1], row[-1]) for row in rows[f"{SUMS}_{span}"]} == counted
        assert len(rows[f"{SUMS}_{span}"]) == len(counted)


def test_what_belongs_to_no_department_is_added_to_what_does() -> None:
    sums = Sums()
    for department in ("", "fire", ""):
        sums.add(department, NOW, NOW, "red")

    assert {row[1]: row[-1] for row in sums.rows("signal_sum")["signal_sum_day"]} == {"fire": 1, ALL: 3}
