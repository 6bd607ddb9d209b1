"""The explanation of a general clock: as many days are counted as it says are used, each with its reason."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.law.generic.evaluate import general_readings
from domain.law.generic.explain import explain_general
from domain.law.licensing.clock import COUNTED_ON
from domain.law.licensing.event import LawEvent
from domain.law.licensing.explain import DayPhase, DayReason, Explanation
from domain.law.licensing.forecast import DISTANT
from domain.law.licensing.timeline import Timeline
from tests.law.auditor.lives import lives
from tests.law.generic.test_evaluate import ACCEPTED, LAWS, RECEIVED, terms
from tests.law.questions import at, happened

SUSPENDED = happened("suspend", "03-09", sid="s1", reason="supplement", id="s")
RESUMED = happened("resume", "03-12", sid="s1", id="r")
DUTCH = "nl-wabo@2010-10-01"


def explained(law: str, t: str, *events: LawEvent) -> Explanation:
    return explain_general(terms(law), Timeline(terms(law).pack.zone, events), at(t), DISTANT, "decision")


@given(lives(), st.sampled_from(LAWS))
def test_as_many_days_are_counted_as_are_used(life: dict[str, Any], law: str) -> None:
    events = msgspec.convert(life["events"], list[LawEvent])
    item, timeline = terms(law, plan=5), Timeline(terms(law).pack.zone, events)
    t = datetime.fromisoformat(life["t"])
    for reading in general_readings(item, timeline, t, DISTANT):
        if reading.unit == "working_hour":
            with pytest.raises(ValueError, match="working hours"):
                explain_general(item, timeline, t, DISTANT, reading.name)
            continue
        explanation = explain_general(item, timeline, t, DISTANT, reading.name)
        in_time = [day for day in explanation.days if day.phase is not DayPhase.AFTER_DUE]

        assert sum(day.counted for day in explanation.days) == reading.standing.used
        assert (explanation.length or 0) + explanation.extended == reading.standing.length
        assert all(bool(day.suspended_by) == (day.reason is DayReason.SUSPENDED) for day in explanation.days)
        assert [day.day for day in explanation.days if day.is_due] in ([explanation.clock.due], [])
        if explanation.clock.state in COUNTED_ON and explanation.complete:
            assert [day.overdue for day in explanation.days if day.overdue] == list(
                range(1, reading.standing.overdue_days + 1)
            )
        out = {name for day in explanation.days for name in day.suspended_by}
        assert out <= {(stop.sid, stop.ground) for stop in explanation.suspensions}
        if explanation.clock.due and not reading.closed and explanation.clock.due > reading.standing.start:
            assert in_time[-1].day == explanation.clock.due
            counting = [day.number for day in in_time if day.number and day.phase is not DayPhase.ROLLED]
            assert counting == list(range(1, reading.standing.length + 1))


def test_every_calendar_day_counts_and_a_rest_day_at_the_end_moves_it() -> None:
    """Eight weeks from Monday 2 March end on King's Day, 27 April, which is a holiday: so on the 28th."""
    days = {day.day: day for day in explained(DUTCH, "04-29", RECEIVED, ACCEPTED).days}

    assert (days[date(2026, 3, 2)].reason, days[date(2026, 3, 2)].number) == (DayReason.START, None)
    assert (days[date(2026, 3, 8)].reason, days[date(2026, 3, 8)].number) == (DayReason.EVERY_DAY, 6)
    assert (days[date(2026, 4, 27)].phase, days[date(2026, 4, 27)].number) == (DayPhase.PERIOD, 56)
    assert (days[date(2026, 4, 28)].phase, days[date(2026, 4, 28)].reason) == (DayPhase.ROLLED, DayReason.WORKING)
    assert days[date(2026, 4, 29)].phase is DayPhase.AFTER_DUE


def test_a_suspended_day_names_what_took_it_out() -> None:
    days = {day.day: day for day in explained(DUTCH, "03-20", RECEIVED, SUSPENDED, RESUMED).days}

    assert [day.day.day for day in days.values() if day.suspended_by] == [10, 11], "from the day after until the day of"
    assert days[date(2026, 3, 10)].suspended_by == (("s1", "supplement"),)
    assert days[date(2026, 3, 12)].number == 8


def test_an_open_suspension_is_assumed_to_end_now() -> None:
    explanation = explained(DUTCH, "03-20", RECEIVED, SUSPENDED)

    assert (explanation.assumes_resumption, explanation.clock.due) == (True, None)
    assert explanation.days[-1].day == explanation.clock.earliest_due
    assert sum(day.projected for day in explanation.days) == 56 - 7


def test_a_clock_that_has_not_started_cannot_be_explained() -> None:
    with pytest.raises(KeyError, match="decision"):
        explained(DUTCH, "03-01", RECEIVED)
