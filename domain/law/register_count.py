"""The plain count by which permit registers are compared: calendar days, no rest days, no rolling, no deemed outcome.

It is not the law's clock (that is `general`); it is the figure that anyone can work out from a register's own days.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from msgspec import Struct

from domain.law.generic.days import gaps

DAY = timedelta(days=1)


class PlainCount(Struct, frozen=True):
    """One case by calendar days. What can't be known yet is None: *late* while the case is open."""

    deadline_on: date | None
    gross_days: int | None
    net_days: int | None
    suspended_days: int
    late: bool | None


def plain_count(
    begun: date | None,
    ended: date | None,
    stretches: Iterable[tuple[date, date]],
    length: int | None,
    deadline: date | None = None,
) -> PlainCount:
    """Count one case from the local days on which it was *begun* and *ended*.

    *stretches* are closed suspensions: the first day is taken out, the last is not, and no day twice; what lies after
    the end of the case is cut off. *length* is the limit with its extensions; None: there is none to count by.
    *deadline* is a last day that the register states itself: it then holds, whatever the count.
    """
    closed = [(start, end if ended is None else min(end, ended)) for start, end in stretches]
    suspended = sum(gap.last - gap.first + 1 for gap in gaps(closed, "[s,e)"))
    if deadline is None and begun is not None and length is not None:
        deadline = later(begun, length + suspended)
    gross = (ended - begun).days if begun and ended else None
    return PlainCount(
        deadline_on=deadline,
        gross_days=gross,
        net_days=None if gross is None else gross - suspended,
        suspended_days=suspended,
        late=ended > deadline if ended and deadline else None,
    )


def later(day: date, days: int) -> date:
    """*days* after *day*, or the last date there is: a mistyped number of days must not end the count."""
    try:
        return day + DAY * days
    except OverflowError:
        return date.max
