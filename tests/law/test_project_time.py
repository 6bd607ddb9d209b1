"""Government and applicant time: the union of days, against days ticked off one by one on the wall calendar."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.law.calendar.calendar import WorkingCalendar
from domain.law.generic.rule import GeneralEvent, GeneralRule, Restarted, Resumed, Started, Stopped, Suspended
from domain.law.licensing.evaluation import evaluate, replay
from domain.law.licensing.event import LawEvent
from domain.law.licensing.explain import explain
from domain.law.licensing.rule import Rule
from domain.law.project_time import (
    GOVERNMENT,
    Counting,
    counting,
    general_counting,
    last_day,
    united,
    without,
    working_time,
)
from tests.effort import tried
from tests.law.auditor.lives import Json, lives
from tests.law.generic.naive import NaiveClock
from tests.law.packs.books import china
from tests.law.questions import USUAL, at, happened

SHANGHAI = ZoneInfo("Asia/Shanghai")
PLAIN = WorkingCalendar()
DAY = timedelta(days=1)
DENIED = happened("decided", "03-13", outcome="denied")


def days_of(clocks: list[Counting]) -> list[set[date]]:
    """The days on which each clock counted, rest days among them."""
    return [
        {date.fromordinal(day) for first, last in clock.stretches for day in range(first, last + 1)} for clock in clocks
    ]


def read(life: Json) -> tuple[list[Counting], dict[str, set[date]]]:
    """The government's clocks of a life, and by name the days that the explanation of each counts."""
    rule = msgspec.convert(life["rule"], Rule)
    events = msgspec.convert(life["events"], list[LawEvent])
    t, known = (datetime.fromisoformat(life[name]) for name in ("t", "known"))
    ticked = {
        name: {day.day for day in explain(rule, events, china(), t, known, name).days if day.counted}
        for name in evaluate(rule, events, china(), t, known).clocks
        if name.partition("#")[0] in GOVERNMENT
    }
    return list(counting(replay(rule, events, china(), t, known))), ticked


@given(st.lists(lives(zone="Asia/Shanghai"), min_size=1, max_size=4))
@settings(max_examples=tried(30))
def test_the_union_is_what_is_ticked_off_day_by_day_and_never_more_than_the_sum(result: list[Json]) -> None:
    clocks, ticked = list[Counting](), list[set[date]]()
    for life in result:
        of_life, named = read(life)
        clocks += of_life
        ticked += named.values()
    calendar = china().as_known(date(2026, 11, 1))  # the lives were judged by others: days are compared by this one
    begun, through = date(2018, 1, 1), date(2027, 6, 30)
    walked = [begun + DAY * n for n in range(1, (through - begun).days + 1)]
    times = working_time(clocks, calendar, begun, through)
    ran = days_of(clocks)

    assert times.government_days == sum(calendar.is_working(day) and any(day in days for days in ran) for day in walked)
    assert times.summed_days == sum(calendar.is_working(day) for day in walked for days in ran if day in days)
    assert times.government_days <= times.summed_days
    assert times.government_days + times.applicant_days == times.working_days
    assert times.working_days == sum(map(calendar.is_working, walked))
    for ticks, days in zip(ticked, ran, strict=True):
        assert ticks <= days, "whatever an explanation counts is a day on which the clock ran"


@given(lives(zone="Asia/Shanghai", suspension_day_rule="[s,e)"))
@settings(max_examples=tried(30))
def test_on_working_days_a_clock_ran_as_often_as_it_says_it_used(life: Json) -> None:
    """By the calendar known then; a day in no clock's explanation, say a suspended one, is not government time."""
    clocks, ticked = read(life)
    known = datetime.fromisoformat(life["known"]).astimezone(SHANGHAI).date()
    calendar = china().as_known(known)
    for days, ticks in zip(days_of(clocks), ticked.values(), strict=True):
        assert {day for day in days if calendar.is_working(day)} == ticks


def test_suspended_days_are_the_applicants() -> None:
    events = [
        happened("received", "03-02 09:00"),
        happened("accepted", "03-03 09:00"),
        happened("suspend", "03-10", sid="s", reason="testing"),
        happened("resume", "03-17", sid="s"),
        happened("decided", "03-20", outcome="denied"),
    ]
    clocks = list(counting(replay(USUAL, events, china(), at("03-25"))))
    times = working_time(clocks, china().as_known(date(2026, 3, 25)), date(2026, 3, 2), date(2026, 3, 20))

    assert times.working_days == 14  # Mar 3-6, 9-13, 16-20
    assert times.applicant_days == 5  # Mar 10-13 and 16
    assert times.government_days == 9
    assert times.summed_days == 9, "intake counts Mar 3, the decision from Mar 4"
    assert not any(clock.is_open for clock in clocks)


