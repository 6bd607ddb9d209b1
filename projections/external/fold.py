"""系统外结果 external results: items of outside departments with result, provenance, last verification, discrepancy.

A row holds the day of the last verification, not the staleness, which depends on the time of the query.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from domain.core.types import DECIDED_STAGES, Stage
from domain.messages import Entry
from domain.project.application.manager import ManagerAssigned
from domain.project.application.registration import ItemPlanned, ProjectRegistered
from domain.project.application.undertaking import DecisionRevoked
from domain.project.external.results import (
    DiscrepancyFound,
    DiscrepancySettled,
    ExternalResultConfirmed,
    ExternalResultRecorded,
    ExternalResultVerified,
    RecordAttested,
)
from domain.project.flow.adoption import ItemDropped, ItemReplanned
from domain.project.state.project import ExternalResult, Item, Project
from domain.project.supervision.rescission import CardRescinded
from domain.project.supervision.signals import RenewalDeemed
from domain.project.waiting.wait import is_needed
from projections.clocks.law_kinds import KINDS
from projections.reader import Laws
from projections.view import Facts, Row, Rows, Table, facts_of

# Facts that are a verification by themselves, on the day they took effect.
LOOKED = (ExternalResultVerified, ExternalResultConfirmed, DiscrepancySettled, RecordAttested)

# Facts, besides the events of the law, that change which items are not granted and what these wait for.
OTHERS = (
    *(ProjectRegistered, ManagerAssigned, ItemPlanned, ItemReplanned, ItemDropped),
    *(DecisionRevoked, RenewalDeemed, CardRescinded),
)

OUTSIDE = Table(
    "outside",
    (
        ("project", "uuid"),
        ("item", "text"),
        ("name", "text NOT NULL"),
        ("department", "text NOT NULL"),
        ("manager", "text NOT NULL"),
        ("zone", "text NOT NULL"),  # whose days are meant
        ("stage", "text NOT NULL"),
        ("outcome", "text NOT NULL"),
        ("document_number", "text NOT NULL"),
        ("document_on", "date"),
        ("source", "text NOT NULL"),
        ("by_feed", "boolean NOT NULL"),
        ("evidence", "text NOT NULL"),
        ("recorded_at", "timestamptz"),  # when the result was entered or reported
        ("recorded_by", "text NOT NULL"),
        ("verified_on", "date NOT NULL"),
        ("verified_by", "text NOT NULL"),  # a person, or the source of a feed
        ("needed", "boolean NOT NULL"),  # an ungranted item has it among its preconditions
        ("disputed", "boolean NOT NULL"),  # a feed reported another result, and the discrepancy is not settled
        ("fed_outcome", "text NOT NULL"),
        ("fed_document_number", "text NOT NULL"),
        ("fed_document_on", "date"),
        ("fed_source", "text NOT NULL"),
        ("disputed_at", "timestamptz"),
    ),
    key=2,
    indexes=(
        "(verified_on, project, item)",
        "(department, verified_on, project, item)",
        "(disputed_at) WHERE disputed",
        "(verified_on, project, item) WHERE disputed",
        "(verified_on, project, item) WHERE needed",
        "(verified_on, zone, project) WHERE needed",  # few are: what they were needed for is granted
    ),
)


class LastVerification(Struct):
    """The last verification of one item, and the origin of its result."""

    application: int
    verified_on: date
    verified_by: str
    zone: str
    evidence: str = ""
    recorded_at: datetime | None = None
    recorded_by: str = ""
    disputed_at: datetime | None = None


class ExternalState(Struct):
    """State of one project, in addition to the project itself."""

    items: dict[str, LastVerification] = field(default_factory=dict)


class External:
    """The fold. *laws* gives the time zone of a law's days."""

    name: str = "outside"
    version: int = 5
    tables: tuple[Table, ...] = (OUTSIDE,)
    follows: Facts = facts_of(KINDS, LOOKED, (DiscrepancyFound,), OTHERS)

    def __init__(self, laws: Callable[[], Laws]) -> None:
        self._laws = laws

    def start(self) -> ExternalState:
        return ExternalState()

    def fold(self, state: ExternalState, entry: Entry, project: Project) -> None:
        fact = entry.fact
        item = project.items.get(getattr(fact, "item", ""))
        if item is None or item.plan.live:
            return
        code = item.plan.item
        if isinstance(fact, DiscrepancyFound):
            if code in state.items:
                state.items[code].disputed_at = entry.recorded_at
        elif type(fact) in KINDS or isinstance(fact, LOOKED):
            self._look(state, entry, item)

    def _look(self, state: ExternalState, entry: Entry, item: Item) -> None:
        """Record a verification of the item."""
        fact, zone = entry.fact, self._laws().pack(entry.recorded.law).zone
        at = entry.occurred_at if isinstance(fact, LOOKED) else entry.recorded_at
        last = LastVerification(item.application, at.astimezone(ZoneInfo(zone)).date(), entry.recorded.actor.id, zone)
        before = state.items.get(item.plan.item)
        if before is not None and before.application == item.application:
            last.evidence, last.recorded_at = before.evidence, before.recorded_at
            last.recorded_by = before.recorded_by
            if before.verified_on > last.verified_on:
                last.verified_on, last.verified_by = before.verified_on, before.verified_by
        match fact:
            case ExternalResultRecorded():
                last.evidence, last.recorded_at = fact.evidence, entry.recorded_at
                last.recorded_by = entry.recorded.actor.id
                last.verified_on = fact.verified_on or last.verified_on
            case ExternalResultConfirmed(source=source):
                last.verified_by = source
        if item.disputed is not None and before is not None:
            last.disputed_at = before.disputed_at
        state.items[item.plan.item] = last

    def rows(self, state: ExternalState, project: Project) -> Rows:
        planned = ((code, project.items[code], last) for code, last in state.items.items() if code in project.items)
        return {
            "outside": [
                _row(project, code, item, last) for code, item, last in planned if item.stage is not Stage.NOT_STARTED
            ]
        }


