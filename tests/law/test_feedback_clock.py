"""The clocks of complaints and evaluations count working days of the calendar, and take extensions made in time."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from msgspec import structs

from domain.law.feedback.clock import FeedbackRun, VoiceClock, VoiceState, voice_clock
from domain.law.feedback.terms import ZONE_2020, VoiceStep, terms_of, terms_on
from projections.law.shipped import shipped_law
from tests.examples import LAW

CALENDAR = shipped_law().calendar(LAW, date(2025, 12, 31))


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


RUN = FeedbackRun(VoiceStep.ACCEPTANCE, "land", at("2025-09-26T17:00"))


def stands(run: FeedbackRun, t: str) -> VoiceClock | None:
    return voice_clock(run, ZONE_2020, CALENDAR, LAW.zone, at(t))


def test_national_day_and_its_make_up_days_are_counted() -> None:
    clock = stands(RUN, "2025-09-28T09:00")

    assert clock is not None
    assert (clock.due_on, clock.days, clock.state) == (date(2025, 10, 10), 5, VoiceState.RUNNING)
    assert clock.over_at == at("2025-10-11T00:00")
    assert clock.remaining_days == 4  # Sunday the 28th worked and is gone; 29, 30, 9 and 10 are left


@pytest.mark.parametrize(
    ("ended", "t", "state", "remaining"),
    [
        (None, "2025-10-10T23:59", VoiceState.RUNNING, 0),
        (None, "2025-10-11T00:00", VoiceState.OVERDUE, -1),  # a Saturday that works
        ("2025-10-10T23:59", "2025-12-01T00:00", VoiceState.KEPT, 0),
        ("2025-10-14T09:00", "2025-12-01T00:00", VoiceState.LATE, -3),
        ("2025-10-14T09:00", "2025-10-12T00:00", VoiceState.OVERDUE, -1),  # not known to end at that instant
    ],
)
def test_overdue_is_told_by_the_instant_asked_about(
    ended: str | None, t: str, state: VoiceState, remaining: int
) -> None:
    clock = stands(structs.replace(RUN, ended_at=at(ended) if ended else None), t)

    assert clock is not None
    assert (clock.state, clock.remaining_days) == (state, remaining)


def test_a_clock_has_not_begun_before_its_step() -> None:
    assert stands(RUN, "2025-09-26T16:59") is None


@pytest.mark.parametrize(("extended", "days"), [("2025-10-22T23:59", 20), ("2025-10-24T00:00", 15)])
def test_an_extension_counts_if_it_was_made_in_time(extended: str, days: int) -> None:
    run = FeedbackRun(VoiceStep.ANSWER, "land", at("2025-09-26T17:00"), extension_days=5, extended_at=at(extended))
    clock = stands(run, "2025-10-25T09:00")

    assert clock is not None
    assert clock.days == days
    assert clock.extension_days == days - 15


def test_facts_that_name_no_edition_have_the_one_of_their_day() -> None:
    assert terms_of(ZONE_2020.name, date(2030, 1, 1)) is ZONE_2020
    assert terms_of("", date(2010, 1, 1)) is terms_on(date(2026, 1, 1)) is ZONE_2020
    assert set(ZONE_2020.limits) == set(VoiceStep)
    assert all("zone rule" in limit.basis for limit in ZONE_2020.limits.values())
