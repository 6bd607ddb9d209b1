"""Suspension (行政许可法 Art. 45): time that is not counted, who stopped it, why, and until when."""

from __future__ import annotations

from datetime import date
from operator import attrgetter
from typing import TYPE_CHECKING

from msgspec import Struct

from domain.law.calendar.moment import Moment
from domain.law.licensing.counting import FOREVER, Gap
from domain.law.licensing.happening import Happening

if TYPE_CHECKING:
    from domain.law.licensing.case import Case


class Suspend(Happening, frozen=True, kw_only=True, tag="suspend"):
    """The clock is stopped for *reason*; *planned_until* is what the applicant was notified of (所需时间书面告知)."""

    sid: str
    reason: str
    notified: bool = True
    planned_until: date | None = None

    outlives_withdrawal = True

    def apply(self, case: Case, when: Moment) -> None:
        suspensions = case.suspensions
        if self.sid in suspensions.open_by_sid:  # the same sid opened twice is one suspension (B7.10)
            case.flags.add("duplicate_suspend")
            return
        begun = Suspension(self.sid, self.reason, when, self.planned_until, notified=self.notified, event=self.id)
        suspensions.open_by_sid[self.sid] = begun
        suspensions.all.append(begun)
        if self.reason not in case.rule.statutory_grounds:
            case.flags.add(f"suspend_no_statutory_ground:{self.reason}")
        if not self.notified:
            case.flags.add(f"suspend_not_notified:{self.sid}")


class Resume(Happening, frozen=True, kw_only=True, tag="resume"):
    """The clock runs again: it continues, it does not restart (B7.2c)."""

    sid: str

    outlives_withdrawal = True

    def apply(self, case: Case, when: Moment) -> None:
        suspension = case.suspensions.open_by_sid.pop(self.sid, None)
        if suspension is None:
            case.flags.add("resume_without_suspend")
        else:
            suspension.end, suspension.end_event = when, self.id


class Suspension(Struct, gc=False):
    """One stretch of time in which a clock may be stopped; *end* None while it is open.

    *event* and *end_event* are the ids of what began and ended it.
    """

    sid: str
    reason: str
    start: Moment
    planned_until: date | None
    end: Moment | None = None
    notified: bool = True
    event: str = ""
    end_event: str = ""

    def last_day(self, case: Case) -> int:
        """The last day that it took out, closed by its own end or that of the application; today while it is open.

        One that began after the application had ended took none out: 0.
        """
        ends = [moment for moment in (self.end, case.ended) if moment is not None]
        if not ends:
            return case.now.day
        if case.ended is not None and case.ended.is_before(self.start):
            return 0
        return min(ends, key=by_instant).day - (not case.rule.resume_day_out)


class Suspensions(Struct, gc=False):
    """All suspensions of one item, in the order in which they began."""

    all: list[Suspension] = []
    open_by_sid: dict[str, Suspension] = {}

    def on(self, reasons: frozenset[str]) -> list[Suspension]:
        """Those that stop a clock which *reasons* suspend; to any other clock they are nothing (B7.1)."""
        return [suspension for suspension in self.all if suspension.reason in reasons]

    def in_force(self, reasons: frozenset[str]) -> bool:
        """Whether one of *reasons* stops the clock at this instant (B7.3)."""
        return any(suspension.reason in reasons for suspension in self.open_by_sid.values())

    def flag_overruns(self, case: Case) -> None:
        """Flag those that last longer, or took more days out, than the applicant was notified of (B7.9)."""
        for suspension in self.all:
            if (
                suspension.planned_until is not None
                and suspension.last_day(case) > suspension.planned_until.toordinal()
            ):
                case.flags.add(f"suspension_overrun:{suspension.sid}")


by_instant = attrgetter("at")


def taken_out(suspensions: list[Suspension], day_rule: str, stop: Moment | None) -> list[Gap]:
    """The days that *suspensions* take out: their union, in order (B7.4).

    *day_rule* says which of the two event days belong (B7.2): "[s,e)" takes out the day a suspension starts and not
    the day it resumes. *stop*, a decision say, closes what is still open then (B7.8).
    """
    begins = 0 if day_rule[0] == "[" else 1
    ends = 1 if day_rule[-1] == "]" else 0
    union: list[Gap] = []
    for suspension in suspensions:
        start, end = suspension.start, suspension.end
        if stop is not None:
            if stop.is_before(start):
                break
            if end is None or stop.is_before(end):
                end = stop
        first = start.day + begins
        after = FOREVER if end is None else end.day + ends
        if union and first <= union[-1][1]:
            union[-1] = (union[-1][0], max(after, union[-1][1]))
        elif after > first:
            union.append((first, after))
    return union
