"""Every event the clocks know, on one page: what happens to an item, and what is said about the record itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.law.calendar.moment import Instant, Moment
from domain.law.licensing.countersign import (
    ApplicationRevisedEvent,
    CountersignRecall,
    CountersignReply,
    CountersignRequest,
)
from domain.law.licensing.happening import Happening
from domain.law.licensing.hearing import HearingHeldEvent, HearingNotice, HearingRequestedEvent, HearingTold
from domain.law.licensing.intake import Accepted, Corrected, CorrectionNotice, Received, RefusedEvent
from domain.law.licensing.review import (
    Decided,
    Delivered,
    DeliveryAttemptedEvent,
    ExtensionEvent,
    Forwarded,
    UpperReceived,
    WithdrawnEvent,
)
from domain.law.licensing.suspension import Resume, Suspend
from domain.law.licensing.tolerance import PapersReceived
from domain.law.licensing.undertaking import Checked

if TYPE_CHECKING:
    from domain.law.licensing.case import Case


class Attest(Happening, frozen=True, kw_only=True, tag="attest"):
    """The record is complete up to now: said for a department whose results are keyed in (B11.1)."""

    outlives_withdrawal = True

    def apply(self, case: Case, when: Moment) -> None:
        case.attested = max(case.attested, when.day)
        case.intake.presume(case, when.day)


class Amend(Happening, frozen=True, kw_only=True, tag="amend"):
    """The event *target* really happened at *new_at*; `at` is when this was recorded (B1.4)."""

    target: str
    new_at: Instant

    corrects = True


class Retract(Happening, frozen=True, kw_only=True, tag="retract"):
    """The event *target*, possibly itself a correction, never happened; `at` is when this was recorded (B1.4)."""

    target: str

    corrects = True


LawEvent = (
    Received
    | CorrectionNotice
    | Corrected
    | Accepted
    | RefusedEvent
    | Suspend
    | Resume
    | ExtensionEvent
    | Forwarded
    | UpperReceived
    | CountersignRequest
    | CountersignReply
    | CountersignRecall
    | ApplicationRevisedEvent
    | HearingTold
    | HearingRequestedEvent
    | HearingNotice
    | HearingHeldEvent
    | Decided
    | Delivered
    | DeliveryAttemptedEvent
    | WithdrawnEvent
    | PapersReceived
    | Checked
    | Attest
    | Amend
    | Retract
)
