"""The clocks of an item under a law that counts otherwise: how they stand at an instant, what time makes of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct, structs

from domain.law.calendar.calendar import WorkingCalendar
from domain.law.calendar.moment import midnight, moment, next_day
from domain.law.generic.case import (
    accepted_by_silence,
    ending,
    from_receipt,
    general_events,
    is_counted,
    is_ended,
    names_of,
)
from domain.law.generic.course import course_of
from domain.law.generic.expand import general_rule
from domain.law.generic.period import closing
from domain.law.generic.rule import GeneralEvent, GeneralRule, Moment, Started, Withdrawn, local_date
from domain.law.generic.state import SILENCE_DECIDES, ClockStanding, day_of, standing, standing_of
from domain.law.happening import Happening
from domain.law.licensing.clock import BROKEN, Clock, Level, State, level
from domain.law.licensing.countersign import (
    COUNTERSIGN,
    ApplicationRevisedEvent,
    CountersignRecall,
    CountersignReply,
    CountersignRequest,
    name_of,
)
from domain.law.licensing.escalation import Crossing, Key, Progression
from domain.law.licensing.event import Attest
from domain.law.licensing.intake import INTAKE, Accepted
from domain.law.licensing.timeline import Act, Timeline
from domain.law.packs.pack import Pack
from domain.law.proof import RUNGS, Colour, Rung

ACCEPTED = str(Accepted.__struct_config__.tag)  # as packs call it

AFTER = timedelta(microseconds=1)  # an instant that is a deadline is itself in time: it is over right after


class GeneralTerms(Struct, frozen=True, kw_only=True):
    """The law of one item: its pack and calendar, its mode, and what was recorded for it.

    *lengths* replaces the length of a clock by what was recorded or promised; *asked_days* holds the days given to
    each countersignature, by the name of its clock. *live* is false for a department outside the system (B11).
    """

    pack: Pack
    calendar: WorkingCalendar
    mode: str
    lengths: Mapping[str, int]
    asked_days: Mapping[str, int]
    live: bool


class GeneralReading(Struct, frozen=True, kw_only=True):
    """One clock at an instant. *state* and *level* are those of *standing*, or say that silence proves nothing.

    *until_over* is the state before the last day is over, or for good where it has *closed*; *over* the one after,
    None where there is none. *yellow_at* and *over_at* are the instants from which they hold. A suspended clock runs
    again by itself at *resumes_at*, when the term set for the answer is over: *ahead* is how it stands then, and what
    comes later is told as if nobody answers. Else *ahead* is its *standing*.
    """

    name: str
    clock: str  # its name in the pack
    article: str
    unit: str
    standing: ClockStanding
    extended: bool
    coloured: bool
    closed: bool
    state: State
    level: Level
    until_over: State
    over: State | None
    yellow_at: datetime | None
    over_at: datetime | None
    ahead: ClockStanding
    resumes_at: datetime | None = None

    def level_in(self, state: State) -> Level:
        """Its colour in *state*, where it is not near its end."""
        return level(state, near=False) if self.coloured else Level.NONE


class FoundClocks(Struct, frozen=True):
    """One clock of the pack with what happened to it."""

    name: str
    clock: str
    rule: GeneralRule
    events: list[GeneralEvent]


def general_readings(
    terms: GeneralTerms, timeline: Timeline, t: datetime, known: datetime
) -> tuple[GeneralReading, ...]:
    """How every clock that has begun stands at *t*, by what was *known*, one for each countersignature.

    Clocks without a length, and those that this mode does not have, are left out.
    """
    return tuple(one for _, one in general_found(terms, timeline, t, known))


def general_found(
    terms: GeneralTerms, timeline: Timeline, t: datetime, known: datetime
) -> list[tuple[FoundClocks, GeneralReading]]:
    """The same readings, each with what it was read from."""
    told = timeline.by(t, known)
    acts = from_receipt(told)
    attested = max((when.day for _, event, when in acts if isinstance(event, Attest)), default=0)

    def read(acts: Sequence[Act]) -> list[tuple[FoundClocks, GeneralReading]]:
        end = ending(event for _, event, _ in acts)
        pairs = ((what, reading(terms, what, t, attested, end)) for what in clocks(terms, acts))
        return [(what, one) for what, one in pairs if one is not None]

    found = read(acts)
    intake = next((pair for pair in found if pair[1].clock == INTAKE.name), None)
    if intake is not None and intake[1].state is State.DEEMED:
        after = read(accepted_by_silence(terms.pack, acts))
        found = [intake if pair[1].clock == INTAKE.name else pair for pair in after]
    return found if acts is told else [(what, flagged_early(terms.pack, one)) for what, one in found]


def flagged_early(pack: Pack, one: GeneralReading) -> GeneralReading:
    """*one* with the flag of an acceptance dated before the receipt, where it starts or stops that clock (B5.11)."""
    law = pack.clocks[one.clock]
    if ACCEPTED not in (*law.start, *law.stop):
        return one
    flags = tuple(sorted({*one.standing.flags, "accepted_before_receipt"}))
    return structs.replace(one, standing=structs.replace(one.standing, flags=flags))


def clocks(terms: GeneralTerms, acts: Sequence[Act]) -> Iterator[FoundClocks]:
    """Every clock of the pack that is counted in the item's mode and has begun, with its events."""
    pack = terms.pack
    happened = [(at, event) for at, event, _ in acts]
    names = frozenset[str]().union(*(names_of(event) for _, event in happened))
    for clock, law in pack.clocks.items():
        if clock == COUNTERSIGN.name or names.isdisjoint(law.start):
            continue  # it has not begun: there is nothing to count
        days = terms.lengths.get(clock)
        if is_counted(law, clock, terms.mode, days):
            rule = general_rule(pack, terms.calendar, clock, terms.mode, days)
            yield FoundClocks(clock, clock, rule, list(general_events(pack, clock, terms.mode, happened)))
    if COUNTERSIGN.name in pack.clocks:
        for name, days in terms.asked_days.items():
            events = list(consultation(pack, name, terms.mode, acts))
            if has_begun(events):
                rule = general_rule(pack, terms.calendar, COUNTERSIGN.name, terms.mode, days)
                yield FoundClocks(name, COUNTERSIGN.name, rule, events)


