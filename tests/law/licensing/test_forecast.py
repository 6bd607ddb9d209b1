"""A forecast, stored once, says on any later day what the law says then."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from domain.law.calendar.moment import local_day
from domain.law.licensing.clock import Clock, Level, State
from domain.law.licensing.evaluation import evaluate
from domain.law.licensing.event import LawEvent
from domain.law.licensing.forecast import DISTANT, ClockForecast, forecast
from domain.law.licensing.rule import Rule
from domain.law.licensing.timeline import Timeline
from domain.law.procedure.licensing_forecast import clock_on
from tests.law.auditor.lives import lives
from tests.law.packs.books import china
from tests.law.questions import USUAL, at, happened

RECEIVED = happened("received", "03-02")
ACCEPTED = happened("accepted", "03-03")
SUSPENDED = happened("suspend", "03-05", sid="a", reason="testing")


def forecast_of(name: str, *events: LawEvent, rule: Rule = USUAL) -> ClockForecast:
    return next(clock for clock in forecast(rule, events, china()).clocks if clock.name == name)


def reading_at(clock: ClockForecast, t: datetime, rule: Rule = USUAL) -> Clock | None:
    """The clock of a stored forecast at *t*; None before it exists."""
    if clock.exists_at is not None and t < clock.exists_at:
        return None
    return clock_on(clock, rule, china().as_known(date.max), local_day(t, rule.zone))


def last_instant(events: list[LawEvent]) -> datetime:
    """When nothing more happens; corrections and late entries are all known."""
    acts = Timeline("UTC", events).by(DISTANT, DISTANT)
    return max((act[0] for act in acts), default=datetime(2026, 1, 1, tzinfo=UTC))


@given(lives(), st.lists(st.integers(0, 24 * 120), min_size=1, max_size=4))
def test_it_says_on_any_later_day_what_the_law_says_then(life: dict[str, Any], hours: list[int]) -> None:
    rule = msgspec.convert(life["rule"], Rule)
    events = msgspec.convert(life["events"], list[LawEvent])
    clocks = forecast(rule, events, china()).clocks
    last = last_instant(events)
    for t in [last, *(last + timedelta(hours=hour) for hour in hours)]:
        readings = {clock.name: reading_at(clock, t, rule) for clock in clocks}

        assert {name: clock for name, clock in readings.items() if clock} == evaluate(
            rule, events, china(), t, DISTANT
        ).clocks


def test_a_clock_turns_yellow_and_over_by_itself() -> None:
    decision = forecast_of("decision", RECEIVED, ACCEPTED)

    assert (decision.due, decision.yellow_from, decision.over) == (date(2026, 3, 31), date(2026, 3, 26), State.OVERDUE)
    levels = [clock.level for day in (25, 26, 31) if (clock := reading_at(decision, at(f"03-{day}")))]
    assert levels == [Level.GREEN, Level.YELLOW, Level.YELLOW]
    late = reading_at(decision, at("04-02"))
    assert late is not None
    assert (late.state, late.overdue_days) == (State.OVERDUE, 2)


def test_silence_starts_the_decision_clock_on_a_day_known_beforehand() -> None:
    decision = forecast_of("decision", RECEIVED)

    assert (decision.start, decision.exists_at) == (date(2026, 3, 2), at("03-10 00:00"))
    assert reading_at(decision, at("03-09")) is None


def test_a_suspension_leaves_no_due_date_but_an_earliest_one() -> None:
    decision = forecast_of("decision", RECEIVED, ACCEPTED, SUSPENDED)
    today = reading_at(decision, at("03-20"))

    assert today is not None
    assert (today.due, today.earliest_due, today.remaining) == (None, date(2026, 4, 16), 19)
    assert decision.over is None


def test_silence_of_an_outside_department_proves_nothing_until_attested() -> None:
    outside = msgspec.structs.replace(USUAL, live=False)
    attested = happened("attest", "04-20")

    assert forecast_of("decision", RECEIVED, ACCEPTED, rule=outside).over is State.UNCONFIRMED
    assert forecast_of("decision", RECEIVED, ACCEPTED, attested, rule=outside).over is State.OVERDUE


def test_what_was_closed_stays_as_it_was() -> None:
    decided = happened("decided", "04-02", outcome="granted")
    decision = forecast_of("decision", RECEIVED, ACCEPTED, decided)

    assert decision.closed
    assert (
        reading_at(decision, at("2030-01-01"))
        == evaluate(USUAL, [RECEIVED, ACCEPTED, decided], china(), at("04-02")).clocks["decision"]
    )
