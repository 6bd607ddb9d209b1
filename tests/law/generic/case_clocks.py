"""The general clocks of an item by their names, as the engine's evaluation has them."""

from __future__ import annotations

from datetime import datetime

from domain.law.calendar.calendar import WorkingCalendar
from domain.law.generic.evaluate import GeneralTerms, general_readings
from domain.law.generic.state import ClockStanding
from domain.law.licensing.timeline import Timeline
from domain.law.packs.pack import DEFAULT_MODE, Pack


def general_clocks(
    pack: Pack,
    calendar: WorkingCalendar,
    timeline: Timeline,
    t: datetime,
    known: datetime | None = None,
    *,
    mode: str = DEFAULT_MODE,
    lengths: dict[str, int] | None = None,
) -> dict[str, ClockStanding]:
    """The state at *t* of every clock of *pack* that has begun, by what was *known* then (default: at *t*).

    *lengths* replaces the length of a clock by what was recorded or promised. Clocks that are not counted are left out.
    """
    terms = GeneralTerms(pack=pack, calendar=calendar, mode=mode, lengths=lengths or {}, request_days={}, live=True)
    readings = general_readings(terms, timeline, t, t if known is None else known)
    return {reading.name: reading.standing for reading in readings}
