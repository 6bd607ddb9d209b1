"""What a decision may know beside the state, and what it finds among that which is published."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from domain.core.case_number import case_number
from domain.core.ledger import Actor, Refused
from domain.law.calendar.calendar import WorkingCalendar
from domain.law.calendar.moment import local_day
from domain.law.packs.pack import Pack

if TYPE_CHECKING:
    from domain.catalogue.state import Edition  # published by aggregates above this room
    from domain.reference_data import ReferenceData


class Context(Struct, frozen=True, gc=False):
    """What a decision may know beside the state: who, when, the law in force then, and what was published.

    *at* is the instant the act legally took effect; *now* is when the system learned of it. They differ
    where a result is keyed in late.
    """

    by: Actor
    at: datetime
    now: datetime
    law: Pack
    shelf: ReferenceData | None = None  # catalogues and flows; None where there are none
    calendar: WorkingCalendar | None = None  # as published on the local day of *at*; for commands that need it
    versions: tuple[Pack, ...] = ()  # of the law, oldest first: what was accepted under one stays under it
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


def edition_in_force(name: str, context: Context) -> Edition:
    """The edition of the catalogue *name* in force when the command takes effect; refused where there is none."""
    found = None if context.shelf is None else context.shelf.in_force(name, context.at, context.law.zone)
    if found is None:
        day = local_day(context.at, context.law.zone)
        raise Refused(
            "unknown-catalogue",
            f"no edition of a catalogue {name} is in force on {day}",
            remedy="publish one, in force from that day or earlier",
        )
    return found
