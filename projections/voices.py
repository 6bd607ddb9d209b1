"""投诉评议台账 the audit trail of complaints and evaluations: who did what when, a row a step."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct, field

from domain.project.complaint import ComplaintAnswered, ComplaintClosed, ComplaintFiled
from domain.project.evaluation import ServiceEvaluated
from domain.project.state import Project
from domain.vocabulary import Entry, tag_of
from projections.view import Row, Rows, Table

COMPLAINTS = Table(
    "complaint",
    (
        ("project", "uuid"),
        ("complaint", "text"),
        ("item", "text NOT NULL"),
        ("department", "text NOT NULL"),
        ("state", "text NOT NULL"),  # filed, answered, closed
        ("about", "text NOT NULL"),
        ("filed_by", "text NOT NULL"),  # empty for an anonymous complaint
        ("filed_at", "timestamptz NOT NULL"),
        ("answer", "text NOT NULL"),
        ("upheld", "boolean"),
        ("answered_by", "text NOT NULL"),
        ("answered_at", "timestamptz"),
        ("satisfied", "text NOT NULL"),
        ("closed_at", "timestamptz"),
    ),
    key=2,
    indexes=("(department, state)", "(filed_at DESC)"),
)
EVALUATIONS = Table(
    "evaluation",
    (
        ("project", "uuid"),
        ("version", "integer"),
        ("item", "text NOT NULL"),
        ("department", "text NOT NULL"),
        ("grade", "text NOT NULL"),
        ("bad", "boolean NOT NULL"),
        ("reasons", "text[] NOT NULL"),
        ("comment", "text NOT NULL"),
        ("channel", "text NOT NULL"),
        ("evaluated_by", "text NOT NULL"),
        ("evaluated_at", "timestamptz NOT NULL"),
    ),
    key=2,
    indexes=("(department, bad)", "(evaluated_at DESC)"),
)
STEPS = Table(
    "voice",
    (
        ("project", "uuid"),
        ("version", "integer"),
        ("subject", "text NOT NULL"),  # the complaint's id, or the item evaluated
        ("step", "text NOT NULL"),  # the fact's stored name
        ("by", "text NOT NULL"),
        ("by_department", "text NOT NULL"),
        ("by_role", "text NOT NULL"),
        ("occurred_at", "timestamptz NOT NULL"),
        ("recorded_at", "timestamptz NOT NULL"),
        ("position", "bigint NOT NULL"),
        ("command", "uuid NOT NULL"),
    ),
    key=2,
    indexes=("(occurred_at DESC)",),
)


class VoicesState(Struct):
    """The rows so far; steps and evaluations never change."""

    complaints: dict[str, list[object]] = field(default_factory=dict)
    evaluations: list[Row] = field(default_factory=list)
    steps: list[Row] = field(default_factory=list)


class Voices:
    """The fold. A complaint's row moves through its states; its steps stay beside it."""

    name: str = "voices"
    version: int = 1
    tables: tuple[Table, ...] = (COMPLAINTS, EVALUATIONS, STEPS)

    def start(self) -> VoicesState:
        return VoicesState()

    def fold(self, state: VoicesState, entry: Entry, project: Project) -> None:
        fact, by = entry.fact, entry.recorded.by
        if not isinstance(fact, ComplaintFiled | ComplaintAnswered | ComplaintClosed | ServiceEvaluated):
            return
        anonymous = isinstance(fact, ComplaintFiled) and fact.anonymous
        if isinstance(fact, ServiceEvaluated):
            subject = fact.item
            state.evaluations.append(_evaluation(fact, entry, project))
        else:
            subject = fact.complaint
            _handle(state.complaints, fact, entry, project)
        state.steps.append(
            (
                *(project.id, entry.version, subject, tag_of(fact)),
                *("" if anonymous else by.id, "" if anonymous else by.department, by.role.value),
                *(entry.occurred_at, entry.recorded_at, entry.position, entry.recorded.command_id),
            )
        )

    def rows(self, state: VoicesState, project: Project) -> Rows:  # noqa: ARG002 the view's signature
        return {
            "complaint": [tuple(row) for row in state.complaints.values()],
            "evaluation": state.evaluations,
            "voice": state.steps,
        }


def _handle(
    complaints: dict[str, list[object]],
    fact: ComplaintFiled | ComplaintAnswered | ComplaintClosed,
    entry: Entry,
    project: Project,
) -> None:
    """Begin a complaint's row, or move it to its next state."""
    if isinstance(fact, ComplaintFiled):
        by = "" if fact.anonymous else fact.by
        subject = [project.id, fact.complaint, fact.item, fact.department]
        complaints[fact.complaint] = [
            *subject,
            "filed",
            fact.about,
            by,
            entry.occurred_at,
            "",
            None,
            "",
            None,
            "",
            None,
        ]
        return
    row = complaints.get(fact.complaint)
    if row is None:  # its filing was retracted
        return
    if isinstance(fact, ComplaintAnswered):
        row[4], row[8:12] = "answered", [fact.answer, fact.upheld, entry.recorded.by.id, entry.occurred_at]
    else:
        row[4], row[12], row[13] = "closed", fact.satisfied.value, entry.occurred_at


def _evaluation(fact: ServiceEvaluated, entry: Entry, project: Project) -> Row:
    return (
        *(project.id, entry.version, fact.item, fact.department, fact.grade.value, fact.bad),
        *(list(fact.reasons), fact.comment, fact.channel.value, entry.recorded.by.id, entry.occurred_at),
    )


class ComplaintRow(Struct, frozen=True):
    """One complaint, as it is answered."""

    project: UUID
    complaint: str
    item: str
    department: str
    state: str
    about: str
    filed_by: str
    filed_at: datetime
    answer: str
    upheld: bool | None
    answered_by: str
    answered_at: datetime | None
    satisfied: str
    closed_at: datetime | None


class EvaluationRow(Struct, frozen=True):
    """One evaluation, as it is answered."""

    project: UUID
    version: int
    item: str
    department: str
    grade: str
    bad: bool
    reasons: list[str]
    comment: str
    channel: str
    evaluated_by: str
    evaluated_at: datetime


class VoiceRow(Struct, frozen=True):
    """One step of the audit trail."""

    project: UUID
    version: int
    subject: str
    step: str
    by: str
    by_department: str
    by_role: str
    occurred_at: datetime
    recorded_at: datetime
    position: int
    command: UUID
