"""How many projects have a clock that is late or soon due, and applications of each step a late one: sums by instant.

Time alone makes a clock late, but the instant is known in advance. What changes at an instant is one row, whatever
changes with it: a project that is soon due until it is late changes both figures. Instants are mostly midnights, so
that there are about as many rows as days, however many projects.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, TypeAlias
from uuid import UUID

from msgspec import Struct, field
from psycopg.sql import SQL

from domain.law.calendar.moment import midnight, next_day
from domain.law.licensing.clock import Level
from domain.messages import Entry
from domain.project.application.delivery import DecisionDelivered
from domain.project.application.submission import ItemSubmitted
from domain.project.flow.adoption import ItemDropped, ItemReplanned
from domain.project.state.project import Project
from domain.project.state.step import CaseStep, is_under_examination, step_of
from domain.project.supervision.rescission import CardRescinded
from domain.project.supervision.signals import AcceptanceDeemed, ConsentDeemed, DeadlineWarned
from projections.clocks.decisions import DECIDING
from projections.clocks.law_kinds import KINDS
from projections.clocks.rows import (
    CLOCK_NAME,
    CLOSED,
    DUE_ON,
    EXISTS_AT,
    LEVEL,
    LIVE,
    OVER_AT,
    OVER_LEVEL,
    PAUSED_UNTIL,
    STOPPED_ON,
    YELLOW_AT,
)
from projections.scope import Scope
from projections.snapshots import Cursor
from projections.sums import ZONE
from projections.view import Facts, Row, Rows, Table, facts_of

TURNS = Table(
    "clock_turn",
    (
        ("register", "text"),
        ("turn", "text"),  # figures, and by how much each changes, as in "late+1 soon-1"
        ("at", "timestamptz"),
        ("n", "integer NOT NULL"),  # how often
    ),
    key=3,
    summed=True,
)
# Warnings that are in force: those whose clocks run, a few of all that were given.
WARNINGS = Table(
    "running_warning",
    (
        ("project", "uuid"),
        ("card", "text"),
        ("version", "integer NOT NULL"),  # of the entry that gave it
        ("department", "text NOT NULL"),
        ("happened_at", "timestamptz NOT NULL"),
        ("over_at", "timestamptz"),  # of the clock
    ),
    key=2,
    indexes=("(happened_at, project, version) INCLUDE (card, over_at, department)",),  # in the order of the lists
)
# Figures: projects with a clock that is late, soon due, or ended late and was over then, on whole days after its last
# one, while none is late that still runs; and the applications of each step that are late.
LATE, SOON, OVER = "late", "soon", "over"
LATE_FIGURES = {step: f"{LATE}:{step.value}" for step in CaseStep}
# What may bring an application to another step: all that is an event of its clocks, and what silence or a plan does.
MOVING: Facts = facts_of(KINDS, DECIDING, (AcceptanceDeemed, ConsentDeemed, ItemReplanned, ItemDropped))
GIVEN = (DeadlineWarned, CardRescinded)  # what becomes of warnings
RED, GREEN, PAUSED = Level.RED.value, Level.GREEN.value, Level.PAUSED.value
LATE_BEGINS, SOON_BEGINS, SOON_ENDS, OVER_BEGINS = (LATE, 1), (SOON, 1), (SOON, -1), f"{OVER}+1"
INSTANT = timedelta(microseconds=1)
TURNS_CACHED_MAX = 4096  # kinds of turns: a few dozen, more only where many applications turn together
CHANGE = re.compile(r"(\S+)([+-]\d+)")
FIGURES_AT = SQL("""
    SELECT c.turn, width_bucket(c.at, %(after)s::timestamptz[]), sum(c.n) FROM views.clock_turn AS c
    WHERE c.register = %(register)s AND c.at < %(last)s
    GROUP BY 1, 2
""")

Stretch: TypeAlias = tuple[datetime, datetime]  # from when until when
Application: TypeAlias = tuple[str, int]


class ClockSpans(Struct, frozen=True, gc=False):
    """From when on one of an application's clocks is late, when one is soon due, and when one was over that ended."""

    late_at: datetime | None = None
    soon: tuple[Stretch, ...] = ()
    over: tuple[Stretch, ...] = ()


