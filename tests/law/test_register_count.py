"""The plain count: what anyone can work out from a register's own days."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.law.register_count import PlainCount, later, plain_count

BEGUN, ENDED = date(2012, 3, 1), date(2012, 5, 10)
DAY = timedelta(days=1)
days = st.dates(date(2012, 1, 1), date(2012, 12, 31))


def test_a_case_in_time_and_a_case_too_late() -> None:
    in_time = plain_count(BEGUN, ENDED, [(date(2012, 3, 6), date(2012, 3, 20))], 56)
    too_late = plain_count(BEGUN, ENDED, [], 56)

    assert in_time == PlainCount(
        deadline_on=date(2012, 5, 10), gross_days=70, net_days=56, suspended_days=14, late=False
    )
    assert (too_late.deadline_on, too_late.late) == (date(2012, 4, 26), True)


def test_what_is_not_known_yet_is_none() -> None:
    still_open = plain_count(BEGUN, None, [], 56)

    assert (still_open.deadline_on, still_open.gross_days, still_open.late) == (date(2012, 4, 26), None, None)
    assert plain_count(None, ENDED, [], 56) == PlainCount(None, None, None, 0, None)
    assert plain_count(BEGUN, ENDED, [], None).late is None


def test_a_suspension_is_cut_off_at_the_end_and_no_day_counts_twice() -> None:
    twice = [(date(2012, 5, 1), date(2012, 5, 8)), (date(2012, 5, 4), date(2012, 6, 30))]

    assert plain_count(BEGUN, ENDED, twice, 56).suspended_days == 9
    assert plain_count(BEGUN, ENDED, [(date(2012, 5, 20), date(2012, 5, 30))], 56).suspended_days == 0
    assert plain_count(BEGUN, ENDED, [(date(2012, 4, 9), date(2012, 4, 2))], 56).suspended_days == 0


def test_a_last_day_that_the_register_states_is_used() -> None:
    assert plain_count(BEGUN, ENDED, [], 56, date(2012, 5, 10)).late is False


def test_a_mistyped_number_does_not_end_the_count() -> None:
    assert later(BEGUN, 10**9) == date.max


@given(days, days, st.lists(st.tuples(days, days), max_size=5), st.integers(0, 100))
def test_it_agrees_with_counting_day_by_day(
    begun: date, ended: date, stretches: list[tuple[date, date]], length: int
) -> None:
    counted = plain_count(begun, ended, stretches, length)

    out = {
        day
        for nth in range(366)
        if any(start <= (day := date(2012, 1, 1) + DAY * nth) < min(end, ended) for start, end in stretches)
    }
    assert counted.suspended_days == len(out)
    assert counted.deadline_on == begun + DAY * (length + len(out))
    assert counted.net_days == (ended - begun).days - len(out)
