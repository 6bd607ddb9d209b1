"""Which of the law's events each fact is, where it is one, and what that event says beside when it happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from domain.core.ledger import Fact
from domain.core.types import Outcome
from domain.law.licensing import countersign, hearing, intake, review, suspension, tolerance, undertaking
from domain.law.licensing.event import Attest
from domain.project.application.acceptance import ItemAccepted, ItemDeclined
from domain.project.application.completion import ItemCompleted
from domain.project.application.delivery import DecisionDelivered, DeliveryAttempted
from domain.project.application.extension import LimitExtended
from domain.project.application.forwarding import ForwardedItemReceived, ItemForwarded
from domain.project.application.hearing import HearingHeld, HearingNoticeGiven, HearingRequested, HearingRightTold
from domain.project.application.submission import ItemSubmitted
from domain.project.application.supplement import LackingPapersReceived, SupplementRequested, SupplementSubmitted
from domain.project.application.suspension import ClockResumed, ClockSuspended
from domain.project.application.undertaking import UndertakingChecked
from domain.project.application.withdrawal import ItemWithdrawn
from domain.project.countersignature.forwarding import CountersignatureForwarded, CountersignatureRecalled
from domain.project.countersignature.request import ItemCountersigned
from domain.project.countersignature.revision import ApplicationRevised, OpinionKept
from domain.project.countersignature.rules import CountersignatureAsked
from domain.project.external.results import ExternalResultRecorded, RecordAttested

KINDS: Mapping[type[Fact], type[Any]] = {
    ItemSubmitted: intake.Received,
    SupplementRequested: intake.CorrectionNotice,
    SupplementSubmitted: intake.Corrected,
    ItemAccepted: intake.Accepted,
    ItemDeclined: intake.RefusedEvent,
    ItemForwarded: review.Forwarded,
    ForwardedItemReceived: review.UpperReceived,
    CountersignatureAsked: countersign.CountersignRequest,
    ItemCountersigned: countersign.CountersignReply,
    CountersignatureForwarded: countersign.CountersignReply,
    CountersignatureRecalled: countersign.CountersignRecall,
    OpinionKept: countersign.CountersignRecall,
    ApplicationRevised: countersign.ApplicationRevisedEvent,
    ClockSuspended: suspension.Suspend,
    ClockResumed: suspension.Resume,
    LimitExtended: review.ExtensionEvent,
    HearingRightTold: hearing.HearingTold,
    HearingRequested: hearing.HearingRequestedEvent,
    HearingNoticeGiven: hearing.HearingNotice,
    HearingHeld: hearing.HearingHeldEvent,
    ItemCompleted: review.Decided,
    ExternalResultRecorded: review.Decided,
    DecisionDelivered: review.Delivered,
    DeliveryAttempted: review.DeliveryAttemptedEvent,
    ItemWithdrawn: review.WithdrawnEvent,
    LackingPapersReceived: tolerance.PapersReceived,
    UndertakingChecked: undertaking.Checked,
    RecordAttested: Attest,
}

OUTCOMES = {outcome: "granted" if outcome is Outcome.GRANTED else "denied" for outcome in Outcome}
# What the events say that come of these facts, but for those about a countersignature: they follow from others as well.
EVENT_FIELDS: Mapping[type[Fact], Callable[[Any], Mapping[str, Any]]] = {
    SupplementRequested: lambda fact: {"new_items": fact.new_items, "respond_by": fact.respond_by},
    ItemAccepted: lambda fact: {"cure_days": fact.cure_days},
    ClockSuspended: lambda fact: {
        "sid": fact.suspension,
        "reason": fact.ground,
        "notified": fact.notified,
        "planned_until": fact.planned_until,
    },
    ClockResumed: lambda fact: {"sid": fact.suspension},
    LimitExtended: lambda fact: {"days": fact.days, "clock": fact.clock, "notified": fact.notified},
    HearingNoticeGiven: lambda fact: {"hearing_date": fact.hearing_on},
    ItemCompleted: lambda fact: {"outcome": OUTCOMES[fact.outcome], "on_undertaking": fact.on_undertaking},
    ExternalResultRecorded: lambda fact: {"outcome": OUTCOMES[fact.outcome]},
}
NOTHING: Mapping[str, Any] = {}
IN_PARTS = (SupplementSubmitted, LackingPapersReceived)  # may come bit by bit: the last bit is the event
