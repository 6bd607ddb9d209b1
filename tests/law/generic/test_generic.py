"""The general clock by examples counted by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from domain.law.calendar.calendar import WorkingCalendar
from domain.law.generic.course import course_of
from domain.law.generic.rule import (
    Agreed,
    Extended,
    GeneralEvent,
    GeneralRule,
    Restarted,
    Resumed,
    Started,
    Stopped,
    Suspended,
    Withdrawn,
)
from domain.law.generic.state import due, last_day_before, standing
from domain.law.packs.pack import Extension, NoticeTerms
from tests.law.generic.cases import FREE, HOURS

SEOUL = ZoneInfo("Asia/Seoul")


def rule(n: int, unit: str = "calendar_day", **fields: object) -> GeneralRule:
    """A rule in UTC over plain weekends, with what the test is about."""
    calendar = fields.pop("calendar", WorkingCalendar())
    plain: dict[str, object] = {"zone": "UTC", "calendar": calendar, "unit": unit, "n": n, "extension": FREE}
    return GeneralRule(**(plain | fields))  # type: ignore[arg-type]  # tests say what they need by name


def at(text: str) -> datetime:
    """An instant "MM-DD" or "MM-DDTHH:MM" of 2026, UTC."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "months", "included", "day_before", "expected"),
    [
        ("2026-01-31", 1, False, False, "2026-02-28"),  # no corresponding day: the last of the month
        ("2026-02-28", 1, False, False, "2026-03-28"),  # Spain, EU: the same number
        ("2026-02-28", 2, False, True, "2026-04-30"),  # Taiwan: day 1 is March 1, so to the end of April
        ("2026-12-30", 2, False, True, "2027-02-28"),  # day 1 is the 31st, February has none
        ("2026-01-31", 1, True, False, "2026-02-28"),  # Korea: no 31st, so the last day itself, not the day before
        ("2026-02-01", 1, True, False, "2026-02-28"),
        ("2027-11-30", 3, False, False, "2028-02-29"),  # a leap year
    ],
)
def test_months_end_as_the_law_says(start: str, months: int, included: bool, day_before: bool, expected: str) -> None:
    counted = rule(
        months,
        "month",
        first_day="included" if included else "excluded",
        month_end="day_before" if day_before else "same_day",
    )
    assert due(counted, [Started(datetime.fromisoformat(f"{start}T10:00+00:00"))]) == date.fromisoformat(expected)


HOLIDAYS_ON_SATURDAY = WorkingCalendar.of_holidays([date(2026, 10, 10), date(2026, 5, 1), date(2026, 6, 8)])


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("06-02", "2026-06-12"),  # a Friday stays
        ("06-03", "2026-06-15T12:00:00+08:00"),  # Saturday: Monday noon
        ("06-04", "2026-06-15"),  # Sunday: the next day, all of it
        ("09-30", "2026-10-12"),  # a Saturday that is a holiday: Sunday, so Monday
        ("04-21", "2026-05-04T12:00:00+08:00"),  # a holiday on Friday: Saturday, so Monday noon
        ("05-27", "2026-06-09"),  # Saturday before a holiday on Monday: Tuesday
    ],
)
def test_taiwan_rolls_saturday_to_monday_noon(start: str, expected: str) -> None:
    result = due(
        rule(10, roll="saturday_noon", zone="Asia/Taipei", calendar=HOLIDAYS_ON_SATURDAY),
        [Started(at(f"{start}T03:00"))],
    )
    assert result is not None
    assert result.isoformat() == expected


def test_a_make_up_saturday_is_a_day_like_any_other() -> None:
    calendar = WorkingCalendar(days={date(2026, 6, 13): (True, "make-up")})
    assert due(rule(10, roll="saturday_noon", calendar=calendar), [Started(at("06-03"))]) == date(2026, 6, 13)


