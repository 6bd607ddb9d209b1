"""时限 the clocks view: a row for every clock of every application, to list what is late, or will be.

A row holds instants and counts, so that nothing in it changes by time passing. It is right for any question about an
instant from the project's last event on, once everything recorded is known, by the calendar it was counted with;
`clock_basis` says when that is. Any other question is answered from the entries (`projections.clocks.reading`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache, partial
from operator import itemgetter
from uuid import UUID
from zlib import crc32

from msgspec import Struct, field
from psycopg.sql import SQL

from domain.law.calendar.calendar import CalendarBook
from domain.law.calendar.moment import local_day, monday
from domain.law.calendar.period import Span
from domain.law.licensing.clock import State
from domain.law.licensing.forecast import DISTANT, NOT_COUNTED
from domain.law.licensing.review import DECISION
from domain.law.procedure.history import ItemHistory
from domain.messages import Entry
from domain.project.application.announcement import DateAnnounced
from domain.project.application.procedure import ModeChanged
from domain.project.state.project import Project
from projections import sums
from projections.clocks.counts import STANDINGS, StandingClocks
from projections.clocks.decisions import DECIDING, LATE_DECISIONS, DecisionRow, Decisions
from projections.clocks.law_events import Histories, take_entry
from projections.clocks.nodes import NODES, Node, node_of
from projections.clocks.rows import CLOCK_NAME, LENGTH, STATE, STOPPED_ON, USED, rows_of
from projections.clocks.warned import GIVEN, MOVING, TURNS, WARNINGS, GivenWarnings, WarnedClocks
from projections.reader import Laws
from projections.sums import FIGURE, Key
from projections.view import CORRECTIONS, Facts, Row, Rows, Table, facts_of

CLOCKS_CACHED_MAX = 1024  # by name: a dozen, and one for each department and step of a countersignature
FOLD_VERSION = 26  # grows with every change of the tables or of the fold
SUMS = "decision_sum"
MET, LATE = State.MET.value, State.LATE.value
JUDGED, UNJUDGED = (MET, LATE), "unjudged"  # figures of its sums
# What `days_until_stop` says of a row, by a query in which it is `c`; NULL for no days.
DAYS_UNTIL_STOP = SQL("CASE WHEN c.stopped_on IS NOT NULL AND c.used >= 0 THEN c.used END")
VERSION_MAX = 2**31 - 1  # a view's version is stored in four bytes


CLOCKS = Table(
    "clock",
    (
        ("project", "uuid"),
        ("item", "text"),
        ("application", "integer"),
        ("clock", "text"),
        ("department", "text NOT NULL"),  # who has to act
        ("mode", "text NOT NULL"),
        ("node", "text NOT NULL"),  # key node, empty for clocks that belong to none
        ("live", "boolean NOT NULL"),
        ("law", "text NOT NULL"),
        ("start_on", "date NOT NULL"),
        ("length", "integer"),  # absent for what ends with a licence, after no number of days
        ("due_on", "date"),  # absent while a suspension makes it unknowable
        ("yellow_on", "date"),
        ("state", "text NOT NULL"),  # before over_at; for good where closed
        ("over_state", "text"),
        ("level", "text NOT NULL"),
        ("over_level", "text NOT NULL"),
        ("exists_at", "timestamptz"),  # silence starts it then; absent: it exists
        ("yellow_at", "timestamptz"),
        ("over_at", "timestamptz"),
        ("closed", "boolean NOT NULL"),
        ("used", "integer NOT NULL"),
        ("counted_through", "date"),
        ("paused_from", "date"),
        ("stopped_on", "date"),
        ("announced_on", "date"),  # as announced to the applicant
        ("paused_until", "timestamptz"),  # a paused clock runs again then, answered or not; absent: with an answer
    ),
    key=4,
    indexes=(
        # Of a million clocks most are closed. Those that run are counted from the index alone, and listed in the
        # order in which they are over: those that are late or will be soon are adjacent.
        "(department) INCLUDE (mode, node, level, over_level, yellow_at, over_at, exists_at, paused_until, project) WHERE NOT closed AND level <> 'none'",  # noqa: E501  one index, one line
        # The ends of those of a department are read from the index alone.
        "(department, over_at, project, item, application, clock) INCLUDE (level, over_level, state, over_state, exists_at, paused_until, due_on) WHERE NOT closed",  # noqa: E501  one index, one line
        # Also what makes them late, so that these are read from the index alone, and the first clocks of projects.
        "(over_at, project, item, application, clock) INCLUDE (department, level, over_level, state, over_state, exists_at, yellow_at, paused_until) WHERE NOT closed",  # noqa: E501  one index, one line
        "(item, over_at) WHERE NOT closed",
        # The few that are in a state, in the order of the list.
        "(over_at, project, item, application, clock) WHERE NOT closed AND state = 'suspended'",
        "(over_at, project, item, application, clock) WHERE NOT closed AND (state = 'unconfirmed' OR over_state = 'unconfirmed')",  # noqa: E501  one index, one line
        "(project, item, application, clock) WHERE level = 'paused'",
        # Those that ended late, for past weeks: counted from the index alone.
        "(stopped_on) INCLUDE (due_on, exists_at, project) WHERE closed AND live AND stopped_on > due_on",
    ),
)
BASIS = Table(
    "clock_basis",
    (
        ("project", "uuid"),
        ("happened_at", "timestamptz NOT NULL"),  # its clocks' last event
        ("recorded_at", "timestamptz NOT NULL"),  # when the last of it was learned
        ("counted_by", "text NOT NULL"),  # "law=version of the calendar", one for each law
    ),
    key=1,
    indexes=("(happened_at)", "(recorded_at)", "(counted_by)"),
)


SUMMED = tuple(Table(sums.table_of(SUMS, span), sums.COLUMNS, sums.KEY, sums.INDEXES, summed=True) for span in Span)

SHARES = Table(
    "decision_share",
    (
        ("register", "text"),
        ("week", "date"),  # its Monday
        ("department", "text"),
        ("used", "integer"),  # working days; -1 where they or the limit were not counted
        ("length", "integer"),  # the limit, in working days
        ("n", "integer NOT NULL"),
    ),
    key=5,
    indexes=("(week)",),
    summed=True,
)


class ClocksState(Struct):
    """One project's histories, the rows of those that nothing has touched since, and what the rows rest on."""

    histories: Histories = field(default_factory=dict)
    rows: dict[tuple[str, int], list[Row]] = field(default_factory=dict)
    happened_at: datetime | None = None
    recorded_at: datetime | None = None
    basis: Row = ()
    decisions: Decisions = field(default_factory=Decisions)
    sums: Rows | None = None  # of the decided applications and the late ones, until one is decided or its clocks change
    counted: dict[tuple[str, int], tuple[Key, Row]] = field(default_factory=dict)  # what each adds to them, cached
    decided: dict[tuple[str, int], Row] = field(default_factory=dict)  # the rows of the history of decisions, cached
    warned: WarnedClocks = field(default_factory=WarnedClocks)
    warnings: GivenWarnings = field(default_factory=GivenWarnings)
    standing: StandingClocks = field(default_factory=StandingClocks)


