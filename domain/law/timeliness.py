"""勤勉 diligence: supervision beside deadlines: late records, and clocks suspended unusually often.

Nothing is refused or cut short for it: these are questions for people to ask (rule book B7.11, B11.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from domain.law.calendar.calendar import WorkingCalendar

LAG_TARGET_DAYS = 1  # working days from the act to its record (B11.2)
SUSPENSIONS_USUAL_MAX = 3  # of one application; more are reported (B7.11)
NIGHTS_USUAL_MAX = 1  # a hearing may well begin in an afternoon and end next morning; not again and again
NOON = time(12)


def lag_days(calendar: WorkingCalendar, happened_on: date, recorded_on: date) -> int:
    """Working days after the act's own day through the one on which it was recorded; 0 on the same day."""
    return calendar.working_days_between(happened_on, recorded_on)


def percentile(counts: Mapping[int, int], percent: int) -> int | None:
    """The smallest value that at least *percent* of the counted ones do not exceed (nearest rank); None of none."""
    wanted, reached = sum(counts.values()) * percent, 0
    for value in sorted(counts):
        reached += counts[value]
        if reached * 100 >= wanted and counts[value]:
            return value
    return None


def is_overnight(begun: datetime, resumed: datetime | None, zone: str) -> bool:
    """Whether a clock was stopped in an afternoon and resumed in the morning of a later day."""
    if resumed is None:
        return False
    start, end = (at.astimezone(ZoneInfo(zone)) for at in (begun, resumed))
    return start.time() >= NOON and end.time() < NOON and start.date() < end.date()


def is_nightly(begun: datetime, resumed: datetime | None, calendar: WorkingCalendar, zone: str) -> bool:
    """Whether a clock was stopped from an afternoon to the next working morning.

    Under the rule that a day belongs to how it ended (B7.2) each such night takes a day out on which people worked.
    """
    if resumed is None or not is_overnight(begun, resumed, zone):
        return False
    start, end = (at.astimezone(ZoneInfo(zone)).date() for at in (begun, resumed))
    return end <= calendar.nth_working_day_after(start, 1)


def are_unusual(suspensions: int, nights: int) -> bool:
    """Whether so many *suspensions* of one application, *nights* of them overnight, are more than usual (B7.11)."""
    return suspensions > SUSPENSIONS_USUAL_MAX or nights > NIGHTS_USUAL_MAX
