"""An explanation counts what the clock counts, names the reason for every day, and says what it only expects."""

from datetime import date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings

from domain.law.licensing.clock import State
from domain.law.licensing.evaluation import evaluate
from domain.law.licensing.event import LawEvent
from domain.law.licensing.explain import EXPLAINED_DAYS_MAX, DayPhase, DayReason, explain
from domain.law.licensing.rule import Rule
from tests.effort import tried
from tests.law.auditor.lives import Json, lives
from tests.law.packs.books import china
from tests.law.questions import USUAL, ask, happened, why

OPEN = (State.RUNNING, State.SUSPENDED)
FEBRUARY = (
    happened("received", "02-10"),
    happened("accepted", "02-10"),
    happened("suspend", "02-13", sid="s", reason="testing"),
    happened("resume", "02-24", sid="s"),
)


@settings(max_examples=tried(40))
@given(lives())
def test_every_clock_is_explained_to_the_day(life: Json) -> None:
    rule, events = msgspec.convert(life["rule"], Rule), msgspec.convert(life["events"], list[LawEvent])
    t, known = datetime.fromisoformat(life["t"]), datetime.fromisoformat(life["known"])
    for name, clock in evaluate(rule, events, china(), t, known).clocks.items():
        explanation = explain(rule, events, china(), t, known, name)
        days = [day.day for day in explanation.days]
        assert explanation.clock == clock
        assert days == [days[0] + timedelta(days=n) for n in range(len(days))]
        assert days[0] == clock.start
        if clock.used is not None:
            assert sum(day.counted for day in explanation.days) == clock.used
        if clock.state in OPEN and clock.length != 0:
            assert sum(day.projected for day in explanation.days) == clock.remaining
        if clock.state in (State.OVERDUE, State.LATE):
            after = [day for day in explanation.days if day.phase is DayPhase.AFTER_DUE]
            assert sum(day.reason in (DayReason.WORKING, DayReason.MAKE_UP, DayReason.SUSPENDED) for day in after) == (
                clock.overdue_days
            )
        assert [day.overdue for day in explanation.days if day.overdue] == list(range(1, clock.overdue_days + 1))
        assert [day.day for day in explanation.days if day.is_due] in ([clock.due], [])
        assert any(day.is_due for day in explanation.days) == (
            clock.due is not None and days[0] <= clock.due <= days[-1]
        )
        assert sum(extension.days for extension in explanation.extensions if not extension.void) == explanation.extended
        out = {(sid, reason) for day in explanation.days for sid, reason in day.suspended_by}
        assert out <= {
            (suspension.sid, suspension.ground) for suspension in explanation.suspensions if suspension.stops
        }
        numbers = [day.number for day in explanation.days if day.number is not None]
        assert numbers == list(range(1, len(numbers) + 1))


def test_each_day_has_its_reason() -> None:
    explanation = why("decision", "02-27", *FEBRUARY)
    reasons = {day.day: (day.reason, day.notice) for day in explanation.days}

    assert reasons[date(2026, 2, 10)] == (DayReason.START, "")
    assert reasons[date(2026, 2, 11)] == (DayReason.WORKING, "")
    assert reasons[date(2026, 2, 13)] == (DayReason.SUSPENDED, "")
    assert reasons[date(2026, 2, 14)] == (DayReason.SUSPENDED, "CN-2026")  # a make-up Saturday, lost all the same
    assert reasons[date(2026, 2, 16)] == (DayReason.HOLIDAY, "CN-2026")
    assert reasons[date(2026, 2, 24)] == (DayReason.WORKING, "")
    assert reasons[date(2026, 2, 28)] == (DayReason.MAKE_UP, "CN-2026")
    assert reasons[date(2026, 3, 1)] == (DayReason.REST, "")
    assert explanation.article == "行政许可法 42(1)"
    assert explanation.calendar.startswith("CN/CN-2026/")
    assert explanation.rule == "CN-ALL-2019"


def test_a_suspended_day_names_every_suspension_that_takes_it_out() -> None:
    second = happened("suspend", "02-13 15:00", sid="x", reason="hearing")
    explanation = why("decision", "02-27", *FEBRUARY, second)
    by = {day.day: day.suspended_by for day in explanation.days}

    assert by[date(2026, 2, 13)] == (("s", "testing"), ("x", "hearing"))
    assert by[date(2026, 2, 24)] == (("x", "hearing"),)
    assert by[date(2026, 2, 12)] == ()


