"""The table of modes and key nodes: how many clocks run in time, are warned of, paused, late, or not confirmed.

Counts of a whole zone are sums by the instant at which each clock comes into a state: time alone moves them on. Where a
clock will be late, and when it is warned of before, is known as soon as it starts. So what moved until an instant adds
up to the count, and takes as long however many clocks run: their ends are midnights, as many as days.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

from msgspec import Struct, field
from psycopg.sql import SQL

from domain.law.licensing.clock import Level, State
from projections.clocks.list import CLOCKS, ClockSource
from projections.clocks.nodes import MODES, Node
from projections.clocks.reading import Reading
from projections.clocks.rows import CLOSED, LEVEL, NAMES
from projections.reader import Reader
from projections.scope import EVERYTHING, ZONE_SCOPE, Scope
from projections.sums import ALL
from projections.view import Row, Rows, Table

STANDINGS = Table(
    "clock_standing",
    (
        ("register", "text"),
        ("department", "text"),  # that has to act; empty: of all together
        ("mode", "text"),
        ("node", "text"),
        ("was", "text"),  # the state that the clocks leave; empty where they begin to run
        ("standing", "text"),  # the state that they come into
        ("at", "timestamptz"),
        ("n", "integer NOT NULL"),
    ),
    key=7,
    summed=True,
)
RUNNING_CACHED_MAX = 4096  # their ends are midnights: some for each department, mode and node on a day
EVER = datetime(1970, 1, 1, tzinfo=UTC)  # since when a clock runs that exists
GREEN, YELLOW, PAUSED, NONE = (level.value for level in (Level.GREEN, Level.YELLOW, Level.PAUSED, Level.NONE))
UNCONFIRMED = State.UNCONFIRMED.value
SUMMED = """
    SELECT c.{axis}, {other}, v.standing, sum(v.n)::integer FROM views.clock_standing AS c
    CROSS JOIN LATERAL (VALUES (c.standing, c.n), (c.was, -c.n)) AS v (standing, n)
    WHERE {of_register} AND {of_department} AND c.at <= %(t)s AND v.standing <> ''
    GROUP BY 1, 2, 3 HAVING sum(v.n) <> 0
"""
OF_REGISTER = SQL("c.register = %(register)s")
OF_DEPARTMENT, EACH_DEPARTMENT = SQL("c.department = %(department)s"), SQL("c.department <> ''")
# Every column is in one index, which holds only clocks that run and have a colour: the table itself is not read.
COUNTED = """
    SELECT k.axis, k.other, k.standing, count(*) FROM (
        SELECT {axes}, CASE
            WHEN c.over_at <= %(t)s THEN CASE c.over_level WHEN 'yellow' THEN 'unconfirmed' ELSE c.over_level END
            WHEN c.level = 'paused' AND c.paused_until > %(t)s THEN 'paused'
            WHEN c.yellow_at <= %(t)s AND (c.level = 'green' OR c.paused_until <= %(t)s) THEN 'yellow'
            WHEN c.paused_until <= %(t)s THEN 'green'
            ELSE c.level END AS standing
        FROM {source} AS c
        WHERE NOT c.closed AND c.level <> 'none' AND (c.exists_at IS NULL OR c.exists_at <= %(t)s)
          AND {within} AND {chosen}) AS k
    GROUP BY k.axis, k.other, k.standing
