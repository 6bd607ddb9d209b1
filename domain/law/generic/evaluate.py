"""The clocks of an item by the generic engine: their state at an instant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import TypeAlias, TypeVar

from msgspec import Struct, structs

from domain.law.calendar.calendar import WorkingCalendar
from domain.law.calendar.moment import midnight
from domain.law.generic.case import NamedAct, ending, from_receipt, general_events, is_counted, is_ended, named
from domain.law.generic.clock_law import ClockLaw, clock_law
from domain.law.generic.course import ClockCourse, course_of
from domain.law.generic.names import names_of
from domain.law.generic.period import closing
from domain.law.generic.rounds import accepted_by_silence, intake_flags, intake_rounds
from domain.law.generic.rule import GeneralEvent, GeneralRule, Moment, Started, Withdrawn, local_date
from domain.law.generic.state import SILENCE_DECIDES, ClockStanding, PeriodDays, day_of, days_of, standing_of, state_of
from domain.law.licensing.clock import Clock, Level, State, level
from domain.law.licensing.countersign import (
    COUNTERSIGN,
    ApplicationRevisedEvent,
    CountersignRecall,
    CountersignReply,
    CountersignRequest,
    name_of,
)
from domain.law.licensing.event import Attest
from domain.law.licensing.happening import Happening
from domain.law.licensing.intake import INTAKE, Accepted, RefusedEvent
from domain.law.licensing.review import Decided
from domain.law.licensing.review import WithdrawnEvent as ItemWithdrawn
from domain.law.licensing.timeline import Act, Timeline
from domain.law.packs.pack import Pack

OF_EXTENSIONS = "extension_"  # how their flags begin

ACCEPTED = str(Accepted.__struct_config__.tag)  # as packs call it

AFTER = timedelta(microseconds=1)  # an instant that is a deadline is itself in time: it is over right after


class GeneralTerms(Struct, frozen=True, kw_only=True, dict=True):
    """The law of one item: its pack and calendar, its mode, and what was recorded for it.

    *lengths* replaces the length of a clock by what was recorded or promised; *request_days* holds the days given to
    each countersignature, by the name of its clock. *live* is false for a department outside the system (B11).
    """

    pack: Pack
    calendar: WorkingCalendar
    mode: str
    lengths: Mapping[str, int]
    request_days: Mapping[str, int]
    live: bool

    @cached_property
    def counted(self) -> tuple[ClockLaw, ...]:
        """What the law says of every clock that is counted in the item's mode, apart from countersignatures."""
        lengths = {clock: self.lengths.get(clock) for clock in self.pack.clocks}
        return tuple(
            clock_law(self.pack, self.calendar, clock, self.mode, lengths[clock])
            for clock, terms in self.pack.clocks.items()
            if clock != COUNTERSIGN.name and is_counted(terms, clock, self.mode, lengths[clock])
        )

    @cached_property
    def consultations(self) -> tuple[tuple[str, ClockLaw], ...]:
        """What it says of each countersignature, by the name of its clock."""
        if COUNTERSIGN.name not in self.pack.clocks:
            return ()
        return tuple(
            (name, clock_law(self.pack, self.calendar, COUNTERSIGN.name, self.mode, days))
            for name, days in self.request_days.items()
        )


class GeneralOutlook(Struct, frozen=True, kw_only=True):
    """What becomes of one clock by time alone, as seen from an instant.

    *until_over* is the state before the last day is over, or for good where it has *closed*, by an act of its own on
    *closed_on*; *over* the one after, None where there is none; they say so where silence proves nothing. *yellow_at*
    and *over_at* are the instants from which they hold. A suspended clock runs again by itself at *resumes_at*, when
    the term set for the answer is over: *ahead* is its period then, and what comes later assumes that no answer
    arrives. Else *ahead* is its period as it is.
    """

    name: str
    clock: str  # its name in the pack
    extended: bool
    coloured: bool
    closed: bool
    closed_on: date | None
    until_over: State
    over: State | None
    yellow_at: datetime | None
    over_at: datetime | None
    ahead: PeriodDays
    resumes_at: datetime | None

    def state_at(self, t: datetime) -> State:
        """Its state at *t*, before it runs again."""
        is_over = self.over_at is not None and self.over_at <= t
        return self.over if is_over and self.over is not None else self.until_over

    def level_in(self, state: State) -> Level:
        """Its colour in *state*, where it is not near its end."""
        return level(state, near=False) if self.coloured else Level.NONE


