"""Suspension (行政许可法 Art. 45): time that is not counted, by whom it was stopped, why, and until when."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from msgspec import Struct

from domain.law.counting import FOREVER, Gap
from domain.law.moment import Happening, Moment

if TYPE_CHECKING:
    from domain.law.case import Case

SUSPENSION_ARTICLE = "行政许可法第四十五条"


class Suspend(Happening, frozen=True, kw_only=True, tag="suspend"):
    """The clock is stopped for *reason*; *planned_until* is what the applicant was told (所需时间书面告知)."""

    sid: str
    reason: str
    notified: bool = True
    planned_until: date | None = None

    outlives_withdrawal = True

    def apply(self, case: Case, when: Moment) -> None:
        case.suspensions.open(self, when, case)


class Resume(Happening, frozen=True, kw_only=True, tag="resume"):
    """The clock runs on: it continues, it does not begin anew (B7.2c)."""

    sid: str

    outlives_withdrawal = True

    def apply(self, case: Case, when: Moment) -> None:
        case.suspensions.close(self.sid, when, case)


class Suspension(Struct, gc=False):
    """One stretch of time in which a clock may stand still; *end* None while it is open."""

    sid: str
    reason: str
    start: Moment
    planned_until: date | None
    end: Moment | None = None

    def end_by(self, stop: Moment | None) -> Moment | None:
        """Its end, at the latest *stop*: a decision closes it (B7.8)."""
        if stop is None or (self.end is not None and self.end.at <= stop.at):
            return self.end
        return stop

    def gap(self, day_rule: str, stop: Moment | None) -> Gap:
        """The days it takes out, which may be none; *day_rule* says which of the two event days belong (B7.2).

        "[s,e)" takes out the day it starts and not the day it resumes. *stop* closes what is still open then.
        """
        first = self.start.day if day_rule[0] == "[" else self.start.day + 1
        if stop is not None and self.start.at > stop.at:
            return first, first
        end = self.end_by(stop)
        if end is None:
            return first, FOREVER
        return first, end.day + 1 if day_rule[-1] == "]" else end.day


class Suspensions:
    """All suspensions of one item, in the order in which they began."""

    def __init__(self) -> None:
        self.all: list[Suspension] = []
        self.open_by_sid: dict[str, Suspension] = {}

    def open(self, event: Suspend, when: Moment, case: Case) -> None:
        """Begin one; the same sid opened twice is one suspension (B7.10)."""
        if event.sid in self.open_by_sid:
            case.flags.add("duplicate_suspend")
            return
        suspension = self.open_by_sid[event.sid] = Suspension(event.sid, event.reason, when, event.planned_until)
        self.all.append(suspension)
        if event.reason not in case.rule.statutory_suspend_reasons:
            case.flags.add(f"suspend_no_statutory_ground:{event.reason}")
        if not event.notified:
            case.flags.add(f"suspend_not_notified:{event.sid}")

    def close(self, sid: str, when: Moment, case: Case) -> None:
        """End the open one of that sid; there may be none (B7.10)."""
        suspension = self.open_by_sid.pop(sid, None)
        if suspension is None:
            case.flags.add("resume_without_suspend")
        else:
            suspension.end = when

    def gaps(self, reasons: tuple[str, ...], day_rule: str, stop: Moment | None) -> list[Gap]:
        """The days taken out for *reasons*: the union of all such suspensions, in order (B7.4)."""
        union: list[Gap] = []
        for suspension in self.all:
            if suspension.reason in reasons:
                first, after = suspension.gap(day_rule, stop)
                if union and first <= union[-1][1]:
                    union[-1] = (union[-1][0], max(after, union[-1][1]))
                elif after > first:
                    union.append((first, after))
        return union

    def in_force(self, reasons: tuple[str, ...]) -> bool:
        """Whether one of *reasons* stops the clock at this instant (B7.3)."""
        return any(s.reason in reasons for s in self.open_by_sid.values())

    def flag_overruns(self, case: Case) -> None:
        """Flag those that last, or lasted, longer than the applicant was told (B7.9)."""
        for suspension in self.all:
            if suspension.planned_until is not None:
                end = suspension.end_by(case.ended) or case.now
                if end.day > suspension.planned_until.toordinal():
                    case.flags.add(f"suspension_overrun:{suspension.sid}")
