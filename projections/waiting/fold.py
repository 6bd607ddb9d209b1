"""卡在谁 who has to act on what: one row per wait, over all projects, with its blocking chain.

The start follows from the facts: a wait begins with the entry after which the item waits for it, and ends with the
entry after which it no longer does. A blocked item waits for its holder since the wait at the end of its chain began.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
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
from domain.project.waiting.wait import GRANTED, Key, Wait, WaitKind, before_acceptance, waits_of
from projections.feedback.evaluations import ABOUT_EVALUATIONS
from projections.feedback.redaction import ABOUT_COMPLAINTS
from projections.view import CORRECTIONS, EVERY_FACT, Facts, Folded, Row, Rows, Table, facts_of

WAITING = Table(
    "waiting",
    (
        ("project", "uuid"),
        ("item", "text"),
        ("kind", "text"),
        ("ref", "text"),  # distinguishes waits of one kind: a suspension's id, "department/step"
        ("nth", "integer NOT NULL"),  # position of the item in the plan
        ("name", "text NOT NULL"),
        ("department", "text NOT NULL"),  # that handles the item
        ("stage", "text NOT NULL"),
        ("held_by", "text NOT NULL"),
        ("holder", "text NOT NULL"),  # department code, 'applicant', the manager's id, or empty
        ("what", "text[] NOT NULL"),
        ("since", "timestamptz"),
        ("chain", "text[] NOT NULL"),  # from the item to one that can be acted on
    ),
    key=4,
    indexes=(
        "(holder, since)",
        "(department, since)",
        "(since)",
        "(holder, since) WHERE kind <> 'precondition'",  # what can be acted on: a sixth of all
    ),
)
# Who holds how much of a whole zone, of the items of each department; projects also of all, where that is empty.
COUNTS = Table(
    "waiting_count",
    (
        ("register", "text"),
        ("department", "text"),  # that handles the items
        ("held_by", "text"),
        ("holder", "text"),
        ("figure", "text"),  # holds, behind, projects
        ("n", "integer NOT NULL"),
    ),
    key=5,
    summed=True,
)

ASIDE = facts_of(  # facts that change no wait
    (InformationRecorded, MaterialAttached, MaterialDetached, StepNoted, DateAnnounced, FlowAdopted, FlowMoved),
    (ModeChanged,),
    (DeadlineWarned, CardIssued, CardAppealed, AppealDecided, SupervisionOrdered, SupervisionAnswered),
    (ExternalResultVerified, RecordAttested, LimitExtended),
    (HearingRightTold, HearingRequested, HearingNoticeGiven, HearingHeld),
    ABOUT_COMPLAINTS,
    ABOUT_EVALUATIONS,
    CORRECTIONS,
)
ALL = ""  # in place of a department
NOTHING: Mapping[Key, datetime] = {}


class WaitingRow(Struct, frozen=True):
    """One wait of one item, in the columns of the view. A blocked item has the holder of its root."""

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
    """The start of each wait by item; and the granted items, to detect changes.

    *rows* are cached, None after a fact that may change them, and *counts* with them.
    """

    since: dict[str, dict[Key, datetime]] = field(default_factory=dict)
    granted: set[str] = field(default_factory=set)
    rows: list[Row] | None = None
    counts: list[Row] = field(default_factory=list)


class Waiting:
    """The fold."""

    name: str = "waiting"
    version: int = 6
    tables: tuple[Table, ...] = (WAITING, COUNTS)
    follows: Facts = EVERY_FACT - ASIDE

    def start(self) -> WaitingState:
        return WaitingState()

    def fold(self, state: WaitingState, entry: Entry, project: Project) -> None:
        code = getattr(entry.fact, "item", "")
        if not isinstance(code, str) or not code:
            state.granted = project.granted  # the plan may have changed
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
            state.counts = counts_of(state.rows, project.register)
        return {"waiting": state.rows, COUNTS.name: state.counts}


def counts_of(rows: Iterable[Row], register: str) -> list[Row]:
    """What the waits of one project add to COUNTS."""
    counts, items = Counter[tuple[str, str, str, str]](), set[tuple[str, str, str, str]]()
    for wait in (WaitingRow(*row) for row in rows):
        for department in {wait.department, ALL}:
            counts[department, wait.held_by, wait.holder, "projects"] = 1
        key = (wait.department, wait.held_by, wait.holder)
        if wait.kind == WaitKind.PRECONDITION:
            counts[*key, "behind"] += 1
        elif (*key, wait.item) not in items:
            items.add((*key, wait.item))
            counts[*key, "holds"] += 1
    return [(register, *key, number) for key, number in counts.items()]


def _depending(state: WaitingState, code: str, project: Project) -> list[str]:
    """The items that wait for *code*, if it has just been granted or is no longer granted."""
    item = project.items.get(code)
    granted = item is not None and item.outcome is GRANTED
    if granted is (code in state.granted):
        return []
    (state.granted.add if granted else state.granted.discard)(code)
    return project.waiting_for(code)


def _look(state: WaitingState, code: str, entry: Entry, project: Project) -> None:
    """Update the waits of an item after *entry*: new ones begin with it."""
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
    """The waits of a project folded by `folded_as_of`."""
    state: WaitingState = folded.states[VIEW.name]
    return waiting(folded.project, state.since)
