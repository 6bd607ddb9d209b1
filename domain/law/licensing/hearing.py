"""The hearing (行政许可法 Arts. 46-48): the applicant's days to ask for it, the agency's to hold it, and the notice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from msgspec import Struct

from domain.law.calendar.moment import Moment
from domain.law.licensing.clock import Card, ClockKind, ClockRun, State
from domain.law.licensing.happening import Happening

if TYPE_CHECKING:
    from domain.law.licensing.case import Case

HEARING_REQUEST = ClockKind(
    "hearing_request",
    card=Card.NONE,
    silence=State.LAPSED,
    of_agency=False,
    coloured=False,  # the applicant's own clock never colours anything (B9.7, B10.4)
)
HEARING_HOLD = ClockKind("hearing_hold")


class HearingTold(Happening, frozen=True, kw_only=True, tag="hearing_told"):
    """The applicant is informed of the right to a hearing."""

    def apply(self, case: Case, when: Moment) -> None:
        if case.hearing.informed is None and case.ended is None:
            case.hearing.informed = when


class HearingRequestedEvent(Happening, frozen=True, kw_only=True, tag="hearing_requested"):
    """The applicant asks for a hearing."""

    def apply(self, case: Case, when: Moment) -> None:
        hearing = case.hearing
        if hearing.requested is not None or case.ended is not None:
            return
        if hearing.informed is not None and when.day > hearing.last_day(case, hearing.informed):
            case.flags.add("hearing_request_late")
        else:
            hearing.requested = when


class HearingNotice(Happening, frozen=True, kw_only=True, tag="hearing_notice"):
    """The hearing is announced for *hearing_date*: so many clear working days must lie between (B9.4)."""

    hearing_date: date

    def apply(self, case: Case, when: Moment) -> None:
        count_to = case.calendar.count_to
        clear = count_to(self.hearing_date.toordinal() - 1) - count_to(when.day)
        if clear < case.rule.hearing.notice_clear_days:
            case.flags.add("hearing_notice_short")


class HearingHeldEvent(Happening, frozen=True, kw_only=True, tag="hearing_held"):
    """The hearing took place."""

    def apply(self, case: Case, when: Moment) -> None:
        if case.hearing.requested is not None:
            case.hearing.held = case.hearing.held or when


class Hearing(Struct, gc=False):
    """The right to a hearing, as far as the applicant was informed of it, requested it and was granted it."""

    informed: Moment | None = None
    requested: Moment | None = None
    held: Moment | None = None

    def last_day(self, case: Case, informed: Moment) -> int:
        """The last day to ask."""
        run = self._window(case, informed, None)
        due = run.due(case, run.days(case, None))
        return informed.day if due is None else due

    def decide(self, case: Case, when: Moment) -> None:
        """Flag a decision while the applicant may still ask (B9.4)."""
        if self.informed is not None and self.requested is None and when.day <= self.last_day(case, self.informed):
            case.flags.add("decided_before_hearing_window_closed")

    def runs(self, case: Case) -> Iterator[ClockRun]:
        """The applicant's clock, then the agency's."""
        if self.informed is not None:
            overtaken = case.ended is not None and case.ended.day <= self.last_day(case, self.informed)
            yield self._window(case, self.informed, self.requested or (case.ended if overtaken else None))
        if self.requested is not None:
            stop, void = case.stop_of(self.held)
            yield ClockRun(
                HEARING_HOLD,
                HEARING_HOLD.name,
                self.requested.day,
                self.requested.minute,
                case.rule.hearing.hold_days,
                stop,
                void=void,
            )

    def _window(self, case: Case, informed: Moment, stop: Moment | None) -> ClockRun:
        return ClockRun(
            HEARING_REQUEST,
            HEARING_REQUEST.name,
            informed.day,
            informed.minute,
            case.rule.hearing.request_days,
            stop,
            void=stop is not None and self.requested is None,
            silence=State.LAPSED,
        )
