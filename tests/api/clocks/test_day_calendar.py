"""The month grids of a clock: each listed day once, in the column of its weekday, drawn as it counts."""

from __future__ import annotations

import pytest

from api.clocks.day_calendar import CELL_PX, kind_of_day, month_grids
from domain.examples.story import STORIES, story_entries
from domain.law.licensing.explain import ExplainedDay
from domain.messages import Entry
from infrastructure.law.lawbook import law_book
from projections.clocks.explanation import explanation
from projections.clocks.law_events import item_histories
from projections.clocks.reading import read
from tests.examples import LAW

ALL_STORIES = [story_entries(LAW), *(story_entries(LAW, project, steps) for project, steps in STORIES)]


def listed(entries: list[Entry]) -> list[tuple[ExplainedDay, ...]]:
    t = entries[-1].recorded_at
    pairs = [(history, read(history, law_book(), t, t)) for history in item_histories(entries, t).values()]
    explained = [
        explanation(history, law_book(), clock.clock, t, t).days
        for history, reading in pairs
        for clock in (reading.clocks if reading else ())
        if clock.unit != "working_hour"
    ]
    return [days for days in explained if days]


@pytest.mark.parametrize("entries", ALL_STORIES, ids=lambda entries: str(entries[0].stream)[-4:])
def test_each_day_appears_once_under_its_weekday(entries: list[Entry]) -> None:
    for days in listed(entries):
        cells = [cell for grid in month_grids(days) for cell in grid.cells]
        assert [cell.day for cell in cells] == [day.day for day in days]
        assert all(cell.x == cell.day.weekday() * CELL_PX for cell in cells)
        for grid in month_grids(days):
            assert len({(cell.x, cell.y) for cell in grid.cells}) == len(grid.cells)
            assert all(cell.y + CELL_PX <= grid.height for cell in grid.cells)


@pytest.mark.parametrize("entries", ALL_STORIES, ids=lambda entries: str(entries[0].stream)[-4:])
def test_what_is_drawn_as_counted_is_what_was_counted(entries: list[Entry]) -> None:
    for days in listed(entries):
        for day in days:
            if day.counted and day.number:
                assert kind_of_day(day) == "counted"
            if day.overdue:
                assert kind_of_day(day) == "late"
            if day.suspended_by and not day.number and not day.overdue:
                assert kind_of_day(day) in ("out", "resting", "start")
