"""告知日期 announced dates: which last day of a clock the applicant was told last, beside the one that is counted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from domain.law.procedure.history import Announcement
from domain.messages import Entry
from domain.project.application.announcement import DateAnnounced


def announcement(entry: Entry, fact: DateAnnounced) -> Announcement:
    """The announcement that *entry* records."""
    return Announcement(entry.version, fact.clock, fact.announced_on, fact.provisional, entry.occurred_at)


def amend(announcements: Iterable[Announcement], version: int, at: datetime) -> None:
    """The entry of this version, if it is one of them, tells what happened at another instant."""
    for one in announcements:
        if one.version == version:
            one.at = at


def last_announced(announcements: Iterable[Announcement], t: datetime | None = None) -> dict[str, date]:
    """By the name of its clock, the day told last by *t* (None: of all)."""
    by_then = [one for one in announcements if t is None or one.at <= t]
    return {one.clock: one.announced_on for one in sorted(by_then, key=lambda one: (one.at, one.version))}