class GeneralReading(GeneralOutlook, frozen=True, kw_only=True):
    """One clock at an instant, with what becomes of it.

    *state* and *level* are those of *standing*, or say that silence proves nothing.
    """

    article: str
    unit: str
    standing: ClockStanding
    state: State
    level: Level


class StartedClock(Struct, frozen=True):
    """One clock of the pack that has started, with what the law says of it, and its events.

    *is_ended*: the application has ended in a way that ends the clock, even if it started later.
    """

    name: str
    law: ClockLaw
    events: list[GeneralEvent]
    is_ended: bool

    @property
    def clock(self) -> str:
        """Its name in the pack."""
        return self.law.clock

    @property
    def rule(self) -> GeneralRule:
        return self.law.rule


class ReadClocks(Struct, frozen=True):
    """The *acts* of an item, its clocks that have begun, each with what it was read from, and the instant from which
    silence accepted.
    """

    acts: Sequence[Act]
    pairs: list[tuple[StartedClock, GeneralReading]]
    silent_from: datetime | None


def general_readings(
    terms: GeneralTerms, timeline: Timeline, t: datetime, known: datetime
) -> tuple[GeneralReading, ...]:
    """The state at *t* of every clock that has begun, by what was *known*, one for each countersignature.

    Clocks without a length, and those that this mode does not have, are left out.
    """
    return tuple(clock for _, clock in readings_with_events(terms, timeline, t, known))


def readings_with_events(
    terms: GeneralTerms, timeline: Timeline, t: datetime, known: datetime
) -> list[tuple[StartedClock, GeneralReading]]:
    """The same readings, each with what it was read from."""
    return read_clocks(terms, timeline, t, known).pairs


def read_clocks(terms: GeneralTerms, timeline: Timeline, t: datetime, known: datetime) -> ReadClocks:
    """The same, with what silence made of the application."""
    known_acts = timeline.by(t, known)
    acts = from_receipt(known_acts)
    pairs, silent_from = under_silence(terms, acts, t, reading)
    has_rounds = any(clock.clock == INTAKE.name for _, clock in pairs)
    flags = intake_flags(terms.pack, acts, silent_from) if has_rounds else {}
    early = () if acts is known_acts else ("accepted_before_receipt",)
    flagged_pairs = [
        (started, flagged(terms.pack, clock, flags.get(clock.name, ()), early)) for started, clock in pairs
    ]
    return ReadClocks(known_acts, flagged_pairs, silent_from)


Seen = TypeVar("Seen", bound=GeneralOutlook)
SeenBy: TypeAlias = Callable[[GeneralTerms, StartedClock, datetime, Sequence[Act]], Seen | None]


def general_outlooks(
    terms: GeneralTerms, timeline: Timeline, t: datetime, known: datetime, see: SeenBy[GeneralOutlook]
) -> list[GeneralOutlook]:
    """What becomes of every clock that has begun by *t*, by what was *known*, as *see* sees it."""
    pairs, _ = under_silence(terms, from_receipt(timeline.by(t, known)), t, see)
    return [clock for _, clock in pairs]


def under_silence(
    terms: GeneralTerms, acts: Sequence[Act], t: datetime, see: SeenBy[Seen]
) -> tuple[list[tuple[StartedClock, Seen]], datetime | None]:
    """The clocks that have begun as *see* sees them at *t*, and the instant from which silence accepted."""

    def seen(acts: Sequence[Act]) -> list[tuple[StartedClock, Seen]]:
        begun = ((started, see(terms, started, t, acts)) for started in clocks(terms, acts))
        return [(started, clock) for started, clock in begun if clock is not None]

    pairs = seen(acts)
    rounds = [pair for pair in pairs if pair[1].clock == INTAKE.name]
    silent = next((nth for nth, (_, clock) in enumerate(rounds) if clock.state_at(t) is State.DEEMED), None)
    if silent is None:
        return pairs, None
    started, by_silence = rounds[silent]
    due = by_silence.ahead.due
    after = seen(accepted_by_silence(terms.pack, acts, silent + 1))
    pairs = [rounds[silent] if clock.name == by_silence.name else (started, clock) for started, clock in after]
    return pairs, None if due is None else ends(due, started.rule)