def test_parallel_items_are_the_point_of_the_reform() -> None:
    history = [happened("received", "03-02 09:00"), happened("accepted", "03-02 10:00"), DENIED]
    other = [happened("received", "03-05 09:00"), happened("accepted", "03-05 10:00")]
    clocks = [clock for events in (history, other) for clock in counting(replay(USUAL, events, china(), at("03-18")))]
    times = working_time(clocks, PLAIN, date(2026, 3, 2), date(2026, 3, 17))

    assert (times.working_days, times.government_days, times.applicant_days) == (11, 11, 0)
    assert times.summed_days == 9 + 8
    assert [clock.is_open for clock in clocks].count(True) == 1


@pytest.mark.parametrize("mode", ["hearing_request", "tolerance_cure", "countersign", "post_check", "renewal_guard"])
def test_what_runs_inside_or_beside_is_not_counted_again(mode: str) -> None:
    assert mode not in GOVERNMENT


spans = st.tuples(st.integers(1, 60), st.integers(0, 9)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(st.lists(spans, max_size=8), spans)
def test_stretches_are_united_and_taken_out_like_sets(stretches: list[tuple[int, int]], whole: tuple[int, int]) -> None:
    def days(result: list[tuple[int, int]]) -> list[int]:
        return [day for first, last in result for day in range(first, last + 1)]

    once = united(stretches)
    assert days(once) == sorted(set(days(stretches)))
    assert set(days(list(without(*whole, once)))) == set(days([whole])) - set(days(once))


class Walk(msgspec.Struct):
    """A period of another law: on which hour after March 2 it starts, stops and is suspended."""

    stop: int | None
    pauses: list[tuple[int, int | None]]
    included: bool
    day_rule: str


hours = st.integers(1, 24 * 30)
walks = st.builds(
    Walk,
    st.none() | hours,
    st.lists(st.tuples(hours, st.none() | st.integers(0, 24 * 9)), max_size=3),
    st.booleans(),
    st.sampled_from(["[s,e)", "(s,e]", "(s,e)", "[s,e]"]),
)


@given(walks, st.integers(1, 24 * 40))
def test_a_law_that_counts_otherwise_is_walked_day_by_day(walk: Walk, hour: int) -> None:
    start = datetime(2026, 3, 2, 9, tzinfo=SHANGHAI)
    t, stop = start + timedelta(hours=hour), None if walk.stop is None else start + timedelta(hours=walk.stop)
    end = min(t, stop or t)
    pauses = [(begun, begun + (lasts or 0) if lasts is not None else None) for begun, lasts in walk.pauses]
    held = [
        (start + timedelta(hours=begun), None if ended is None else start + timedelta(hours=ended))
        for begun, ended in pauses
        if start + timedelta(hours=begun) <= end
    ]
    rule = GeneralRule(
        zone="Asia/Shanghai",
        calendar=PLAIN,
        unit="week",
        n=8,
        first_day="included" if walk.included else "excluded",
        suspension_day_rule=msgspec.convert(walk.day_rule, type=str),
    )
    events: list[GeneralEvent] = [Started(start)]
    for number, (begun, ended) in enumerate(held):
        events.append(Suspended(begun, f"s{number}"))
        events += [] if ended is None else [Resumed(ended, f"s{number}")]
    events += [] if stop is None else [Stopped(stop)]
    stopped = stop is not None and stop <= t
    shut = [
        (begun, end if stopped and (ended is None or ended > end) else None if ended and ended > t else ended)
        for begun, ended in held
    ]
    naive = NaiveClock("week", 8, start, day_rule=walk.day_rule, suspensions=shut)
    last = naive.local(end) if stopped else naive.local(t) - DAY
    day, ticked = naive.local(start), set[date]()
    while day <= last:
        if (day > naive.local(start) or walk.included) and not naive.is_out(day):
            ticked.add(day)
        day += DAY

    result = general_counting(rule, events, t)
    assert days_of([result]) == [ticked]
    assert result.is_open is not stopped


def test_a_period_that_begins_again_was_waited_for_all_the_same() -> None:
    start = datetime.combine(date(2026, 3, 2), time(9), SHANGHAI)
    rule = GeneralRule(zone="Asia/Shanghai", calendar=PLAIN, unit="working_day", n=5)
    events = [
        Started(start),
        Suspended(start + DAY * 2, "s"),
        Resumed(start + DAY * 4, "s"),
        Restarted(start + DAY * 4),
    ]
    result = general_counting(rule, events, start + DAY * 6)

    assert days_of([result]) == [{date(2026, 3, day) for day in (3, 6, 7)}]
    assert general_counting(rule, [], start).stretches == ()


def test_a_project_ends_with_the_last_day_that_counted() -> None:
    clocks = [Counting(((1, 5), (9, 12)), is_open=False), Counting((), is_open=False)]

    assert last_day(clocks, date.fromordinal(7)) == date.fromordinal(12)
    assert last_day(clocks, date.fromordinal(20)) == date.fromordinal(20)
    assert last_day([], date(2026, 3, 2)) == date(2026, 3, 2)