NO_SPANS = ClockSpans()


class WarnedClocks(Struct):
    """One project's spans by application, and what it adds to the figures, cached until that changes.

    *late* are the items whose present application will be late, with the figure it counts in then, and from when on.
    """

    spans: dict[Application, ClockSpans] = field(default_factory=dict)
    late: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    delivered: set[str] = field(default_factory=set)  # items: a decision, since they were last applied for
    touched: set[str] = field(default_factory=set)  # items that may be at another step since
    turns: list[Row] | None = None

    def take(self, entry: Entry) -> None:
        """Note an entry of a fact that may bring an application to another step, one of `MOVING`."""
        fact: Any = entry.fact
        kind, item = type(fact), fact.item
        self.touched.add(item)
        if kind is DecisionDelivered:
            self.delivered.add(item)
        elif kind is ItemSubmitted:
            self.delivered.discard(item)

    def note(self, application: Application, clocks: Iterable[Row]) -> None:
        """Note the new rows of the *clocks* of an application."""
        spans, before = spans_of(clocks), self.spans.pop(application, NO_SPANS)
        if spans is not NO_SPANS:
            self.spans[application] = spans
        if spans != before:
            self.touched.add(application[0])
            self.turns = None

    def rows(self, project: Project) -> Rows:
        """What the project adds to the figures; the same object until that changes."""
        for item in self.touched:
            late, before = self._late(item, project), self.late.pop(item, None)
            if late is not None:
                self.late[item] = late
            if late != before:
                self.turns = None
        self.touched.clear()
        if self.turns is None:
            self.turns = turns_of(project.register, self.spans.values(), self.late.values())
        return {TURNS.name: self.turns}

    def _late(self, code: str, project: Project) -> tuple[str, datetime] | None:
        """In which figure the present application of an item counts once it is late, and from when on."""
        item = project.items.get(code)
        late_at = self.spans.get((code, item.application), NO_SPANS).late_at if item else None
        if item is None or late_at is None:
            return None
        step = step_of(item, is_examined=is_under_examination(item), is_delivered=code in self.delivered)
        return None if step is None else (LATE_FIGURES[step], late_at)


class GivenWarnings(Struct):
    """One project's warnings that were not rescinded, by card, and the rows of those whose clocks run, cached."""

    by_card: dict[str, tuple[Application, str, int, str, datetime]] = field(default_factory=dict)
    rows: list[Row] | None = None

    def take(self, entry: Entry) -> None:
        """Note a warning, or that one was rescinded: an entry of a fact in `GIVEN`."""
        fact = entry.fact
        if isinstance(fact, DeadlineWarned):
            application = fact.item, fact.proof.application
            given = entry.version, fact.department, entry.occurred_at
            self.by_card[fact.card] = application, fact.proof.clock, *given
            self.rows = None
        elif isinstance(fact, CardRescinded) and fact.card in self.by_card:
            del self.by_card[fact.card]
            self.rows = None

    def running(self, project: UUID, clocks: Mapping[Application, Iterable[Row]]) -> list[Row]:
        """The rows, by the *clocks* of each application; the same object until `rows` is reset."""
        if self.rows is None:
            self.rows = [
                (project, card, version, department, happened_at, row[OVER_AT])
                for card, (application, clock, version, department, happened_at) in self.by_card.items()
                for row in clocks.get(application, ())
                if row[CLOCK_NAME] == clock and not row[CLOSED]
            ]
        return self.rows


def spans_of(rows: Iterable[Row]) -> ClockSpans:
    """The spans of the clocks of one application."""
    late_at: datetime | None = None
    soon: list[Stretch] = []
    over: list[Stretch] = []
    for row in rows:
        if row[CLOSED]:
            due, stopped = row[DUE_ON], row[STOPPED_ON]
            if due is not None and stopped is not None and due < stopped and row[LIVE]:  # most end in time
                late_from = next_day(due)
                over += [(midnight(late_from, ZONE), midnight(stopped, ZONE))] if late_from < stopped else []
        elif row[OVER_AT] is not None:
            if row[OVER_LEVEL] == RED:
                late_at = _earlier(late_at, _later(row[OVER_AT], row[EXISTS_AT]))
            if row[YELLOW_AT] is not None:
                soon += _soon(row)
    return ClockSpans(late_at, tuple(soon), tuple(over)) if late_at or soon or over else NO_SPANS


