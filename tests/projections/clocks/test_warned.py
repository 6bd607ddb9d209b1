"""The spans in which a project has a clock that is late or soon due: as many as the instants at which one is so."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from domain.law.calendar.moment import midnight
from projections.clocks.rows import ClockRow
from projections.clocks.warned import DAYS, LATE, OVER, SOON, WARNED, WarnedSpan, spans_of, united, warned_rows
from projections.sums import ZONE

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


def is_late(clock: ClockRow, t: datetime) -> bool:
    exists = clock.exists_at is None or clock.exists_at <= t
    return exists and clock.over_level == "red" and clock.over_at is not None and clock.over_at <= t


def is_soon(clock: ClockRow, t: datetime) -> bool:
    exists = clock.exists_at is None or clock.exists_at <= t
    goes_on = clock.level == "paused" and clock.paused_until is not None and clock.paused_until <= t
    runs = clock.level == "green" or goes_on
    is_near = clock.yellow_at is not None and clock.yellow_at <= t
    return exists and runs and is_near and clock.over_at is not None and t < clock.over_at


@given(st.lists(running(), max_size=5))
def test_a_project_counts_once_while_any_of_its_clocks_is_late_or_soon_due(clocks: list[ClockRow]) -> None:
    rows = warned_rows(PROJECT, "", spans_of(structs.astuple(clock) for clock in clocks))[WARNED.name]

    for t in INSTANTS:
        for level, counts in ((LATE, is_late), (SOON, is_soon)):
            spans = [span for _, of, _, *span in rows if of == level]
            begun, ended = (sum(span[end] is not None and span[end] <= t for span in spans) for end in (0, 1))
            assert begun - ended == any(counts(clock, t) for clock in clocks), (level, t)


@given(st.lists(st.tuples(HOURS, st.none() | HOURS), min_size=1, max_size=6))
def test_united_spans_cover_the_same_and_are_apart(ranges: list[tuple[datetime, datetime | None]]) -> None:
    spans: list[WarnedSpan] = [(OVER, begin, None if end is None else max(begin, end)) for begin, end in ranges]
    whole = list(united(spans))

    def covered(of: list[WarnedSpan]) -> set[datetime]:
        return {at for at in INSTANTS for _, begin, end in of if begin <= at and (end is None or at < end)}

    assert covered(whole) == covered(spans)
    assert all(before[2] is not None and before[2] < after[1] for before, after in pairwise(whole))


def test_a_clock_that_ended_late_was_over_on_whole_days_only() -> None:
    ended = structs.replace(CLOCK, closed=True, due_on=date(2026, 3, 6), stopped_on=date(2026, 3, 10))
    same_day = structs.replace(ended, stopped_on=date(2026, 3, 7))
    rows = warned_rows(PROJECT, "", spans_of([structs.astuple(ended)]))

    first, last = (midnight(date(2026, 3, day), ZONE) for day in (7, 10))
    assert rows == {
        WARNED.name: [(PROJECT, OVER, 0, first, last)],
        DAYS.name: [("", date(2026, 3, 7), 1), ("", date(2026, 3, 10), -1)],
    }
    assert spans_of([structs.astuple(same_day)]) == ()
    assert spans_of([structs.astuple(structs.replace(ended, live=False))]) == ()
