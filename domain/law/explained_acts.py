"""The acts that changed a clock, for its explanation: suspensions and extensions, each with its days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from domain.law.authority import Confidence

OUTSIDE_CLOCK = "extension_outside_clock"  # an approval that the clock never saw


class End(StrEnum):
    """What ended a suspension."""

    RESUMED = "resumed"
    TERM = "term"  # the term set for the answer was over
    CLOCK = "clock"  # the clock itself stopped, and nothing waits any more (B7.8)
    OPEN = "open"  # nothing yet


class Recording(Struct, frozen=True):
    """Who recorded an act, for which department, and when; *version* is that of its entry."""

    by: str
    department: str
    at: datetime
    version: int


class ExplainedSuspension(Struct, frozen=True, kw_only=True):
    """A suspension on one *ground*. It *stops* the clock only where the law has the ground for it (B7.1).

    *event* and *end_event* are the ids of the events, *days_out* the counting days it took out so far or will, as far
    as they are listed. *notified*: the applicant was notified in writing, until *planned_until*, and it *overran* where
    it took more. Title, article and quotation are those of the ground; *reason* is what the officer wrote.
    """

    event: str
    sid: str
    ground: str
    stops: bool
    from_on: date
    until_on: date | None
    end: End
    end_event: str
    days_out: int
    notified: bool
    planned_until: date | None
    overran: bool
    title: str = ""
    title_zh: str = ""
    article: str = ""
    quote: str = ""
    confidence: Confidence = "text"
    reason: str = ""
    recorded: Recording | None = None
    end_recorded: Recording | None = None


class ExplainedExtension(Struct, frozen=True, kw_only=True):
    """An extension as it was approved, and whether it counts: *void* is the flag that says why it does not (B8.2).

    *approver* is the level that approved, as packs call it, *approved_by* the person's name where it was given.
    """

    event: str
    days: int
    approved_on: date
    notified: bool
    void: str
    approver: str = ""
    approved_by: str = ""
    reasons: str = ""
    article: str = ""
    quote: str = ""
    confidence: Confidence = "text"
    recorded: Recording | None = None


class Stretch(Struct, frozen=True):
    """One suspension as a clock met it, before its days are counted."""

    event: str
    sid: str
    ground: str
    stops: bool
    start: date
    end: date | None
    how: End
    end_event: str
    notified: bool
    planned_until: date | None


def explained_suspension(
    stretch: Stretch, days: Sequence[tuple[date, tuple[tuple[str, str], ...]]], *, resume_day_out: bool, today: date
) -> ExplainedSuspension:
    """*stretch* with its worth: *days* are those of the clock, each with what takes it out."""
    last = stretch.end or date.max
    named = (stretch.sid, stretch.ground)
    out = [day for day, by in days if stretch.start <= day <= last and named in by]
    return ExplainedSuspension(
        event=stretch.event,
        sid=stretch.sid,
        ground=stretch.ground,
        stops=stretch.stops,
        from_on=stretch.start,
        until_on=stretch.end,
        end=stretch.how,
        end_event=stretch.end_event,
        days_out=len(out),
        notified=stretch.notified,
        planned_until=stretch.planned_until,
        overran=_overran(stretch, resume_day_out=resume_day_out, today=today),
    )


def _overran(stretch: Stretch, *, resume_day_out: bool, today: date) -> bool:
    """Whether it lasted longer than notified to the applicant (B7.9): the day on which it ends was not taken out."""
    if stretch.planned_until is None:
        return False
    last = today.toordinal() if stretch.end is None else stretch.end.toordinal() - (not resume_day_out)
    return last > stretch.planned_until.toordinal()
