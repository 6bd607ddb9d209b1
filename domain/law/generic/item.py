"""An item under a general law as a whole: its clocks and card, its flags, and the warnings and cards it has come to."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.law.calendar.moment import midnight, moment, next_day
from domain.law.generic.evaluate import (
    GeneralReading,
    GeneralTerms,
    StartedClock,
    as_clock,
    ends,
    general_readings,
    read_clocks,
)
from domain.law.generic.flags import JudgedItem, flags_of
from domain.law.generic.rule import local_date
from domain.law.licensing.clock import BROKEN, Card, Level, State
from domain.law.licensing.countersign import COUNTERSIGN, CountersignReply, name_of
from domain.law.licensing.escalation import Crossing, Key, Progression
from domain.law.licensing.evaluation import worst
from domain.law.licensing.intake import INTAKE
from domain.law.licensing.review import ExtensionEvent
from domain.law.licensing.timeline import Act, Timeline
from domain.law.proof import RUNGS, Colour, Rung

ACCEPTED_BY_SILENCE = "deemed_accepted"


class GeneralItem(Struct, frozen=True):
    """The clocks of an item that have begun, its *card*, and the *flags* of its acts: of each clock, and of no one."""

    readings: tuple[GeneralReading, ...]
    card: Card
    flags: tuple[str, ...]


def general_item(terms: GeneralTerms, timeline: Timeline, t: datetime, known: datetime) -> GeneralItem:
    """The clocks and the flags of an item at *t*, by what was *known*."""
    read = read_clocks(terms, timeline, t, known)
    readings = {clock.name: clock for _, clock in read.pairs}
    item = JudgedItem(
        pack=terms.pack,
        calendar=terms.calendar,
        mode=terms.mode,
        today=timeline.moment(t).day,
        silent_from=read.silent_from,
    )
    own = {flag for clock in readings.values() for flag in clock.standing.flags}
    flags = own | flags_of(item, read.acts) | consulted(read.pairs, read.acts)
    flags |= {
        f"extension_outside_clock:{event.clock}"
        for _, event, _ in read.acts
        if isinstance(event, ExtensionEvent) and event.clock not in readings
    }
    broken = [Card(terms.pack.clocks[clock.clock].card) for clock in readings.values() if clock.state in BROKEN]
    return GeneralItem(tuple(readings.values()), worst(broken), tuple(sorted(flags)))


def consulted(pairs: Iterable[tuple[StartedClock, GeneralReading]], acts: Sequence[Act]) -> set[str]:
    """Which departments consented by silence, and answered all the same (B9.3)."""
    flags = set[str]()
    for started, clock in pairs:
        due = clock.standing.due
        if clock.clock != COUNTERSIGN.name or clock.state is not State.DEEMED or due is None:
            continue
        question, over_at = clock.name.removeprefix(f"{COUNTERSIGN.name}:"), ends(due, started.rule)
        flags.add(f"countersign_deemed:{question}")
        replies = ((at, event) for at, event, _ in acts if isinstance(event, CountersignReply))
        if any(at >= over_at and name_of(event.dept, event.step) == question for at, event in replies):
            flags.add(f"countersign_reply_after_deemed:{question}")
    return flags


def general_course(terms: GeneralTerms, timeline: Timeline, now: datetime) -> Progression:
    """The rungs passed by *now* by what is known then, in order; effects of silence before cards."""
    acts = timeline.by(now, now)
    corrections = tuple(e.id for e in timeline.events if e.corrects and (e.recorded_at or e.at) <= now)
    instants = sorted({act[0] for act in acts})
    passed: dict[Key, Crossing] = {}
    at = instants[0] if instants else None
    while at is not None and at <= now:
        readings = general_readings(terms, timeline, at, now)
        evidence = tuple(event.id for instant, event, _ in acts if instant <= at) + corrections
        reached = [(rung, clock) for clock in readings for rung in rungs_of(terms, clock, at)]
        for rung, clock in sorted(reached, key=lambda pair: RUNGS.index(pair[0])):
            colour = Colour(terms.pack.clocks[clock.clock].card) if rung is Rung.CARD else None
            calendar = terms.calendar.version
            crossing = Crossing(at, clock.name, rung, colour, as_clock(clock), terms.pack.name, calendar, evidence)
            passed.setdefault(crossing.key, crossing)
        at = following(terms, readings, instants, at)
    return Progression(tuple(passed.values()), at)


def rungs_of(terms: GeneralTerms, clock: GeneralReading, at: datetime) -> Iterator[Rung]:
    """The rungs that a clock has reached at *at*; one without a colour reaches none."""
    due = local_date(clock.standing.due)
    if not clock.coloured:
        return
    if clock.state is State.RUNNING:
        if clock.level is Level.YELLOW and clock.standing.length:
            yield Rung.WARNING
    elif clock.state in BROKEN and due is not None and moment(at, ZoneInfo(terms.pack.zone)).local.date() > due:
        silence = terms.pack.silence(clock.clock, terms.mode)
        if clock.clock == INTAKE.name and clock.state is State.DEEMED and silence == ACCEPTED_BY_SILENCE:
            yield Rung.ACCEPTANCE
        yield Rung.CARD


def following(
    terms: GeneralTerms, readings: Sequence[GeneralReading], instants: Sequence[datetime], at: datetime
) -> datetime | None:
    """The next instant at which anything may change: something happens, or a timer of an open clock is due."""
    after = bisect_right(instants, at)
    timers = (timer for clock in readings for timer in timers_of(terms, clock) if timer > at)
    return min([*instants[after : after + 1], *timers], default=None)


def timers_of(terms: GeneralTerms, clock: GeneralReading) -> Iterator[datetime]:
    """From when an open clock is yellow or runs again, and when the day of its last instant is over."""
    due = local_date(clock.standing.due)
    if clock.yellow_at is not None:
        yield clock.yellow_at
    if clock.resumes_at is not None:
        yield clock.resumes_at
    if clock.over_at is not None and due is not None:
        yield midnight(next_day(due), terms.pack.zone)
