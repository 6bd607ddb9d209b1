"""How many clocks run in which state, as sums by instant: as many as their rows count at any instant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from projections.clocks.counts import STANDINGS, StandingClocks
from projections.clocks.rows import ClockRow
from projections.view import Row
from tests.projections.clocks.test_warned import CLOCK, INSTANTS, running

ALL = ""


@st.composite
def clocks_of_two(draw: st.DrawFn) -> list[ClockRow]:
    """Clocks of two departments, some of which have ended."""
    clocks = draw(st.lists(running(), max_size=5))
    return [
        structs.replace(clock, department=draw(st.sampled_from(["land", "fire"])), closed=draw(st.booleans()))
        for clock in clocks
    ]


def rows_of(clocks: list[ClockRow]) -> Sequence[Row]:
    """The sums of a project whose one application has these *clocks*."""
    standing_clocks = StandingClocks()
    standing_clocks.note(("land", 1), [structs.astuple(clock) for clock in clocks])
    return standing_clocks.rows("")[STANDINGS.name]


def standing(clock: ClockRow, t: datetime) -> str:
    """The state of a running clock, as lists of clocks say it."""
    if clock.over_at is not None and clock.over_at <= t:
        return "unconfirmed" if clock.over_level == "yellow" else clock.over_level
    goes_on = clock.level == "paused" and clock.paused_until is not None and clock.paused_until <= t
    if clock.level == "green" or goes_on:
        return "yellow" if clock.yellow_at is not None and clock.yellow_at <= t else "green"
    return clock.level


@given(clocks_of_two())
def test_what_moved_until_an_instant_adds_up_to_what_runs_then(clocks: list[ClockRow]) -> None:
    rows = rows_of(clocks)

    for t in INSTANTS:
        counts = Counter[tuple[str, str]]()
        for _, department, _, _, was, comes_into, at, number in rows:
            if at <= t:
                counts[department, comes_into] += number
                counts[department, was] -= number
        counts = Counter({key: number for key, number in counts.items() if number and key[1]})
        running_then = [
            clock
            for clock in clocks
            if not clock.closed and clock.level != "none" and (clock.exists_at is None or clock.exists_at <= t)
        ]
        assert counts == Counter(
            (department, standing(clock, t)) for clock in running_then for department in (clock.department, ALL)
        ), t


def test_a_clock_moves_once_for_each_state_it_comes_into() -> None:
    when = sorted(INSTANTS[:3])
    clock = structs.replace(
        structs.replace(CLOCK, level="green"), yellow_at=when[1], over_at=when[2], over_level="red", department="land"
    )

    rows = rows_of([clock])

    of_land = [row[4:7] for row in rows if row[1] == "land"]
    assert [(was, comes_into) for was, comes_into, _ in of_land] == [
        ("", "green"),
        ("green", "yellow"),
        ("yellow", "red"),
    ]
    assert [at for _, _, at in of_land[1:]] == when[1:]
