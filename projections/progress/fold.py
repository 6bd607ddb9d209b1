"""项目进度表 the progress table: one row per project and per item, for leaders and project managers."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct, field

from domain.access.cases import PARTIES, project_case
from domain.access.decision import AccessCase
from domain.core.ledger import Fact
from domain.core.types import OPEN_STAGES, Outcome, Stage
from domain.messages import Entry, tag_of
from domain.project.application.numbering import CaseNumbered
from domain.project.application.registration import ItemPlanned, ProjectRegistered
from domain.project.application.submission import ItemSubmitted
from domain.project.flow.adoption import ItemDropped, ItemReplanned
from domain.project.state.consultation import queue, unanswered
from domain.project.state.project import Item, Project
from domain.project.waiting.stuck import can_move, is_done, is_turned_down
from domain.project.waiting.wait import BLOCKED, HeldBy, before_acceptance, waits_of
from projections.feedback.redaction import named
from projections.progress.item_dates import NODES, Dates
from projections.view import EVERY_FACT, Facts, Row, Rows, Table

NO_HOLDER = HeldBy.NOBODY.value

# Looked up once, as this runs for every item: enum member access is slower than the comparison.
GRANTED, TERMINATED = Outcome.GRANTED, Outcome.TERMINATED

PLANNING = (ItemPlanned, ItemReplanned, ItemDropped)  # after these another item may be needed, or not any more


class ProgressState(Struct):
    """State of one project, in addition to the project itself."""

    registered: ProjectRegistered | None = None
    registered_at: datetime | None = None
    items: dict[str, Dates] = field(default_factory=dict)
    rows: dict[str, Row] = field(default_factory=dict)  # cached rows, of items without later changes
    granted: set[str] = field(default_factory=set)  # items; other items' rows depend on it
    changed_at: datetime | None = None
    changed_by: str = ""
    last_fact: str = ""
    position: int = 0
    happened_at: datetime | None = None
    recorded_at: datetime | None = None
    cases: dict[tuple[str, int], str] = field(default_factory=dict)  # case numbers, by item and application
    parties: AccessCase | None = None  # whose the project is, cached until a fact changes that


PROJECTS = Table(
    "project",
    (
        ("project", "uuid"),
        ("code", "text NOT NULL"),
        ("name", "text NOT NULL"),
        ("enterprise", "text NOT NULL"),
        ("manager", "text NOT NULL"),
        ("law", "text NOT NULL"),
        ("register", "text NOT NULL"),  # the log it was imported from; empty: the zone's own
        ("kind", "text NOT NULL"),  # of project, by its flow
        ("phase", "text NOT NULL"),  # the first of its flow with ungranted items; empty: none
        ("phase_name", "text NOT NULL"),
        ("phase_nth", "integer NOT NULL"),
        ("phases", "integer NOT NULL"),  # number of phases of its flow
        ("registered_at", "timestamptz"),
        ("items_total", "integer NOT NULL"),
        ("items_open", "integer NOT NULL"),  # applied for and not decided
        ("items_done", "integer NOT NULL"),  # granted or terminated
        ("items_turned_down", "integer NOT NULL"),  # refused or declined, and not applied for again
        ("stuck", "boolean NOT NULL"),
        ("holders", "text[] NOT NULL"),  # all parties that can act on one of its items
        ("complaints_open", "integer NOT NULL"),
        ("last_fact", "text NOT NULL"),
        ("changed_at", "timestamptz"),
        ("changed_by", "text NOT NULL"),
        ("version", "integer NOT NULL"),
        ("position", "bigint NOT NULL"),
        ("happened_at", "timestamptz"),  # the latest time of an event, whenever it was recorded
        ("recorded_at", "timestamptz"),  # time of the last recording
        # Whose the project is, for the filter of access alone: beside the rows, each would cost a look-up.
        ("uscc", "text NOT NULL"),
        ("departments", "text[] NOT NULL"),
    ),
    key=1,
    indexes=(
        "(changed_at DESC, project)",
        "(happened_at)",
        "(recorded_at)",
        "(manager, changed_at DESC, project)",  # what a manager or an enterprise sees, in the order of the list
        "(uscc, changed_at DESC, project)",
        "USING gin (departments)",
        "(code)",
        "(phase)",
        "USING gin (holders)",
        "(stuck) WHERE stuck",
        "(register) WHERE register <> ''",
        "(registered_at) WHERE items_done < items_total",
    ),
)
# How many projects, items and complaints there are: numbers of a whole zone that no query has to add up.
COUNTS = Table(
    "project_count",
    (("register", "text"), ("figure", "text"), ("n", "bigint NOT NULL")),
    key=2,
    summed=True,
)

ITEMS = Table(
    "item",
    (
        ("project", "uuid"),
        ("item", "text"),
        ("nth", "integer NOT NULL"),  # place in the project's list
        ("name", "text NOT NULL"),
        ("department", "text NOT NULL"),
        ("mode", "text NOT NULL"),
        ("live", "boolean NOT NULL"),
        ("stage", "text NOT NULL"),
        ("outcome", "text NOT NULL"),
        ("application", "integer NOT NULL"),
        ("holder", "text NOT NULL"),  # the first of `holders`
        ("holders", "text[] NOT NULL"),  # department codes or values of HeldBy; none if blocked or done
        ("unmet", "text[] NOT NULL"),  # preconditions not granted yet
        ("missing", "text[] NOT NULL"),  # outstanding papers
        ("suspended", "text[] NOT NULL"),  # grounds of the open suspensions
        ("awaiting", "text[] NOT NULL"),  # departments asked to countersign and not answered, in that order
        ("queued", "text[] NOT NULL"),  # departments to be asked after them
        ("promise_days", "integer"),
        ("submitted_at", "timestamptz"),
        ("accepted_at", "timestamptz"),
        ("decided_at", "timestamptz"),
        ("delivered_at", "timestamptz"),
        ("document", "text NOT NULL"),
        ("external", "boolean NOT NULL"),
        ("verified_at", "timestamptz"),
        ("last_fact", "text NOT NULL"),
        ("changed_at", "timestamptz"),
        ("changed_by", "text NOT NULL"),
        ("case_number", "text NOT NULL"),  # of this application
        ("phase", "text NOT NULL"),  # of its project's flow, to which it belongs; empty without one
    ),
    key=2,
    indexes=("(department, stage)", "(holder, stage)", "(decided_at) WHERE decided_at IS NOT NULL"),
)

CASES = Table(
    "case_number",
    (
        ("project", "uuid"),
        ("item", "text"),
        ("application", "integer"),
        ("case_number", "text NOT NULL"),
    ),
    key=3,
    indexes=("(case_number)",),
)


class Progress:
    """The fold. Colours and remaining days are left out, as they depend on the time of the query."""

    name: str = "progress"
    version: int = 11
    tables: tuple[Table, ...] = (PROJECTS, ITEMS, CASES, COUNTS)
    follows: Facts = EVERY_FACT  # each row shows its last fact

    def start(self) -> ProgressState:
        return ProgressState()

    def fold(self, state: ProgressState, entry: Entry, project: Project) -> None:
        fact, at = entry.fact, entry.occurred_at
        _note_entry(state, entry, project)
        code: str = getattr(fact, "item", "")
        if not code or not isinstance(code, str) or isinstance(fact, PLANNING):
            state.rows.clear()  # the plan changed
            state.granted = project.granted
        if not code or not isinstance(code, str):
            return
        state.rows.pop(code, None)
        if (project.recorded(code).outcome is GRANTED) is not (code in state.granted):
            state.granted ^= {code}
            for other in (*project.waiting_for(code), *_terminated(project)) if state.rows else ():
                state.rows.pop(other, None)
        dates = state.items.get(code)
        if dates is None:
            dates = state.items[code] = Dates()
        dates.changed_at, dates.changed_by, dates.last_fact = at, state.changed_by, state.last_fact
        _note_case(state, fact, project)
        if type(fact) in NODES:
            NODES[type(fact)](dates, fact, at)

    def rows(self, state: ProgressState, project: Project) -> Rows:
        cached, items, granted = state.rows, [], project.granted
        for nth, (code, item) in enumerate(project.items.items(), 1):
            row = cached.get(code)
            if row is None:
                row = cached[code] = _item_row(project, nth, code, item, state.items.get(code) or Dates(), granted)
            items.append(row)
        cases = [(project.id, code, application, number) for (code, application), number in state.cases.items()]
        row = _project_row(state, project, items)
        return {"project": [row], "item": items, "case_number": cases, "project_count": counts_of(row)}


def counts_of(row: Row) -> list[Row]:
    """What the project of *row* adds to COUNTS."""
    project = ProgressProject.of(row)
    figures = {
        "projects": 1,
        "under_way": int(project.items_done < project.items_total),
        "stuck": int(project.stuck),
        "applicant": int(HeldBy.APPLICANT in project.holders),
        "items_open": project.items_open,
        "items_done": project.items_done,
        "items_total": project.items_total,
        "complaints_open": project.complaints_open,
    }
    return [(project.register, figure, number) for figure, number in figures.items() if number]


def _note_entry(state: ProgressState, entry: Entry, project: Project) -> None:
    """What every entry changes: the last fact and its times, and whose the project is."""
    fact, at = entry.fact, entry.occurred_at
    state.changed_at, state.changed_by, state.position = at, named(entry, project).id, entry.position
    state.last_fact = tag_of(fact)
    if state.happened_at is None or at > state.happened_at:
        state.happened_at = at
    if state.recorded_at is None or entry.recorded_at > state.recorded_at:
        state.recorded_at = entry.recorded_at
    if isinstance(fact, ProjectRegistered):
        state.registered, state.registered_at = fact, at
    if isinstance(fact, PARTIES):
        state.parties = None


def _note_case(state: ProgressState, fact: Fact, project: Project) -> None:
    if isinstance(fact, ItemSubmitted | CaseNumbered) and fact.case_number:
        application = fact.application if isinstance(fact, CaseNumbered) else project.recorded(fact.item).application
        state.cases[fact.item, application] = fact.case_number


def _terminated(project: Project) -> list[str]:
    """Terminated items: they are applied for again only if another item needs them, which changes with grants."""
    return [code for code, item in project.items.items() if item.outcome is TERMINATED]


def holders_of(project: Project, item: Item, unmet: list[str]) -> list[str]:
    """The parties that have to act on *item*, in order, by `domain.project.waiting.wait` as in all other tables."""
    held = (wait for wait in waits_of(project, item, bool(unmet) and before_acceptance(item)) if wait is not BLOCKED)
    named = (wait.holder if wait.held_by is HeldBy.DEPARTMENT else wait.held_by.value for wait in held)
    return list(dict.fromkeys(named))


def _item_row(project: Project, nth: int, code: str, item: Item, dates: Dates, granted: set[str]) -> Row:
    plan = item.plan
    unmet = project.unmet(code, granted)
    held = holders_of(project, item, unmet)
    accepted = item.stage is Stage.ACCEPTED
    consultations = item.consultations if accepted else None
    return (
        project.id,
        code,
        nth,
        plan.name,
        item.department,
        str(item.mode),
        plan.live,
        str(item.stage),
        str(item.outcome or ""),
        item.application,
        held[0] if held and held[0] != NO_HOLDER else "",
        held,
        unmet,
        list(item.missing),
        sorted(set(item.suspensions.values())) if accepted else [],
        [consultation.department for consultation in unanswered(consultations)] if consultations else [],
        [department for department, _, _ in queue(consultations).values()] if consultations else [],
        item.promise_days,
        dates.submitted_at,
        dates.accepted_at,
        dates.decided_at,
        dates.delivered_at,
        item.result.document_number if item.result else dates.document,
        item.external,
        dates.verified_at,
        dates.last_fact,
        dates.changed_at,
        dates.changed_by,
        item.case_number,
        plan.phase,
    )


NAMES = [name for name, _ in ITEMS.columns]

HOLDERS = NAMES.index("holders")


def _standing(project: Project) -> tuple[str, str, str, int, int]:
    """The kind of project and its current phase: code, name, number, total."""
    flow = project.flow
    if flow is None:
        return "", "", "", 0, 0
    left = {item.plan.phase for item in project.items.values() if item.outcome is not GRANTED}
    for nth, phase in enumerate(flow.phases, 1):
        if phase.code in left:
            return flow.kind, phase.code, phase.name or phase.code, nth, len(flow.phases)
    return flow.kind, "", "", len(flow.phases), len(flow.phases)


def _project_row(state: ProgressState, project: Project, items: list[Row]) -> Row:
    registered = state.registered
    stages = [item.stage for item in project.items.values()]
    done = sum(map(is_done, project.items.values()))
    refused = sum(map(is_turned_down, project.items.values()))
    parties = state.parties = state.parties or project_case(project)
    held = sorted({holder for row in items for holder in row[HOLDERS]} - {NO_HOLDER})
    return (
        project.id,
        registered.code if registered else "",
        registered.name if registered else "",
        registered.enterprise.name if registered else "",
        project.manager,
        project.law,
        project.register,
        *_standing(project),
        state.registered_at,
        len(stages),
        sum(stage in OPEN_STAGES for stage in stages),
        done,
        refused,
        # A holder can act; only if no item has one, the chains have to be followed.
        done < len(stages) and (bool(refused) or not (held or can_move(project))),
        held,
        sum(not complaint.closed for complaint in project.complaints.values()),
        state.last_fact,
        state.changed_at,
        state.changed_by,
        project.version,
        state.position,
        state.happened_at,
        state.recorded_at,
        parties.uscc,
        sorted(parties.departments),
    )


class ProgressItem(Struct, frozen=True):
    """One item, in the columns of the view.

    *holders*: the parties that have to act on it, in order: a department's code, else `applicant`, `outside`,
    `outside_body`, `project_manager` or `nobody`; none if it waits for other items, or is done. *holder* is the first.
    *phase* is that of the project's flow, by its code; empty without a flow.
    """

    project: UUID
    item: str
    nth: int
    name: str
    department: str
    mode: str
    live: bool
    stage: str
    outcome: str
    application: int
    holder: str
    holders: list[str]
    unmet: list[str]
    missing: list[str]
    suspended: list[str]
    awaiting: list[str]
    queued: list[str]
    promise_days: int | None
    submitted_at: datetime | None
    accepted_at: datetime | None
    decided_at: datetime | None
    delivered_at: datetime | None
    document: str
    external: bool
    verified_at: datetime | None
    last_fact: str
    changed_at: datetime | None
    changed_by: str
    case_number: str
    phase: str


class ProgressProject(Struct, frozen=True):
    """One project, in the columns of the view.

    *phase* is the first of its flow with ungranted items, *phase_nth* of *phases*; empty and 0 without a flow, empty
    and the last if all is granted. *changed_at* is the time of the event recorded last, *happened_at* the latest time
    of an event, *recorded_at* the time of the last recording. *register* is the log it was imported from, empty for
    the zone's own. *items_done* are granted or terminated; *stuck*: it is open, and has items turned down (refused or
    declined, and not applied for again), or no party that can act on any of its items.
    """

    project: UUID
    code: str
    name: str
    enterprise: str
    manager: str
    law: str
    register: str
    kind: str
    phase: str
    phase_name: str
    phase_nth: int
    phases: int
    registered_at: datetime | None
    items_total: int
    items_open: int
    items_done: int
    items_turned_down: int
    stuck: bool
    holders: list[str]
    complaints_open: int
    last_fact: str
    changed_at: datetime | None
    changed_by: str
    version: int
    position: int
    happened_at: datetime | None
    recorded_at: datetime | None

    @classmethod
    def of(cls, row: Row) -> ProgressProject:
        """The row of the table, without the columns that are for the filter of access."""
        return cls(*row[: len(cls.__struct_fields__)])
