"""办结台账 which applications were decided, when, and when that was learned; silence decides too (Art. 50)."""

from __future__ import annotations

from datetime import datetime
from typing import LiteralString
from uuid import UUID

from msgspec import Struct, field

from domain.core.types import Outcome
from domain.messages import Entry
from domain.project.application.completion import ItemCompleted
from domain.project.external.results import ExternalResultRecorded
from domain.project.state.project import Project
from domain.project.supervision.rescission import CardRescinded
from domain.project.supervision.signals import RenewalDeemed
from projections.view import Facts, Row, Table, facts_of

DECIDING: Facts = facts_of((ItemCompleted, ExternalResultRecorded, RenewalDeemed, CardRescinded))  # what it follows
Application = tuple[str, int]  # the item's code, and which of its applications
DECISION_COLUMNS: tuple[tuple[str, LiteralString], ...] = (
    ("project", "uuid"),
    ("item", "text"),
    ("application", "integer"),
    ("department", "text NOT NULL"),
    ("outcome", "text NOT NULL"),
    ("decided_at", "timestamptz NOT NULL"),
    ("recorded_at", "timestamptz NOT NULL"),
)
BY_DECISION: tuple[LiteralString, ...] = (  # the orders of their lists
    '(decided_at, project, item COLLATE "C", application)',
    '(department, decided_at, project, item COLLATE "C", application)',
)
LATE_DECISIONS = Table("late_decision", DECISION_COLUMNS, key=3, indexes=BY_DECISION)  # one in fifty was late


class DecisionRow(Struct, frozen=True):
    """One application that was decided; an effect of silence decides too (Art. 50)."""

    project: UUID
    item: str
    application: int
    department: str
    outcome: str
    decided_at: datetime
    recorded_at: datetime


class Decisions(Struct):
    """One project's decisions as rows of `DecisionRow`; *renewed* are those that silence made, by their cards."""

    rows: dict[Application, Row] = field(default_factory=dict)
    renewed: dict[str, tuple[Application, datetime]] = field(default_factory=dict)

    def take(self, entry: Entry, project: Project) -> Application | None:
        """Apply an entry of a followed fact; returns the application that it decided, or whose decision it undid."""
        match entry.fact:
            case ItemCompleted(item=item, outcome=outcome) | ExternalResultRecorded(item=item, outcome=outcome):
                return self._decided(item, outcome, entry, project)
            case RenewalDeemed(item=item, card=card, proof=proof):
                self.renewed[card] = (item, proof.application), entry.recorded_at
                if project.recorded(item).application == proof.application:
                    return self._decided(item, Outcome.GRANTED, entry, project)
            case CardRescinded(card=card, undoes=True) if card in self.renewed:
                return self._undecided(*self.renewed[card])
        return None

    def _decided(self, item: str, outcome: Outcome, entry: Entry, project: Project) -> Application:
        recorded = project.recorded(item)
        key = item, recorded.application
        self.rows[key] = (project.id, *key, recorded.department, str(outcome), entry.occurred_at, entry.recorded_at)
        return key

    def _undecided(self, application: Application, recorded_at: datetime) -> Application | None:
        """Remove the decision by silence recorded at *recorded_at*, unless a decision by an officer has replaced it."""
        row = self.rows.get(application)
        if row is None or DecisionRow(*row).recorded_at != recorded_at:
            return None
        del self.rows[application]
        return application
