"""统计期间 the period of a set of figures, and the periods it is compared with: 环比 and 同比."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Self

from msgspec import Struct

from domain.law.calendar.moment import midnight, next_day

MONTHS_PER_YEAR = 12


class Span(StrEnum):
    """What time is divided into, the longest first."""

    YEAR = "year"
    MONTH = "month"
    DAY = "day"

    def begin(self, day: date) -> date:
        """The first day of the one that *day* is in."""
        match self:
            case Span.YEAR:
                return day.replace(month=1, day=1)
            case Span.MONTH:
                return day.replace(day=1)
        return day

    def following(self, day: date) -> date:
        """The first day of the next one."""
        match self:
            case Span.YEAR:
                return date(day.year + 1, 1, 1)
            case Span.MONTH:
                return _first_of(_month(day) + 1)
        return next_day(day)

    def nearest(self, day: date) -> date:
        """Where one begins that is nearest to *day*."""
        begin, following = self.begin(day), self.following(day)
        return begin if day - begin <= following - day else following


Days = tuple[date, date]  # without the last


class Part(Struct, frozen=True):
    """The whole *span*s that a period has *more*, and *less*, than the longer spans that were taken *before*."""

    span: Span
    before: Days | None
    more: tuple[Days, ...]
    less: tuple[Days, ...]


class Period(Struct, frozen=True):
    """The local days from *first* to *last*, both in it."""

    first: date
    last: date

    @classmethod
    def month_of(cls, day: date) -> Self:
        """The calendar month that *day* is in."""
        return cls(day.replace(day=1), _month_end(day))

    def begins(self, zone: str) -> datetime:
        """The instant at which it begins."""
        return midnight(self.first, zone)

    def ends(self, zone: str) -> datetime:
        """The first instant after it."""
        return midnight(next_day(self.last), zone)

    def parts(self) -> list[Part]:
        """The same days as years, months and as few single days as possible, to be added up from stored sums."""
        parts, taken = list[Part](), None
        for span in Span:
            begin, stop = span.nearest(self.first), span.nearest(next_day(self.last))
            if taken is None:
                more, less = [(begin, stop)], list[Days]()
            else:
                more = [(begin, taken[0]), (taken[1], stop)]
                less = [(taken[0], begin), (stop, taken[1])]
            parts.append(Part(span, taken, *(tuple((a, b) for a, b in days if a < b) for days in (more, less))))
            taken = (begin, stop) if begin < stop else None
        return parts

    def before(self) -> Self:
        """环比: as many months before where it is made of whole months, else as many days before."""
        if self._whole_months():
            months = _month(self.last) - _month(self.first) + 1
            return type(self)(_first_of(_month(self.first) - months), _month_end(_first_of(_month(self.last) - months)))
        days = self.last - self.first + timedelta(days=1)
        return type(self)(self.first - days, self.last - days)

    def after(self) -> Self:
        """As many months after where it is made of whole months, else as many days after."""
        if self._whole_months():
            months = _month(self.last) - _month(self.first) + 1
            return type(self)(_first_of(_month(self.first) + months), _month_end(_first_of(_month(self.last) + months)))
        days = self.last - self.first + timedelta(days=1)
        return type(self)(self.first + days, self.last + days)

    def year_before(self) -> Self:
        """同比: the same days one year earlier, February's last day for its 29th."""
        last = _first_of(_month(self.last) - MONTHS_PER_YEAR)
        day = _month_end(last).day if self._whole_months() else self.last.day
        return type(self)(_a_year_before(self.first), last.replace(day=min(day, _month_end(last).day)))

    def compared(self, today: date) -> tuple[Self, Self]:
        """The periods for 环比 and 同比. While this one runs, they have as many days as have passed of it by *today*.

        A month of two days would otherwise be compared with a whole month, and every figure would seem to fall.
        """
        before, year_before = self.before(), self.year_before()
        if not self.first <= today < self.last:
            return before, year_before
        passed = today - self.first
        return before.beginning(passed), year_before.beginning(passed)

    def beginning(self, passed: timedelta) -> Self:
        """Its days up to *passed* after the first one."""
        return type(self)(self.first, min(self.last, self.first + passed))

    def _whole_months(self) -> bool:
        return self.first.day == 1 and self.last == _month_end(self.last) and self.first <= self.last


def _a_year_before(day: date) -> date:
    earlier = _first_of(_month(day) - MONTHS_PER_YEAR)
    return earlier.replace(day=min(day.day, _month_end(earlier).day))


def _month(day: date) -> int:
    """Months since the year 0."""
    return day.year * MONTHS_PER_YEAR + day.month - 1


def _first_of(month: int) -> date:
    return date(month // MONTHS_PER_YEAR, month % MONTHS_PER_YEAR + 1, 1)


def _month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])
