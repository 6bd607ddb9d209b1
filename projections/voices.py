"""投诉评议台账 complaints and evaluations, and the audit trail of both: who did what when, a row a step."""

from __future__ import annotations

from datetime import datetime
from typing import get_args
from uuid import UUID

from msgspec import Struct, field, structs

from domain.project.complaint import ComplaintFiled
from domain.project.evaluation import ServiceEvaluated
from domain.project.state import Project
from domain.vocabulary import Entry, tag_of
from projections.anonymity import named
from projections.complaint_rows import COMPLAINT_COLUMNS, ComplaintFact, ComplaintRow, begun, moved
from projections.evaluation_rows import EVALUATION_COLUMNS, EvaluationRow, Followed, evaluated, followed, subject_of
from projections.view import Row, Rows, Table

COMPLAINTS = Table(
    "complaint",
    COMPLAINT_COLUMNS,
    key=2,
    indexes=("(department, filed_at DESC)", "(filed_at DESC)", "(filed_at) WHERE closed_at IS NULL"),
)
EVALUATIONS = Table(
    "evaluation",
    EVALUATION_COLUMNS,
    key=2,
    indexes=("(department, bad)", "(evaluated_at DESC)", "(evaluated_at) WHERE closed_at IS NULL"),
)
STEPS = Table(
    "voice",
    (
        ("project", "uuid"),
        ("version", "integer"),
        ("subject", "text NOT NULL"),  # the id of the complaint or the evaluation
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
    indexes=("(occurred_at DESC)", "(recorded_at DESC)"),
)
ABOUT_COMPLAINTS = get_args(ComplaintFact)
ABOUT_EVALUATIONS = (ServiceEvaluated, *get_args(Followed))


class VoicesState(Struct):
    """The rows so far, by id; *written* are those that nothing has touched since they were asked for."""

    complaints: dict[str, ComplaintRow] = field(default_factory=dict)
    evaluations: dict[str, EvaluationRow] = field(default_factory=dict)
    steps: list[Row] = field(default_factory=list)


class Voices:
    """The fold. Rows hold instants alone: due dates, and whether something is overdue, depend on when one asks."""

    name: str = "voices"
    version: int = 2
    tables: tuple[Table, ...] = (COMPLAINTS, EVALUATIONS, STEPS)

    def start(self) -> VoicesState:
        return VoicesState()

    def fold(self, state: VoicesState, entry: Entry, project: Project) -> None:
        fact = entry.fact
        if isinstance(fact, ABOUT_COMPLAINTS):
            subject = fact.complaint
            _complain(state, fact, entry, project)
        elif isinstance(fact, ABOUT_EVALUATIONS):
            subject = subject_of(fact, project)
            _evaluate(state, fact, entry, project)
        else:
            return
        by = named(entry, project)
        state.steps.append(
            (
                *(project.id, entry.version, subject, tag_of(fact)),
                *(by.id, by.department, by.role.value),
                *(entry.occurred_at, entry.recorded_at, entry.position, entry.recorded.command_id),
            )
        )

    def rows(self, state: VoicesState, project: Project) -> Rows:  # noqa: ARG002 the view's signature
        return {
            "complaint": [structs.astuple(row) for row in state.complaints.values()],
            "evaluation": [structs.astuple(row) for row in state.evaluations.values()],
            "voice": state.steps,
        }


def _complain(state: VoicesState, fact: ComplaintFact, entry: Entry, project: Project) -> None:
    if isinstance(fact, ComplaintFiled):
        state.complaints[fact.complaint] = begun(fact, entry, project)
    elif row := state.complaints.get(fact.complaint):  # none where its filing was retracted
        moved(row, fact, entry)


def _evaluate(state: VoicesState, fact: ServiceEvaluated | Followed, entry: Entry, project: Project) -> None:
    if isinstance(fact, ServiceEvaluated):
        state.evaluations[subject_of(fact, project)] = evaluated(fact, entry, project)
    elif row := state.evaluations.get(fact.evaluation):
        followed(row, fact, entry)


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
