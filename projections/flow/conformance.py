"""流程符合性 conformance: one row per item of each project that follows a flow, with where it left the flow."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct, field

from domain.core.types import DECIDED_STAGES, Stage
from domain.messages import Entry
from domain.project.application.acceptance import ItemDeclined
from domain.project.application.completion import ItemCompleted
from domain.project.application.registration import ItemPlanned, ProjectRegistered
from domain.project.application.submission import ItemSubmitted
from domain.project.application.supplement import SupplementRequested
from domain.project.application.undertaking import DecisionRevoked
from domain.project.application.withdrawal import ItemWithdrawn
from domain.project.external.results import DiscrepancySettled, ExternalResultRecorded
from domain.project.flow.adoption import FlowAdopted, FlowMoved, ItemDropped, ItemReplanned
from domain.project.flow.conformance import JudgedStep, StepCourse, judged
from domain.project.state.project import Item, Project
from domain.project.supervision.rescission import CardRescinded
from domain.project.supervision.signals import RenewalDeemed
from domain.project.waiting.wait import GRANTED
from projections.view import Facts, Row, Rows, Table, facts_of

PLANNING = facts_of((ProjectRegistered, ItemPlanned, ItemReplanned, ItemDropped, FlowAdopted, FlowMoved))
BEGINNING = (ItemSubmitted, ExternalResultRecorded)
ENDING = (ItemCompleted, ItemDeclined, ItemWithdrawn, DecisionRevoked, DiscrepancySettled, RenewalDeemed, CardRescinded)

CONFORMANCE = Table(
    "conformance",
    (
        ("project", "uuid"),
        ("item", "text"),
        ("nth", "integer NOT NULL"),  # position of the item in the plan
        ("flow", "text NOT NULL"),
        ("edition", "integer NOT NULL"),
        ("name", "text NOT NULL"),
        ("department", "text NOT NULL"),
        ("free_at", "timestamptz"),  # when it could be applied for; null: blocked
        ("begun_at", "timestamptz"),
        ("granted_at", "timestamptz"),
        ("applications", "integer NOT NULL"),
        ("supplements", "integer NOT NULL"),
        ("deviations", "text[] NOT NULL"),
        ("on_chain", "boolean NOT NULL"),
    ),
    key=2,
    indexes=("(flow, edition, item)",),
)


class ItemCourse(Struct):
    """What a project's facts say of one item so far."""

    planned_at: datetime
    name: str = ""
    department: str = ""
    begun_at: datetime | None = None
    granted_at: datetime | None = None
    supplements: int = 0
    is_dropped: bool = False


class ConformanceState(Struct):
    """The courses of a project's items, also of those it dropped, in the order of planning."""

    courses: dict[str, ItemCourse] = field(default_factory=dict)


class Conformance:
    """The fold. A project without a flow has no rows."""

    name: str = "conformance"
    version: int = 1
    tables: tuple[Table, ...] = (CONFORMANCE,)
    follows: Facts = facts_of(PLANNING, ENDING, BEGINNING, (SupplementRequested,))

    def start(self) -> ConformanceState:
        return ConformanceState()

    def fold(self, state: ConformanceState, entry: Entry, project: Project) -> None:
        fact, at = entry.fact, entry.occurred_at
        if type(fact) in PLANNING:
            _plan(state, project, at)
        code = getattr(fact, "item", "")
        course = state.courses.get(code)
        if course is None:
            return
        if course.begun_at is None and isinstance(fact, BEGINNING):
            course.begun_at = at
        course.supplements += isinstance(fact, SupplementRequested)
        item = project.items.get(code)
        if course.granted_at is None and item is not None and item.outcome is GRANTED:
            course.granted_at = at

    def rows(self, state: ConformanceState, project: Project) -> Rows:
        flow = project.flow
        if flow is None:
            return {}
        courses = {code: _judgeable(code, course, project) for code, course in state.courses.items()}
        return {
            "conformance": [
                _row(project, nth, step, state.courses[step.course.item])
                for nth, step in enumerate(judged(courses), start=1)
            ]
        }


def _plan(state: ConformanceState, project: Project, at: datetime) -> None:
    """Note the plan of *project* as it is since *at*."""
    for code, item in project.items.items():
        course = state.courses.setdefault(code, ItemCourse(at))
        course.name, course.department, course.is_dropped = item.plan.name, item.plan.department, False
    for code, course in state.courses.items():
        course.is_dropped = code not in project.items


def _judgeable(code: str, course: ItemCourse, project: Project) -> StepCourse:
    item, flow = project.items.get(code), project.flow
    return StepCourse(
        code,
        item.plan.needs if item else (),
        is_step=flow is not None and code in flow.steps,
        is_dropped=course.is_dropped,
        planned_at=course.planned_at,
        begun_at=course.begun_at,
        granted_at=course.granted_at,
        applications=item.application if item else 0,
        is_over=item is not None and _is_over(item),
    )


def _is_over(item: Item) -> bool:
    """Whether the item's last application ended without a grant."""
    if item.stage in (Stage.DECLINED, Stage.WITHDRAWN):
        return True
    return item.stage in DECIDED_STAGES and item.outcome is not GRANTED


def _row(project: Project, nth: int, step: JudgedStep, course: ItemCourse) -> Row:
    flow = project.flow
    assert flow is not None
    return (
        project.id,
        step.course.item,
        nth,
        flow.flow,
        flow.edition,
        course.name,
        course.department,
        step.free_at,
        course.begun_at,
        course.granted_at,
        step.course.applications,
        course.supplements,
        list(step.deviations),
        step.on_chain,
    )


VIEW = Conformance()
