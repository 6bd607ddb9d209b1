"""The row of an evaluation: how facts change it, and the clock runs read from it."""

from __future__ import annotations

from datetime import datetime
from typing import LiteralString, get_args
from uuid import UUID

from msgspec import Struct

from domain.law.feedback.clock import FeedbackRun
from domain.law.feedback.terms import FeedbackStep
from domain.messages import Entry
from domain.project.feedback.evaluation import (
    EvaluationAppealDecided,
    EvaluationAppealed,
    EvaluationCalledBack,
    EvaluationRectified,
    RectificationStarted,
    ServiceEvaluated,
)
from domain.project.feedback.rules import evaluation_id
from domain.project.state.project import Project

BUREAU = "supervisor"  # who decides an appeal

EVALUATION_COLUMNS: tuple[tuple[str, LiteralString], ...] = (
    ("project", "uuid"),
    ("evaluation", "text"),
    ("version", "integer NOT NULL"),
    ("item", "text NOT NULL"),
    ("contact", "integer NOT NULL"),  # the entry that records the contact; 0: the whole application
    ("department", "text NOT NULL"),
    ("grade", "text NOT NULL"),
    ("bad", "boolean NOT NULL"),
    ("reasons", "text[] NOT NULL"),
    ("comment", "text NOT NULL"),
    ("channel", "text NOT NULL"),
    ("evaluated_by", "text NOT NULL"),
    ("evaluated_at", "timestamptz NOT NULL"),
    ("position", "bigint NOT NULL"),  # of its entry in the ledger, of which its number is made
    ("rule", "text NOT NULL"),
    ("law", "text NOT NULL"),
    ("state", "text NOT NULL"),  # closed, if good; else open, started, rectified, closed, void
    ("round_at", "timestamptz NOT NULL"),  # start of the round: when it was given, or the rectification rejected
    ("rounds", "integer NOT NULL"),
    ("handler", "text NOT NULL"),
    ("started_at", "timestamptz"),
    ("real", "boolean"),
    ("measures", "text NOT NULL"),
    ("first_rectified_at", "timestamptz"),
    ("rectified_by", "text NOT NULL"),
    ("rectified_at", "timestamptz"),
    ("called_back_by", "text NOT NULL"),
    ("called_back_at", "timestamptz"),
    ("satisfied", "text NOT NULL"),
    ("remarks", "text NOT NULL"),
    ("appeal", "text NOT NULL"),  # none, open, upheld, rejected
    ("appeal_ground", "text NOT NULL"),
    ("appeal_evidence", "text NOT NULL"),
    ("appealed_at", "timestamptz"),
    ("appeal_reasons", "text NOT NULL"),
    ("appeal_decided_at", "timestamptz"),
    ("closed_at", "timestamptz"),
    ("earlier_begun", "timestamptz[] NOT NULL"),  # of the earlier, failed rounds: one instant each
    ("earlier_started", "timestamptz[] NOT NULL"),
    ("earlier_rectified", "timestamptz[] NOT NULL"),
    ("earlier_called_back", "timestamptz[] NOT NULL"),
)


class EvaluationRow(Struct):
    """One evaluation, in the columns of the view, with the last round of rectification of a bad grade.

    *earlier_begun* and the like are the instants of the earlier, failed rounds, in order.
    """

    project: UUID
    evaluation: str
    version: int
    item: str
    contact: int
    department: str
    grade: str
    bad: bool
    reasons: list[str]
    comment: str
    channel: str
    evaluated_by: str
    evaluated_at: datetime
    position: int
    rule: str
    law: str
    state: str
    round_at: datetime
    rounds: int = 0
    handler: str = ""
    started_at: datetime | None = None
    real: bool | None = None
    measures: str = ""
    first_rectified_at: datetime | None = None
    rectified_by: str = ""
    rectified_at: datetime | None = None
    called_back_by: str = ""
    called_back_at: datetime | None = None
    satisfied: str = ""
    remarks: str = ""
    appeal: str = "none"
    appeal_ground: str = ""
    appeal_evidence: str = ""
    appealed_at: datetime | None = None
    appeal_reasons: str = ""
    appeal_decided_at: datetime | None = None
    closed_at: datetime | None = None
    earlier_begun: list[datetime] = []
    earlier_started: list[datetime] = []
    earlier_rectified: list[datetime] = []
    earlier_called_back: list[datetime] = []


EvaluationSequel = (
    RectificationStarted | EvaluationRectified | EvaluationCalledBack | EvaluationAppealed | EvaluationAppealDecided
)
ABOUT_EVALUATIONS = (ServiceEvaluated, *get_args(EvaluationSequel))


