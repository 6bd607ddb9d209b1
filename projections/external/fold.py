"""系统外结果 what stands for items of departments outside the system: result, provenance, last verified, discrepancy.

A row holds the day on which it was last verified and never how stale that is: staleness depends on when it is asked.
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

# What says by itself that somebody looked: it counts on the day on which they did.
LOOKED = (ExternalResultVerified, ExternalResultConfirmed, DiscrepancySettled, RecordAttested)

# What changes which items are not granted, and what these wait for, beside the events of the law.
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
        ("recorded_at", "timestamptz"),  # when the result was keyed in, or came
        ("recorded_by", "text NOT NULL"),
        ("verified_on", "date NOT NULL"),
        ("verified_by", "text NOT NULL"),  # a person, or the source of a feed
        ("needed", "boolean NOT NULL"),  # an item that is not granted has it among its preconditions
        ("disputed", "boolean NOT NULL"),  # a feed says otherwise, and the project manager has not decided
        ("fed_outcome", "text NOT NULL"),
        ("fed_document_number", "text NOT NULL"),
        ("fed_document_on", "date"),
        ("fed_source", "text NOT NULL"),
        ("disputed_at", "timestamptz"),
    ),
    key=2,
    indexes=("(verified_on, project, item)", "(department, verified_on)", "(disputed_at) WHERE disputed"),
)


class Looked(Struct):
    """When somebody last looked at one item, and how its result came."""

    application: int
    verified_on: date
    verified_by: str
    zone: str
    evidence: str = ""
    recorded_at: datetime | None = None
    recorded_by: str = ""
    disputed_at: datetime | None = None


class OutsideState(Struct):
    """What the rows of one project need beside the project itself."""

    items: dict[str, Looked] = field(default_factory=dict)


class Outside:
    """The fold. *laws* tells in which zone a law counts its days."""

    name: str = "outside"
    version: int = 3
    tables: tuple[Table, ...] = (OUTSIDE,)
    follows: Facts = facts_of(KINDS, LOOKED, (DiscrepancyFound,), OTHERS)

    def __init__(self, laws: Callable[[], Laws]) -> None:
        self._laws = laws

    def start(self) -> OutsideState:
        return OutsideState()

    def fold(self, state: OutsideState, entry: Entry, project: Project) -> None:
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

    def _look(self, state: OutsideState, entry: Entry, item: Item) -> None:
        """Note that somebody told how the item stands."""
        fact, zone = entry.fact, self._laws().pack(entry.recorded.law).zone
        at = entry.occurred_at if isinstance(fact, LOOKED) else entry.recorded_at
        looked = Looked(item.application, at.astimezone(ZoneInfo(zone)).date(), entry.recorded.by.id, zone)
        before = state.items.get(item.plan.item)
        if before is not None and before.application == item.application:
            looked.evidence, looked.recorded_at = before.evidence, before.recorded_at
            looked.recorded_by = before.recorded_by
            if before.verified_on > looked.verified_on:
                looked.verified_on, looked.verified_by = before.verified_on, before.verified_by
        match fact:
            case ExternalResultRecorded():
                looked.evidence, looked.recorded_at = fact.evidence, entry.recorded_at
                looked.recorded_by = entry.recorded.by.id
                looked.verified_on = fact.verified_on or looked.verified_on
            case ExternalResultConfirmed(source=source):
                looked.verified_by = source
        if item.disputed is not None and before is not None:
            looked.disputed_at = before.disputed_at
        state.items[item.plan.item] = looked

    def rows(self, state: OutsideState, project: Project) -> Rows:
        kept = ((code, project.items[code], looked) for code, looked in state.items.items() if code in project.items)
        return {
            "outside": [
                _row(project, code, item, looked) for code, item, looked in kept if item.stage is not Stage.NOT_STARTED
            ]
        }


def _row(project: Project, code: str, item: Item, looked: Looked) -> Row:
    decided = item.stage in DECIDED_STAGES and item.outcome is not None
    stands = item.result or (ExternalResult(item.outcome) if decided and item.outcome else None)
    fed = item.disputed
    return (
        project.id,
        code,
        item.plan.name,
        item.plan.department,
        project.manager,
        looked.zone,
        item.stage.value,
        stands.outcome.value if stands else "",
        stands.document_number if stands else "",
        stands.document_on if stands else None,
        stands.source if stands else "",
        bool(stands and stands.by_feed),
        looked.evidence,
        looked.recorded_at,
        looked.recorded_by,
        looked.verified_on,
        looked.verified_by,
        is_needed(project, item),
        fed is not None,
        fed.outcome.value if fed else "",
        fed.document_number if fed else "",
        fed.document_on if fed else None,
        fed.source if fed else "",
        looked.disputed_at if fed else None,
    )


class OutsideRow(Struct, frozen=True):
    """One item of a department outside the system, as the view has it.

    *needed*: work that is not over rests on it, as an item that is not granted has it among its preconditions.
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


def unverified_days(row: OutsideRow, at: datetime) -> int:
    """How many days ago, by the local calendar at *at*, the row was last verified; none where that is still to come."""
    return max(0, (at.astimezone(ZoneInfo(row.zone)).date() - row.verified_on).days)