@pytest.mark.parametrize(
    ("day_rule", "expected"), [("[s,e)", "01-25"), ("(s,e]", "01-25"), ("(s,e)", "01-24"), ("[s,e]", "01-26")]
)
def test_the_bracket_says_which_of_the_two_days_is_lost(day_rule: str, expected: str) -> None:
    events = [Started(at("01-10")), Suspended(at("01-13")), Resumed(at("01-18"))]
    assert due(rule(10, suspension_day_rule=day_rule), events) == at(expected).date()


def test_asked_and_answered_on_one_day_costs_that_day_where_both_are_out() -> None:
    events = [Started(at("01-10")), Suspended(at("01-13T09:00")), Resumed(at("01-13T11:00"))]
    assert due(rule(10, suspension_day_rule="[s,e]"), events) == date(2026, 1, 21)


def test_the_rolled_last_day_moves_on_if_it_is_taken_out() -> None:
    """Saturday Jan 17 rolls to Monday, which a suspension from Sunday to Tuesday takes out."""
    events = [Started(at("01-07")), Suspended(at("01-18")), Resumed(at("01-20"))]
    assert due(rule(10, roll="forward"), events) == date(2026, 1, 20)
    assert due(rule(10, roll="forward"), events[:2]) is None


SMALL_WIRELESS = {
    "incomplete": NoticeTerms("reset", within=10, late_effect="none", again_effect="suspend", again_within=10)
}


def test_the_first_timely_notice_resets_and_later_ones_only_toll() -> None:
    """Submitted Jan 1, notice on day 10, answered Jan 20: 60 days from there; a second notice tolls 3 days."""
    clock = rule(60, reasons=SMALL_WIRELESS, suspension_day_rule="(s,e]")
    first: list[GeneralEvent] = [
        Started(at("01-01")),
        Suspended(at("01-11"), reason="incomplete"),
        Resumed(at("01-20")),
    ]
    assert due(clock, first[:2]) is None
    assert due(clock, first) == date(2026, 3, 21)
    again = [*first, Suspended(at("01-30"), reason="incomplete"), Resumed(at("02-02"))]
    assert due(clock, again) == date(2026, 3, 24)
    too_late = [*first, Suspended(at("01-31"), reason="incomplete"), Resumed(at("02-03"))]
    assert due(clock, too_late) == date(2026, 3, 21)


def test_a_notice_after_the_window_has_no_effect() -> None:
    clock = rule(60, reasons=SMALL_WIRELESS)
    events = [Started(at("01-01")), Suspended(at("01-12"), reason="incomplete"), Resumed(at("01-20"))]
    assert due(clock, events) == date(2026, 3, 2)
    assert course_of(clock, events).flags == ["notice_without_effect:incomplete"]
    again = [*events, Resumed(at("01-21"))]
    assert course_of(clock, again).flags == ["notice_without_effect:incomplete", "resume_without_suspend"]


def test_after_a_correction_a_period_of_another_length_begins() -> None:
    clock = rule(60, "working_day", reasons={"supplement": NoticeTerms("restart_with", restart_with=40)})
    events = [Started(at("01-05")), Suspended(at("02-02"), reason="supplement"), Resumed(at("03-02"))]
    assert due(clock, events) == date(2026, 4, 27)


def test_a_groundless_suspension_that_is_open_is_not_begun_again() -> None:
    """B7.10, as under the licensing law: also where the second one would have a ground."""
    clock = rule(60, reasons=SMALL_WIRELESS)
    for reason in ("visit", "incomplete"):
        events = [Started(at("01-01")), Suspended(at("01-03"), "s", "visit"), Suspended(at("01-04"), "s", reason)]
        closed = [*events, Resumed(at("01-05"), "s")]
        assert due(clock, closed) == date(2026, 3, 2)
        assert course_of(clock, closed).flags == ["suspend_no_statutory_ground:visit", "duplicate_suspend"]