def flagged(pack: Pack, clock: GeneralReading, flags: Iterable[str], early: Iterable[str]) -> GeneralReading:
    """*clock* with the *flags* of its round of intake, and those of an *early* acceptance that starts or stops it.

    The flags of its extensions say which clock they are of (B13).
    """
    law = pack.clocks[clock.clock]
    own = {f"{flag}:{clock.name}" if flag.startswith(OF_EXTENSIONS) else flag for flag in clock.standing.flags}
    flags = {*own, *flags, *(early if ACCEPTED in (*law.start, *law.stop) else ())}
    if not flags:
        return clock
    return structs.replace(clock, standing=structs.replace(clock.standing, flags=tuple(sorted(flags))))


def clocks(terms: GeneralTerms, acts: Sequence[Act]) -> Iterator[StartedClock]:
    """Every clock of the pack that is counted in the item's mode and has begun, with its events."""
    happened, end = named(acts), ending(event for _, event, _ in acts)
    names = frozenset[str]().union(*(names for _, _, names in happened))
    for law in terms.counted:
        if names.isdisjoint(law.start):
            continue  # it has not begun: there is nothing to count
        if law.clock != INTAKE.name:
            yield StartedClock(law.clock, law, list(general_events(law, happened, end)), is_ended(law, end))
            continue
        for name, own in intake_rounds(terms.pack, happened):
            end_of_round = ending(event for _, event, _ in own)
            yield StartedClock(name, law, list(general_events(law, own, end_of_round)), is_ended(law, end))
    for name, law in terms.consultations:
        if names.isdisjoint(law.start):
            continue
        events = list(consultation(law, name, happened, end))
        if has_begun(events):
            yield StartedClock(name, law, events, is_ended(law, end))


def has_begun(events: Iterable[GeneralEvent]) -> bool:
    """Whether *events* start their clock; else there is nothing to count."""
    return any(isinstance(event, Started) for event in events)


def consultation(law: ClockLaw, name: str, acts: Sequence[NamedAct], end: Happening | None) -> Iterator[GeneralEvent]:
    """What happened to one department's clock: its own question, answer and recall; a decision overtakes it (B9.3)."""
    question = name.removeprefix(f"{COUNTERSIGN.name}:")
    own = [
        act
        for act in acts
        if not isinstance(act[1], CountersignRequest | CountersignReply | CountersignRecall)
        or name_of(act[1].dept, act[1].step) == question
    ]
    yield from general_events(law, own, end)
    begun = False
    for at, event, _ in acts:
        if begun and takes_back(event, question):
            yield Withdrawn(at)
        begun = begun or (isinstance(event, CountersignRequest) and name_of(event.dept, event.step) == question)


def takes_back(event: Happening, question: str) -> bool:
    """Whether *event* makes the question *question*, by the name of its clock, moot."""
    match event:
        case CountersignRecall(dept=dept, step=step):
            return name_of(dept, step) == question
        case CountersignRequest(dept=dept, replaces=str(step)):
            return name_of(dept, step or None) == question
        case _:
            return isinstance(event, ApplicationRevisedEvent)


def reading(terms: GeneralTerms, clock: StartedClock, t: datetime, acts: Sequence[Act]) -> GeneralReading | None:
    """One clock at *t*, None if it has not begun; *acts* are those of its item."""
    course = course_of(clock.rule, clock.events, t)
    now = standing_of(course, t)
    if now is None:
        return None
    seen = outlook_of(terms, clock, course, now, now.state, acts)
    state = seen.state_at(t)
    return GeneralReading(
        **structs.asdict(seen),
        article=clock.law.article,
        unit=clock.rule.unit,
        standing=now,
        state=state,
        level=level(state, near=now.level is Level.YELLOW) if seen.coloured else Level.NONE,
    )


def outlook(terms: GeneralTerms, clock: StartedClock, t: datetime, acts: Sequence[Act]) -> GeneralOutlook | None:
    """What becomes of one clock from *t* on, None if it has not begun; *acts* are those of its item."""
    course = course_of(clock.rule, clock.events, t)
    if course.period is None:
        return None
    days = days_of(course.period)
    return outlook_of(terms, clock, course, days, state_of(course, days.due, t), acts)