def _soon(row: Row) -> Iterator[Stretch]:
    """When a clock that runs is soon due, if it ever is; a paused one only if it is known when it runs again."""
    paused_until = row[PAUSED_UNTIL] if row[LEVEL] == PAUSED else None
    if row[LEVEL] == GREEN or paused_until is not None:
        begin = _later(_later(row[YELLOW_AT], row[EXISTS_AT]), paused_until)
        if begin < row[OVER_AT]:
            yield begin, row[OVER_AT]


def _later(first: datetime, second: datetime | None) -> datetime:
    """The later of two instants, of which the second may be absent."""
    return first if second is None else max(first, second)


def turns_of(register: str, spans: Iterable[ClockSpans], late: Iterable[tuple[str, datetime]]) -> list[Row]:
    """The rows of a project whose applications have these *spans*; *late* are the figures of those that will be late.

    In each figure but these it counts once, however many of its clocks do.
    """
    late_at: datetime | None = None
    soon: list[Stretch] = []
    over: list[Stretch] = []
    turns: dict[datetime, list[tuple[str, int]]] = {}
    for each in spans:
        late_at = _earlier(late_at, each.late_at)
        soon += each.soon
        over += each.over
    for begin, end in united(soon):
        turns.setdefault(begin, []).append(SOON_BEGINS)
        turns.setdefault(end, []).append(SOON_ENDS)
    if late_at is not None:
        turns.setdefault(late_at, []).append(LATE_BEGINS)
    for figure, at in late:
        turns.setdefault(at, []).append((figure, 1))
    rows: list[Row] = []
    for at, changes in turns.items():
        turn, times = turn_of(*changes)
        if times:
            rows.append((register, turn, at, times))
    for begin, end in united(over):
        if late_at is None or begin < late_at:
            rows.append((register, OVER_BEGINS, begin, 1))
            rows.append((register, OVER_BEGINS, end if late_at is None else min(end, late_at), -1))
    return rows


def _earlier(first: datetime | None, second: datetime | None) -> datetime | None:
    """The earlier of two instants, of which each may be absent."""
    if first is None or second is None:
        return first or second
    return min(first, second)


@lru_cache(maxsize=TURNS_CACHED_MAX)
def turn_of(*changes: tuple[str, int]) -> tuple[str, int]:
    """The name of the turn that makes all these *changes* of figures, and how often: -1 where its opposite has it.

    What changes nothing occurs no times.
    """
    sums = Counter[str]()
    for figure, number in changes:
        sums[figure] += number
    changed = sorted((figure, number) for figure, number in sums.items() if number)
    if not changed:
        return "", 0
    times = 1 if changed[0][1] > 0 else -1
    return " ".join(f"{figure}{number * times:+d}" for figure, number in changed), times


@lru_cache(maxsize=TURNS_CACHED_MAX)
def changes_in(turn: str) -> Counter[str]:
    """By how much each figure changes with a *turn*."""
    return Counter({figure: int(number) for figure, number in CHANGE.findall(turn)})


def united(stretches: list[Stretch]) -> list[Stretch]:
    """*stretches* in order, those that overlap or touch as one."""
    if len(stretches) <= 1:
        return stretches
    whole: list[Stretch] = []
    for begin, end in sorted(stretches):
        if whole and begin <= whole[-1][1]:
            whole[-1] = whole[-1][0], max(whole[-1][1], end)
        else:
            whole.append((begin, end))
    return whole


async def figures_at(cursor: Cursor, instants: Sequence[datetime], scope: Scope) -> list[Counter[str]]:
    """The figures of a whole register at these *instants*, which ascend; none is before its last fact."""
    after = [instant + INSTANT for instant in instants]  # what turns at the instant itself counts
    await cursor.execute(FIGURES_AT, {"register": scope.register, "after": after, "last": after[-1]})
    figures = [Counter[str]() for _ in instants]
    for turn, first, times in await cursor.fetchall():
        for figure, number in changes_in(turn).items():
            for counts in figures[first:]:
                counts[figure] += number * times
    return figures