def subject_of(fact: ServiceEvaluated | EvaluationSequel, project: Project) -> str:
    """The id of the evaluation of *fact*; the oldest ones are identified by item and application."""
    if fact.evaluation:
        return fact.evaluation
    return evaluation_id(fact.item, project.recorded(fact.item).application)


def evaluated(fact: ServiceEvaluated, entry: Entry, project: Project) -> EvaluationRow:
    """The row of a new evaluation."""
    return EvaluationRow(
        project=project.id,
        evaluation=subject_of(fact, project),
        version=entry.version,
        item=fact.item,
        contact=fact.contact,
        department=fact.department,
        grade=fact.grade.value,
        bad=fact.bad,
        reasons=list(fact.reasons),
        comment=fact.comment,
        channel=fact.channel.value,
        evaluated_by=entry.recorded.actor.id,
        evaluated_at=entry.occurred_at,
        position=entry.position,
        rule=fact.rule,
        law=entry.recorded.law,
        state="open" if fact.bad else "closed",
        round_at=entry.occurred_at,
        closed_at=None if fact.bad else entry.occurred_at,
    )


def followed(row: EvaluationRow, fact: EvaluationSequel, entry: Entry) -> None:
    """Apply a further fact to *row*."""
    at, by = entry.occurred_at, entry.recorded.actor.id
    match fact:
        case RectificationStarted():
            row.state, row.handler, row.started_at = "started", fact.handler, at
        case EvaluationRectified():
            row.state, row.real, row.measures = "rectified", fact.real, fact.measures
            row.rectified_at, row.rectified_by, row.rounds = at, by, row.rounds + 1
            row.first_rectified_at = row.first_rectified_at or at
        case EvaluationCalledBack():
            row.satisfied, row.remarks, row.called_back_by = fact.satisfied.value, fact.remarks, by
            row.called_back_at = at
            if fact.again:
                _round_over(row, at)
                row.state, row.round_at, row.started_at, row.rectified_at = "open", at, None, None
            else:
                row.state, row.closed_at = "closed", at
        case EvaluationAppealed():
            row.appeal, row.appeal_ground, row.appeal_evidence = "open", fact.ground.value, fact.evidence
            row.appealed_at = at
        case EvaluationAppealDecided():
            row.appeal, row.appeal_reasons = "upheld" if fact.upheld else "rejected", fact.reasons
            row.appeal_decided_at = at
            if fact.upheld:
                row.state, row.closed_at = "void", row.closed_at or at


def _round_over(row: EvaluationRow, at: datetime) -> None:
    """Store the instants of a failed round, which ended with the call-back at *at*."""
    rectified = row.rectified_at or at
    row.earlier_begun = [*row.earlier_begun, row.round_at]
    row.earlier_started = [*row.earlier_started, row.started_at or rectified]
    row.earlier_rectified = [*row.earlier_rectified, rectified]
    row.earlier_called_back = [*row.earlier_called_back, at]


def evaluation_runs(row: EvaluationRow) -> list[FeedbackRun]:
    """The clock runs of a bad evaluation: of every round in turn, and of the appeal."""
    if not row.bad:
        return []
    runs = []
    for begun, started, rectified, back in zip(
        row.earlier_begun, row.earlier_started, row.earlier_rectified, row.earlier_called_back, strict=True
    ):
        runs += _round(row.department, begun, started, rectified, rectified, back)
    rectified_at = row.rectified_at or row.closed_at
    called = row.called_back_at if row.closed_at else None  # a call-back of an earlier round ends no later one
    runs += _round(
        row.department,
        row.round_at,
        row.started_at or rectified_at,
        rectified_at,
        row.rectified_at,
        called if called and row.rectified_at and called >= row.rectified_at else row.closed_at,
    )
    if row.appealed_at:
        runs.append(FeedbackRun(FeedbackStep.APPEAL, BUREAU, row.appealed_at, ended_at=row.appeal_decided_at))
    return runs


def _round(
    holder: str,
    begun: datetime,
    started: datetime | None,
    rectified: datetime | None,
    call_from: datetime | None,
    called: datetime | None,
) -> list[FeedbackRun]:
    """The clock runs of one round; none for the call-back without a rectification."""
    runs = [
        FeedbackRun(FeedbackStep.START, holder, begun, ended_at=started),
        FeedbackRun(FeedbackStep.RECTIFICATION, holder, begun, ended_at=rectified),
    ]
    return [*runs, FeedbackRun(FeedbackStep.CALL_BACK, holder, call_from, ended_at=called)] if call_from else runs