def test_a_reset_after_its_window_is_flagged_and_ignored() -> None:
    clock = rule(60, reset_within=10)
    assert due(clock, [Started(at("01-01")), Restarted(at("01-11"))]) == date(2026, 3, 12)
    late: list[GeneralEvent] = [Started(at("01-01")), Restarted(at("01-12"))]
    assert due(clock, late) == date(2026, 3, 2)
    assert course_of(clock, late).flags == ["reset_too_late"]


def test_a_reason_the_law_does_not_know_stops_nothing() -> None:
    events = [Started(at("01-01")), Suspended(at("01-03"), reason="site_visit")]
    assert due(rule(10, reasons={}), events) == date(2026, 1, 11)
    assert course_of(rule(10, reasons={}), events).flags == ["suspend_no_statutory_ground:site_visit"]


ONCE = Extension(article="-", days_max=10)


@pytest.mark.parametrize(
    ("extensions", "days", "flags"),
    [
        ([("01-11", 10)], 20, []),  # the last day is in time
        ([("01-12", 10)], 10, ["extension_late"]),
        ([("01-05", 11)], 10, ["extension_exceeds_limit"]),
        ([("01-05", 4), ("01-06", 4)], 14, ["extension_repeated"]),
        ([("01-12", 11)], 10, ["extension_exceeds_limit"]),  # one flag, in the order of the tests
    ],
)
def test_an_extension_is_lawful_once_in_time_and_within_its_limit(
    extensions: list[tuple[str, int]], days: int, flags: list[str]
) -> None:
    clock = rule(10, extension=ONCE)
    events: list[GeneralEvent] = [Started(at("01-01")), *(Extended(at(day), n) for day, n in extensions)]
    result = standing(clock, events, at("01-12"))
    assert result is not None
    assert (result.length, list(result.flags)) == (days, flags)


def test_an_extension_in_weeks_lengthens_a_period_of_months_but_not_of_working_days() -> None:
    weeks = Extended(at("01-05"), 6, "week")
    assert due(rule(6, "month"), [Started(at("01-01")), weeks]) == date(2026, 8, 12)
    clock = rule(10, "working_day")
    assert course_of(clock, [Started(at("01-01")), weeks]).flags == ["extension_other_unit"]


def test_where_the_law_knows_no_extension_there_is_none() -> None:
    clock = rule(10, extension=None)
    events = [Started(at("01-01")), Extended(at("01-02"), 5), Agreed(at("01-02"), date(2026, 5, 1))]
    assert due(clock, events) == date(2026, 1, 11)
    assert course_of(clock, events).flags == ["extension_unknown_to_this_law", "agreement_unknown_to_this_law"]


def test_an_agreed_date_replaces_the_end_unless_it_is_earlier() -> None:
    clock = rule(8, "week")
    assert due(clock, [Started(at("01-01")), Agreed(at("02-01"), date(2026, 6, 30))]) == date(2026, 6, 30)
    assert due(clock, [Started(at("01-01")), Agreed(at("02-01"), date(2026, 2, 2))]) == date(2026, 2, 26)


def test_working_hours_stop_and_go_by_the_minute() -> None:
    """8 hours from 10:00; suspended 11:30-13:30 costs 30 + 30 minutes, as lunch was free anyway."""
    clock = rule(8, "working_hour", zone="Asia/Seoul", hours=HOURS)
    start = datetime(2026, 3, 4, 10, tzinfo=SEOUL)
    held = [Suspended(start.replace(hour=11, minute=30)), Resumed(start.replace(hour=13, minute=30))]
    assert due(clock, [Started(start)]) == datetime(2026, 3, 5, 10, tzinfo=SEOUL)
    assert due(clock, [Started(start), *held]) == datetime(2026, 3, 5, 11, tzinfo=SEOUL)
    assert due(clock, [Started(start), held[0]]) is None
    result = standing(clock, [Started(start), *held], start.replace(hour=15))
    assert result is not None
    assert (result.used, result.remaining, result.level) == (3.0, 5.0, "green")


