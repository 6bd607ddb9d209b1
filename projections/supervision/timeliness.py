"""效能 timeliness: delays between acts and their recording, and all suspensions of clocks, for the bureau."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct, field

from domain.core.ledger import Role
from domain.law.calendar.moment import local_day
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
    # Lags of a period are summed from the index alone.
    indexes=("(recorded_on) INCLUDE (project, department, live, law, happened_on, acts)",),
)
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
    ),
    key=4,
    indexes=("(suspended_at)",),
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
    resumed_at: datetime | None


Delay = tuple[str, bool, str, date, date]  # department, live, law, happened on, recorded on


class TimelinessState(Struct):
    """One project's delays with their frequencies, and its suspensions by item, application and id."""

    delays: dict[Delay, int] = field(default_factory=dict)
    suspensions: dict[tuple[str, int, str], Row] = field(default_factory=dict)


class Timeliness:
    """The fold. *laws* gives the time zone of a law's days. Imported entries are left out of the lags."""

    name: str = "conduct"
    version: int = 2
    tables: tuple[Table, ...] = (LAGS, SUSPENSIONS)
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
            by = recorded.actor
            department = by.department if by.role is Role.OFFICER and by.department else item.department
            delay = (department, item.plan.live, *self._days(entry))
            state.delays[delay] = state.delays.get(delay, 0) + 1
        if isinstance(fact, (ClockSuspended, ClockResumed)):
            _take(state, entry, fact, (item.plan.item, item.application, fact.suspension), item.department)

    def _days(self, entry: Entry) -> tuple[str, date, date]:
        law = entry.recorded.law
        zone = self._laws().pack(law).zone
        happened_at, recorded_at = entry.occurred_at, entry.recorded_at
        happened_on = local_day(happened_at, zone)
        return law, happened_on, happened_on if recorded_at == happened_at else local_day(recorded_at, zone)

    def rows(self, state: TimelinessState, project: Project) -> Rows:
        return {
            "lag": [(project.id, *delay, acts) for delay, acts in state.delays.items()],
            "suspension": [(project.id, *row) for row in state.suspensions.values()],
        }


def _take(
    state: TimelinessState,
    entry: Entry,
    fact: ClockSuspended | ClockResumed,
    key: tuple[str, int, str],
    department: str,
) -> None:
    """Record a suspension or its end; a resumption without a suspension has no effect."""
    if isinstance(fact, ClockSuspended):
        state.suspensions.setdefault(key, (*key, department, fact.ground, entry.recorded.law, entry.occurred_at, None))
    elif key in state.suspensions:
        state.suspensions[key] = (*state.suspensions[key][:-1], entry.occurred_at)
