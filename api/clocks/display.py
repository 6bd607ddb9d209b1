"""How pages show clocks: their names, what is left, and links to how they are counted."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from api.clocks.day_calendar import month_grids
from api.html.clock_names import clock_name
from api.html.page import PageContext
from api.web.zones import zone_of
from domain.law.calendar.moment import local_day
from domain.law.licensing.clock import Level, State
from projections.clocks.reading import WORKING_DAY, Reading

CLOCK = "/pages/projects/{}/clock"


def clock_functions(page: PageContext, t: datetime, *, past: bool = False) -> dict[str, object]:
    """Template functions that put clocks into words: names, what is left at *t*, and the address of the working.

    That is of *t* where it lies in the *past*, else of now, so that a page which is looked at later is still right.
    """

    def why(project: UUID, reading: Reading) -> str:
        params = {"item": reading.item, "clock": reading.clock, "application": str(reading.application)}
        params |= {"as_of": t.isoformat()} if past else {}
        return page.link(CLOCK.format(project), **params)

    return {
        "clock_name": clock_name(page),
        "left": lambda reading: left(page, reading, t),
        "warned": warned,
        "why": why,
        "month_grids": month_grids,
    }


CALENDAR_DAY = "calendar_day"

BY_CALENDAR = (CALENDAR_DAY, "week", "month")  # units of which no day is left out

SILENT = (State.UNCONFIRMED, State.LAPSED, State.VOID)  # past, and no department is late


def warned(reading: Reading) -> str:
    """Whether a clock is "late", or "soon" due; a silent one costs no department anything."""
    if reading.state in SILENT:
        return ""
    return {Level.RED: "late", Level.YELLOW: "soon"}.get(reading.level, "")


def waits(reading: Reading) -> bool:
    """Whether the clock waits for an act."""
    return reading.level is not Level.NONE and reading.state not in SILENT


def by_end(reading: Reading) -> tuple[bool, datetime | None, str]:
    """What clocks are sorted by for the one that is over first to come first; those without an end come last."""
    return reading.over_at is None, reading.over_at, reading.clock


def left(page: PageContext, reading: Reading, t: datetime) -> str:
    """How much is left at *t*, or by how much the clock is over, with a minus, in the unit that it counts in."""
    over = overdue(page, reading, t)
    return f"−{over}" if over else page.quantity(reading.remaining, reading.unit)


def overdue(page: PageContext, reading: Reading, t: datetime) -> str:
    """By how much the clock is over at *t*; empty where it is not, or by no whole day yet.

    Beyond its last day a clock of working days or hours counts working days; one of calendar days, weeks or months,
    whose last day is one of the calendar, calendar days.
    """
    over, unit = overdue_by(reading, t)
    return page.quantity(over, unit) if over > 0 else ""


def left_by(reading: Reading, t: datetime) -> tuple[float, str]:
    """How much is left at *t*, below zero where the clock is over, and in which unit."""
    over, unit = overdue_by(reading, t)
    return (-over, unit) if over > 0 else (reading.remaining, reading.unit)


def overdue_by(reading: Reading, t: datetime) -> tuple[int, str]:
    """By how many days the clock is over at *t*, zero where it is not, and in which unit; see `overdue`."""
    if reading.state is not State.OVERDUE:
        return 0, reading.unit
    if reading.unit in BY_CALENDAR and reading.due_on:
        return (local_day(t, zone_of(reading.law).key) - reading.due_on).days, CALENDAR_DAY
    return reading.overdue_days, WORKING_DAY


def drawing(page: PageContext) -> dict[str, object]:
    """Template functions that draw clocks: their names, and the month grids of their days."""
    return {"clock_name": clock_name(page), "month_grids": month_grids}