class Clocks:
    """The fold, by the law that *laws* gives. Its calendars are part of the view's version."""

    name: str = "clocks"
    tables: tuple[Table, ...] = (CLOCKS, BASIS, *SUMMED, SHARES, LATE_DECISIONS, TURNS, STANDINGS, WARNINGS)
    follows: Facts = facts_of(MOVING, GIVEN, (DateAnnounced, ModeChanged), CORRECTIONS)

    def __init__(self, laws: Callable[[], Laws], nodes: Sequence[Node] = NODES) -> None:
        self._laws, self._nodes = laws, nodes
        self._node_for = lru_cache(maxsize=CLOCKS_CACHED_MAX)(partial(node_of, nodes=nodes))
        notices = sorted((name, book.notice_ids) for name, book in laws().calendars().items())
        self.version: int = crc32(repr((FOLD_VERSION, nodes, notices)).encode()) & VERSION_MAX

    def under(self, laws: Callable[[], Laws]) -> Clocks:
        """The same view, counting by other *laws*, say after a calendar notice (rule B2.6): its version differs."""
        return Clocks(laws, self._nodes)

    def start(self) -> ClocksState:
        return ClocksState()

    def fold(self, state: ClocksState, entry: Entry, project: Project) -> None:
        """Corrections need no event here: the entries come as corrected."""
        fact = type(entry.fact)
        if fact in CORRECTIONS:
            _rest_on(state, state.happened_at or entry.occurred_at, entry.recorded_at)
            return
        if fact in GIVEN:
            state.warnings.take(entry)
        if fact in MOVING:
            state.warned.take(entry)
        if fact in DECIDING and (application := state.decisions.take(entry, project)):
            state.counted.pop(application, None)
            state.decided.pop(application, None)
            state.sums = None
        for key in take_entry(state.histories, entry, project):
            state.rows.pop(key, None)
            _rest_on(state, entry.occurred_at, entry.recorded_at)

    def rows(self, state: ClocksState, project: Project) -> Rows:
        laws = self._laws()
        for key, history in state.histories.items():
            if key not in state.rows:
                clocks = state.rows[key] = self.clock_rows(project.id, history)
                state.warned.note(key, clocks)
                state.standing.note(key, clocks)
                state.warnings.rows = None
                if state.counted.pop(key, None):
                    state.sums = None
        state.sums = decision_sums(state, project.register) if state.sums is None else state.sums
        return {
            **state.sums,
            **state.warned.rows(project),
            **state.standing.rows(project.register),
            WARNINGS.name: state.warnings.running(project.id, state.rows),
            "clock": [row for rows in state.rows.values() for row in rows],
            "clock_basis": self._basis(state, project.id, laws),
        }

    def clock_rows(self, project: UUID, history: ItemHistory, known: datetime = DISTANT) -> list[Row]:
        """The clocks of one application, counted by the calendar as known at *known*."""
        return rows_of(project, history, self._laws(), self._node_for, known)

    @property
    def laws(self) -> Laws:
        """The laws that clocks are counted by."""
        return self._laws()

    def calendar_book(self, history: ItemHistory) -> CalendarBook | None:
        """The calendar that the clocks of an application are counted by; None where no law is recorded for it."""
        laws = self._laws()
        return laws.calendars()[laws.pack(history.law).calendar] if history.law else None

    def zone(self, history: ItemHistory) -> str:
        """The time zone of the law of an application."""
        return self._laws().pack(history.law).zone

    def _basis(self, state: ClocksState, project: UUID, laws: Laws) -> list[Row]:
        if state.happened_at is None:
            return []
        named = {history.law for history in state.histories.values() if history.law}
        counted = {counted_by(law, laws, DISTANT.date()) for law in named}
        row = (project, state.happened_at, state.recorded_at, ",".join(sorted(counted)))
        state.basis = state.basis if state.basis == row else row  # one that is the same object is not compared
        return [state.basis]


