"""The decision (行政许可法 Arts. 42-44): review, its extension, lower-level review, the promise, and delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from domain.law.calendar.moment import Moment
from domain.law.licensing.clock import NO_REASONS, Card, ClockKind, ClockRun
from domain.law.licensing.happening import Happening
from domain.law.licensing.intake import Admission, PresumesAcceptance
from domain.law.licensing.rule import PeriodTerms
from domain.law.licensing.undertaking import Undertaking

if TYPE_CHECKING:
    from domain.law.licensing.case import Case

DECISION = ClockKind("decision")
LOWER_REVIEW = ClockKind("lower_review")
DELIVERY = ClockKind("delivery")
COMMITMENT = ClockKind("commitment", card=Card.YELLOW)


class Forwarded(PresumesAcceptance, frozen=True, kw_only=True, tag="forwarded"):
    """The lower level has examined the file and sent it up (Arts. 35, 43)."""

    def take_effect(self, case: Case, when: Moment) -> None:
        if case.lower_review and case.intake.accepted and case.ended is None:
            case.review.forwarded = case.review.forwarded or when


class UpperReceived(PresumesAcceptance, frozen=True, kw_only=True, tag="upper_received"):
    """The upper level has the file: its own period begins, and the transit counts for neither level (B6.3)."""

    def take_effect(self, case: Case, when: Moment) -> None:
        if case.lower_review and case.intake.accepted and case.ended is None:
            case.review.above = case.review.above or when


class ExtensionEvent(PresumesAcceptance, frozen=True, kw_only=True, tag="extension"):
    """The responsible head approved *days* more on *clock*, from which *at* counts as in time or not (B8)."""

    days: int
    clock: str = "decision"
    notified: bool = True

    outlives_withdrawal = True

    def apply_too_early(self, case: Case, when: Moment) -> None:
        self.take_effect(case, when)  # there is no clock yet that it could be in, and that is flagged (B8.2)

    def take_effect(self, case: Case, when: Moment) -> None:
        fault = case.review.verdicts[self.id] = self.fault(case, when)
        if fault:
            case.flags.add(f"{fault}:{self.clock}")
            return
        case.review.extended[self.clock] = self.days
        if not self.notified:
            case.flags.add(f"extension_not_notified:{self.clock}")

    def fault(self, case: Case, when: Moment) -> str:
        """Why it is void, in the order of B8.2, or nothing. It is void as a whole, never trimmed."""
        run = next((run for run in case.review.reviews(case) if run.name == self.clock), None)
        before_receipt = case.receipt is not None and when.is_before(case.receipt)
        if run is None or run.stop is not None or before_receipt:
            return "extension_outside_clock"
        if self.clock in case.review.extended:
            return "extension_repeated"
        if self.days > case.review.period(case, self.clock).max_extension:
            return "extension_exceeds_limit"
        due = run.due(case, run.days(case, None))
        return "extension_late" if due is not None and when.day > due else ""


class Decided(Happening, frozen=True, kw_only=True, tag="decided"):
    """The decision: it stops review and promise, and starts delivery where it grants (B9.1).

    *on_undertaking*: on the applicant's word, which is to be checked afterwards (告知承诺).
    """

    outcome: Literal["granted", "denied"]
    on_undertaking: bool = False

    begins = True

    def apply(self, case: Case, when: Moment) -> None:
        if case.decided is not None:
            return
        if case.intake.accepted is None:  # B5.9
            case.flags.add("decided_without_acceptance")
            case.intake.accept(case, "implied", when)
        case.decided, case.review.granted = when, self.outcome == "granted"
        if self.on_undertaking and case.review.granted:
            case.undertaking = Undertaking(when.day, when.minute)
        case.hearing.decide(case, when)


class Delivered(Happening, frozen=True, kw_only=True, tag="delivered"):
    """The decision has reached the applicant."""

    def apply(self, case: Case, when: Moment) -> None:
        if case.decided is not None:
            case.delivered = case.delivered or when


class DeliveryAttemptedEvent(Happening, frozen=True, kw_only=True, tag="delivery_attempted"):
    """Handing the decision over was tried in vain: it ends no clock here, but those that run to the notification."""


class WithdrawnEvent(Happening, frozen=True, kw_only=True, tag="withdrawn"):
    """The applicant withdraws: every open clock is void (B3.8). Once delivered there is nothing to withdraw."""

    def apply(self, case: Case, when: Moment) -> None:
        if case.delivered is None:
            case.withdrawn = when


class Review(Struct, gc=False):
    """From acceptance to delivery. *verdicts* say of each extension, by its event's id, why it is void, if it is."""

    forwarded: Moment | None = None
    above: Moment | None = None
    extended: dict[str, int] = {}
    verdicts: dict[str, str] = {}
    granted: bool = False

    def period(self, case: Case, clock: str) -> PeriodTerms:
        """The length of *clock* and how far it may be extended."""
        rule = case.rule
        if clock == LOWER_REVIEW.name:
            return rule.lower_review
        return rule.decision if clock == DECISION.name or rule.commitment is None else rule.commitment

    def runs(self, case: Case) -> list[ClockRun]:
        """Lower review, decision, commitment and delivery, as far as they have started."""
        started, decided = self.reviews(case), case.decided
        if decided is not None and self.granted:
            stop = case.delivered or case.withdrawn
            void = case.delivered is None and stop is not None
            days = case.rule.delivery_days
            started.append(ClockRun(DELIVERY, DELIVERY.name, decided.day, decided.minute, days, stop, void))
        return started

    def reviews(self, case: Case) -> list[ClockRun]:
        """The clocks that a decision stops."""
        accepted, ended = case.intake.accepted, case.ended
        if accepted is None:
            return []
        if not case.lower_review:
            started = [self._run(case, DECISION, accepted, ended)]
        else:
            started = [self._run(case, LOWER_REVIEW, accepted, self.forwarded or ended)]
            if self.above is not None:
                above = Admission("explicit", self.above.day, self.above.day, self.above.minute)
                started.append(self._run(case, DECISION, above, ended))
        if case.rule.commitment is not None:
            started.append(self._run(case, COMMITMENT, accepted, ended))
        return started

    def _run(self, case: Case, kind: ClockKind, start: Admission, stop: Moment | None) -> ClockRun:
        period, rule = self.period(case, kind.name), case.rule
        extended = self.extended.get(kind.name, 0)
        length = period.days + extended
        reasons = rule.commitment_grounds if kind is COMMITMENT else rule.statutory_grounds
        return ClockRun(
            kind,
            kind.name,
            start.day,
            start.minute,
            length,
            stop,
            stop is not None and stop is case.withdrawn,
            kind.silence,
            reasons if length else NO_REASONS,  # what is decided on the spot leaves nothing to suspend (B4)
            extended,
        )
