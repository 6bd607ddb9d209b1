"""The chart, the lanes and the steps of an item, on the example story."""

from __future__ import annotations

from datetime import datetime

import pytest

from api.clocks.display import waits
from api.item_page.chart import AHEAD, OVER, SUSPENDED, USED
from api.item_page.view_models import ItemSources, ItemView, item_view
from api.web.as_of import progress_as_of
from domain.examples.story import STORIES, story_entries
from domain.law.calendar.moment import local_day
from domain.messages import Entry, replay
from infrastructure.law.lawbook import law_book
from tests.examples import LAW
from tests.law.questions import at

ALL_STORIES = [story_entries(LAW), *(story_entries(LAW, project, steps) for project, steps in STORIES)]


def viewed(entries: list[Entry], item: str, t: datetime) -> ItemView:
    known = [entry for entry in entries if entry.recorded_at <= t]
    stream = known[0].stream
    rows = progress_as_of(stream, known, t, t)
    return item_view(ItemSources(replay(stream, known), known, rows, law_book(), t), item)


def every_item() -> list[tuple[list[Entry], str]]:
    return [(entries, item) for entries in ALL_STORIES for item in replay(entries[0].stream, entries).items]


@pytest.mark.parametrize(("entries", "item"), every_item(), ids=lambda value: value if isinstance(value, str) else "")
def test_every_item_of_the_stories_has_a_page_whose_drawing_agrees_with_its_table(
    entries: list[Entry], item: str
) -> None:
    view = viewed(entries, item, entries[-1].recorded_at)
    assert [step.name for step in view.steps] == ["apply", "accept", "examine", "decide", "deliver"]
    for lane in view.lanes:
        assert lane.answer
        assert (lane.answered_at is None) == (lane.answer in ("waiting", "recalled"))
    if view.chart is None:
        return
    assert {bar.clock.clock for bar in view.chart.bars} <= {clock.clock for clock in view.clocks}
    for bar in view.chart.bars:
        assert all(view.chart.axis.left <= run.x <= view.chart.axis.right for run in bar.runs)
        assert {run.kind for run in bar.runs} <= {USED, SUSPENDED, AHEAD, OVER, ""}
        due = bar.clock.due_on or bar.clock.earliest_due_on
        if due and bar.clock.overdue_days:
            assert any(run.kind == OVER and run.first > due for run in bar.runs)
        if not bar.clock.overdue_days and not bar.clock.closed:
            assert all(run.kind != OVER for run in bar.runs)


def test_the_clock_that_binds_is_the_one_that_ends_first() -> None:
    bound = 0
    for day in range(2, 30, 3):
        view = viewed(ALL_STORIES[0], "land-use", at(f"03-{day:02} 20:00"))
        ends = [clock.over_at for clock in view.clocks if waits(clock) and not clock.closed and clock.over_at]
        if ends:
            bound += 1
            assert view.binding is not None
            assert view.binding.over_at == min(ends)
    assert bound


def test_days_to_come_are_drawn_as_to_come() -> None:
    view = viewed(ALL_STORIES[0], "land-use", at("03-10"))
    assert view.chart is not None
    ahead = [run for bar in view.chart.bars for run in bar.runs if run.kind == AHEAD]
    today = local_day(at("03-10"), "Asia/Shanghai")
    assert ahead
    assert all(run.last >= today for run in ahead)
