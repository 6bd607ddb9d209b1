"""容缺受理 tolerant acceptance: secondary papers may come later, within days the agency sets: the applicant's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from domain.law.calendar.moment import Moment
from domain.law.licensing.clock import Card, ClockKind, ClockRun
from domain.law.licensing.happening import Happening

if TYPE_CHECKING:
    from domain.law.licensing.case import Case

# It suspends nothing and is not suspended; what follows when it runs out is for a person to decide (B4).
TOLERANCE_CURE = ClockKind("tolerance_cure", card=Card.NONE, of_agency=False, coloured=False)


class PapersReceived(Happening, frozen=True, kw_only=True, tag="papers_received"):
    """The papers that were tolerated as missing at acceptance have all come in."""

    def apply(self, case: Case, when: Moment) -> None:
        if case.tolerance is not None and case.ended is None:
            case.tolerance.cured = case.tolerance.cured or when


class Tolerance(Struct, gc=False):
    """Papers to come: day 0 is that of acceptance, *length* in working days."""

    start: int
    minute: int
    length: int
    cured: Moment | None = None


def runs(case: Case) -> Iterator[ClockRun]:
    """The clock, where an application was accepted with papers missing. Decided or withdrawn first, it is void."""
    tolerance = case.tolerance
    if tolerance is not None:
        stop, void = case.stop_of(tolerance.cured)
        yield ClockRun(
            TOLERANCE_CURE, TOLERANCE_CURE.name, tolerance.start, tolerance.minute, tolerance.length, stop, void=void
        )