def _row(project: Project, code: str, item: Item, last: LastVerification) -> Row:
    decided = item.stage in DECIDED_STAGES and item.outcome is not None
    result = item.result or (ExternalResult(item.outcome) if decided and item.outcome else None)
    fed = item.disputed
    return (
        project.id,
        code,
        item.plan.name,
        item.plan.department,
        project.manager,
        last.zone,
        item.stage.value,
        result.outcome.value if result else "",
        result.document_number if result else "",
        result.document_on if result else None,
        result.source if result else "",
        bool(result and result.by_feed),
        last.evidence,
        last.recorded_at,
        last.recorded_by,
        last.verified_on,
        last.verified_by,
        is_needed(project, item),
        fed is not None,
        fed.outcome.value if fed else "",
        fed.document_number if fed else "",
        fed.document_on if fed else None,
        fed.source if fed else "",
        last.disputed_at if fed else None,
    )


class ExternalRow(Struct, frozen=True):
    """One item of an outside department, in the columns of the view.

    *needed*: an ungranted item has it among its preconditions.
    """

    project: UUID
    item: str
    name: str
    department: str
    manager: str
    zone: str
    stage: str
    outcome: str
    document_number: str
    document_on: date | None
    source: str
    by_feed: bool
    evidence: str
    recorded_at: datetime | None
    recorded_by: str
    verified_on: date
    verified_by: str
    needed: bool
    disputed: bool
    fed_outcome: str
    fed_document_number: str
    fed_document_on: date | None
    fed_source: str
    disputed_at: datetime | None


def unverified_days(row: ExternalRow, at: datetime) -> int:
    """The days since the last verification, by the local calendar at *at*; 0 if it is in the future."""
    return max(0, (at.astimezone(ZoneInfo(row.zone)).date() - row.verified_on).days)