def outlook_of(
    terms: GeneralTerms, clock: StartedClock, course: ClockCourse, days: PeriodDays, now: State, acts: Sequence[Act]
) -> GeneralOutlook:
    """What becomes of one clock that by its *course* has these *days*, and is in the state *now*."""
    law, rule = clock.law, clock.rule
    after_end = not course.closed and clock.is_ended
    closed = course.closed or after_end
    waiting = now is State.SUSPENDED  # a suspension that began when the last day was over holds nothing back
    ahead, resumes_at, over_at = (days, None, None) if closed else by_time(clock, course, days, waiting=waiting)
    until_over, over = State.SUSPENDED if waiting else State.RUNNING, None
    if closed:
        until_over = State.VOID if after_end else closed_state(terms, clock, course, days.due, now, acts)
    elif ahead.due is not None:
        over = passed(terms, clock, course, ahead.due, acts)
    coloured = law.terms.card != "none"
    turns_yellow = not closed and coloured and (resumes_at or not waiting)
    return GeneralOutlook(
        name=clock.name,
        clock=law.clock,
        extended=bool(course.added or course.agreed),
        coloured=coloured,
        closed=closed,
        closed_on=course.closed_on,
        until_over=until_over,
        over=over,
        yellow_at=later(begins(ahead.yellow_from, rule), resumes_at) if turns_yellow else None,
        over_at=over_at,
        ahead=ahead,
        resumes_at=resumes_at,
    )


def by_time(
    clock: StartedClock, course: ClockCourse, days: PeriodDays, *, waiting: bool
) -> tuple[PeriodDays, datetime | None, datetime | None]:
    """What an open clock comes to by time alone: its days then, when it runs again, and when its last day is over.

    A suspension that begins with the day after the last one holds nothing back: the clock does not run again.
    """
    resumes_at, ahead = None, days
    if waiting and course.resumes_after:
        resumes_at = ends(course.resumes_after, clock.rule)
        resumed = course_of(clock.rule, clock.events, resumes_at).period
        ahead = days if resumed is None else days_of(resumed)
    over_at = None if ahead.due is None else ends(ahead.due, clock.rule)
    if resumes_at is not None and over_at is not None and over_at <= resumes_at:
        resumes_at = None
    return ahead, resumes_at, over_at


def closed_state(
    terms: GeneralTerms, clock: StartedClock, course: ClockCourse, due: Moment | None, now: State, acts: Sequence[Act]
) -> State:
    """What became of a clock that has closed; silence through its last day decided only where that is proved."""
    if proves(terms, clock, course, due, acts):
        return now
    if course.withdrawn is not None:
        return State.VOID
    is_intake = clock.clock == INTAKE.name  # a late decision proves by itself that there was none before it
    return State.LATE if is_intake and now is State.DEEMED else now


def last_attested(acts: Iterable[Act], law: ClockLaw, course: ClockCourse) -> int:
    """The last day with a record attested before the clock closed; what is attested later proves no silence."""
    attested, closed_at = 0, course.closed_at
    for at, event, when in acts:
        if closed_at is not None and (at > closed_at or (at == closed_at and closes(event, law))):
            break
        if isinstance(event, Attest):
            attested = max(attested, when.day)
    return attested


def closes(event: Happening, law: ClockLaw) -> bool:
    """Whether *event* stops a clock of the *law*, or may end its application."""
    return not names_of(event).isdisjoint(law.stop) or isinstance(event, Decided | RefusedEvent | ItemWithdrawn)


def proves(
    terms: GeneralTerms, clock: StartedClock, course: ClockCourse, due: Moment | None, acts: Sequence[Act]
) -> bool:
    """Whether silence through the last day *due* proves anything: outside the system only once attested (B11)."""
    if terms.live or due is None:
        return True
    return last_attested(acts, clock.law, course) > day_of(due, clock.rule).toordinal()


def passed(terms: GeneralTerms, clock: StartedClock, course: ClockCourse, due: Moment, acts: Sequence[Act]) -> State:
    """What becomes of the clock when its last day *due* is over."""
    if not proves(terms, clock, course, due, acts):
        return State.UNCONFIRMED
    return State.DEEMED if clock.rule.on_silence in SILENCE_DECIDES else State.OVERDUE


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


def as_clock(clock: GeneralReading) -> Clock:
    """A general clock in the shape of the others: its days are those of its own unit."""
    now = clock.standing
    return Clock(
        start=now.start,
        length=now.length,
        due=local_date(now.due),
        earliest_due=local_date(now.earliest_due),
        yellow_from=local_date(now.yellow_from),
        used=int(now.used),
        remaining=int(now.remaining),
        overdue_days=now.overdue_days,
        state=clock.state,
        level=clock.level,
        provisional=now.provisional,
        article=clock.article,
    )
