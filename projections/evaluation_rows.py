"""One evaluation's row: what each fact about it adds, and the runs its clocks are read from."""

from __future__ import annotations

from datetime import datetime
from typing import LiteralString
from uuid import UUID

from msgspec import Struct

from domain.law.voice_clock import Run
from domain.law.voice_terms import VoiceStep
from domain.project.evaluation import ServiceEvaluated
from domain.project.rectification import (
    EvaluationAppealDecided,
    EvaluationAppealed,
    EvaluationCalledBack,
    EvaluationRectified,
    RectificationStarted,
)
from domain.project.state import Project
from domain.project.voice_state import evaluation_id
from domain.vocabulary import Entry

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
    ("rule", "text NOT NULL"),
    ("law", "text NOT NULL"),
    ("state", "text NOT NULL"),  # closed, if good; else open, started, rectified, closed, void
    ("round_at", "timestamptz NOT NULL"),  # when it was given, or found not to be put right
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
)


class EvaluationRow(Struct):
    """One evaluation, as it is answered: what was said, and what came of a bad grade in its last round."""

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


Followed = (
    RectificationStarted | EvaluationRectified | EvaluationCalledBack | EvaluationAppealed | EvaluationAppealDecided
)


def subject_of(fact: ServiceEvaluated | Followed, project: Project) -> str:
    """The id of the evaluation that *fact* is about; the oldest ones are known by item and application."""
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
        evaluated_by=entry.recorded.by.id,
        evaluated_at=entry.occurred_at,
        rule=fact.rule,
        law=entry.recorded.law,
        state="open" if fact.bad else "closed",
        round_at=entry.occurred_at,
        closed_at=None if fact.bad else entry.occurred_at,
    )


def followed(row: EvaluationRow, fact: Followed, entry: Entry) -> None:
    """Let *row* take in what came of it."""
    at, by = entry.occurred_at, entry.recorded.by.id
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


def evaluation_runs(row: EvaluationRow) -> list[Run]:
    """What the clocks of a bad evaluation are read from: those of its last round, and the appeal's."""
    if not row.bad:
        return []
    rectified = row.rectified_at or row.closed_at
    runs = [
        Run(VoiceStep.START, row.department, row.round_at, ended_at=row.started_at or rectified),
        Run(VoiceStep.RECTIFICATION, row.department, row.round_at, ended_at=rectified),
    ]
    if row.rectified_at:
        back = row.called_back_at if row.called_back_at and row.called_back_at >= row.rectified_at else row.closed_at
        runs.append(Run(VoiceStep.CALL_BACK, row.department, row.rectified_at, ended_at=back))
    if row.appealed_at:
        runs.append(Run(VoiceStep.APPEAL, BUREAU, row.appealed_at, ended_at=row.appeal_decided_at))
    return runs