def has_begun(events: Iterable[GeneralEvent]) -> bool:
    """Whether *events* start their clock; else there is nothing to count."""
    return any(isinstance(event, Started) for event in events)


def consultation(pack: Pack, name: str, mode: str, acts: Sequence[Act]) -> Iterator[GeneralEvent]:
    """What happened to one department's clock: its own question, answer and recall; a decision overtakes it (B9.3)."""
    asked = name.removeprefix(f"{COUNTERSIGN.name}:")
    own = [
        (at, event)
        for at, event, _ in acts
        if not isinstance(event, CountersignRequest | CountersignReply | CountersignRecall)
        or name_of(event.dept, event.step) == asked
    ]
    yield from general_events(pack, COUNTERSIGN.name, mode, own)
    begun = False
    for at, event, _ in acts:
        if begun and takes_back(event, asked):
            yield Withdrawn(at)
        begun = begun or (isinstance(event, CountersignRequest) and name_of(event.dept, event.step) == asked)


def takes_back(event: Happening, asked: str) -> bool:
    """Whether *event* makes the question *asked*, by the name of its clock, moot."""
    match event:
        case CountersignRecall(dept=dept, step=step):
            return name_of(dept, step) == asked
        case CountersignRequest(dept=dept, replaces=str(step)):
            return name_of(dept, step or None) == asked
        case _:
            return isinstance(event, ApplicationRevisedEvent)


