"""The calendar agrees with two independent packages, with itself day by day, and with what was known when."""

from datetime import date, timedelta

import chinese_calendar  # type: ignore[import-untyped]  # it ships no types
import holidays
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.law.calendar.calendar import (
    CalendarData,
    CalendarFile,
    DayKind,
    Notice,
    WorkingCalendar,
    books_of,
    decode_books,
)
from tests.law.packs.books import china, with_notice

DAY = timedelta(days=1)
FIRST, LAST = date(2010, 1, 1), date(2026, 12, 28)  # what the shipped notices cover
CENTURY = st.dates(date(1990, 1, 1), date(2100, 12, 31))
COVERED = [FIRST + DAY * n for n in range((LAST - FIRST).days + 1)]
NOW = china().as_known(date(2026, 1, 1))


def test_every_covered_day_is_as_chinesecalendar_says() -> None:
    assert [day for day in COVERED if NOW.is_working(day) != chinese_calendar.is_workday(day)] == []


def test_every_covered_day_is_as_the_holidays_package_says() -> None:
    theirs = holidays.country_holidays("CN", years=range(2010, 2027))
    assert [day for day in COVERED if NOW.is_working(day) != theirs.is_working_day(day)] == []


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2025-09-26", 5, "2025-10-10"),
        ("2025-09-26", 20, "2025-10-30"),
        ("2025-01-20", 10, "2025-02-08"),  # a Saturday: a make-up day is a working day like any other
        ("2025-04-25", 5, "2025-05-06"),
        ("2024-02-05", 20, "2024-03-08"),
        ("2024-09-12", 10, "2024-09-27"),
    ],
)
def test_terms_measured_against_the_published_schedules(start: str, days: int, due: str) -> None:
    assert NOW.nth_working_day_after(date.fromisoformat(start), days) == date.fromisoformat(due)


@given(CENTURY, st.integers(1, 90))
def test_the_nth_day_is_the_one_a_finger_on_the_wall_calendar_finds(start: date, n: int) -> None:
    day = start
    for _ in range(n):
        day += DAY
        while not NOW.is_working(day):
            day += DAY
    assert NOW.nth_working_day_after(start, n) == day
    assert NOW.working_days_between(start, day) == n
    assert NOW.is_working(day)


@given(CENTURY, st.integers(1, 90))
def test_counting_back_undoes_counting_forward(start: date, n: int) -> None:
    working = NOW.next_working_day(start)
    assert NOW.nth_working_day_before(NOW.nth_working_day_after(working, n), n) == working


@given(st.dates(), st.sets(st.sampled_from(range(7)), max_size=6), st.dictionaries(st.dates(), st.booleans()))
def test_any_weekend_and_any_exceptions_count_as_they_answer(
    day: date, weekend: set[int], days: dict[date, bool]
) -> None:
    calendar = WorkingCalendar(weekend, {d: (works, "n") for d, works in days.items()})
    for near in {day, *days}:
        before = calendar.count_to(near.toordinal() - 1)
        assert calendar.count_to(near.toordinal()) - before == calendar.is_working(near)
        assert calendar.is_working(near) == calendar.day(near).works
        assert calendar.is_working(near) == days.get(near, near.weekday() not in weekend)


@given(st.sets(st.dates(date(1989, 12, 25), date(1990, 1, 8)) | st.dates(date(2100, 12, 20), date(2101, 1, 9))))
def test_the_table_and_the_arithmetic_beyond_it_meet(holidays_there: set[date]) -> None:
    calendar = WorkingCalendar.of_holidays(holidays_there)
    for first, last in (("1989-12-20", "1990-01-20"), ("2100-12-10", "2101-01-20")):
        days = range(date.fromisoformat(first).toordinal(), date.fromisoformat(last).toordinal())
        working = [day for day in days if calendar.works(day)]
        assert [calendar.nth_after(days[0] - 1, n) for n in range(1, len(working) + 1)] == working
        assert calendar.count_to(days[-1]) - calendar.count_to(days[0] - 1) == len(working)


def test_a_week_without_a_working_day_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one working day"):
        WorkingCalendar(range(7))


def test_a_notice_applies_from_its_publication() -> None:
    extension = date(2020, 1, 31)  # the Spring Festival extension was published on January 27
    assert china().as_known(date(2020, 1, 26)).is_working(extension)
    assert not china().as_known(date(2020, 1, 27)).is_working(extension)


