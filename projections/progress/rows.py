"""The tables of the progress view, and their rows: one per project, per item, and per case number."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from msgspec import Struct

from domain.project.state.step import CaseStep
from projections.view import Row, Table

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
        "(project) INCLUDE (register, changed_at) WHERE stuck",  # counted and listed from the index alone
        "(register) WHERE register <> ''",
        "(registered_at) WHERE items_done < items_total",
    ),
)
# Which applications are at a step, as `domain.project.state.step` has it; and since when, about.
IS_EXAMINED: LiteralString = "cardinality(awaiting || queued || suspended) > 0"
AT_STEP: Mapping[CaseStep, LiteralString] = {
    CaseStep.ACCEPTANCE: "stage IN ('submitted', 'supplementing')",
    CaseStep.EXAMINATION: f"stage = 'accepted' AND {IS_EXAMINED}",
    CaseStep.DECISION: f"stage = 'accepted' AND NOT {IS_EXAMINED}",
    CaseStep.DELIVERY: "stage = 'completed' AND live AND delivered_at IS NULL",
}
SINCE: LiteralString = "coalesce(decided_at, accepted_at, submitted_at)"
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
    indexes=(
        "(department, stage)",
        "(holder, stage)",
        "(decided_at, department) WHERE decided_at IS NOT NULL",  # of a week: those of a department without the others
        *(f"({SINCE}, project, item) WHERE {condition}" for condition in AT_STEP.values()),
    ),
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
