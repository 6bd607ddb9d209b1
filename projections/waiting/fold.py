"""卡在谁 who has to act on what: one row per wait, over all projects, with its blocking chain.

The start follows from the facts: a wait begins with the entry after which the item waits for it, and ends with the
entry after which it no longer does. A blocked item waits for its holder since the wait at the end of its chain began.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import LiteralString, TypeAlias
from uuid import UUID

from msgspec import Struct, field

from domain.core.graph import open_groups
from domain.messages import Entry
from domain.project.application.announcement import DateAnnounced
from domain.project.application.extension import LimitExtended
from domain.project.application.hearing import HearingHeld, HearingNoticeGiven, HearingRequested, HearingRightTold
from domain.project.application.note import StepNoted
from domain.project.application.procedure import ModeChanged
from domain.project.application.registration import ItemPlanned
from domain.project.external.results import ExternalResultVerified, RecordAttested
from domain.project.flow.adoption import FlowAdopted, FlowMoved, ItemDropped, ItemReplanned
from domain.project.information.recording import InformationRecorded
from domain.project.materials.attachment import MaterialAttached, MaterialDetached
from domain.project.state.project import Project
from domain.project.supervision.appeals import AppealDecided, CardAppealed, SupervisionAnswered, SupervisionOrdered
from domain.project.supervision.signals import CardIssued, DeadlineWarned
from domain.project.waiting.chain import NOTHING, ItemWaiting, Turn, replaceable, turn_at, unblocked, waiting
from domain.project.waiting.wait import GRANTED, Key, Wait, WaitKind, before_acceptance, waits_of
from projections.feedback.evaluations import ABOUT_EVALUATIONS
from projections.feedback.redaction import ABOUT_COMPLAINTS
from projections.view import CORRECTIONS, EVERY_FACT, Facts, Folded, Row, Rows, Table, count, facts_of

# What a department has begun and others hold up. Each column follows {0}, the alias of its table.
ELSEWHERE: LiteralString = (
    "{0}kind NOT IN ('precondition', 'application', 'outside_result')"
    " AND ({0}held_by <> 'department' OR {0}holder <> {0}department)"
)
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
        # What can be acted on, a sixth of all, and what others hold up, a few: read for a desk from the index alone, in
        # the order of the list.
        "(holder, since, project, nth, kind, ref) INCLUDE (item, held_by) WHERE kind <> 'precondition'",
        "(department, since, project, nth, kind, ref) INCLUDE (item, held_by, holder) WHERE " + ELSEWHERE.format(""),
        # In the order of the list: by kind, and by those who seldom have to act.
        "(kind, since, project, nth, ref) WHERE kind <> 'precondition'",
        "(held_by, since, project, nth, kind, ref) WHERE held_by NOT IN ('department', 'applicant')",
        "(project, since, item) WHERE kind = 'application' AND cardinality(what) > 0",  # turned down: few are
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
# How many items wait for each item at the end of their chain, or on the way to it; those of the project where it is
# empty. What a leader's attention is drawn to is ordered by it.
BEHIND_ITEM = Table(
    "waiting_behind",
    (("project", "uuid"), ("item", "text"), ("n", "integer NOT NULL")),
    key=2,
)
# What was turned down first in each project, and how many items wait for it: the first of all are read from the index.
OBSTACLE = Table(
    "waiting_obstacle",
    (
        ("project", "uuid"),
        ("item", "text NOT NULL"),
        ("ended", "text NOT NULL"),  # an outcome or a stage
        ("since", "timestamptz"),
        ("n", "integer NOT NULL"),
    ),
    key=1,
    indexes=("(n DESC, since, project) INCLUDE (item, ended)",),
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
PLANNING = facts_of((ItemPlanned, ItemReplanned, ItemDropped))  # then another item may wait, or at another place
ALL = ""  # in place of a department
HOLDS, BEHIND, PROJECTS = "holds", "behind", "projects"  # figures of COUNTS
NEVER = datetime.max.replace(tzinfo=UTC)  # a start that is not known is no earlier than any
CountKey: TypeAlias = tuple[str, str, str, str]  # department, held_by, holder, figure


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

    *rows* are cached by item, and *tally* has what they count in. Rows of *stale* items are made again (None: of all);
    in those of *blocked* items that they hold up, the holder. *linked*: some item has, or had, preconditions.
    *replaceable* are the alternatives to others: which of them a chain follows depends on their stages.
    """

    since: dict[str, dict[Key, datetime]] = field(default_factory=dict)
    granted: set[str] = field(default_factory=set)
    rows: dict[str, list[Row]] = field(default_factory=dict)
    tally: dict[CountKey, int] = field(default_factory=dict)
    stale: set[str] | None = None
    blocked: set[str] = field(default_factory=set)
    linked: bool = False
    replaceable: set[str] = field(default_factory=set)
    places: dict[str, int] = field(default_factory=dict)  # of the items in the plan
    behind: list[Row] = field(default_factory=list)  # how many items wait for each, cached
    ended: dict[str, Row] = field(default_factory=dict)  # the waits of items that were turned down
    obstacle: list[Row] | None = None  # the first of them, until they or the numbers change