def test_the_horizon_is_that_of_the_last_yearly_notice() -> None:
    assert china().as_known(date(2025, 11, 3)).known_until == date(2025, 12, 28)
    assert china().as_known(date(2025, 11, 4)).known_until == date(2026, 12, 28)
    assert not NOW.provisional(date(2026, 12, 28))
    assert NOW.provisional(date(2026, 12, 29))
    assert china().as_known(date(2009, 1, 1)).provisional(date(2010, 1, 1))


def test_beyond_the_horizon_the_regulation_itself_still_names_days_off() -> None:
    assert NOW.day(date(2027, 2, 5)) == (False, DayKind.STATUTORY, "")
    assert NOW.day(date(2027, 2, 10)) == (True, DayKind.WORKING, "")


@pytest.mark.parametrize(
    ("day", "kind", "notice"),
    [
        ("2026-02-14", DayKind.MAKE_UP, "CN-2026"),
        ("2026-02-15", DayKind.HOLIDAY, "CN-2026"),
        ("2026-03-01", DayKind.REST, ""),
        ("2026-03-02", DayKind.WORKING, ""),
        ("2020-01-31", DayKind.HOLIDAY, "CN-2020-rev1"),
        ("2020-02-03", DayKind.WORKING, "CN-2020-rev1"),
    ],
)
def test_a_day_says_why_and_by_which_notice(day: str, kind: DayKind, notice: str) -> None:
    of_day = NOW.day(date.fromisoformat(day))
    assert (of_day.kind, of_day.notice) == (kind, notice)


def test_the_version_changes_with_what_is_known_and_only_then() -> None:
    versions = [china().as_known(date(2020, 1, day)).version for day in (1, 26, 27)]
    assert versions[0] == versions[1] != versions[2]
    assert versions[2].startswith("CN/CN-2020-rev1/")


def test_an_autonomous_region_adds_its_holidays_to_the_national_ones() -> None:
    sanyuesan = date(2026, 4, 20)  # 三月三, a local holiday under Art. 4 of the holiday regulation
    region = CalendarData(
        notices=(Notice("CN-45-2026", date(2025, 12, 1), date(2026, 12, 28), days={sanyuesan: 0}),), stacks_on="CN"
    )
    books = books_of(CalendarFile(calendars={"CN": china().data, "CN-45": region}))

    here, early = books["CN-45"].as_known(date(2026, 1, 1)), books["CN-45"].as_known(date(2025, 11, 30))

    assert not here.is_working(sanyuesan)
    assert not here.is_working(date(2026, 2, 16))  # the national notice holds as well
    assert early.is_working(sanyuesan)
    assert NOW.is_working(sanyuesan)
    assert here.known_until == date(2026, 12, 28)


def test_a_region_stacks_on_a_national_calendar_and_on_nothing_else() -> None:
    region = CalendarData(stacks_on="CN-45")
    with pytest.raises(ValueError, match="no national calendar"):
        books_of(CalendarFile(calendars={"CN-45": region}))


def test_a_notice_that_reaches_into_its_past_names_those_days() -> None:
    notice = Notice("late", date(2026, 3, 3), days={date(2026, 3, 3): 0, date(2026, 3, 2): 0, date(2026, 3, 4): 0})
    assert notice.days_in_its_past == (date(2026, 3, 2), date(2026, 3, 3))
    assert [n.id for n in china().data.notices if n.days_in_its_past] == []


def test_a_book_with_one_more_notice_leaves_the_old_one_alone() -> None:
    day = date(2026, 6, 1)
    more = with_notice(china(), Notice("CN-2026-rev1", date(2026, 5, 1), days={day: 0}))
    assert not more.as_known(date(2026, 5, 1)).is_working(day)
    assert more.as_known(date(2026, 4, 30)).is_working(day)
    assert china().as_known(date(2026, 5, 1)).is_working(day)


def test_a_faulty_calendar_file_is_refused_with_the_place_of_the_fault() -> None:
    raw = b'{"calendars": {"CN": {"notices": [{"id": "x", "published": "2026-01-01", "days": {"2026-01-02": 2}}]}}}'
    with pytest.raises(msgspec.ValidationError, match=r"notices\[0\].days"):
        decode_books(raw)
