"""The unions of project commands, system commands and project facts."""

from __future__ import annotations

from domain.project.application.acceptance import AcceptItem, DeclineItem, ItemAccepted, ItemDeclined
from domain.project.application.announcement import AnnounceDate, DateAnnounced
from domain.project.application.completion import CompleteItem, ItemCompleted
from domain.project.application.correction import AmendEntry, EntryAmended, EntryRetracted, RetractEntry
from domain.project.application.delivery import AttemptDelivery, DecisionDelivered, DeliverDecision, DeliveryAttempted
from domain.project.application.extension import ExtendLimit, LimitExtended
from domain.project.application.forwarding import (
    ForwardedItemReceived,
    ForwardItem,
    ItemForwarded,
    ReceiveForwardedItem,
)
from domain.project.application.hearing import (
    GiveHearingNotice,
    HearingHeld,
    HearingNoticeGiven,
    HearingRequested,
    HearingRightTold,
    HoldHearing,
    RequestHearing,
    TellHearingRight,
)
from domain.project.application.manager import AssignManager, ManagerAssigned
from domain.project.application.note import NoteStep, StepNoted
from domain.project.application.numbering import CaseNumbered, NumberCase
from domain.project.application.procedure import ChangeMode, ModeChanged
from domain.project.application.registration import ItemPlanned, PlanItem, ProjectRegistered, RegisterProject
from domain.project.application.submission import ItemSubmitted, SubmitItem
from domain.project.application.supplement import (
    LackingPapersReceived,
    RequestSupplement,
    SubmitSupplement,
    SupplementRequested,
    SupplementSubmitted,
)
from domain.project.application.suspension import ClockResumed, ClockSuspended, ResumeClock, SuspendClock
from domain.project.application.undertaking import CheckUndertaking, DecisionRevoked, RevokeDecision, UndertakingChecked
from domain.project.application.withdrawal import ItemWithdrawn, WithdrawItem
from domain.project.countersignature.consolidation import ConsolidateOpinions, OpinionsConsolidated
from domain.project.countersignature.forwarding import (
    CountersignatureForwarded,
    CountersignatureRecalled,
    ForwardCountersignature,
    RecallCountersignature,
)
from domain.project.countersignature.request import (
    AskCountersignature,
    ContinueCountersignature,
    Countersign,
    ItemCountersigned,
)
from domain.project.countersignature.revision import ApplicationRevised, KeepOpinion, OpinionKept, ReviseApplication
from domain.project.countersignature.rules import CountersignatureAsked
from domain.project.external.results import (
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
from domain.project.feedback.complaint import (
    AcceptComplaint,
    AnswerComplaint,
    CloseComplaint,
    ComplaintAccepted,
    ComplaintAnswered,
    ComplaintClosed,
    ComplaintDeclined,
    ComplaintExtended,
    ComplaintFiled,
    ComplaintTransferred,
    ComplaintWithdrawn,
    DeclineComplaint,
    ExtendComplaint,
    FileComplaint,
    TransferComplaint,
    WithdrawComplaint,
)
from domain.project.feedback.evaluation import (
    AppealEvaluation,
    CallBack,
    DecideEvaluationAppeal,
    EvaluateService,
    EvaluationAppealDecided,
    EvaluationAppealed,
    EvaluationCalledBack,
    EvaluationRectified,
    RectificationStarted,
    RectifyEvaluation,
    ServiceEvaluated,
    StartRectification,
)
from domain.project.flow.adoption import FlowAdopted, FlowMoved, ItemDropped, ItemReplanned, MoveFlow, StartFlow
from domain.project.information.recording import InformationRecorded, RecordInformation
from domain.project.materials.attachment import AttachMaterial, DetachMaterial, MaterialAttached, MaterialDetached
from domain.project.supervision.appeals import (
    AnswerSupervision,
    AppealCard,
    AppealDecided,
    CardAppealed,
    DecideAppeal,
    OrderSupervision,
    SupervisionAnswered,
    SupervisionOrdered,
)
from domain.project.supervision.rescission import CardRescinded, RescindCard
from domain.project.supervision.signals import (
    AcceptanceDeemed,
    CardIssued,
    ConsentDeemed,
    DeadlineWarned,
    DeemAcceptance,
    DeemConsent,
    DeemRenewal,
    IssueCard,
    IssueClockCard,
    RenewalDeemed,
    WarnDeadline,
)

ProjectCommand = (
    RegisterProject
    | PlanItem
    | AssignManager
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

# Only the deadline watcher and the import of facts send these: they can't be posted over HTTP.
SystemCommand = WarnDeadline | IssueClockCard | RescindCard | DeemAcceptance | DeemRenewal | DeemConsent | NumberCase

ProjectFact = (
    ProjectRegistered
    | ItemPlanned
    | ManagerAssigned
    | ItemSubmitted
    | CaseNumbered
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

AdoptionCommand = StartFlow | MoveFlow

AdoptionFact = FlowAdopted | FlowMoved | ItemReplanned | ItemDropped
