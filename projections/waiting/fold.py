"""卡在谁 who has to act on what: a row a thing waited for, over all projects, with the chain behind it.

Since when is read off the facts alone: a wait begins with the entry after which the item waits for it, and ends with
the entry after which it no longer does. A blocked item waits for its holder since it became that holder's turn: since
the wait at the end of its chain began.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct, field

from domain.core.graph import open_groups
from domain.messages import Entry
from domain.project.application.announcement import DateAnnounced
from domain.project.application.extension import LimitExtended
from domain.project.application.hearing import HearingHeld, HearingNoticeGiven, HearingRequested, HearingRightTold
from domain.project.application.note import StepNoted
from domain.project.application.procedure import ModeChanged
from domain.project.external.results import ExternalResultVerified, RecordAttested
from domain.project.flow.adoption import FlowAdopted, FlowMoved
from domain.project.information.recording import InformationRecorded
from domain.project.materials.attachment import MaterialAttached, MaterialDetached
from domain.project.state.project import Project
from domain.project.supervision.appeals import AppealDecided, CardAppealed, SupervisionAnswered, SupervisionOrdered
from domain.project.supervision.signals import CardIssued, DeadlineWarned
from domain.project.waiting.chain import ItemWaiting, waiting
from domain.project.waiting.wait import GRANTED, Key, Wait, before_acceptance, waits_of
from projections.feedback.evaluations import ABOUT_EVALUATIONS
from projections.feedback.redaction import ABOUT_COMPLAINTS
from projections.view import CORRECTIONS, EVERY_FACT, Facts, Folded, Row, Rows, Table, facts_of

WAITING = Table(
    "waiting",
    (
        ("project", "uuid"),
        ("item", "text"),
        ("kind", "text"),
        ("ref", "text"),  # which of its kind: a suspension's id, "department/step"
        ("nth", "integer NOT NULL"),  # the item's place in the project's list
        ("name", "text NOT NULL"),
        ("department", "text NOT NULL"),  # whose item it is
        ("stage", "text NOT NULL"),
        ("held_by", "text NOT NULL"),
        ("holder", "text NOT NULL"),  # who has to act: a department's code, 'applicant', the manager's id, or nobody
        ("what", "text[] NOT NULL"),
        ("since", "timestamptz"),
        ("chain", "text[] NOT NULL"),  # from the item to where something can be done
    ),
    key=4,
    indexes=("(holder, since)", "(department, since)", "(since)"),
)

ASIDE = facts_of(  # after these nobody waits for more or less than before
    (InformationRecorded, MaterialAttached, MaterialDetached, StepNoted, DateAnnounced, FlowAdopted, FlowMoved),
    (ModeChanged,),
    (DeadlineWarned, CardIssued, CardAppealed, AppealDecided, SupervisionOrdered, SupervisionAnswered),
    (ExternalResultVerified, RecordAttested, LimitExtended),
    (HearingRightTold, HearingRequested, HearingNoticeGiven, HearingHeld),
    ABOUT_COMPLAINTS,
    ABOUT_EVALUATIONS,
    CORRECTIONS,
)
NOTHING: Mapping[Key, datetime] = {}


class WaitingRow(Struct, frozen=True):
    """One thing that one item waits for, in the order of the columns. Of a blocked item the holder is its root's."""

    project: UUID
    item: str
    kind: str
    ref: str
    nth: int
    name: str
    department: str
    stage: str
    held_by: str
    holder: str
    on: list[str]
    since: datetime | None
    chain: list[str]


class WaitingState(Struct):
    """Since when each item waits for what; which items are granted, so that a change of that is seen.

    *rows*: those made from that, None once something was told that may change them.
    """

    since: dict[str, dict[Key, datetime]] = field(default_factory=dict)
    granted: set[str] = field(default_factory=set)
    rows: list[Row] | None = None


class Waiting:
    """The fold."""

    name: str = "waiting"
    version: int = 4
    tables: tuple[Table, ...] = (WAITING,)
    follows: Facts = EVERY_FACT - ASIDE

    def start(self) -> WaitingState:
        return WaitingState()

    def fold(self, state: WaitingState, entry: Entry, project: Project) -> None:
        code = getattr(entry.fact, "item", "")
        if not isinstance(code, str) or not code:
            state.granted = project.granted  # the plan may be another
            for gone in state.since.keys() - project.items.keys():
                del state.since[gone]
            touched = list(project.items)
        else:
            touched = [code, *_depending(state, code, project)]
        for item in touched:
            _look(state, item, entry, project)
        state.rows = None

    def rows(self, state: WaitingState, project: Project) -> Rows:
        if state.rows is None:
            order = {code: nth for nth, code in enumerate(project.items, 1)}
            items = waiting(project, state.since)
            state.rows = [
                _row(project.id, order[item_waiting.item], item_waiting, wait)
                for item_waiting in items
                for wait in item_waiting.waits
            ]
        return {"waiting": state.rows}


def _depending(state: WaitingState, code: str, project: Project) -> list[str]:
    """The items that wait for *code*, where it was granted just now, or is granted no more."""
    item = project.items.get(code)
    granted = item is not None and item.outcome is GRANTED
    if granted is (code in state.granted):
        return []
    (state.granted.add if granted else state.granted.discard)(code)
    return project.waiting_for(code)


def _look(state: WaitingState, code: str, entry: Entry, project: Project) -> None:
    """What an item waits for after *entry*: what is new began with it."""
    item = project.items.get(code)
    if item is None:
        state.since.pop(code, None)
        return
    needs = item.plan.needs
    blocked = bool(needs) and before_acceptance(item) and bool(open_groups(needs, state.granted))
    before, at = state.since.get(code, NOTHING), entry.occurred_at
    state.since[code] = {(key := wait.key): before.get(key, at) for wait in waits_of(project, item, blocked)}


def _row(project: UUID, nth: int, item: ItemWaiting, wait: Wait) -> Row:
    return (
        project,
        item.item,
        str(wait.kind),
        wait.ref,
        nth,
        item.name,
        item.department,
        str(item.stage),
        str(wait.held_by),
        wait.holder,
        list(wait.on),
        wait.since,
        list(item.chain),
    )


VIEW = Waiting()


def waiting_at(folded: Folded) -> list[ItemWaiting]:
    """What the items of a project wait for that was folded by `as_it_stood`."""
    state: WaitingState = folded.states[VIEW.name]
    return waiting(folded.project, state.since)
