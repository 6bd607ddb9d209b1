"""The rungs an item's clocks have passed under a law that counts otherwise than in working days.

As `rungs` does for the others, the history is walked from instant to instant, and the law is asked at each of them. A
card is due when the local day of the last instant in time is over, also where that instant is earlier in the day.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.law.clock import BROKEN, Level, State
from domain.law.general_outlook import GeneralReading, GeneralTerms, as_clock, general_readings
from domain.law.general_rule import local_date
from domain.law.intake import INTAKE
from domain.law.moment import midnight, moment, next_day
from domain.law.proof import RUNGS, Colour, Rung
from domain.law.rungs import Course, Crossing, Key
from domain.law.timeline import Timeline

ACCEPTED_BY_SILENCE = "deemed_accepted"


def general_course(terms: GeneralTerms, timeline: Timeline, now: datetime) -> Course:
    """The rungs passed by *now* by what is known then, in order; effects of silence before cards."""
    acts = timeline.by(now, now)
    corrections = tuple(e.id for e in timeline.events if e.corrects and (e.recorded_at or e.at) <= now)
    instants = sorted({act[0] for act in acts})
    passed: dict[Key, Crossing] = {}
    at = instants[0] if instants else None
    while at is not None and at <= now:
        found = general_readings(terms, timeline, at, now)
        evidence = tuple(event.id for instant, event, _ in acts if instant <= at) + corrections
        reached = [(rung, one) for one in found for rung in rungs_of(terms, one, at)]
        for rung, one in sorted(reached, key=lambda pair: RUNGS.index(pair[0])):
            colour = Colour(terms.pack.clocks[one.clock].card) if rung is Rung.CARD else None
            calendar = terms.calendar.version
            crossing = Crossing(at, one.name, rung, colour, as_clock(one), terms.pack.name, calendar, evidence)
            passed.setdefault(crossing.key, crossing)
        at = following(terms, found, instants, at)
    return Course(tuple(passed.values()), at)


def rungs_of(terms: GeneralTerms, one: GeneralReading, at: datetime) -> Iterator[Rung]:
    """The rungs on which a clock stands at *at*; one without a colour stands on none."""
    due = local_date(one.standing.due)
    if not one.coloured:
        return
    if one.state is State.RUNNING:
        if one.level is Level.YELLOW and one.standing.length:
            yield Rung.WARNING
    elif one.state in BROKEN and due is not None and moment(at, ZoneInfo(terms.pack.zone)).local.date() > due:
        silence = terms.pack.silence(one.clock, terms.mode)
        if one.clock == INTAKE.name and one.state is State.DEEMED and silence == ACCEPTED_BY_SILENCE:
            yield Rung.ACCEPTANCE
        yield Rung.CARD


def following(
    terms: GeneralTerms, found: Sequence[GeneralReading], instants: Sequence[datetime], at: datetime
) -> datetime | None:
    """The next instant at which anything may change: something happens, or an open clock's own time comes."""
    after = bisect_right(instants, at)
    timers = (timer for one in found for timer in timers_of(terms, one) if timer > at)
    return min([*instants[after : after + 1], *timers], default=None)


def timers_of(terms: GeneralTerms, one: GeneralReading) -> Iterator[datetime]:
    """From when an open clock is yellow or runs again, and when the day of its last instant is over."""
    due = local_date(one.standing.due)
    if one.yellow_at is not None:
        yield one.yellow_at
    if one.resumes_at is not None:
        yield one.resumes_at
    if one.over_at is not None and due is not None:
        yield midnight(next_day(due), terms.pack.zone)