class Waiting:
    """The fold."""

    name: str = "waiting"
    version: int = 11
    tables: tuple[Table, ...] = (WAITING, COUNTS, BEHIND_ITEM, OBSTACLE)
    follows: Facts = EVERY_FACT - ASIDE

    def start(self) -> WaitingState:
        return WaitingState()

    def fold(self, state: WaitingState, entry: Entry, project: Project) -> None:
        code: str = getattr(entry.fact, "item", "")
        if not code:
            state.granted = project.granted  # the plan may have changed
            for removed in state.since.keys() - project.items.keys():
                del state.since[removed]
            state.blocked.intersection_update(project.items)
            touched, state.stale = list(project.items), None
        else:
            changed = _note_grant(state, code, project)
            touched = [code, *project.waiting_for(code)] if changed and state.linked else [code]
            if (changed and state.linked) or type(entry.fact) in PLANNING:
                state.stale = None
        was_blocked = code in state.blocked
        for item in touched:
            _look(state, item, entry, project)
        if state.stale is not None:
            state.stale.add(code)
            if (code in state.blocked) is not was_blocked or code in state.replaceable:
                state.stale |= state.blocked

    def rows(self, state: WaitingState, project: Project) -> Rows:
        if state.stale is None:
            _plan(state, project)
            _make_rows(state, project, waiting(project, state.since))
            _count_behind(state, project.id)
        elif state.stale:
            _remake_rows(state, project, state.stale)
        state.stale = set()
        if state.obstacle is None:
            state.obstacle = _obstacle(project.id, state)
        return {
            "waiting": [row for code in state.places if code in state.rows for row in state.rows[code]],
            COUNTS.name: [
                (project.register, *key, 1 if key[-1] == PROJECTS else number)
                for key, number in state.tally.items()
                if number
            ],
            BEHIND_ITEM.name: state.behind,
            OBSTACLE.name: state.obstacle,
        }


def _plan(state: WaitingState, project: Project) -> None:
    """Forget the cached rows, and read from the plan what they depend on."""
    state.rows.clear()
    state.tally.clear()
    state.ended.clear()
    state.places = {code: nth for nth, code in enumerate(project.items, 1)}
    state.replaceable = replaceable(project)


def _remake_rows(state: WaitingState, project: Project, stale: set[str]) -> None:
    """Make the rows of *stale* items again, and name who has the turn now in those of the items that they hold up."""
    is_blocked, was_blocked = not stale.isdisjoint(state.blocked), False
    for code in stale:
        former = state.rows.pop(code, [])
        count(state.tally, counted(former), -1)
        if state.ended.pop(code, None):
            state.obstacle = None
        was_blocked = was_blocked or any(row[KIND] == BLOCKED_KIND for row in former)
    again = waiting if is_blocked else unblocked
    _make_rows(state, project, again(project, state.since, stale))
    _pass_turns_on(state, project, stale)
    if was_blocked or is_blocked:
        _count_behind(state, project.id)


def _pass_turns_on(state: WaitingState, project: Project, roots: AbstractSet[str]) -> None:
    """Update the rows of blocked items whose chains end at one of *roots*: by these chains, which are as they were."""
    turns = {root: turn_at(project, state.since, root, blocked=root in state.blocked) for root in roots}
    for code in state.blocked - roots:
        former = state.rows.get(code, [])
        rows = [_at_turn(row, turns, state.since[code]) for row in former]
        if rows != former:
            count(state.tally, counted(former), -1)
            count(state.tally, counted(rows))
            state.rows[code] = rows


