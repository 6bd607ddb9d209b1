"""Random periods for the general clock: a naive clock and the same thing as rule and events."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from random import Random

from hypothesis import strategies as st

from domain.law.calendar.calendar import WorkingCalendar
from domain.law.generic.rule import Extended, GeneralEvent, GeneralRule, Restarted, Resumed, Started, Suspended
from domain.law.packs.pack import Extension
from tests.law.generic.naive import NaiveClock

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
DAY_RULES = ("[s,e)", "(s,e]", "(s,e)", "[s,e]")
NO_OP_RULES = ("[s,e)", "(s,e]", "(s,e)")  # "[s,e]" takes the one day out even if the answer comes at once
HOURS = ((time(9), time(12)), (time(13), time(18)))
WEEKENDS = ((5, 6), (6,), (4, 5), ())
FREE = Extension(article="-", count_max=9, to_agreed_date=True)
Stretch = tuple[datetime, datetime | None]
STEPS_PER_DAY = 24 * 12


def instants(days: int) -> st.SearchStrategy[datetime]:
    """Instants of the first *days* days of 2026, to five minutes."""
    return st.integers(0, days * STEPS_PER_DAY).map(lambda steps: FIRST + timedelta(minutes=5) * steps)


@st.composite
def suspensions(
    draw: st.DrawFn, days: int = 120, most: int = 4, longest_days: int = 30
) -> list[tuple[datetime, datetime | None]]:
    """Stretches that may overlap, nest, chain, and be open."""
    result: list[Stretch] = []
    for begun in draw(st.lists(instants(days), max_size=most)):
        length = draw(st.none() | st.integers(0, longest_days * STEPS_PER_DAY))
        result.append((begun, None if length is None else begun + timedelta(minutes=5) * length))
    return result


def some_holidays(seed: int) -> frozenset[date]:
    """Twenty days off, some of them in a row."""
    chance = Random(seed)
    firsts = [date(2026, 1, 1) + timedelta(days=chance.randrange(200)) for _ in range(5)]
    return frozenset(first + timedelta(days=n) for first in firsts for n in range(4))


HOLIDAYS = (frozenset[date](), *(some_holidays(seed) for seed in range(3)))


@cache
def calendar(holidays: frozenset[date], weekend: tuple[int, ...]) -> WorkingCalendar:
    return WorkingCalendar.of_holidays(holidays, weekend)


@st.composite
def clocks(draw: st.DrawFn, *, hours: bool = False) -> NaiveClock:
    """A period of any unit, with holidays and suspensions."""
    unit = "working_hour" if hours else draw(st.sampled_from(("working_day", "calendar_day", "week", "month")))
    longest = {"working_hour": 24, "working_day": 45, "calendar_day": 90, "week": 13, "month": 6}[unit]
    return NaiveClock(
        unit=unit,
        n=draw(st.integers(1, longest)),
        start=draw(instants(400)),
        weekend=draw(st.sampled_from(WEEKENDS)),
        holidays=draw(st.sampled_from(HOLIDAYS)),
        first_included=draw(st.booleans()),
        day_before=draw(st.booleans()),
        roll=draw(st.sampled_from(("none", "forward"))),
        day_rule=draw(st.sampled_from(DAY_RULES)),
        hours=HOURS if hours else (),
        zone=draw(st.sampled_from(("Asia/Shanghai", "Europe/Amsterdam", "America/New_York"))),
        suspensions=draw(suspensions(20, longest_days=5) if hours else suspensions()),
    )


def rule_of(clock: NaiveClock) -> GeneralRule:
    """The same period as a rule."""
    return GeneralRule(
        zone=clock.zone,
        calendar=calendar(clock.holidays, clock.weekend),
        unit=clock.unit,  # type: ignore[arg-type]  # the strategy draws only units
        n=clock.n,
        first_day="included" if clock.first_included else "excluded",
        month_end="day_before" if clock.day_before else "same_day",
        roll=clock.roll,  # type: ignore[arg-type]  # as above
        suspension_day_rule=clock.day_rule,  # type: ignore[arg-type]  # as above
        hours=clock.hours,
        extension=FREE,
    )


def events_of(clock: NaiveClock) -> list[GeneralEvent]:
    """The same period as events; each suspension has an id of its own."""
    events: list[GeneralEvent] = [Started(clock.start)]
    for number, (begun, ended) in enumerate(clock.suspensions):
        events.append(Suspended(begun, f"s{number}"))
        if ended is not None:
            events.append(Resumed(ended, f"s{number}"))
    return events


def happenings() -> st.SearchStrategy[list[GeneralEvent]]:
    """Events of many kinds in any order, lawful or not, no two at one instant."""
    kinds: tuple[Callable[[datetime], GeneralEvent], ...] = (
        Started,
        Suspended,
        Resumed,
        Restarted,
        lambda at: Suspended(at, "b"),
        lambda at: Resumed(at, "b"),
        lambda at: Extended(at, 5),
    )
    happening = st.builds(lambda kind, at: kind(at), st.sampled_from(kinds), instants(100))
    return st.lists(happening, max_size=8, unique_by=lambda event: event.at)
