"""Every command to a project and every fact of one, on one page."""

from __future__ import annotations

from domain.project.acceptance import AcceptItem, DeclineItem, ItemAccepted, ItemDeclined
from domain.project.announcement import AnnounceDate, DateAnnounced
from domain.project.asking import CountersignatureAsked
from domain.project.card import CardIssued, DeadlineWarned, IssueCard, IssueClockCard, WarnDeadline
from domain.project.complaint import (
    AnswerComplaint,
    CloseComplaint,
    ComplaintAnswered,
    ComplaintClosed,
    ComplaintFiled,
    FileComplaint,
)
from domain.project.complaint_handling import (
    AcceptComplaint,
    ComplaintAccepted,
    ComplaintDeclined,
    ComplaintExtended,
    ComplaintTransferred,
    ComplaintWithdrawn,
    DeclineComplaint,
    ExtendComplaint,
    TransferComplaint,
    WithdrawComplaint,
)
from domain.project.completion import CompleteItem, ItemCompleted
from domain.project.consolidation import ConsolidateOpinions, OpinionsConsolidated
from domain.project.correction import AmendEntry, EntryAmended, EntryRetracted, RetractEntry
from domain.project.countersignature import (
    AskCountersignature,
    ContinueCountersignature,
    Countersign,
    ItemCountersigned,
)
from domain.project.deeming import (
    AcceptanceDeemed,
    ConsentDeemed,
    DeemAcceptance,
    DeemConsent,
    DeemRenewal,
    RenewalDeemed,
)
from domain.project.delivery import AttemptDelivery, DecisionDelivered, DeliverDecision, DeliveryAttempted
from domain.project.evaluation import EvaluateService, ServiceEvaluated
from domain.project.extension import ExtendLimit, LimitExtended
from domain.project.external import (
    AttestRecord,
    DiscrepancyFound,
    DiscrepancySettled,
    ExternalResultConfirmed,
    ExternalResultRecorded,
    ExternalResultVerified,
    ReconcileExternalResult,
    RecordAttested,
    RecordExternalResult,
    SettleDiscrepancy,
    VerifyExternalResult,
)
from domain.project.forwarding import ForwardedItemReceived, ForwardItem, ItemForwarded, ReceiveForwardedItem
from domain.project.hearing import (
    GiveHearingNotice,
    HearingHeld,
    HearingNoticeGiven,
    HearingRequested,
    HearingRightTold,
    HoldHearing,
    RequestHearing,
    TellHearingRight,
)
from domain.project.information import InformationRecorded, RecordInformation
from domain.project.material import AttachMaterial, DetachMaterial, MaterialAttached, MaterialDetached
from domain.project.note import NoteStep, StepNoted
from domain.project.procedure import ChangeMode, ModeChanged
from domain.project.recall import CountersignatureRecalled, RecallCountersignature
from domain.project.rectification import (
    AppealEvaluation,
    CallBack,
    DecideEvaluationAppeal,
    EvaluationAppealDecided,
    EvaluationAppealed,
    EvaluationCalledBack,
    EvaluationRectified,
    RectificationStarted,
    RectifyEvaluation,
    StartRectification,
)
from domain.project.referral import CountersignatureForwarded, ForwardCountersignature
from domain.project.registration import ItemPlanned, PlanItem, ProjectRegistered, RegisterProject
from domain.project.rescission import CardRescinded, RescindCard
from domain.project.round import ApplicationRevised, KeepOpinion, OpinionKept, ReviseApplication
from domain.project.submission import ItemSubmitted, SubmitItem
from domain.project.supervision import (
    AnswerSupervision,
    AppealCard,
    AppealDecided,
    CardAppealed,
    DecideAppeal,
    OrderSupervision,
    SupervisionAnswered,
    SupervisionOrdered,
)
from domain.project.supplement import (
    LackingPapersReceived,
    RequestSupplement,
    SubmitSupplement,
    SupplementRequested,
    SupplementSubmitted,
)
from domain.project.suspension import ClockResumed, ClockSuspended, ResumeClock, SuspendClock
from domain.project.undertaking import CheckUndertaking, DecisionRevoked, RevokeDecision, UndertakingChecked
from domain.project.withdrawal import ItemWithdrawn, WithdrawItem

