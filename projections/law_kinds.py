"""Which of the law's events each fact is, where it is one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.law import countersign, hearing, intake, review, suspension, tolerance, undertaking
from domain.law.event import Attest
from domain.ledger import Fact
from domain.project.acceptance import ItemAccepted, ItemDeclined
from domain.project.asking import CountersignatureAsked
from domain.project.completion import ItemCompleted
from domain.project.countersignature import ItemCountersigned
from domain.project.delivery import DecisionDelivered
from domain.project.extension import LimitExtended
from domain.project.external import ExternalResultRecorded, RecordAttested
from domain.project.forwarding import ForwardedItemReceived, ItemForwarded
from domain.project.hearing import HearingHeld, HearingNoticeGiven, HearingRequested, HearingRightTold
from domain.project.recall import CountersignatureRecalled
from domain.project.referral import CountersignatureForwarded
from domain.project.round import ApplicationRevised, OpinionKept
from domain.project.submission import ItemSubmitted
from domain.project.supplement import LackingPapersReceived, SupplementRequested, SupplementSubmitted
from domain.project.suspension import ClockResumed, ClockSuspended
from domain.project.undertaking import UndertakingChecked
from domain.project.withdrawal import ItemWithdrawn

KINDS: Mapping[type[Fact], type[Any]] = {
    ItemSubmitted: intake.Received,
    SupplementRequested: intake.CorrectionNotice,
    SupplementSubmitted: intake.Corrected,
    ItemAccepted: intake.Accepted,
    ItemDeclined: intake.Refused,
    ItemForwarded: review.Forwarded,
    ForwardedItemReceived: review.UpperReceived,
    CountersignatureAsked: countersign.CountersignRequest,
    ItemCountersigned: countersign.CountersignReply,
    CountersignatureForwarded: countersign.CountersignReply,
    CountersignatureRecalled: countersign.CountersignRecall,
    OpinionKept: countersign.CountersignRecall,
    ApplicationRevised: countersign.ApplicationRevised,
    ClockSuspended: suspension.Suspend,
    ClockResumed: suspension.Resume,
    LimitExtended: review.Extension,
    HearingRightTold: hearing.HearingTold,
    HearingRequested: hearing.HearingRequested,
    HearingNoticeGiven: hearing.HearingNotice,
    HearingHeld: hearing.HearingHeld,
    ItemCompleted: review.Decided,
    ExternalResultRecorded: review.Decided,
    DecisionDelivered: review.Delivered,
    ItemWithdrawn: review.Withdrawn,
    LackingPapersReceived: tolerance.PapersReceived,
    UndertakingChecked: undertaking.Checked,
    RecordAttested: Attest,
}