"""
BY_NODE = SQL("c.mode AS axis, c.node AS other")
BY_DEPARTMENT = SQL("c.department AS axis, '' AS other")
OTHERS, THEMSELVES = SQL("c.project <> ALL(%(without)s)"), SQL("c.project = ANY(%(without)s)")

StandingKey: TypeAlias = tuple[str, str, str, str, str, datetime]  # the columns between register and number
Counts: TypeAlias = Counter[tuple[str, str, str]]  # by mode, node and standing; or by department, "" and standing


class ClockCount(Struct, frozen=True):
    """One cell: the clocks of one mode and one key node that run. *node* is empty for those that belong to none."""

    mode: str
    node: str
    green: int = 0  # in time
    yellow: int = 0  # warned of: the last day is near
    red: int = 0  # late, or silence has had its effect
    paused: int = 0
    unconfirmed: int = 0  # the due date has passed outside the system, where silence proves nothing


class RunningClock(NamedTuple):
    """What says in which cells a clock that runs counts, from when on. Many clocks of a zone are alike in it."""

    department: str
    mode: str
    node: str
    exists_at: datetime | None
    level: str
    yellow_at: datetime | None
    over_at: datetime | None
    over_level: str
    paused_until: datetime | None


running_clock = itemgetter(*map(NAMES.index, RunningClock._fields))  # of a row, as arguments of `_standings`


@lru_cache(maxsize=RUNNING_CACHED_MAX, typed=True)  # a mode in memory may be an enum's, equal to the text in a row
def _standings(*running: Any) -> tuple[StandingKey, ...]:
    """What a running clock counts in, by its department and together."""
    clock = RunningClock(*running)
    departments = (clock.department, ALL) if clock.department else (ALL,)
    return tuple((department, clock.mode, clock.node, *move) for move in moves_of(clock) for department in departments)


def moves_of(clock: RunningClock) -> Iterator[tuple[str, str, datetime]]:
    """The states that a clock goes through if nothing is done: what it was, what it becomes, and when."""
    was, states = "", list(_states(clock))
    for nth, (at, standing) in enumerate(states):
        if nth + 1 == len(states) or at < states[nth + 1][0]:
            yield was, standing, at
            was = standing


def _states(clock: RunningClock) -> Iterator[tuple[datetime, str]]:
    """Each state of a running clock and since when it is in it; of those since the same instant the last one counts."""
    begin, level, over_at = clock.exists_at or EVER, clock.level, clock.over_at
    yield begin, level
    runs_from = clock.paused_until if level == PAUSED else EVER if level == GREEN else None
    if runs_from is not None:
        for at, standing in ((runs_from, GREEN), (clock.yellow_at, YELLOW)):
            if at is not None and (over_at is None or max(at, runs_from) < over_at):
                yield max(at, runs_from, begin), standing
    if over_at is not None:
        yield max(over_at, begin), UNCONFIRMED if clock.over_level == YELLOW else clock.over_level


def standings_of(rows: Iterable[Row]) -> tuple[StandingKey, ...]:
    """What the clocks in *rows* count in, those that run and have a colour, by department and together."""
    running = [_standings(*running_clock(row)) for row in rows if not row[CLOSED] and row[LEVEL] != NONE]
    return running[0] if len(running) == 1 else tuple(chain.from_iterable(running))


class StandingClocks(Struct):
    """What each application of a project counts in, and what the project adds to the sums, cached until it changes."""

    standings: dict[tuple[str, int], tuple[StandingKey, ...]] = field(default_factory=dict)
    added: list[Row] | None = None

    def note(self, application: tuple[str, int], clocks: Iterable[Row]) -> None:
        """Note the new rows of the *clocks* of an application."""
        standings, before = standings_of(clocks), self.standings.pop(application, ())
        if standings:
            self.standings[application] = standings
        if standings != before:
            self.added = None

    def rows(self, register: str) -> Rows:
        """What the project adds to the sums of its *register*; the same object until that changes."""
        if self.added is None:
            counts = Counter(chain.from_iterable(self.standings.values()))
            self.added = [(register, *key, number) for key, number in counts.items()]
        return {STANDINGS.name: self.added}


async def clock_counts(
    store: Reader,
    t: datetime,
    department: str,
    source: ClockSource,
    scope: Scope = ZONE_SCOPE,
    axes: SQL = BY_NODE,
) -> Counts:
    """The counts at *t* by *source* in *scope*: from sums where they are of all of a register as it is now."""
    if not (source.is_current and scope.sees_all(CLOCKS)):
        return await _by_rows(store, t, department, source, scope, axes, OTHERS)
    counts = await _by_sums(store, t, department, scope, by_department=axes is BY_DEPARTMENT)
    if source.without:
        counts -= await _by_rows(store, t, department, source, scope, axes, THEMSELVES)
    return counts


async def _by_sums(store: Reader, t: datetime, department: str, scope: Scope, *, by_department: bool) -> Counts:
    """How many clocks of a whole register are in which state at *t*: by mode and node, or *by_department*."""
    query = SQL(SUMMED).format(
        axis=SQL("department" if by_department else "mode"),
        other=SQL("''" if by_department else "c.node"),
        of_register=EVERYTHING if scope.whole else OF_REGISTER,
        of_department=EACH_DEPARTMENT if by_department and not department else OF_DEPARTMENT,
    )
    async with store.cursor() as cursor:
        await cursor.execute(query, {"t": t, "register": scope.register, "department": department})
        return Counter({(axis, other, standing): number for axis, other, standing, number in await cursor.fetchall()})


async def _by_rows(
    store: Reader, t: datetime, department: str, source: ClockSource, scope: Scope, axes: SQL, whose: SQL
) -> Counts:
    """The counts by the rows of *source*: those of the projects that it is right about, or of those *without* which."""
    conditions = [whose] if source.without else []
    conditions += [OF_DEPARTMENT] if department else []
    query = SQL(COUNTED).format(
        axes=axes,
        source=source.table,
        within=scope.of("c", CLOCKS),
        chosen=SQL(" AND ").join(conditions) if conditions else EVERYTHING,
    )
    async with store.cursor() as cursor:
        params = {"t": t, "department": department, "without": list(source.without), **source.params}
        await cursor.execute(query, params)
        return Counter({(axis, other, standing): n for axis, other, standing, n in await cursor.fetchall()})


def counted(readings: Iterable[Reading], department: str) -> Counts:
    """The same, by readings."""
    return Counter(
        (clock.mode, clock.node, standing_of(clock))
        for clock in counting(readings)
        if department in ("", clock.department)
    )


def counted_by_department(readings: Iterable[Reading]) -> Counts:
    """The same, by department."""
    return Counter((clock.department, "", standing_of(clock)) for clock in counting(readings))


def counting(readings: Iterable[Reading]) -> Iterator[Reading]:
    """Those of *readings* that run and have a colour."""
    return (clock for clock in readings if not clock.closed and clock.level is not Level.NONE)


def standing_of(clock: Reading) -> str:
    """In which column of the table a clock counts."""
    return UNCONFIRMED if clock.state is State.UNCONFIRMED else clock.level.value


def by_department(counts: Counts) -> dict[str, Counter[str]]:
    """Departments in alphabetical order, each with how many of its clocks are in that state."""
    standings: dict[str, Counter[str]] = {}
    for (department, _, standing), number in sorted(counts.items()):
        standings.setdefault(department, Counter())[standing] += number
    return standings


def table(counts: Counts, nodes: Sequence[Node]) -> list[ClockCount]:
    """A cell for every mode and node, also where nothing runs; then those of clocks that belong to no node."""
    axes = [(mode.key, node.key) for mode in MODES for node in nodes]
    others = sorted({(mode, node) for mode, node, _ in counts} - set(axes))
    return list(_cells(counts, [*axes, *others]))


def _cells(counts: Counts, places: Iterable[tuple[str, str]]) -> Iterator[ClockCount]:
    for mode, node in places:
        standings = ("green", "yellow", "red", "paused", UNCONFIRMED)
        yield ClockCount(mode, node, *(counts[mode, node, standing] for standing in standings))
