"""The general auditor's counting of one period: it walks day by day, within opening hours in steps of five minutes.

Written from the rule book, on plain data, without any code of the engine. All times are multiples of five minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]

DAY, STEP = timedelta(days=1), timedelta(minutes=5)
STEPS_PER_HOUR = 12
PATIENCE_DAYS = 4_000  # no period of a drawn law takes as long
SATURDAY, MONDAY_AFTER, NOON = 5, 2, time(12)
BY_WORKING_DAYS = ("working_day", "working_hour")
DAYS_A_WEEK, MONTHS_A_YEAR = 7, 12


@dataclass(frozen=True)
class Halt:
    """Time that is not counted, from an instant to another or for ever, as far as days go also by its local days."""

    begun: datetime
    first: date
    ended: datetime | None = None
    last: date | None = None


@dataclass(frozen=True)
class WalkedPeriod:
    """One period: its law as plain data, when it began, how long it is, and what held it up."""

    law: Json
    begun: datetime
    n: int
    added: tuple[tuple[int, str], ...] = ()
    halts: tuple[Halt, ...] = ()
    agreed: date | None = None
    out: dict[date, bool] = field(default_factory=dict, compare=False)  # what was found for a day

    def answered(self, at: datetime) -> WalkedPeriod:
        """The same period, if whatever is open were answered at an instant."""
        day = local(self.law, at).date()
        halts = tuple(replace(halt, ended=halt.ended or at, last=halt.last or day) for halt in self.halts)
        return replace(self, halts=halts, out={})

    @property
    def hours(self) -> bool:
        return bool(self.law["unit"] == "working_hour")

    @property
    def day0(self) -> date:
        """The day from which it counts; where the law shifts it, the next working day."""
        day = local(self.law, self.begun).date()
        if self.law["start_shift"] == "none":
            return day
        day += DAY * self.is_after_closing
        while not works(self.law, day):
            day += DAY
        return day

    @property
    def is_after_closing(self) -> bool:
        """Whether it began when the counter had closed for the day."""
        hours = self.law["hours"]
        return bool(hours) and local(self.law, self.begun).time() >= time.fromisoformat(hours[-1][1])

    @property
    def first(self) -> date:
        """The first day that may count."""
        return self.day0 if self.law["first_day"] == "included" else self.day0 + DAY

    def is_out(self, day: date) -> bool:
        """Whether a halt takes the day out, by what the brackets say of its two ends."""
        if day not in self.out:
            self.out[day] = any(takes_out(self.law["suspension_day_rule"], halt, day) for halt in self.halts)
        return self.out[day]

    def is_held_for_good(self, day: date) -> bool:
        """Whether a halt without an end takes the day out: which day will be the next to count is not known."""
        return any(halt.last is None and takes_out(self.law["suspension_day_rule"], halt, day) for halt in self.halts)

    def counts(self, day: date) -> bool:
        """Whether the day is one of those that are counted."""
        return not self.is_out(day) and (self.law["unit"] not in BY_WORKING_DAYS or works(self.law, day))

    @property
    def length(self) -> int:
        """How many days (or hours) it has with what was added; months as many days as they have from its first day."""
        parts = [(self.n, self.law["unit"]), *self.added]
        if self.law["unit"] in BY_WORKING_DAYS:
            return sum(n for n, unit in parts if unit == self.law["unit"])
        days = sum(n * (DAYS_A_WEEK if unit == "week" else 1) for n, unit in parts if unit != "month")
        months = sum(n for n, unit in parts if unit == "month")
        return days + ((last_of_months(self, months) - self.first).days + 1 if months else 0)

    def nth(self, count: int) -> date | None:
        """The *count*-th day that counts; for none, the day of the beginning or the first after it that counts."""
        day = self.first
        if count == 0:
            late = self.law["unit"] == "working_day" and self.is_after_closing and self.law["start_shift"] == "none"
            day, count = self.day0 + DAY * late, 1
        for _ in range(PATIENCE_DAYS):
            if self.is_held_for_good(day):
                return None
            count -= self.counts(day)
            if count == 0:
                return day
            day += DAY
        raise AssertionError(f"a period of {self.length} has no end")

    def through(self, last: date) -> int:
        """How many days have counted through *last*."""
        days = range((last - self.first).days + 1)
        return sum(self.counts(self.first + DAY * number) for number in days)

    def end(self) -> date | datetime | None:
        """The last day or instant that is in time; None while that is not known."""
        if self.hours:
            last: date | datetime | None = self.instant(self.length)
        else:
            nominal = self.nth(self.length)
            last = None if nominal is None else self.rolled(nominal)
        if self.agreed is None or last is None:
            return last
        return max(last, self.agreed, key=lambda end: over(self.law, end))

    def rolled(self, day: date) -> date | datetime | None:
        """Where the last day goes if the office rests on it."""
        roll = self.law["roll"]
        for _ in range(PATIENCE_DAYS):
            if roll == "none":
                return day
            if self.is_held_for_good(day):
                return None
            if self.is_out(day):
                day += DAY
            elif roll == "saturday_noon" and is_plain_saturday(self.law, day):
                day += DAY * MONDAY_AFTER
                if works(self.law, day) and not self.is_out(day):
                    return datetime.combine(day, NOON, ZoneInfo(self.law["zone"]))
            elif works(self.law, day):
                return day
            else:
                day += DAY
        raise AssertionError(f"{day} rolls for ever")

    def steps(self) -> Iterator[datetime]:
        """Every five minutes within opening hours from the beginning on, by their beginnings."""
        day, zone = local(self.law, self.begun).date(), ZoneInfo(self.law["zone"])
        for _ in range(PATIENCE_DAYS):
            for opens, closes in self.law["hours"] if works(self.law, day) else ():
                at = datetime.combine(day, time.fromisoformat(opens), zone)
                while at.time() < time.fromisoformat(closes):
                    if at >= self.begun:
                        yield at
                    at += STEP
            day += DAY

    def is_held(self, at: datetime) -> bool:
        return any(halt.begun <= at and (halt.ended is None or at < halt.ended) for halt in self.halts)

    def instant(self, hours: int) -> datetime | None:
        """When so many opening hours have passed."""
        left = hours * STEPS_PER_HOUR
        if left <= 0:
            return local(self.law, self.begun)
        for at in self.steps():
            if any(halt.ended is None and halt.begun <= at for halt in self.halts):
                return None
            left -= not self.is_held(at)
            if left == 0:
                return at + STEP
        raise AssertionError(f"{hours} hours have no end")

    def hours_by(self, until: datetime) -> float:
        """How many opening hours have passed by an instant."""
        passed = 0
        for at in self.steps():
            if at >= until:
                break
            passed += not self.is_held(at)
        return passed / STEPS_PER_HOUR

    def warns_from(self) -> date | datetime | None:
        """When what is left comes under the threshold."""
        yellow = self.law["yellow"]
        threshold = max(yellow["min"], ceil(Fraction(self.length * yellow["num"], yellow["den"])))
        quiet = max(0, self.length - threshold)
        if self.hours:
            return self.instant(quiet)
        if quiet == 0:
            return self.day0
        last = self.nth(quiet)
        return None if last is None else last + DAY


def local(law: Json, at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(law["zone"]))


def works(law: Json, day: date) -> bool:
    """Whether the office is open: on a weekday that is no holiday, and on a rest day that is worked instead."""
    return (day.weekday() not in law["weekend"] or day in law["worked"]) and day not in law["holidays"]


def is_plain_saturday(law: Json, day: date) -> bool:
    """A Saturday like any other: no holiday falls on it, and it is not worked instead of another day."""
    is_made_up = day in law["worked"] and day.weekday() in law["weekend"]
    return day.weekday() == SATURDAY and day not in law["holidays"] and not is_made_up


def takes_out(rule: str, halt: Halt, day: date) -> bool:
    """Whether a halt takes a day out: a square bracket takes its end out as well, a round one does not."""
    begun = day >= halt.first if rule[0] == "[" else day > halt.first
    return begun and (halt.last is None or day < halt.last or (rule[-1] == "]" and day == halt.last))


def over(law: Json, end: date | datetime) -> datetime:
    """When a last day or instant is over."""
    return end if isinstance(end, datetime) else datetime.combine(end + DAY, time(), ZoneInfo(law["zone"]))


def months_after(day: date, months: int) -> tuple[date, bool]:
    """The day of the same number so many months later, and whether there is one; else the last of that month."""
    years, month = divmod(day.month - 1 + months, MONTHS_A_YEAR)
    first = date(day.year + years, month + 1, 1)
    same = first + DAY * (day.day - 1)
    if same.month == first.month:
        return same, True
    return date(first.year + first.month // MONTHS_A_YEAR, first.month % MONTHS_A_YEAR + 1, 1) - DAY, False


def last_of_months(period: WalkedPeriod, months: int) -> date:
    """The last day of so many months, by the law's own convention."""
    if period.law["first_day"] == "excluded" and period.law["month_end"] == "same_day":
        return months_after(period.day0, months)[0]
    first = period.day0 if period.law["first_day"] == "included" else period.day0 + DAY
    day, exists = months_after(first, months)
    return day - DAY * exists
