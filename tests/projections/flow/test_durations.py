"""How long applications took: which count, by what they are alike, and how corrections change that."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.core.plan import PlannedItem
from domain.core.types import Outcome
from domain.messages import AnyFact
from domain.project.application.correction import EntryAmended, EntryRetracted
from domain.project.application.registration import ItemPlanned
from domain.project.external.results import ExternalResultRecorded
from domain.project.flow.adoption import ItemDropped
from projections.flow.durations import VIEW, HandledState
from projections.view import Row, fold
from tests.examples import LAW, REGISTERED, accepted, completed, declined, submitted, under_examination
from tests.spec import NOW, PROJECT, entry


def day(number: int) -> datetime:
    return NOW + timedelta(hours=number)


def rows_after(*facts: AnyFact) -> tuple[list[Row], HandledState]:
    """The rows after the registration and *facts*, an hour after one another."""
    folded = fold([VIEW], PROJECT, [entry(n, fact, at=day(n)) for n, fact in enumerate((REGISTERED, *facts), 1)])
    state: HandledState = folded.states[VIEW.name]
    return [*VIEW.rows(state, folded.project)["handled"]], state


def test_a_decision_is_a_row_and_a_further_application_another() -> None:
    rows, state = rows_after(
        *under_examination(), completed(outcome=Outcome.REFUSED), *under_examination(), completed()
    )
    assert rows == [
        (PROJECT, "land", 1, "land", "", "land", "single", LAW.name, day(2), day(4), day(1), False),
        (PROJECT, "land", 2, "land", "", "land", "single", LAW.name, day(5), day(7), day(1), True),
    ]
    assert (state.submitted_at("land", 2), state.submitted_at("land", 3)) == (day(5), None)
    assert state.submitted_at("site-plan", 0) is None


def test_an_undecided_item_has_no_row() -> None:
    assert rows_after(submitted(), declined())[0] == []
    assert rows_after(*under_examination(), completed(outcome=Outcome.TERMINATED))[0] == []


def test_a_result_from_outside_counts_only_from_a_submission() -> None:
    keyed = ExternalResultRecorded(item="tax", outcome=Outcome.GRANTED, evidence="scan")
    assert rows_after(keyed)[0] == []
    ((*_, begun, decided, _, _),) = rows_after(submitted("tax"), keyed)[0]
    assert (begun, decided) == (day(2), day(3))
    early = entry(3, keyed, at=day(1))
    folded = fold([VIEW], PROJECT, [entry(1, REGISTERED), entry(2, submitted("tax"), at=day(2)), early])
    assert VIEW.rows(folded.states[VIEW.name], folded.project)["handled"] == []


def test_an_amended_entry_moves_its_duration_and_a_retracted_one_drops_it() -> None:
    facts: list[AnyFact] = [*under_examination(), completed()]
    ((*_, begun, decided, _, _),) = rows_after(
        *facts, EntryAmended(version=4, item="land", new_occurred_at=day(9), reasons="x")
    )[0]
    assert (begun, decided) == (day(2), day(9))
    assert rows_after(*facts, EntryRetracted(version=4, item="land", reasons="x"))[0] == []


def test_an_item_of_a_catalogue_is_called_by_its_code_there() -> None:
    plan = PlannedItem(item="s1", department="water", service="water-07", special="", promise_days=3)
    facts: list[AnyFact] = [ItemPlanned(item="s1", plan=plan), submitted("land")]
    own = type(submitted())(item="s1", law=LAW.name)
    grant = type(completed())(item="s1", outcome=Outcome.GRANTED, reasons="")
    ((_, item, _, service, _, department, *_),) = rows_after(*facts, own, accepted("land"), grant)[0]
    assert (item, service, department) == ("s1", "water-07", "water")


def test_an_item_is_free_once_its_preconditions_are_granted() -> None:
    facts: list[AnyFact] = [*under_examination(), completed(), *under_examination("site-plan"), completed("site-plan")]
    land, plan = rows_after(*facts)[0]
    assert (land[10:], plan[10:]) == ((day(1), True), (day(4), True))
    _, state = rows_after(*under_examination())
    assert state.free_at(REGISTERED.items[1]) is None


def test_an_item_planned_in_the_place_of_another_is_free_since_then() -> None:
    plan = PlannedItem(item="s1", department="water")
    _, state = rows_after(ItemDropped(item="tax"), ItemPlanned(item="s1", plan=plan))
    assert state.free_at(plan) == day(3)
    assert state.free_at(PlannedItem(item="tax", department="tax")) is None
