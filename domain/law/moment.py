"""When something legally happened: an instant, and the local date that the law counts from."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, ClassVar
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

if TYPE_CHECKING:
    from domain.law.case import Case

MINUTES_PER_HOUR = 60
ONE_DAY = timedelta(days=1)

Instant = Annotated[datetime, Meta(tz=True)]


class Moment(Struct, frozen=True, gc=False):
    """An instant *at*, the same on the wall clock of the rule's zone, and the ordinal of its local *day* (B1.2)."""

    at: datetime
    local: datetime
    day: int

    @property
    def minute(self) -> int:
        """Minutes since local midnight."""
        return self.local.hour * MINUTES_PER_HOUR + self.local.minute


def moment(at: datetime, zone: ZoneInfo) -> Moment:
    """Where *at* (aware) falls in *zone*."""
    try:
        local = at.astimezone(zone)
    except OverflowError:  # in the first or last hours of Python's calendar the zone has no date: keep the given one
        local = at
    return Moment(at, local, local.toordinal())


def midnight(day: date, zone: str) -> datetime:
    """The instant at which the local *day* begins in *zone*, in UTC: what a timer is set to (B10.2)."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def local_day(at: datetime, zone: str) -> date:
    """The date on which the instant *at* falls in *zone*."""
    return at.astimezone(ZoneInfo(zone)).date()


def next_day(day: date) -> date:
    """The day after *day*; the last day of the year 9999 has none and is its own."""
    return day if day == date.max else day + ONE_DAY


def week_from(at: datetime, zone: str) -> datetime:
    """The instant at which the week of *at* began in *zone*: midnight before its Monday."""
    day = local_day(at, zone)
    return midnight(date.fromisocalendar(*day.isocalendar()[:2], 1), zone)


def day_before(day: date) -> date:
    """The day before *day*; the first day of the year 1 has none and is its own."""
    return day if day == date.min else day - ONE_DAY


class Happening(Struct, frozen=True, tag_field="type"):
    """Something that legally happened to an item. *at* is when; *recorded_at* when the system learned of it (B1.1).

    *recorded_at* None means that both are one. *begins* marks what can be the first thing known of an application,
    *outlives_withdrawal* what is still put on record afterwards, *corrects* what speaks of another event.
    """

    id: str
    at: Instant
    recorded_at: Instant | None = None

    begins: ClassVar[bool] = False
    outlives_withdrawal: ClassVar[bool] = False
    corrects: ClassVar[bool] = False

    def apply(self, case: Case, when: Moment) -> None:
        """Do to *case* what the law says; never fails, whatever the history."""

    def apply_too_early(self, case: Case, when: Moment) -> None:
        """Leave on *case* what is to be seen of an act that came before there was an application: usually nothing."""
