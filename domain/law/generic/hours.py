"""Counting working hours: by the minute, inside opening hours with their breaks, on working days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.law.calendar.calendar import WorkingCalendar

Stretch = tuple[datetime, datetime | None]
NOTHING = timedelta()


def open_windows(
    calendar: WorkingCalendar, hours: Sequence[tuple[time, time]], zone: ZoneInfo, since: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """The opening hours from the local day of *since* on, as instants in UTC, without end."""
    day = calendar.next_working_day(since.astimezone(zone).date())
    while day < date.max:
        for opens, closes in hours:
            yield (
                datetime.combine(day, opens, zone).astimezone(UTC),
                datetime.combine(day, closes, zone).astimezone(UTC),
            )
        day = calendar.nth_working_day_after(day, 1)


def pieces(window: tuple[datetime, datetime], since: datetime, out: Sequence[Stretch]) -> Iterator[Stretch]:
    """What of one window counts: after *since*, outside the suspensions *out* (sorted by their beginning).

    A piece whose end is None is followed by a suspension that is still open: nothing later is known to count.
    """
    begins, closes = max(window[0], since), window[1]
    for start, end in out:
        if start >= closes or begins >= closes:
            break
        if end is not None and end <= begins:
            continue
        if start > begins:
            yield begins, start
        if end is None:
            yield start, None
            return
        begins = max(begins, end)
    if begins < closes:
        yield begins, closes


def end_of_hours(
    windows: Iterator[tuple[datetime, datetime]], since: datetime, length: timedelta, out: Sequence[Stretch]
) -> datetime | None:
    """The instant at which *length* of opening time has passed since *since*; None while a suspension hides it."""
    left = length
    if left <= NOTHING:
        return since
    for window in windows:
        for begins, ends in pieces(window, since, out):
            if ends is None:
                return None
            if ends - begins >= left:
                return begins + left
            left -= ends - begins
    raise ValueError("the calendar ends before the period does")


def hours_between(
    windows: Iterator[tuple[datetime, datetime]], since: datetime, until: datetime, out: Sequence[Stretch]
) -> timedelta:
    """How much opening time passed from *since* to *until* outside the suspensions."""
    passed = NOTHING
    for window in windows:
        if window[0] >= until:
            break
        for begins, ends in pieces((window[0], min(window[1], until)), since, out):
            if ends is None:
                return passed
            passed += ends - begins
    return passed
