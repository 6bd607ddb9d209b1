"""Intake (行政许可法 Art. 32): receipt, the one-off correction notice, acceptance, and acceptance by silence."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from domain.law.calendar.moment import Moment
from domain.law.licensing.clock import AcceptanceKind, ClockKind, ClockRun, State
from domain.law.licensing.counting import on_the_spot
from domain.law.licensing.happening import Happening
from domain.law.licensing.tolerance import Tolerance

if TYPE_CHECKING:
    from domain.law.licensing.case import Case

INTAKE = ClockKind("intake", silence=State.LAPSED)


class Received(Happening, frozen=True, kw_only=True, tag="received"):
    """The application entered the system (B5.1)."""

    begins = True

    def apply(self, case: Case, when: Moment) -> None:
        if case.intake.rounds:
            case.flags.add("duplicate_receipt")
        else:
            case.intake.open(when, case)


class CorrectionNotice(Happening, frozen=True, kw_only=True, tag="correction_notice"):
    """The applicant is notified, once, of all that is missing (一次告知); *respond_by* has no legal effect (B5.6)."""

    new_items: bool = False
    respond_by: date | None = None

    def apply(self, case: Case, when: Moment) -> None:
        intake = case.intake
        if intake.accepted is not None:
            late = intake.accepted.kind == "deemed"
            case.flags.add("correction_notice_late" if late else "correction_after_acceptance")
        elif intake.current is not None:
            if self.new_items and len(intake.rounds) > 1:  # B5.5: what was not asked for at first cannot be asked now
                case.flags.add("correction_repeated_new_items")
            else:
                intake.end_round(case, when)
                intake.awaiting = self


class Corrected(Happening, frozen=True, kw_only=True, tag="corrected"):
    """All that was requested has been submitted: the next round begins."""

    def apply(self, case: Case, when: Moment) -> None:
        if case.intake.awaiting is not None:
            case.intake.open(when, case)


class Accepted(Happening, frozen=True, kw_only=True, tag="accepted"):
    """The agency accepts, on any day and also while corrections are outstanding (B5.8, 容缺).

    *cure_days*: in so many working days the papers that are still missing have to come. An acceptance without effect
    tolerates nothing.
    """

    cure_days: Annotated[int, Meta(ge=1)] | None = None

    begins = True

    def apply(self, case: Case, when: Moment) -> None:
        accepted = case.intake.accepted
        if accepted is None:
            case.intake.accept(case, "explicit", when)
            if self.cure_days is not None:
                case.tolerance = Tolerance(when.day, when.minute, self.cure_days)
        else:
            case.flags.add("accepted_after_deemed" if accepted.kind == "deemed" else "duplicate_acceptance")


class RefusedEvent(Happening, frozen=True, kw_only=True, tag="refused"):
    """The agency refuses to admit the application (不予受理), void once it is accepted (B5.4, B5.10).

    It ends the application, unless an acceptance or a decision follows all the same: then it only ends the round.
    """

    def apply(self, case: Case, when: Moment) -> None:
        intake = case.intake
        if intake.accepted is not None:
            deemed = intake.accepted.kind == "deemed"
            case.flags.add("refused_after_deemed" if deemed else "refused_after_acceptance")
        else:
            intake.end_round(case, when)
            intake.awaiting = None
            if case.admission is None or case.admission.is_before(when):
                intake.refused = intake.refused or when


class PresumesAcceptance(Happening, frozen=True, kw_only=True):
    """An act upon an application that was accepted: forwarding, receipt by the upper level, extension.

    Within a round without an answer it waits: should silence accept the application, that was as of the day on
    which the round began, and the act is judged as one that came after it (B5.2).
    """

    def apply(self, case: Case, when: Moment) -> None:
        if case.intake.current is None or case.intake.accepted is not None:
            self.take_effect(case, when)
        else:
            case.intake.current.premature.append((self, when))

    def take_effect(self, case: Case, when: Moment) -> None:
        """Apply the act to *case*; it has no effect where the application was not accepted."""


class Round(Struct, gc=False):
    """One round of intake: day 0 and time of day of the (re)submission, the last day to answer, and the answer.

    *premature* are the acts within it that presume an acceptance which may yet come by silence.
    """

    start: int
    minute: int
    due: int
    end: Moment | None = None
    premature: list[tuple[PresumesAcceptance, Moment]] = []


class Admission(Struct, frozen=True, gc=False):
    """Acceptance: its local date, and the day 0 and minute from which the decision period runs.

    *act* is None where it was deemed.
    """

    kind: AcceptanceKind
    date: int
    day: int
    minute: int
    act: Moment | None = None


class Intake(Struct, gc=False):
    """The way to acceptance: rounds, the notice being answered, and how it ended."""

    rounds: list[Round] = []
    current: Round | None = None
    awaiting: CorrectionNotice | None = None
    accepted: Admission | None = None
    refused: Moment | None = None

    def open(self, when: Moment, case: Case) -> None:
        """Start a round on the receipt date (B5.1, B5.3)."""
        rule, calendar = case.rule, case.calendar
        day, minute = when.day, when.minute
        if rule.intake_shift == "next_working_day" and (minute >= rule.close_minute or not calendar.works(day)):
            day, minute = calendar.nth_after(day, 1), 0
        if rule.intake_days:
            due = calendar.nth_after(day, rule.intake_days)
        else:
            due = on_the_spot(calendar, day, minute, rule.close_minute)
        self.current = Round(day, minute, due)
        self.rounds.append(self.current)
        self.awaiting = None
        early = self.accepted
        if early is None or early.act is None:
            return
        self.end_round(case, early.act)  # dated before the receipt, yet an answer to it (B5.11)
        if early.kind == "explicit":
            case.flags.add("accepted_before_receipt")
        if early.kind == "explicit" and case.decided is None:
            self.accepted = Admission(early.kind, early.date, day, minute, early.act)

    def end_round(self, case: Case, when: Moment) -> None:
        """The agency has answered within the open round, if there is one."""
        if self.current is None:
            return
        answered, self.current = self.current, None
        answered.end = when
        for event, then in answered.premature:  # what presumed an acceptance met none
            event.take_effect(case, then)

    def accept(self, case: Case, kind: AcceptanceKind, when: Moment) -> None:
        """The application is accepted at *when*."""
        self.end_round(case, when)
        self.awaiting = None
        self.accepted = Admission(kind, when.day, when.day, when.minute, when)

    def presume(self, case: Case, day: int) -> None:
        """Once the open round's last day is over, silence has accepted as of its day 0 (B5.2, B5.3, B11.1)."""
        silent = self.current
        if silent is None or day <= silent.due or case.withdrawn is not None:
            return
        if case.silence_proves(silent.due):
            self.accepted = Admission("deemed", silent.start, silent.start, silent.minute)
            self.current = None
            for event, then in silent.premature:
                event.take_effect(case, then)

    def flag_premature(self, case: Case) -> None:
        """Let the acts that presume an acceptance leave their flags where none has come yet."""
        if self.current is not None:
            for event, when in self.current.premature:
                event.take_effect(case, when)

    def flag_late_answer(self, case: Case) -> None:
        """Flag the applicant's missed date: it has no legal effect (B5.6)."""
        respond_by = self.awaiting.respond_by if self.awaiting else None
        if respond_by is not None and case.withdrawn is None and case.now.day > respond_by.toordinal():
            case.flags.add("correction_response_overdue")

    def runs(self, case: Case) -> list[ClockRun]:
        """One clock a round."""
        return [self._run(case, number, opened) for number, opened in enumerate(self.rounds, start=1)]

    def _run(self, case: Case, number: int, opened: Round) -> ClockRun:
        stop = opened.end or (case.withdrawn if opened is self.current else None)
        return ClockRun(
            INTAKE,
            f"intake#{number}",
            opened.start,
            opened.minute,
            case.rule.intake_days,
            stop,
            opened.end is None and stop is not None,
            INTAKE.silence,
        )
