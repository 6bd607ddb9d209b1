"""The rungs an item's clocks have passed by an instant, each with its true instant: what timers turn into facts.

Between two happenings nothing changes but the date, and a clock's colour changes at midnights that it names itself
(B10.2). So the history is walked from instant to instant, and the clocks are evaluated at each of them only.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from domain.law.calendar.calendar import CalendarBook
from domain.law.calendar.moment import midnight
from domain.law.licensing import renewal
from domain.law.licensing.case import Case
from domain.law.licensing.clock import BROKEN, Card, Clock, ClockKind, Level, State
from domain.law.licensing.countersign import COUNTERSIGN
from domain.law.licensing.evaluation import prepared, replay, runs
from domain.law.licensing.event import LawEvent
from domain.law.licensing.intake import INTAKE
from domain.law.licensing.rule import Rule
from domain.law.licensing.timeline import Timeline
from domain.law.proof import RUNGS, Colour, Rung

Key = tuple[str, int | None, Rung]  # clock, length, rung
NamedClock = tuple[ClockKind, str, Clock]  # one clock at an instant, with its kind and name
EFFECTS = {INTAKE.name: Rung.ACCEPTANCE, COUNTERSIGN.name: Rung.CONSENT, renewal.RENEWAL_GUARD.name: Rung.RENEWAL}


class Crossing(Struct, frozen=True):
    """One rung passed *at* a true instant: the clock's reading then, and its rule, calendar and events.

    *evidence* are the ids of the events that had happened by then, and of all corrections known.
    """

    at: datetime
    clock: str
    rung: Rung
    colour: Colour | None
    reading: Clock
    rule: str
    calendar: str
    evidence: tuple[str, ...]

    @property
    def key(self) -> Key:
        """Which rung of which clock it is: an extended clock has rungs of its own."""
        return self.clock, self.reading.length, self.rung


class Progression(Struct, frozen=True):
    """What an item's clocks have come to: the rungs *passed*, in order, and when the *next* one may come.

    *next* is right as long as nothing new happens; None where no clock runs.
    """

    passed: tuple[Crossing, ...]
    next: datetime | None


def course(
    rule: Rule, events: Sequence[LawEvent] | Timeline, book: CalendarBook, now: datetime, known: datetime | None = None
) -> Progression:
    """The rungs passed by *now* by what is known at *known* (default: *now*), by the calendar known then.

    In order of their instants; of one instant effects come before cards, in the order of the procedure. A clock that
    is suspended passes none, and where silence proves nothing (B11.1) none is passed until the record is attested. A
    period of no days is not warned of: there is no day before its last.
    """
    known = now if known is None else known
    timeline = prepared(rule, events)
    acts = timeline.by(now, known)
    corrections = tuple(e.id for e in timeline.events if e.corrects and (e.recorded_at or e.at) <= known)
    instants = sorted({act[0] for act in acts})
    passed: dict[Key, Crossing] = {}
    at = instants[0] if instants else None
    while at is not None and at <= now:
        case = replay(rule, timeline, book, at, known)
        evidence = tuple(event.id for instant, event, _ in acts if instant <= at) + corrections
        clocks = list(readings(case))
        for rung, kind, name, clock in sorted(reached(clocks), key=rank):
            colour = Colour(kind.card.value) if rung is Rung.CARD else None
            crossing = Crossing(at, name, rung, colour, clock, rule.pack, case.calendar.version, evidence)
            passed.setdefault(crossing.key, crossing)
        at = following(case, clocks, instants, at)
    return Progression(tuple(passed.values()), at)


def rank(reached: tuple[Rung, ClockKind, str, Clock]) -> int:
    """Where a rung comes among those of one instant."""
    return RUNGS.index(reached[0])


def reached(clocks: Iterable[NamedClock]) -> Iterator[tuple[Rung, ClockKind, str, Clock]]:
    """The rungs that the clocks have reached, in the order of the procedure."""
    for kind, name, clock in clocks:
        if clock.state is State.RUNNING:
            if clock.level is Level.YELLOW and clock.length != 0:
                yield Rung.WARNING, kind, name, clock
        elif clock.state in BROKEN and kind.card is not Card.NONE:
            effect = EFFECTS.get(kind.name)
            if effect and clock.state is (State.LAPSED if effect is Rung.ACCEPTANCE else State.DEEMED):
                yield effect, kind, name, clock
            yield Rung.CARD, kind, name, clock


def readings(case: Case) -> Iterator[NamedClock]:
    """Every clock that has started, with its kind and name."""
    for run in runs(case):
        yield run.kind, run.name, run.read(case)
    guard = renewal.guard(case)
    if guard is not None:
        yield renewal.RENEWAL_GUARD, renewal.RENEWAL_GUARD.name, guard


def following(case: Case, clocks: Iterable[NamedClock], instants: Sequence[datetime], at: datetime) -> datetime | None:
    """The next instant at which anything may change: something happens, or a timer of a running clock is due."""
    after = bisect_right(instants, at)
    coming = [*instants[after : after + 1], *(timer for timer in timers(case, clocks) if timer > at)]
    return min(coming, default=None)


def timers(case: Case, clocks: Iterable[NamedClock]) -> Iterator[datetime]:
    """The midnights from which an open clock is yellow, and from which its due date is over (B10.2)."""
    zone = case.rule.zone
    for kind, _, clock in clocks:
        # Under some day rules a clock may run out on the very day it is suspended (B7.2b).
        if clock.state in (State.RUNNING, State.SUSPENDED) and clock.over_from is not None:
            yield midnight(clock.over_from, zone)
            yellow = renewal.guard_yellow_from(case) if kind is renewal.RENEWAL_GUARD else clock.yellow_from
            if yellow is not None:
                yield midnight(yellow, zone)
