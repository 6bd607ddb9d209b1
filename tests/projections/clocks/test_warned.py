"""The figures of late and soon due clocks: at every instant those that a look at each clock and item gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from domain.core.types import Outcome
from domain.law.calendar.moment import midnight
from domain.messages import AnyFact, Entry
from domain.project.application.acceptance import AcceptItem
from domain.project.application.completion import CompleteItem
from domain.project.application.submission import SubmitItem
from domain.project.flow.adoption import ItemDropped, ItemReplanned
from domain.streams import of_project
from projections.clocks.fold import CLOCKS, Clocks
from projections.clocks.rows import ClockRow
from projections.clocks.warned import (
    LATE,
    LATE_FIGURES,
    OVER,
    SOON,
    TURNS,
    Stretch,
    changes_in,
    spans_of,
    turn_of,
    turns_of,
    united,
)
from projections.law.shipped import shipped_law
from projections.progress.fold import Progress
from projections.progress.rows import ITEMS, ProgressItem
from projections.sums import ZONE
from projections.view import REFOLDED, Row, View, add_rows, changes, fold, take
from tests.effort import tried
from tests.examples import APPLICANT, LAND
from tests.histories import World, worlds
from tests.projections.test_following import STORIES_ENTRIES
from tests.projections.watch.test_watch import PEOPLE, drawn, zone

PROJECT, BEGIN = UUID(int=1), datetime(2026, 3, 2, 16, tzinfo=UTC)
CLOCK = ClockRow(
    *(PROJECT, "land", 1, "decision", "land", "separate", "decision", True, "law", date(2026, 3, 2), 20, None, None),
    *("running", "overdue", "green", "red", None, None, None, False, 0, None, None, None),
)
NUMBERS = st.integers(0, 40)
HOURS = NUMBERS.map(lambda hours: BEGIN + timedelta(hours=hours))
INSTANTS = [BEGIN + timedelta(minutes=minutes) for minutes in range(-30, 45 * 60, 30)]


@st.composite
def running(draw: st.DrawFn) -> ClockRow:
    """A clock that runs, is paused, or has no end."""
    return structs.replace(
        CLOCK,
        level=draw(st.sampled_from(["green", "green", "paused", "none"])),
        over_level=draw(st.sampled_from(["red", "yellow", "none"])),
        exists_at=draw(st.none() | HOURS),
        yellow_at=draw(st.none() | HOURS),
        over_at=draw(st.none() | HOURS),
        paused_until=draw(st.none() | HOURS),
    )


@st.composite
def ended(draw: st.DrawFn) -> ClockRow:
    """A clock that ended, of whatever application, in time or not."""
    days = st.integers(1, 9).map(lambda day: date(2026, 3, day))
    due_on, stopped_on = draw(st.none() | days), draw(st.none() | days)
    return structs.replace(CLOCK, closed=True, live=draw(st.booleans()), due_on=due_on, stopped_on=stopped_on)


def is_late(clock: ClockRow, t: datetime) -> bool:
    exists = clock.exists_at is None or clock.exists_at <= t
    return exists and clock.over_level == "red" and clock.over_at is not None and clock.over_at <= t


def is_soon(clock: ClockRow, t: datetime) -> bool:
    exists = clock.exists_at is None or clock.exists_at <= t
    goes_on = clock.level == "paused" and clock.paused_until is not None and clock.paused_until <= t
    runs = clock.level == "green" or goes_on
    is_near = clock.yellow_at is not None and clock.yellow_at <= t
    return exists and runs and is_near and clock.over_at is not None and t < clock.over_at


def was_over(clock: ClockRow, day: date) -> bool:
    due_on, stopped_on = clock.due_on, clock.stopped_on
    return clock.live and due_on is not None and stopped_on is not None and due_on < day < stopped_on


def spans(clocks: Iterable[ClockRow]) -> list[Row]:
    """The rows of one application with these *clocks*, without its step."""
    return turns_of("", [spans_of(map(structs.astuple, clocks))], [])


def figures(rows: Iterable[Row], t: datetime) -> Counter[str]:
    """The figures at *t* by the *rows* of turns."""
    sums = Counter[str]()
    for _, turn, at, times in rows:
        for figure, number in changes_in(turn).items() if at <= t else ():
            sums[figure] += number * times
    return sums


@given(st.lists(running(), max_size=5))
def test_a_project_counts_once_while_any_of_its_clocks_is_late_or_soon_due(clocks: list[ClockRow]) -> None:
    rows = spans(clocks)
    for t in INSTANTS:
        counted = figures(rows, t)
        assert counted[LATE] == any(is_late(clock, t) for clock in clocks), t
        assert counted[SOON] == any(is_soon(clock, t) for clock in clocks), t


@given(st.lists(running(), max_size=2), st.lists(ended(), max_size=4))
def test_a_project_that_is_late_or_was_over_counts_once_on_every_day(
    clocks: list[ClockRow], before: list[ClockRow]
) -> None:
    rows = spans([*before, *clocks])
    for day in (date(2026, 3, day) for day in range(1, 11)):
        t = midnight(day, ZONE)
        expected = any(is_late(clock, t) for clock in clocks) or any(was_over(clock, day) for clock in before)
        assert figures(rows, t)[LATE] + figures(rows, t)[OVER] == expected, day


@given(st.lists(st.tuples(HOURS, HOURS), max_size=6))
def test_united_stretches_cover_the_same_and_are_apart(pairs: list[tuple[datetime, datetime]]) -> None:
    stretches = [(begin, max(begin, end)) for begin, end in pairs]
    whole = united(stretches)

    def covered(of: list[Stretch]) -> set[datetime]:
        return {at for at in INSTANTS for begin, end in of if begin <= at < end}

    assert covered(whole) == covered(stretches)
    assert all(before[1] < after[0] for before, after in pairwise(whole))


def test_a_clock_that_ended_late_was_over_on_whole_days_only() -> None:
    late = structs.replace(CLOCK, closed=True, due_on=date(2026, 3, 6), stopped_on=date(2026, 3, 10))
    first, last = (midnight(date(2026, 3, day), ZONE) for day in (7, 10))

    assert spans([late]) == [("", "over+1", first, 1), ("", "over+1", last, -1)]
    assert spans([structs.replace(late, stopped_on=date(2026, 3, 7))]) == []
    assert spans([structs.replace(late, live=False)]) == []


def test_what_changes_at_one_instant_is_one_row_and_its_opposite_the_same_row_less() -> None:
    turn = "late+1 late:decision+1 soon-1"
    assert turn_of((SOON, -1), (LATE, 1), ("late:decision", 1)) == (turn, 1)
    assert turn_of((LATE, -1), ("late:decision", -1), (SOON, 1)) == (turn, -1)
    assert turn_of((LATE, 1), (LATE, 1)) == ("late+2", 1)
    assert turn_of((SOON, 1), (SOON, -1)) == ("", 0)
    assert changes_in(turn) == {LATE: 1, "late:decision": 1, SOON: -1}


def step_shown(item: ProgressItem) -> str:
    """The step of an item by its row, as the overview's list of cases has it."""
    if item.stage in ("submitted", "supplementing"):
        return "acceptance"
    if item.stage == "accepted":
        return "examination" if item.awaiting or item.queued or item.suspended else "decision"
    return "delivery" if item.stage == "completed" and item.live and item.delivered_at is None else ""


