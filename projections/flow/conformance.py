"""流程符合性 conformance: one row per item of each project that follows a flow, with where it left the flow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

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
from projections.flow.conformance_sums import (
    SUMMED,
    ConformanceFigure,
    ItemSums,
    Taken,
    duration_rows,
    tables_of,
    words,
)
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
        ("register", "text NOT NULL"),
        ("waited_us", "bigint"),  # see `Taken`; null until it is granted
        ("handled_us", "bigint"),
    ),
    key=2,
    indexes=(
        "(flow, edition, item)",
        "(register, flow, item, waited_us) INCLUDE (edition) WHERE waited_us IS NOT NULL",
        "(register, flow, item, handled_us) INCLUDE (edition) WHERE handled_us IS NOT NULL",
    ),
)
# The items behind a number, in the order of their list, which the indexes have for one edition of a flow each.
DEVIATIONS = Table(
    "deviation",
    (
        ("project", "uuid"),
        ("item", "text"),
        ("deviation", "text"),
        ("register", "text NOT NULL"),
        ("flow", "text NOT NULL"),
        ("edition", "integer NOT NULL"),
        ("registered_at", "timestamptz"),
        ("nth", "integer NOT NULL"),
    ),
    key=3,
    indexes=(
        "(register, flow, edition, deviation, registered_at DESC, project, nth)",
        "(register, flow, edition, item, deviation, registered_at DESC, project, nth)",
    ),
)


Followed: TypeAlias = tuple[str, str, int]  # register, flow and edition
GRANTED_AT = [name for name, _ in CONFORMANCE.columns].index("granted_at")


class ItemCourse(Struct):
    """What a project's facts say of one item so far."""

    planned_at: datetime
    name: str = ""
    department: str = ""
    begun_at: datetime | None = None
    granted_at: datetime | None = None
    supplements: int = 0
    is_dropped: bool = False


class ItemRows(Struct, frozen=True):
    """The row of one item, and what follows from it."""

    row: Row
    deviations: list[Row]
    sums: ItemSums


class ConformanceState(Struct):
    """The courses of a project's items, also of those it dropped, in the order of planning."""

    registered_at: datetime | None = None
    courses: dict[str, ItemCourse] = field(default_factory=dict)
    made: dict[str, ItemRows] = field(default_factory=dict)  # cached rows, by item
    sums: Rows = field(default_factory=dict)  # what was added to sums last, by table


class Conformance:
    """The fold. A project without a flow has no rows."""

    name: str = "conformance"
    version: int = 2
    tables: tuple[Table, ...] = (CONFORMANCE, DEVIATIONS, *SUMMED)
    follows: Facts = facts_of(PLANNING, ENDING, BEGINNING, (SupplementRequested,))

    def start(self) -> ConformanceState:
        return ConformanceState()

    def fold(self, state: ConformanceState, entry: Entry, project: Project) -> None:
        fact, at = entry.fact, entry.occurred_at
        if type(fact) in PLANNING:
            _plan(state, project, at)
        if type(fact) is ProjectRegistered:
            state.registered_at = at
        code = getattr(fact, "item", "")
        course = state.courses.get(code)
        if course is None:
            return
        if course.begun_at is None and type(fact) in BEGINNING:
            course.begun_at = at
        course.supplements += type(fact) is SupplementRequested
        item = project.items.get(code)
        if course.granted_at is None and item is not None and item.outcome is GRANTED:
            course.granted_at = at

    def rows(self, state: ConformanceState, project: Project) -> Rows:
        flow = project.flow
        if flow is None:
            return {}
        courses = {code: _judgeable(code, course, project) for code, course in state.courses.items()}
        followed = project.register, flow.flow, flow.edition
        made = [_made(state, project.id, followed, nth, step) for nth, step in enumerate(judged(courses), start=1)]
        if not made:
            return {}
        state.sums = tables_of(_project_sums(followed, made), (item.sums for item in made), state.sums)
        return {
            CONFORMANCE.name: [item.row for item in made],
            DEVIATIONS.name: [row for item in made for row in item.deviations],
            **state.sums,
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


def _made(state: ConformanceState, project: UUID, followed: Followed, nth: int, step: JudgedStep) -> ItemRows:
    """The rows of *step*, the *nth* of the plan; the same objects while nothing about it changes."""
    code = step.course.item
    course, made = state.courses[code], state.made.get(code)
    row = _row(project, followed, nth, step, course)
    if made is None or made.row != row:
        made = state.made[code] = ItemRows(
            row,
            [(project, code, deviation.value, *followed, state.registered_at, nth) for deviation in step.deviations],
            _sums(followed, nth, step, course),
        )
    return made


def _row(project: UUID, followed: Followed, nth: int, step: JudgedStep, course: ItemCourse) -> Row:
    register, flow, edition = followed
    taken = Taken.of(step.free_at, course.begun_at, course.granted_at)
    return (
        project,
        step.course.item,
        nth,
        flow,
        edition,
        course.name,
        course.department,
        step.free_at,
        course.begun_at,
        course.granted_at,
        step.course.applications,
        course.supplements,
        list(step.deviations),
        step.on_chain,
        register,
        taken.waited_us,
        taken.handled_us,
    )


def _sums(followed: Followed, nth: int, step: JudgedStep, course: ItemCourse) -> ItemSums:
    item, taken = step.course.item, Taken.of(step.free_at, course.begun_at, course.granted_at)
    figures = {
        ConformanceFigure.BEGUN: int(course.begun_at is not None),
        ConformanceFigure.GRANTED: int(course.granted_at is not None),
        ConformanceFigure.CHAIN: int(step.on_chain),
        ConformanceFigure.SUPPLEMENT: course.supplements,
        **{deviation.value: 1 for deviation in step.deviations},
    }
    return ItemSums(
        plan=(*followed, item, nth, course.name, course.department, 1),
        figures=(*followed, item, words(figures), 1),
        chain=[(*followed, item, measure, us) for measure, us in taken.measured if us and step.on_chain],
        durations=duration_rows(*followed, item, taken),
    )


def _project_sums(followed: Followed, made: Sequence[ItemRows]) -> Row:
    """In which figures a project with these items counts."""
    figures: dict[str, int] = {
        ConformanceFigure.CONFORMING: int(not any(item.deviations for item in made)),
        ConformanceFigure.DONE: int(all(item.row[GRANTED_AT] is not None for item in made)),
    }
    return (*followed, words(figures), 1)


VIEW = Conformance()