ProjectCommand = (
    RegisterProject
    | PlanItem
    | SubmitItem
    | RequestSupplement
    | SubmitSupplement
    | AcceptItem
    | DeclineItem
    | ForwardItem
    | ReceiveForwardedItem
    | AskCountersignature
    | Countersign
    | ContinueCountersignature
    | RecallCountersignature
    | ForwardCountersignature
    | ReviseApplication
    | KeepOpinion
    | ConsolidateOpinions
    | SuspendClock
    | ResumeClock
    | ExtendLimit
    | AnnounceDate
    | TellHearingRight
    | RequestHearing
    | GiveHearingNotice
    | HoldHearing
    | CompleteItem
    | DeliverDecision
    | AttemptDelivery
    | CheckUndertaking
    | RevokeDecision
    | WithdrawItem
    | RecordExternalResult
    | VerifyExternalResult
    | ReconcileExternalResult
    | SettleDiscrepancy
    | AttestRecord
    | AmendEntry
    | RetractEntry
    | FileComplaint
    | AcceptComplaint
    | DeclineComplaint
    | TransferComplaint
    | ExtendComplaint
    | WithdrawComplaint
    | AnswerComplaint
    | CloseComplaint
    | EvaluateService
    | StartRectification
    | RectifyEvaluation
    | CallBack
    | AppealEvaluation
    | DecideEvaluationAppeal
    | NoteStep
    | ChangeMode
    | RecordInformation
    | AttachMaterial
    | DetachMaterial
    | IssueCard
    | AppealCard
    | DecideAppeal
    | OrderSupervision
    | AnswerSupervision
)
# What the deadline watcher alone may say: nobody can post it.
SystemCommand = WarnDeadline | IssueClockCard | RescindCard | DeemAcceptance | DeemRenewal | DeemConsent
ProjectFact = (
    ProjectRegistered
    | ItemPlanned
    | ItemSubmitted
    | SupplementRequested
    | SupplementSubmitted
    | LackingPapersReceived
    | ItemAccepted
    | ItemDeclined
    | ItemForwarded
    | ForwardedItemReceived
    | CountersignatureAsked
    | ItemCountersigned
    | CountersignatureRecalled
    | CountersignatureForwarded
    | ApplicationRevised
    | OpinionKept
    | OpinionsConsolidated
    | ClockSuspended
    | ClockResumed
    | LimitExtended
    | DateAnnounced
    | HearingRightTold
    | HearingRequested
    | HearingNoticeGiven
    | HearingHeld
    | ItemCompleted
    | DecisionDelivered
    | DeliveryAttempted
    | UndertakingChecked
    | DecisionRevoked
    | ItemWithdrawn
    | ExternalResultRecorded
    | ExternalResultVerified
    | ExternalResultConfirmed
    | DiscrepancyFound
    | DiscrepancySettled
    | RecordAttested
    | EntryAmended
    | EntryRetracted
    | ComplaintFiled
    | ComplaintAccepted
    | ComplaintDeclined
    | ComplaintTransferred
    | ComplaintExtended
    | ComplaintWithdrawn
    | ComplaintAnswered
    | ComplaintClosed
    | ServiceEvaluated
    | RectificationStarted
    | EvaluationRectified
    | EvaluationCalledBack
    | EvaluationAppealed
    | EvaluationAppealDecided
    | StepNoted
    | ModeChanged
    | InformationRecorded
    | MaterialAttached
    | MaterialDetached
    | DeadlineWarned
    | CardIssued
    | CardRescinded
    | AcceptanceDeemed
    | RenewalDeemed
    | ConsentDeemed
    | CardAppealed
    | AppealDecided
    | SupervisionOrdered
    | SupervisionAnswered
)
