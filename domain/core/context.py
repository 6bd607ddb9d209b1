"""The context of a decision: actor, times, the law in force, published reference data."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from domain.core.case_number import case_number
from domain.core.ledger import Actor
from domain.law.calendar.calendar import WorkingCalendar
from domain.law.calendar.moment import local_day
from domain.law.packs.pack import Pack


class PublishedData(Struct, frozen=True):
    """What was published for decisions to read. `domain.reference_data` says what: catalogues and flows.

    Those are packages of commands, which import this module; so a context knows no more of them than this.
    """


class Context(Struct, frozen=True, gc=False):
    """Everything a decision may read besides the state: actor, times, law in force, published reference data.

    *at* is when the act legally took effect, *now* when the system learned of it; they differ for late records.
    """

    by: Actor
    at: datetime
    now: datetime
    law: Pack
    shelf: PublishedData | None = None  # catalogues and flows; None where there are none
    calendar: WorkingCalendar | None = None  # as published on the local day of *at*; for commands that need it
    versions: tuple[Pack, ...] = ()  # of the law, oldest first: an application stays under that of its acceptance
    regions: tuple[str, ...] = ()  # the calendars that stack on the law's own
    case_area: str = ""  # whose case numbers are given
    case_counter: int = 0  # of the next case number; 0 where none is to be given


def next_case_number(context: Context, applied_at: datetime | None = None) -> str:
    """The number of a case that was applied for at *applied_at*, else when the command takes effect.

    Empty where none is to be given.
    """
    if not context.case_counter:
        return ""
    year = local_day(applied_at or context.at, context.law.zone).year
    return case_number(context.case_area, year, context.case_counter)
