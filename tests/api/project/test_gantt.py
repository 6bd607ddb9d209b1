"""The Gantt chart of the example stories: one row per item in its order, red only beyond the last day of the law."""

from __future__ import annotations

from datetime import datetime

import pytest

from api.project_page.gantt import HEAD_PX, ROW_PX, Gantt, GanttSources, gantt
from api.project_page.waiting import ShownWaiting
from api.web.as_of import progress_as_of
from domain.examples.story import STORIES, story_entries
from domain.messages import Entry, replay
from infrastructure.law.lawbook import law_book
from projections.clocks.attribution import attribution
from projections.clocks.law_events import item_histories
from projections.clocks.reading import ItemReading, read
from tests.examples import LAW

ALL_STORIES = [story_entries(LAW), *(story_entries(LAW, project, steps) for project, steps in STORIES)]
NOTHING_WAITS = ShownWaiting([], None, (), False, {})
every_story = pytest.mark.parametrize("entries", ALL_STORIES, ids=lambda entries: str(entries[0].stream)[-4:])


def readings(entries: list[Entry], t: datetime) -> list[ItemReading]:
    read_items = (read(history, law_book(), t, t) for history in item_histories(entries, t).values())
    return [reading for reading in read_items if reading is not None]


def drawn(entries: list[Entry], scale: int = 0) -> Gantt | None:
    t, stream = entries[-1].recorded_at, entries[0].stream
    rows = progress_as_of(stream, entries, t, t)
    project = replay(stream, entries)
    sources = GanttSources(project, entries, rows, [], readings(entries, t), NOTHING_WAITS, law_book(), t)
    return gantt(sources, {row.item: row.name for row in rows}, scale)


@every_story
def test_every_item_has_a_row_of_its_own_below_the_one_before(entries: list[Entry]) -> None:
    chart = drawn(entries)
    assert chart is not None
    assert {row.item for row in chart.rows} == replay(entries[0].stream, entries).items.keys()
    assert [row.y for row in chart.rows] == [HEAD_PX + nth * ROW_PX for nth in range(len(chart.rows))]


@every_story
def test_the_bars_are_the_days_that_were_attributed(entries: list[Entry]) -> None:
    chart = drawn(entries)
    assert chart is not None
    held = {
        (held.item, day.day): day.holder.value
        for held in attribution(entries, law_book(), entries[-1].recorded_at)
        for day in held.days
    }
    bars = {(row.item, run.first): run.kind for row in chart.rows for run in row.runs}
    assert bars
    assert all(held[key] == kind for key, kind in bars.items())
    assert set(held.values()) == set(chart.holders)


@every_story
def test_red_lies_beyond_the_last_day_of_the_law_alone(entries: list[Entry]) -> None:
    chart = drawn(entries)
    assert chart is not None
    for row in chart.rows:
        if row.over is not None:
            assert row.due_x is not None
            assert row.over.x >= row.due_x - 0.1


def test_the_zoom_sets_how_wide_a_day_is() -> None:
    for scale in (1, 3, 6):
        chart = drawn(ALL_STORIES[0], scale)
        assert chart is not None
        assert chart.axis.scale == scale


def test_before_anything_was_applied_for_there_is_nothing_to_draw() -> None:
    assert drawn(ALL_STORIES[0][:1]) is None


@every_story
def test_an_arrow_leads_from_each_precondition_that_has_a_bar_to_what_waits_for_it(entries: list[Entry]) -> None:
    chart = drawn(entries)
    assert chart is not None
    items = replay(entries[0].stream, entries).items
    with_bar = {row.item for row in chart.rows if row.bar}
    expected = {
        (source, target)
        for target, item in items.items()
        for group in item.plan.needs
        for source in group
        if {source, target} <= with_bar
    }
    assert {(arrow.source, arrow.target) for arrow in chart.arrows} == expected
    for row in chart.rows:
        at_row = {(arrow.source, arrow.target) for arrow in chart.arrows_at(row.item)}
        assert at_row == {ends for ends in expected if row.item in ends}
