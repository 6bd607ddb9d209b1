"""告知日期 announced dates: the last day of a clock that the applicant was given last, beside the one counted."""

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
    """The entry of this version, if it is one of them, says what happened at another instant."""
    for announcement in announcements:
        if announcement.version == version:
            announcement.at = at


def last_announced(announcements: Iterable[Announcement], t: datetime | None = None) -> dict[str, date]:
    """By the name of its clock, the last day announced last by *t* (None: of all)."""
    by_then = [announcement for announcement in announcements if t is None or announcement.at <= t]
    return {
        announcement.clock: announcement.announced_on
        for announcement in sorted(by_then, key=lambda announcement: (announcement.at, announcement.version))
    }