def test_a_suspension_that_begins_when_the_last_minute_is_used_comes_too_late() -> None:
    clock = rule(8, "working_hour", zone="Asia/Seoul", hours=HOURS)
    start = datetime(2026, 3, 4, 9, tzinfo=SEOUL)
    assert due(clock, [Started(start), Suspended(start.replace(hour=18))]) == start.replace(hour=18)


def test_a_day_is_the_local_one_also_when_clocks_change() -> None:
    """Received 23:30 in Amsterdam on Mar 28, the evening before summer time; 22:30 UTC."""
    clock = rule(7, zone="Europe/Amsterdam")
    assert due(clock, [Started(at("03-28T22:30"))]) == date(2026, 4, 4)
    assert due(clock, [Started(at("03-28T23:30"))]) == date(2026, 4, 5)


def test_a_start_on_a_rest_day_or_after_closing_may_count_as_the_next_working_day() -> None:
    shifted = rule(1, "working_day", start_shift="next_working_day", hours=HOURS)
    assert due(shifted, [Started(at("01-09T17:59"))]) == date(2026, 1, 12)
    assert due(shifted, [Started(at("01-09T18:00"))]) == date(2026, 1, 13)
    assert due(shifted, [Started(at("01-10T10:00"))]) == date(2026, 1, 13)


def test_on_the_spot_means_while_the_office_is_open() -> None:
    clock = rule(0, "working_day", hours=HOURS)
    assert due(clock, [Started(at("01-09T17:59"))]) == date(2026, 1, 9)
    assert due(clock, [Started(at("01-09T18:00"))]) == date(2026, 1, 12)


def test_a_last_day_before_is_counted_back_in_each_unit() -> None:
    assert last_day_before(rule(30), date(2026, 6, 30)) == date(2026, 5, 31)
    assert last_day_before(rule(7, "working_day"), date(2026, 1, 30)) == date(2026, 1, 21)
    assert last_day_before(rule(7, "working_day"), date(2026, 1, 30), clear_days=True) == date(2026, 1, 20)
    assert last_day_before(rule(1, "month"), date(2026, 3, 31)) == date(2026, 2, 28)
    assert last_day_before(rule(2, "week"), date(2026, 3, 31), clear_days=True) == date(2026, 3, 16)


def test_silence_that_decides_has_decided() -> None:
    clock = rule(56, on_silence="deemed_granted")
    events: list[GeneralEvent] = [Started(at("01-01")), Stopped(at("03-01"))]
    result = standing(clock, events, at("03-02"))
    assert result is not None
    assert (result.state, result.deemed, result.deemed_from) == ("deemed", "deemed_granted", date(2026, 2, 27))
    met = standing(clock, [Started(at("01-01")), Stopped(at("02-26"))], at("03-02"))
    assert met is not None
    assert (met.state, met.deemed, met.level) == ("met", None, "none")


def test_while_suspended_nothing_is_due_and_nothing_warns() -> None:
    events: list[GeneralEvent] = [Started(at("01-01")), Suspended(at("01-10"))]
    result = standing(rule(10), events, at("01-20"))
    assert result is not None
    assert (result.state, result.level, result.due, result.used) == ("suspended", "paused", None, 8)
    assert result.earliest_due == date(2026, 1, 21)
    assert standing(rule(10), [*events, Withdrawn(at("01-15"))], at("01-20")).state == "void"  # type: ignore[union-attr]  # it has started


def test_it_warns_when_a_fifth_is_left() -> None:
    result = standing(rule(20), [Started(at("01-01"))], at("01-17"))
    later = standing(rule(20), [Started(at("01-01"))], at("01-18"))
    assert result is not None
    assert later is not None
    assert (result.level, result.yellow_from, result.remaining) == ("green", date(2026, 1, 18), 5)
    assert (later.level, later.remaining) == ("yellow", 4)
