"""Laws of the general clock that hold for every rule and history, and an independent auditor that recounts it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec import structs

from domain.law.generic.course import course_of
from domain.law.generic.rule import (
    Agreed,
    Extended,
    GeneralEvent,
    GeneralRule,
    Moment,
    Restarted,
    Resumed,
    Started,
    Stopped,
    Suspended,
)
from domain.law.generic.state import closing, due, standing
from tests.effort import tried
from tests.law.generic.cases import NO_OP_RULES, clocks, events_of, happenings, instants, rule_of, suspensions
from tests.law.generic.naive import NaiveClock

FEW = settings(max_examples=tried(10))  # a law of the engine, not a search: the auditor above searches
ONE_DAY = timedelta(days=1)


def ends(moment: Moment | None, rule: GeneralRule) -> float:
    """When a moment is over, for comparison; never, while it is unknown."""
    return float("inf") if moment is None else closing(moment, rule).timestamp()


@given(clocks())
@settings(max_examples=tried(30))
def test_the_auditor_counts_the_same_days(clock: NaiveClock) -> None:
    assert due(rule_of(clock), events_of(clock)) == clock.due()


@given(clocks(hours=True))
@settings(max_examples=tried(10))
def test_the_auditor_counts_the_same_hours(clock: NaiveClock) -> None:
    assert due(rule_of(clock), events_of(clock)) == clock.due()


@given(clocks() | clocks(hours=True), instants(150))
@FEW
def test_suspending_and_resuming_at_once_is_worth_nothing(clock: NaiveClock, at: datetime) -> None:
    assume(clock.day_rule in NO_OP_RULES)
    rule, events = rule_of(clock), events_of(clock)
    assert due(rule, [*events, Suspended(at, "x"), Resumed(at, "x")]) == due(rule, events)


@given(clocks() | clocks(hours=True), suspensions(most=2))
@FEW
def test_more_suspension_is_never_earlier(clock: NaiveClock, more: list[tuple[datetime, datetime | None]]) -> None:
    rule, events = rule_of(clock), events_of(clock)
    before = ends(due(rule, events), rule)
    clock.suspensions += more
    assert ends(due(rule, events_of(clock)), rule) >= before


@given(clocks(), instants(150), st.integers(1, 20), st.integers(0, 400))
@FEW
def test_an_extension_or_an_agreement_is_never_earlier(clock: NaiveClock, at: datetime, n: int, days: int) -> None:
    rule, events = rule_of(clock), events_of(clock)
    before = ends(due(rule, events), rule)
    assert ends(due(rule, [*events, Extended(at, n)]), rule) >= before
    assert ends(due(rule, [*events, Agreed(at, date(2026, 1, 1) + timedelta(days=days))]), rule) >= before


@given(clocks(), instants(150))
@FEW
def test_after_a_reset_only_what_comes_later_counts(clock: NaiveClock, at: datetime) -> None:
    assume(at >= clock.start)
    rule, events = rule_of(clock), events_of(clock)
    later = [event for event in events if event.at > at]
    assert due(rule, [*events, Restarted(at)]) == due(rule, [Started(at), *later])


@given(clocks())
@FEW
def test_the_last_day_always_ended_running(clock: NaiveClock) -> None:
    last = due(rule_of(clock), events_of(clock))
    assert last is None or not isinstance(last, date) or not clock.is_out(last)


@given(clocks(), happenings(), st.randoms())
@FEW
def test_only_the_legal_order_of_events_matters(clock: NaiveClock, events: list[GeneralEvent], chance: Random) -> None:
    rule, shuffled = rule_of(clock), list(events)
    chance.shuffle(shuffled)
    assert due(rule, shuffled) == due(rule, events)
    assert course_of(rule, shuffled) == course_of(rule, events)


@given(clocks() | clocks(hours=True), happenings(), instants(100))
@FEW
def test_later_entries_do_not_change_the_past_state(clock: NaiveClock, events: list[GeneralEvent], t: datetime) -> None:
    rule = rule_of(clock)
    assert standing(rule, events, t) == standing(rule, [event for event in events if event.at <= t], t)


@given(clocks())
@FEW
def test_it_is_overdue_from_the_day_after_the_last_and_not_before(clock: NaiveClock) -> None:
    rule, events = rule_of(clock), events_of(clock)
    last = due(rule, events)
    assume(last is not None)
    assert last is not None
    midnight = closing(last, rule)
    assume(all(event.at < midnight for event in events))
    before = standing(rule, events, midnight - timedelta(microseconds=1))
    after = standing(rule, events, midnight)
    assert before is not None
    assert after is not None
    assert before.state in ("running", "suspended")
    assert after.state == "overdue"
    assert after.remaining == 0
    if rule.roll == "none" and before.state == "running":
        assert before.remaining == 1


@given(clocks(), instants(200))
@FEW
def test_used_and_remaining_make_up_the_length_while_it_runs(clock: NaiveClock, t: datetime) -> None:
    clock.roll = "none"
    result = standing(rule_of(clock), events_of(clock), t)
    assume(result is not None)
    assert result is not None
    if result.state in ("running", "suspended"):
        assert result.used + result.remaining == result.length
    else:
        assert result.used >= result.length


@given(clocks(), instants(200))
@FEW
def test_stopping_fixes_the_clock_permanently(clock: NaiveClock, at: datetime) -> None:
    rule, events = rule_of(clock), [*events_of(clock), Stopped(at)]
    result = standing(rule, events, at)
    later = standing(rule, events, at + 1000 * ONE_DAY)
    assert later == result


FAR = st.datetimes(datetime(9990, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))


@given(clocks(), FAR, st.integers(1, 10**9), st.dates(date(9000, 1, 1)))
@FEW
def test_no_history_is_too_long(clock: NaiveClock, start: datetime, n: int, until: date) -> None:
    events = [Started(start), Suspended(start), Resumed(start), Extended(start, n), Agreed(start, until)]
    for roll in ("none", "forward", "saturday_noon"):
        result = standing(structs.replace(rule_of(clock), roll=roll), events, datetime.max.replace(tzinfo=UTC))
        assert result is not None
        assert result.due is not None
