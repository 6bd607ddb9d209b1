"""Counting working days from a start, without the days a suspension takes out (B3, B7)."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from domain.law.calendar.calendar import LAST_ORDINAL, WorkingCalendar

FOREVER = LAST_ORDINAL + 1  # a suspension without a resumption ends with the calendar

Gap = tuple[int, int]  # first day taken out, first day counted again
Break = tuple[int, int, int, int]  # a gap as one clock meets it: first, last, days counted before it, days it takes out


class CountedSpan(Struct, frozen=True, gc=False):
    """The days that count for one clock: after *start* (day 0, B3.1), working, outside the *breaks* (B3.2)."""

    calendar: WorkingCalendar
    start: int
    base: int
    breaks: list[Break] = []

    def through(self, day: int) -> int:
        """How many days count from the day after the start through *day*."""
        if day <= self.start:
            return 0
        counted = self.calendar.count_to(day) - self.base
        for first, last, before, lost in self.breaks:
            if first > day:
                break
            if last > day:
                return before
            counted -= lost
        return counted

    def nth(self, n: int) -> int | None:
        """The *n*-th (>= 1) counting day (B3.3); None if an open suspension begins before it (B7.6)."""
        wanted = self.base + n
        for _, last, before, lost in self.breaks:
            if n <= before:
                break
            if last >= LAST_ORDINAL:
                return None
            wanted += lost
        return self.calendar.at_count(wanted)


def span(calendar: WorkingCalendar, start: int, gaps: Sequence[Gap] = ()) -> CountedSpan:
    """The counting days after *start* outside the *gaps*, which are united and in order."""
    count_to = calendar.count_to
    base = count_to(start)
    if not gaps:
        return CountedSpan(calendar, start, base)
    breaks: list[Break] = []
    lost_before = 0
    for first, after in gaps:
        if after - 1 > start:
            reached = count_to(max(first - 1, start))
            lost = count_to(after - 1) - reached
            breaks.append((first, after - 1, reached - base - lost_before, lost))
            lost_before += lost
    return CountedSpan(calendar, start, base, breaks)


def on_the_spot(calendar: WorkingCalendar, day: int, minute: int, close_minute: int) -> int:
    """When a period of no days ends: the day itself while the counter is open, else the next working day (B3.4)."""
    if minute < close_minute and calendar.works(day):
        return day
    return calendar.nth_after(day, 1)
