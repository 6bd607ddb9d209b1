"""How many clocks run in which state, as sums by the instant at which each comes into it: time alone moves them on.

Where a clock will be late, and when it is warned of before, is known as soon as it starts. So a count at an instant is
the sum of what moved until then, and takes as long however many clocks run: their ends are midnights, as many as days.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain
from typing import TypeAlias

from msgspec import Struct, field
from psycopg.sql import SQL

from domain.law.licensing.clock import Level, State
from projections.clocks.rows import ClockRow
from projections.reader import Reader
from projections.scope import Scope
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
ALL = ""  # in place of a department
EVER = datetime(1970, 1, 1, tzinfo=UTC)  # since when a clock runs that exists
GREEN, YELLOW, PAUSED, NONE = (level.value for level in (Level.GREEN, Level.YELLOW, Level.PAUSED, Level.NONE))
UNCONFIRMED = State.UNCONFIRMED.value
NAMES = ClockRow.__struct_fields__
DEPARTMENT, MODE, NODE, CLOSED = map(NAMES.index, ("department", "mode", "node", "closed"))
LEVEL, OVER_LEVEL = map(NAMES.index, ("level", "over_level"))
EXISTS_AT, YELLOW_AT, OVER_AT, PAUSED_UNTIL = map(NAMES.index, ("exists_at", "yellow_at", "over_at", "paused_until"))
SUMMED = """
    SELECT c.{axis}, {other}, v.standing, sum(v.n)::integer FROM views.clock_standing AS c
    CROSS JOIN LATERAL (VALUES (c.standing, c.n), (c.was, -c.n)) AS v (standing, n)
    WHERE {of_register} AND {of_department} AND c.at <= %(t)s AND v.standing <> ''
    GROUP BY 1, 2, 3 HAVING sum(v.n) <> 0
"""
OF_REGISTER, EVERY_REGISTER = SQL("c.register = %(register)s"), SQL("true")
OF_DEPARTMENT, EACH_DEPARTMENT = SQL("c.department = %(department)s"), SQL("c.department <> ''")

StandingKey: TypeAlias = tuple[str, str, str, str, str, datetime]  # the columns between register and number


def moves_of(row: Row) -> Iterator[tuple[str, str, datetime]]:
    """The states that a clock goes through if nothing is done: what it was, what it becomes, and when."""
    was, states = "", list(_states(row))
    for nth, (at, standing) in enumerate(states):
        if nth + 1 == len(states) or at < states[nth + 1][0]:
            yield was, standing, at
            was = standing


def _states(row: Row) -> Iterator[tuple[datetime, str]]:
    """Each state of a running clock and since when it is in it; of those since the same instant the last one counts."""
    begin, level, over_at = row[EXISTS_AT] or EVER, row[LEVEL], row[OVER_AT]
    yield begin, level
    runs_from = row[PAUSED_UNTIL] if level == PAUSED else EVER if level == GREEN else None
    if runs_from is not None:
        for at, standing in ((runs_from, GREEN), (row[YELLOW_AT], YELLOW)):
            if at is not None and (over_at is None or max(at, runs_from) < over_at):
                yield max(at, runs_from, begin), standing
    if over_at is not None:
        yield max(over_at, begin), UNCONFIRMED if row[OVER_LEVEL] == YELLOW else row[OVER_LEVEL]


def standings_of(rows: Iterable[Row]) -> tuple[StandingKey, ...]:
    """What the clocks in *rows* count in, those that run and have a colour, by department and together."""
    return tuple(
        (department, row[MODE], row[NODE], *move)
        for row in rows
        if not row[CLOSED] and row[LEVEL] != NONE
        for move in moves_of(row)
        for department in {row[DEPARTMENT], ALL}
    )


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


async def summed_standings(
    store: Reader, t: datetime, department: str, scope: Scope, *, by_department: bool
) -> Counter[tuple[str, str, str]]:
    """How many clocks of a whole register are in which state at *t*: by mode and node, or *by_department*."""
    query = SQL(SUMMED).format(
        axis=SQL("department" if by_department else "mode"),
        other=SQL("''" if by_department else "c.node"),
        of_register=EVERY_REGISTER if scope.whole else OF_REGISTER,
        of_department=EACH_DEPARTMENT if by_department and not department else OF_DEPARTMENT,
    )
    async with store.cursor() as cursor:
        await cursor.execute(query, {"t": t, "register": scope.register, "department": department})
        return Counter({(axis, other, standing): number for axis, other, standing, number in await cursor.fetchall()})