def _at_turn(row: Row, turns: Mapping[str, Turn], starts: Mapping[Key, datetime]) -> Row:
    """The *row* with the holder at the end of its chain, if it is blocked and ends at an item in *turns*."""
    if row[KIND] != BLOCKED_KIND or (turn := turns.get(row[CHAIN][-1])) is None:
        return row
    held_by, holder, since = turn
    started = since or starts.get((row[KIND], row[REF]))
    return (*row[:HELD_BY], str(held_by), holder, row[WHAT], started, row[CHAIN])


def _make_rows(state: WaitingState, project: Project, items: Iterable[ItemWaiting]) -> None:
    for item in items:
        nth = state.places[item.item]
        rows = state.rows[item.item] = [_row(project.id, nth, item, wait) for wait in item.waits]
        count(state.tally, counted(rows))
        for row in rows:
            if row[KIND] == APPLICATION and row[WHAT]:
                state.ended[item.item], state.obstacle = row, None


KIND, REF, DEPARTMENT, HELD_BY, HOLDER, WHAT, SINCE, CHAIN = map(
    [name for name, _ in WAITING.columns].index,
    ("kind", "ref", "department", "held_by", "holder", "what", "since", "chain"),
)
BLOCKED_KIND, APPLICATION = WaitKind.PRECONDITION.value, WaitKind.APPLICATION.value


def counted(rows: Sequence[Row]) -> list[CountKey]:
    """What the waits of one item count in, once for each; a project counts in PROJECTS once, however many there are."""
    keys: list[CountKey] = []
    for row in rows:
        department, held_by, holder = row[DEPARTMENT], row[HELD_BY], row[HOLDER]
        keys.append((ALL, held_by, holder, PROJECTS))
        if department != ALL:
            keys.append((department, held_by, holder, PROJECTS))
        if row[KIND] == BLOCKED_KIND:
            keys.append((department, held_by, holder, BEHIND))
        elif (holds := (department, held_by, holder, HOLDS)) not in keys:
            keys.append(holds)
    return keys


def _count_behind(state: WaitingState, project: UUID) -> None:
    """How many blocked items each item of *project* is on the chain of."""
    counts: dict[str, int] = {}
    for code in state.blocked:
        for row in state.rows.get(code, ()):
            if row[KIND] == BLOCKED_KIND:
                count(counts, ("", *row[CHAIN][1:]))
    state.behind, state.obstacle = [(project, item, number) for item, number in counts.items()], None


def _obstacle(project: UUID, state: WaitingState) -> list[Row]:
    """The item that was turned down first, if any, and how many wait for it."""
    if not state.ended:
        return []
    _, item = min((row[SINCE] or NEVER, code) for code, row in state.ended.items())
    behind, first = sum(number for _, code, number in state.behind if code == item), state.ended[item]
    return [(project, item, first[WHAT][0], first[SINCE], behind)]


def _note_grant(state: WaitingState, code: str, project: Project) -> bool:
    """Whether *code* has just been granted, or is no longer granted."""
    item = project.items.get(code)
    granted = item is not None and item.outcome is GRANTED
    if granted is (code in state.granted):
        return False
    (state.granted.add if granted else state.granted.discard)(code)
    return True


def _look(state: WaitingState, code: str, entry: Entry, project: Project) -> None:
    """Update the waits of an item after *entry*: new ones begin with it."""
    item = project.items.get(code)
    if item is None:
        state.since.pop(code, None)
        state.blocked.discard(code)
        return
    needs = item.plan.needs
    if needs:
        state.linked = True
    blocked = bool(needs) and before_acceptance(item) and bool(open_groups(needs, state.granted))
    (state.blocked.add if blocked else state.blocked.discard)(code)
    now: dict[Key, datetime] = {}
    before, at = state.since.get(code, NOTHING), entry.occurred_at
    for wait in waits_of(project, item, blocked):
        key = wait.key
        now[key] = before.get(key, at)
    state.since[code] = now


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
