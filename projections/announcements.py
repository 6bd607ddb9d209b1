"""告知日期 announced dates: which last day of a clock the applicant was told last, beside the one that is counted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from domain.project.announcement import DateAnnounced
from domain.vocabulary import Entry

if TYPE_CHECKING:
    from projections.readings import Reading


class Announcement(Struct):
    """What was told at an instant of the last day of *clock*; *version* is that of its entry."""

    version: int
    clock: str
    announced_on: date
    provisional: bool
    at: datetime

    @classmethod
    def of(cls, entry: Entry, fact: DateAnnounced) -> Announcement:
        """The announcement that *entry* records."""
        return cls(entry.version, fact.clock, fact.announced_on, fact.provisional, entry.occurred_at)


def amend(announcements: Iterable[Announcement], version: int, at: datetime) -> None:
    """The entry of this version, if it is one of them, tells what happened at another instant."""
    for one in announcements:
        if one.version == version:
            one.at = at


def last_told(announcements: Iterable[Announcement], t: datetime | None = None) -> dict[str, date]:
    """By the name of its clock, the day told last by *t* (None: of all)."""
    by_then = [one for one in announcements if t is None or one.at <= t]
    return {one.clock: one.announced_on for one in sorted(by_then, key=lambda one: (one.at, one.version))}


def with_announced(reading: Reading, announced_on: date | None) -> Reading:
    """*reading* with the last day that the applicant was told, and whether another one is counted now."""
    if announced_on is None:
        return reading
    differs = announced_on != (reading.due_on or reading.earliest_due_on)
    return structs.replace(reading, announced_on=announced_on, announced_differs=differs)
