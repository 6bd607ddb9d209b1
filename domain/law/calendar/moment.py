"""When something legally happened: an instant, and the local date that the law counts from."""

from __future__ import annotations

import sys
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

MINUTES_PER_HOUR = 60
ONE_DAY, SIX_DAYS = timedelta(days=1), timedelta(days=6)
NOT_IANA = ("localtime", "posixrules")  # files beside the zones, which each machine sets for itself
NOT_IANA_FOLDERS = ("posix/", "right/")

Instant = Annotated[datetime, Meta(tz=True)]


class Moment(Struct, frozen=True, gc=False):
    """An instant *at*, the same on the wall clock of the rule's zone, and the ordinal of its local *day* (B1.2).

    *place* is that of an event in recording order, which decides among events of one instant (B1.3). The moment at
    which a question is put has the last one: all that happened by then happened before it.
    """

    at: datetime
    local: datetime
    day: int
    place: int = sys.maxsize

    @property
    def minute(self) -> int:
        """Minutes since local midnight."""
        return self.local.hour * MINUTES_PER_HOUR + self.local.minute

    def is_before(self, other: Moment) -> bool:
        """Whether it comes before *other* in the legal order: by the instant, ties in recording order (B1.3)."""
        return self.at < other.at or (self.at == other.at and self.place < other.place)


def moment(at: datetime, zone: ZoneInfo, place: int = sys.maxsize) -> Moment:
    """Where *at* (aware) falls in *zone*, for the event at *place* in recording order or for a question."""
    local = local_time(at, zone)
    return Moment(at, local, local.toordinal(), place)


def local_time(at: datetime, zone: ZoneInfo) -> datetime:
    """The local time of *at* (aware) in *zone*."""
    try:
        return at.astimezone(zone)
    except OverflowError:  # in the first or last hours of Python's calendar the zone has no date: keep the given one
        return at


def is_zone(name: str) -> bool:
    """Whether *name* is a zone of the IANA database: not the machine's own, nor one of leap seconds (B1.2)."""
    if name in NOT_IANA or name.startswith(NOT_IANA_FOLDERS):
        return False
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        return False
    return True


def midnight(day: date, zone: str) -> datetime:
    """The instant at which the local *day* begins in *zone*, in UTC: what a timer is set to (B10.2)."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def local_day(at: datetime, zone: str) -> date:
    """The date on which the instant *at* falls in *zone*."""
    return at.astimezone(ZoneInfo(zone)).date()


def next_day(day: date) -> date:
    """The day after *day*; the last day of the year 9999 has none and is its own."""
    return day if day == date.max else day + ONE_DAY


def monday(day: date) -> date:
    """The first day of the week of *day*."""
    return date.fromisocalendar(*day.isocalendar()[:2], 1)


def sunday(day: date) -> date:
    """The last day of the week of *day*; in the last week of the year 9999 the last day there is."""
    first = monday(day)
    return date.max if date.max - first < SIX_DAYS else first + SIX_DAYS


def week_from(at: datetime, zone: str) -> datetime:
    """The instant at which the week of *at* began in *zone*: midnight before its Monday."""
    return midnight(monday(local_day(at, zone)), zone)


def days_from(at: datetime, zone: str, days: int) -> datetime:
    """The instant at which the last so many local *days* began, of which that of *at* is the last."""
    return midnight(local_day(at, zone) - timedelta(days=days - 1), zone)


def weeks_later(day: date, weeks: int) -> date:
    """The same weekday so many *weeks* later; earlier where they are below zero."""
    return day + timedelta(weeks=weeks)


def day_before(day: date) -> date:
    """The day before *day*; the first day of the year 1 has none and is its own."""
    return day if day == date.min else day - ONE_DAY


MONTHS_PER_YEAR = 12


def months_later(day: date, months: int) -> tuple[date, bool]:
    """The day with the same number *months* later, and True; in a month too short for it its last day, and False."""
    years, month = divmod(day.month - 1 + months, MONTHS_PER_YEAR)
    year = day.year + years
    if year > date.max.year:
        return date.max, True
    length = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, length)), day.day <= length