def _rest_on(state: ClocksState, happened_at: datetime, recorded_at: datetime) -> None:
    """Note when something that the rows depend on happened and was recorded: the latest of both counts."""
    if state.happened_at is None or happened_at > state.happened_at:
        state.happened_at = happened_at
    if state.recorded_at is None or recorded_at > state.recorded_at:
        state.recorded_at = recorded_at


def decision_sums(state: ClocksState, register: str) -> Rows:
    """What each decided application adds to the figures: in time or not, and after how many of the days that count.

    Also the rows of those that were late.
    """
    counted = state.counted
    for application, row in state.decisions.rows.items():
        if application not in counted:
            counted[application] = _counted(row, state.rows.get(application, ()), register)
    figures = sums.Sums(register, Counter(map(itemgetter(0), counted.values())))
    shares = Counter(map(itemgetter(1), counted.values()))
    late = [row for key, row in state.decisions.rows.items() if counted[key][0][FIGURE] == LATE]
    return {
        **figures.rows(SUMS),
        SHARES.name: [(*key, number) for key, number in shares.items()],
        LATE_DECISIONS.name: late,
    }


def _counted(row: Row, clocks: Iterable[Row], register: str) -> tuple[Key, Row]:
    """The keys that a decided application with these *clocks* counts at: in the figures, and in the shares."""
    decided = DecisionRow(*row)
    figure, days = figure_of(clocks)
    key = sums.key_of(decided.department, decided.decided_at, decided.recorded_at, figure, days)
    return key, (register, monday_of(key[0]), decided.department, *share_of(clocks))


def share_of(clocks: Iterable[Row]) -> tuple[int, int]:
    """The working days that a decision took and its limit, by the *clocks* of the application; both -1 without one."""
    for clock in clocks:
        if clock[CLOCK_NAME] == DECISION.name and clock[LENGTH] and (days := days_until_stop(clock)) != sums.NO_DAYS:
            return days, clock[LENGTH]
    return sums.NO_DAYS, sums.NO_DAYS


# The first day of the week of a day; interned, as it is a key of many counts.
monday_of = lru_cache(maxsize=sums.DAYS_CACHED_MAX)(monday)


def figure_of(clocks: Iterable[Row]) -> tuple[str, int]:
    """The figure in which a decided application counts, and after how many working days, by its *clocks*."""
    for clock in clocks:
        if clock[CLOCK_NAME] == DECISION.name:
            figure = clock[STATE] if clock[STATE] in JUDGED else UNJUDGED
            return figure, days_until_stop(clock)
    return UNJUDGED, sums.NO_DAYS


def days_until_stop(clock: Row) -> int:
    """The working days that a clock took; NO_DAYS where no act stopped it, or it is not counted in working days."""
    return clock[USED] if clock[STOPPED_ON] and clock[USED] != NOT_COUNTED else sums.NO_DAYS


def counted_by(law: str, laws: Laws, known: date) -> str:
    """Which calendar the days of *law* are counted by as known on a date: what a project's rows rest on."""
    version = law.partition("/")[0]
    return f"{version}={laws.calendar(laws.pack(version), known).version}"


def counted_at(law: str, laws: Laws, known: datetime) -> str:
    """The same as known at an instant, on the day that it has where the law holds."""
    return counted_by(law, laws, local_day(known, laws.pack(law).zone))
