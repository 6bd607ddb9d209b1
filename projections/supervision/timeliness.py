"""效能 timeliness: delays between acts and their recording, and all suspensions of clocks, for the bureau."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import LiteralString, TypeAlias
from uuid import UUID

from msgspec import Struct, field, structs

from domain.core.ledger import Role
from domain.law.calendar.moment import local_day
from domain.law.timeliness import are_unusual, is_overnight
from domain.messages import Entry
from domain.project.application.hearing import HearingRequested
from domain.project.application.submission import ItemSubmitted
from domain.project.application.supplement import LackingPapersReceived, SupplementSubmitted
from domain.project.application.suspension import ClockResumed, ClockSuspended
from domain.project.application.withdrawal import ItemWithdrawn
from domain.project.countersignature.revision import ApplicationRevised
from domain.project.state.project import Project
from projections.clocks.law_kinds import KINDS
from projections.reader import Laws
from projections.view import Facts, Row, Rows, Table, facts_of

# Acts of the applicant are left out: their delay is not the department's.
OF_APPLICANT = (
    ItemSubmitted,
    SupplementSubmitted,
    LackingPapersReceived,
    HearingRequested,
    ApplicationRevised,
    ItemWithdrawn,
)
ACTS: Facts = facts_of(KINDS) - facts_of(OF_APPLICANT)

LAGS = Table(
    "lag",
    (
        ("project", "uuid"),
        ("department", "text"),
        ("live", "boolean"),
        ("law", "text"),  # for its working days
        ("happened_on", "date"),
        ("recorded_on", "date"),
        ("acts", "integer NOT NULL"),
    ),
    key=6,
    indexes=("(recorded_on)",),
)
# The same over all projects of a register, for those who may read a whole zone or department.
LAG_SUMS = Table(
    "lag_sum",
    (
        ("recorded_on", "date"),
        ("register", "text"),
        ("department", "text"),
        ("live", "boolean"),
        ("law", "text"),
        ("happened_on", "date"),
        ("acts", "integer NOT NULL"),
    ),
    key=6,
    summed=True,
)
# Few are unusual: in a period they are read from the index, and the others of their applications by the key.
UNUSUAL: LiteralString = "(suspended_at) WHERE unusual"
SUSPENSIONS = Table(
    "suspension",
    (
        ("project", "uuid"),
        ("item", "text"),
        ("application", "integer"),
        ("suspension", "text"),
        ("department", "text NOT NULL"),
        ("ground", "text NOT NULL"),
        ("law", "text NOT NULL"),
        ("suspended_at", "timestamptz NOT NULL"),
        ("resumed_at", "timestamptz"),  # null while it lasts, or if a decision ended it
        ("unusual", "boolean NOT NULL"),  # those of its application may be too many: its nights are for a calendar
    ),
    key=4,
    indexes=(UNUSUAL,),
)


class SuspensionRow(Struct, frozen=True):
    """One suspension, in the columns of the view."""

    project: UUID
    item: str
    application: int
    suspension: str
    department: str
    ground: str
    law: str
    suspended_at: datetime
    resumed_at: datetime | None = None
    unusual: bool = False


Delay: TypeAlias = tuple[str, bool, str, date, date]  # department, live, law, happened on, recorded on
Suspensions: TypeAlias = dict[tuple[str, int, str], SuspensionRow]  # by item, application and id


class TimelinessState(Struct):
    """One project's delays with their frequencies, and its suspensions.

    *lags* are the rows of each delay, by project and summed, cached until it is counted again.
    """

    delays: dict[Delay, int] = field(default_factory=dict)
    lags: dict[Delay, tuple[Row, Row]] = field(default_factory=dict)
    suspensions: Suspensions = field(default_factory=dict)


class Timeliness:
    """The fold. *laws* gives the time zone of a law's days. Imported entries are left out of the lags."""

    name: str = "conduct"
    version: int = 3
    tables: tuple[Table, ...] = (LAGS, LAG_SUMS, SUSPENSIONS)
    follows: Facts = ACTS

    def __init__(self, laws: Callable[[], Laws]) -> None:
        self._laws = laws

    def start(self) -> TimelinessState:
        return TimelinessState()

    def fold(self, state: TimelinessState, entry: Entry, project: Project) -> None:
        fact = entry.fact
        if type(fact) not in ACTS:
            return
        item = project.items.get(getattr(fact, "item", ""))
        if item is None:
            return
        recorded = entry.recorded
        if recorded.law and not recorded.source:
            by, zone = recorded.actor, self._zone(recorded.law)
            department = by.department if by.role is Role.OFFICER and by.department else item.department
            happened_on = local_day(entry.occurred_at, zone)
            recorded_on = happened_on if entry.recorded_at == entry.occurred_at else local_day(entry.recorded_at, zone)
            delay = (department, item.plan.live, recorded.law, happened_on, recorded_on)
            state.delays[delay] = state.delays.get(delay, 0) + 1
            state.lags.pop(delay, None)
        if type(fact) is ClockSuspended or type(fact) is ClockResumed:
            self._take(state.suspensions, entry, fact, project)

    def _take(
        self, suspensions: Suspensions, entry: Entry, fact: ClockSuspended | ClockResumed, project: Project
    ) -> None:
        """Record a suspension or its end; a resumption without a suspension has no effect."""
        item = project.items[fact.item]
        key = item.plan.item, item.application, fact.suspension
        if isinstance(fact, ClockSuspended):
            basis = item.department, fact.ground, entry.recorded.law
            suspensions.setdefault(key, SuspensionRow(project.id, *key, *basis, entry.occurred_at))
        elif key in suspensions:
            suspensions[key] = structs.replace(suspensions[key], resumed_at=entry.occurred_at)
        rows = {place: row for place, row in suspensions.items() if place[:2] == key[:2]}
        nights = sum(is_overnight(row.suspended_at, row.resumed_at, self._zone(row.law)) for row in rows.values())
        unusual = are_unusual(len(rows), nights)
        changed = {place: row for place, row in rows.items() if row.unusual is not unusual}
        suspensions.update({place: structs.replace(row, unusual=unusual) for place, row in changed.items()})

    def _zone(self, law: str) -> str:
        return self._laws().pack(law).zone

    def rows(self, state: TimelinessState, project: Project) -> Rows:
        for delay, acts in state.delays.items():
            if delay not in state.lags:
                state.lags[delay] = _lag_rows(project, delay, acts)
        return {
            "lag": [row for row, _ in state.lags.values()],
            "lag_sum": [row for _, row in state.lags.values()],
            "suspension": [structs.astuple(row) for row in state.suspensions.values()],
        }


def _lag_rows(project: Project, delay: Delay, acts: int) -> tuple[Row, Row]:
    """The rows of as many *acts* with the same *delay*: that of the project, and what it adds to the sums."""
    department, live, law, happened_on, recorded_on = delay
    summed = recorded_on, project.register, department, live, law, happened_on, acts
    return (project.id, *delay, acts), summed