def looked_up(clocks: Sequence[ClockRow], items: Iterable[ProgressItem], t: datetime) -> Counter[str]:
    """The figures at *t* of the project with these rows, looking at each clock and each item."""
    open_clocks = [clock for clock in clocks if not clock.closed]
    late = {(clock.item, clock.application) for clock in open_clocks if is_late(clock, t)}
    sums = Counter({LATE: int(bool(late)), SOON: int(any(is_soon(clock, t) for clock in open_clocks))})
    for item in items:
        if (item.item, item.application) in late and (step := step_shown(item)):
            sums[f"late:{step}"] += 1
    return sums


def require_figures(story: Sequence[Entry]) -> Counter[str]:
    """After every entry of *story* the sums written are those of the rows, at any instant; the figures seen, added."""
    clocks, progress, seen = Clocks(shipped_law), Progress(), Counter[str]()
    views: list[View[Any]] = [clocks, progress]
    sums, folded = Counter[Row](), fold(views, story[0].stream, [])
    for end, entry in enumerate(story, 1):
        if isinstance(entry.fact, REFOLDED):
            folded = structs.replace(fold(views, entry.stream, story[:end]), written=folded.written)
        else:
            take(views, folded, [entry])
        change = changes(clocks, folded).get(TURNS.name)
        if change:
            add_rows(sums, change.inserts)
            add_rows(sums, change.subtracted, -1)
        turns = [(*key, times) for key, times in sums.items() if times]
        rows = [ClockRow(*row) for row in clocks.rows(folded.states["clocks"], folded.project)[CLOCKS.name]]
        items = [ProgressItem(*row) for row in progress.rows(folded.states["progress"], folded.project)[ITEMS.name]]
        for t in sorted({at for _, _, at, _ in turns} | {entry.recorded_at}):
            counted = figures(turns, t)
            del counted[OVER]  # of clocks that ended
            assert +counted == +looked_up(rows, items, t), (end, t)
            assert min(counted.values(), default=0) >= 0
            seen += counted
    return seen


def test_the_figures_follow_every_entry_of_the_stories() -> None:
    stories = [story for story in STORIES_ENTRIES if of_project(story)]
    seen = sum(map(require_figures, stories), Counter[str]())
    assert set(seen) == {LATE, SOON, *LATE_FIGURES.values()}


@settings(max_examples=tried(6))
@given(worlds())
def test_the_figures_follow_any_history_and_its_corrections(world: World) -> None:
    require_figures(world.entries)


@settings(max_examples=tried(6))
@given(st.data())
def test_the_figures_follow_what_silence_does_and_what_takes_it_back(data: st.DataObject) -> None:
    case = zone().say(APPLICANT, SubmitItem(item="land"))
    for act in data.draw(st.lists(st.sampled_from(("watch", "act", "act", "late", "amend", "retract")), max_size=12)):
        case.wait(days=data.draw(st.integers(0, 9)))
        if act == "watch":
            case.watch()
        else:
            command = drawn(data, act, case)
            any(case.try_to_say(by, command) for by in PEOPLE)
    require_figures(case.watch().entries)


def test_an_item_that_is_dropped_or_not_handled_here_any_more_is_at_no_step() -> None:
    case = zone().say(APPLICANT, SubmitItem(item="land")).say(LAND, AcceptItem(item="land"))
    story = case.wait(days=1).say(LAND, CompleteItem(item="land", outcome=Outcome.GRANTED)).entries
    plan = structs.replace(case.project.items["land"].plan, live=False)
    facts: tuple[AnyFact, ...] = (ItemReplanned(item="land", plan=plan), ItemDropped(item="land"))

    before = require_figures(story)
    assert before["late:delivery"]
    for fact in facts:
        after = structs.replace(story[-1], version=len(story) + 1, fact=fact)
        assert require_figures([*story, after])["late:delivery"] == before["late:delivery"]