def test_today_and_what_follows_are_only_expected() -> None:
    explanation = why("decision", "02-27", *FEBRUARY)

    counted = [day.day for day in explanation.days if day.counted]
    projected = [day.day for day in explanation.days if day.projected]

    assert counted == [date(2026, 2, day) for day in (11, 12, 24, 25, 26)]
    assert projected[0] == date(2026, 2, 27)
    assert projected[-1] == explanation.clock.due == explanation.days[-1].day
    assert len(projected) == explanation.clock.remaining


def test_while_suspended_the_projection_assumes_that_it_ends_now() -> None:
    explanation = why("decision", "02-15", *FEBRUARY[:3])

    assert explanation.assumes_resumption
    assert explanation.clock.due is None
    assert explanation.days[-1].day == explanation.clock.earliest_due
    assert not why("decision", "02-27", *FEBRUARY).assumes_resumption


def test_days_of_the_extension_and_after_the_due_date_are_distinguished() -> None:
    events = (*FEBRUARY, happened("extension", "02-27", days=2))
    explanation = why("decision", "2026-04-01", *events)
    phases = {
        phase: [day.day for day in explanation.days if day.phase is phase and (day.number or day.overdue)]
        for phase in DayPhase
    }

    assert (explanation.length, explanation.extended) == (20, 2)
    # Feb 11, 12, 24-27 = 1-6, Sat 28 (make-up) = 7, Mar 2-6 = 8-12, 9-13 = 13-17, 16-18 = 18-20
    assert phases[DayPhase.EXTENSION] == [date(2026, 3, 19), date(2026, 3, 20)]
    assert explanation.clock.due == date(2026, 3, 20)
    assert phases[DayPhase.AFTER_DUE][0] == date(2026, 3, 23)


def test_a_clock_that_stopped_is_explained_to_its_stop() -> None:
    events = (*FEBRUARY, happened("decided", "03-02", outcome="denied"))
    explanation = why("decision", "2026-06-01", *events)

    assert explanation.days[-1].day == date(2026, 3, 2)
    assert explanation.days[-1].counted
    assert not any(day.projected for day in explanation.days)


def test_days_beyond_the_published_calendar_are_marked() -> None:
    events = (happened("received", "12-14"), happened("accepted", "12-14"))
    explanation = why("decision", "12-15", *events)
    marked = {day.day: day.provisional for day in explanation.days}

    assert not marked[date(2026, 12, 28)]
    assert marked[date(2026, 12, 29)]
    assert {day.day: day.reason for day in explanation.days}[date(2027, 1, 1)] is DayReason.STATUTORY


def test_the_licence_guard_lists_the_working_days_that_are_left() -> None:
    rule = msgspec.structs.replace(USUAL, licence_expiry=date(2026, 6, 30))
    events = (happened("received", "05-20"), happened("accepted", "05-20"))
    explanation = why("renewal_guard", "06-01", *events, rule=rule)

    assert sum(day.projected for day in explanation.days) == explanation.clock.remaining
    assert explanation.days[-1].day == date(2026, 6, 30)
    assert not any(day.counted for day in explanation.days)


def test_the_day_of_acceptance_is_left_to_the_licence_until_it_is_over() -> None:
    rule = msgspec.structs.replace(USUAL, licence_expiry=date(2026, 6, 30))
    events = (happened("received", "03-02"), happened("accepted", "03-02"))

    today = why("renewal_guard", "03-02", *events, rule=rule)
    tomorrow = why("renewal_guard", "03-03", *events, rule=rule)

    # March 22 from the 2nd on, April 21 (Qingming), May 19 (Labour Day, one day made up), June 21 (Dragon Boat)
    assert today.clock.remaining == sum(day.projected for day in today.days) == 83
    assert tomorrow.clock.remaining == sum(day.projected for day in tomorrow.days) == 82
    assert today.days[0].reason is DayReason.WORKING


def test_a_clock_that_has_not_started_cannot_be_explained() -> None:
    with pytest.raises(KeyError, match="delivery"):
        why("delivery", "02-27", *FEBRUARY)
    with pytest.raises(KeyError, match="renewal_guard"):
        why("renewal_guard", "02-27", *FEBRUARY)


def test_an_endless_clock_is_explained_in_part_and_says_so() -> None:
    explanation = why("decision", "2046-01-01", *FEBRUARY)

    assert not explanation.complete
    assert len(explanation.days) == EXPLAINED_DAYS_MAX
    assert why("decision", "02-27", *FEBRUARY).complete
    assert ask("2046-01-01", *FEBRUARY).clocks["decision"].state is State.OVERDUE
