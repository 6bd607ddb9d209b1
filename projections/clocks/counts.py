"""The table of modes and key nodes: how many clocks run in time, are warned of, paused, late, or not confirmed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from msgspec import Struct
from psycopg.sql import SQL

from domain.law.licensing.clock import Level, State
from projections.clocks.list import ClockSource
from projections.clocks.nodes import MODES, Node
from projections.clocks.reading import Reading
from projections.clocks.standings import summed_standings
from projections.reader import Reader
from projections.scope import EVERYTHING, ZONE_SCOPE, Scope

CLOCKS = "read:clocks"
UNCONFIRMED = State.UNCONFIRMED.value
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
OF_DEPARTMENT = SQL("c.department = %(department)s")
OTHERS, THEMSELVES = SQL("c.project <> ALL(%(without)s)"), SQL("c.project = ANY(%(without)s)")

Counts = Counter[tuple[str, str, str]]  # by mode, node and standing; or by department, "" and standing


class ClockCount(Struct, frozen=True):
    """One cell: the clocks of one mode and one key node that run. *node* is empty for those that belong to none."""

    mode: str
    node: str
    green: int = 0  # in time
    yellow: int = 0  # warned of: the last day is near
    red: int = 0  # late, or silence has had its effect
    paused: int = 0
    unconfirmed: int = 0  # the due date has passed outside the system, where silence proves nothing


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
    counts = await summed_standings(store, t, department, scope, by_department=axes is BY_DEPARTMENT)
    if source.without:
        counts -= await _by_rows(store, t, department, source, scope, axes, THEMSELVES)
    return counts


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
        await cursor.execute(query, params, prepare=source.prepare)
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