def reading(
    terms: GeneralTerms, found: FoundClocks, t: datetime, attested: int, end: Happening | None
) -> GeneralReading | None:
    """One clock at *t*, None if it has not begun; *attested*: the last day with a record, *end*: of the application."""
    law, course = terms.pack.clocks[found.clock], course_of(found.rule, found.events, t)
    stood = standing_of(course, t)
    if stood is None:
        return None
    after_end = not course.closed and end is not None and is_ended(found.clock, law, end)
    closed = course.closed or after_end
    resumes_at = None if closed or course.resumes_after is None else ends(course.resumes_after, found.rule)
    ahead = stood if resumes_at is None else standing(found.rule, found.events, resumes_at) or stood
    state, over = stood.state, None
    if after_end or (course.withdrawn is not None and not proves(terms, found, stood.due, attested)):
        state = State.VOID
    elif not closed and ahead.due is not None:
        over = passed(terms, found, ahead.due, attested)
        state = over if stood.state in (State.OVERDUE, State.DEEMED) else state
    waiting = any(suspension.end is None for suspension in course.suspensions)
    coloured = law.card != "none"
    yellow_at = begins(ahead.yellow_from, found.rule)
    return GeneralReading(
        name=found.name,
        clock=found.clock,
        article=terms.pack.clock_article(found.clock, terms.mode),
        unit=found.rule.unit,
        standing=stood,
        extended=bool(course.added or course.agreed),
        coloured=coloured,
        closed=closed,
        state=state,
        level=level(state, near=stood.level is Level.YELLOW) if coloured else Level.NONE,
        until_over=state if closed else State.SUSPENDED if waiting else State.RUNNING,
        over=None if closed else over,
        yellow_at=later(yellow_at, resumes_at) if not closed and coloured and (resumes_at or not waiting) else None,
        over_at=None if closed or ahead.due is None else ends(ahead.due, found.rule),
        ahead=ahead,
        resumes_at=resumes_at,
    )


def proves(terms: GeneralTerms, found: FoundClocks, due: Moment | None, attested: int) -> bool:
    """Whether silence through the last day *due* proves anything: outside the system only once attested (B11)."""
    return terms.live or due is None or attested > day_of(due, found.rule).toordinal()


def passed(terms: GeneralTerms, found: FoundClocks, due: Moment, attested: int) -> State:
    """What becomes of the clock when its last day *due* is over."""
    if not proves(terms, found, due, attested):
        return State.UNCONFIRMED
    return State.DEEMED if found.rule.on_silence in SILENCE_DECIDES else State.OVERDUE


def later(at: datetime | None, than: datetime | None) -> datetime | None:
    """*at*, but not before *than*."""
    return at if at is None or than is None else max(at, than)


def begins(moment: Moment | None, rule: GeneralRule) -> datetime | None:
    """The instant from which *moment* is reached (UTC)."""
    if moment is None:
        return None
    return moment.astimezone(UTC) if isinstance(moment, datetime) else midnight(moment, rule.zone)


def ends(moment: Moment, rule: GeneralRule) -> datetime:
    """The first instant at which *moment* is over (UTC)."""
    return moment.astimezone(UTC) + AFTER if isinstance(moment, datetime) else closing(moment, rule).astimezone(UTC)


def as_clock(one: GeneralReading) -> Clock:
    """A general clock in the shape of the others: its days are those of its own unit."""
    stood = one.standing
    return Clock(
        start=stood.start,
        length=stood.length,
        due=local_date(stood.due),
        earliest_due=local_date(stood.earliest_due),
        yellow_from=local_date(stood.yellow_from),
        used=int(stood.used),
        remaining=int(stood.remaining),
        overdue_days=stood.overdue_days,
        state=one.state,
        level=one.level,
        provisional=stood.provisional,
        article=one.article,
    )


ACCEPTED_BY_SILENCE = "deemed_accepted"


def general_course(terms: GeneralTerms, timeline: Timeline, now: datetime) -> Progression:
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
    return Progression(tuple(passed.values()), at)


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
