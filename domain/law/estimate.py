"""About how many working days a limit comes to, whatever it is counted in: for estimates, never for a deadline."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from math import ceil

from domain.law.calendar.calendar import DAYS_PER_WEEK, WorkingCalendar
from domain.law.licensing.review import COMMITMENT
from domain.law.packs.pack import Pack
from domain.law.packs.terms import Limit, Unit

# Working days of five in a week of seven, 21 in a month (rounded down from 21.75), eight hours in a day.
WORKING_DAYS_PER: Mapping[Unit, Fraction] = {
    "working_hour": Fraction(1, 8),
    "working_day": Fraction(1),
    "calendar_day": Fraction(5, 7),
    "week": Fraction(5),
    "month": Fraction(21),
}

# The most there can be of: a month of 31 days. Hours are counted by the office's day.
CALENDAR_DAYS_PER: Mapping[Unit, int] = {"calendar_day": 1, "week": DAYS_PER_WEEK, "month": 31}

WORKING_DAYS_A_WEEK = 5  # without holidays


def working_days_of(limit: Limit) -> int:
    """About how many working days *limit* lasts, rounded up."""
    return ceil(limit.days * WORKING_DAYS_PER[limit.unit])


def allowed_days(pack: Pack, mode: str, promise_days: int | None) -> tuple[int, int]:
    """How many working days a decision should take and may take under *pack*: the promise, and the limit with intake.

    *promise_days* are in the unit of a promise. A limit that the law does not set counts as none.
    """
    intake = _limit(pack, mode, "intake")
    decision = _limit(pack, mode, "decision")
    may = sum(working_days_of(limit) for limit in (intake, decision) if limit)
    if promise_days is None:
        return may, may
    unit = promise_unit(pack, decision.unit if decision else "working_day")
    promised = working_days_of(Limit(promise_days, unit, ""))
    return (min(promised, may), may) if decision else (promised, max(promised, may))


def promise_unit(pack: Pack, otherwise: Unit) -> Unit:
    """What a promise is counted in: as its clock counts or, under a law without that clock, as the limit does."""
    terms = pack.clocks.get(COMMITMENT.name)
    return terms.unit if terms else otherwise


def longest_promise(pack: Pack, limit: Limit) -> int:
    """The most days of a promise, in its own unit, that fit into *limit*."""
    return _within(limit, promise_unit(pack, limit.unit))


def longest_cure(pack: Pack, limit: Limit, promise_days: int | None) -> int:
    """The most working days for tolerated papers: as many as the promise can hold, without one as *limit* can."""
    term = limit if promise_days is None else Limit(promise_days, promise_unit(pack, limit.unit), "")
    return _within(term, "working_day")


def _within(limit: Limit, unit: Unit) -> int:
    """The most days of *unit* that some start day lets *limit* hold: from a Monday on, without holidays."""
    if unit != "working_day" or limit.unit == unit:
        return limit.days
    if limit.unit == "working_hour":
        return working_days_of(limit)
    weeks, rest = divmod(limit.days * CALENDAR_DAYS_PER[limit.unit], DAYS_PER_WEEK)
    return weeks * WORKING_DAYS_A_WEEK + min(rest, WORKING_DAYS_A_WEEK)


def in_words(days: int, unit: Unit) -> str:
    """A number with its unit: "22 working days"."""
    return f"{days} {unit.replace('_', ' ')}{'' if days == 1 else 's'}"


def promise_too_long(pack: Pack, limit: Limit, promise_days: int) -> str:
    """How a promise goes beyond *limit*, as the rest of a sentence; empty where it fits."""
    most, unit = longest_promise(pack, limit), promise_unit(pack, limit.unit)
    if promise_days <= most:
        return ""
    allowed = f"its statutory limit is {in_words(most, unit)}"
    if unit != limit.unit:
        allowed = f"{in_words(limit.days, limit.unit)} hold at most {in_words(most, unit)}"
    return f"promises {in_words(promise_days, unit)}, but {allowed}"


def _limit(pack: Pack, mode: str, clock: str) -> Limit | None:
    try:
        return pack.limit(mode, clock)
    except KeyError:  # this law sets none, so none is counted
        return None


def expected_on(calendar: WorkingCalendar, today: date, days: int) -> date:
    """The day on which something is over that needs *days* (>= 0) working days more: *today* where it needs none."""
    return calendar.nth_working_day_after(today, days) if days else today


def counted_days(calendar: WorkingCalendar, first: date, last: date) -> list[tuple[date, int]]:
    """Every day from *first* to *last* with the working days counted up to it: differences of these are durations."""
    return [(date.fromordinal(day), calendar.count_to(day)) for day in range(first.toordinal(), last.toordinal() + 1)]
