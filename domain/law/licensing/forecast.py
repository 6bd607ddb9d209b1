"""The forecast of an item's clocks: the state of each at any later instant, if nothing more happens to the item.

Time alone changes little: a clock turns yellow, its due date passes, and silence accepts an application, whereupon
further clocks start. All of it comes at midnights known in advance (B10.2), so that a forecast, computed once, is
right for every instant from the last event on without looking at the events again.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from datetime import UTC, date, datetime
from functools import cache, lru_cache

from msgspec import Struct

from domain.law.calendar.calendar import LAST_ORDINAL, CalendarBook
from domain.law.calendar.moment import midnight, next_day
from domain.law.licensing.case import Case
from domain.law.licensing.clock import SILENT, ClockRun, Level, State, date_of, level
from domain.law.licensing.counting import CountedSpan
from domain.law.licensing.evaluation import prepared, replay, runs
from domain.law.licensing.event import LawEvent
from domain.law.licensing.renewal import RENEWAL_GUARD, GuardOutlook, guard_outlook
from domain.law.licensing.review import COMMITMENT, DECISION, LOWER_REVIEW
from domain.law.licensing.rule import Rule
from domain.law.licensing.timeline import Timeline

NOT_COUNTED = -1  # days used: those of a clock that is not counted in working days alone
DISTANT = datetime(9999, 1, 1, tzinfo=UTC)  # by then all that time alone can do is done
STARTED_BY_ACCEPTANCE = (DECISION.name, LOWER_REVIEW.name, COMMITMENT.name)
MIDNIGHTS_CACHED_MAX = 4096  # of the days on which clocks end: a few hundred at any time


class ClockForecast(Struct, frozen=True, gc=False):
    """One clock at every instant from the last event on, if nothing more happens: what the clocks view stores.

    The clock exists from *exists_at*, by silence (None: it does). *state* and *level* hold before *over_at*, *over* and
    *over_level* after, and for good where it is *closed* or *over* is None; a running clock is yellow from *yellow_at*.
    Dates are local, days are working days. *used* days were counted through *counted_through*; from the next day on
    every working day counts, up to *paused_from*, where a suspension that is still open begins. *counted_through* is
    None for a clock that has closed: *used* is final, and *stopped_on* says when, unless silence closed it.

    *used* is `NOT_COUNTED`, and *counted_through* and *paused_from* are None, where the days have to be read from the
    events. The guard of a licence's last day has no *length*. Where a term was set for the answer, a paused clock runs
    again at *paused_until*, and the forecast gives its state from then on.
    """

    name: str
    extended: bool
    start: date
    length: int | None
    due: date | None
    yellow_from: date | None
    state: State
    over: State | None
    level: Level
    over_level: Level
    exists_at: datetime | None
    yellow_at: datetime | None
    over_at: datetime | None
    closed: bool
    used: int = 0
    counted_through: date | None = None
    paused_from: date | None = None
    stopped_on: date | None = None
    paused_until: datetime | None = None


class ProcedureForecast(Struct, frozen=True):
    """The clocks of one application that have begun or that silence will start.

    *above*: the upper level has the file, and answers for the clocks of the decision.
    """

    clocks: tuple[ClockForecast, ...]
    above: bool


def forecast(
    rule: Rule,
    events: Sequence[LawEvent] | Timeline,
    book: CalendarBook,
    known: datetime = DISTANT,
    otherwise: Iterable[tuple[Rule, Container[str]]] = (),
) -> ProcedureForecast:
    """What becomes of the clocks of *events* by time alone, by the events and notices that were *known*.

    *otherwise*: other rules, each with the names of the clocks that are counted by it.
    """
    timeline = prepared(rule, events)
    case = replay(rule, timeline, book, DISTANT, known)
    clocks = clocks_of(case, runs(case), timeline)
    for other, names in otherwise:
        under_other = replay(other, timeline, book, DISTANT, known)
        counted = [run for run in runs(under_other) if run.name in names]
        clocks = [clock for clock in clocks if clock.name not in names]
        clocks += clocks_of(under_other, counted, timeline)
    guard = None if rule.licence_expiry is None else guard_outlook(case, accepted_by_silence(case))
    if guard is not None:
        clocks.append(guard_forecast(guard, rule.zone))
    return ProcedureForecast(tuple(clocks), case.review.above is not None)


def accepted_by_silence(case: Case) -> date | None:
    """The day on which silence has accepted the application, if it does: the one after the open round's last."""
    accepted = case.intake.accepted
    if accepted is None or accepted.kind != "deemed":
        return None
    return next_day(date_of(case.intake.rounds[-1].due))


def clocks_of(case: Case, started: Iterable[ClockRun], timeline: Timeline) -> list[ClockForecast]:
    """The forecasts of the *started* clocks of a *case* that was replayed to `DISTANT` from *timeline*."""
    silence = accepted_by_silence(case)
    by_silence = None if silence is None else begin_of(silence, case.rule.zone)
    return [
        clock_of(case, run, by_silence if run.kind.name in STARTED_BY_ACCEPTANCE else None, timeline) for run in started
    ]


def clock_of(case: Case, run: ClockRun, exists_at: datetime | None, timeline: Timeline) -> ClockForecast:
    """One clock, which is closed where nothing can change any more, neither by time nor by an event.

    What was done inside an open round may have closed a clock that only silence will start (B5.2).
    """
    days, due, due_on, yellow_on, threshold = run.course(case)
    at_last, zone, coloured = run.state(case, due), case.rule.zone, run.kind.coloured
    over = yellow_at = over_at = through = paused = stopped_on = None
    closed = run.stop is not None or (at_last in SILENT and case.ended is not None)
    if closed:
        state, used = at_last, days.through(run.last_used(case, at_last, due))
        stopped_on = None if run.stop is None else date_of(run.stop.day)
    else:
        suspended = bool(run.reasons) and case.suspensions.in_force(run.reasons)
        state = State.SUSPENDED if suspended else State.RUNNING
        through, used, paused = plainly_counted(days)
        if due_on is not None:
            over, over_at = at_last, begin_of(next_day(due_on), zone)
        if yellow_on is not None and coloured and not suspended:
            near_at = begin_of(yellow_on, zone)
            yellow_at = near_at if run.length > threshold else exists_at or min(near_at, last_of(timeline))
    return ClockForecast(
        run.name,
        run.extended > 0,
        date_of(run.start),
        run.length,
        due_on,
        yellow_on,
        state,
        over,
        *levels_of(state, over, coloured),
        exists_at,
        yellow_at,
        over_at,
        closed,
        used,
        through,
        paused,
        stopped_on,
    )


def last_of(timeline: Timeline) -> datetime:
    """The last event, from which a clock is yellow that is so as long as it runs (B3.9)."""
    return max((event.at for event in timeline.events), default=DISTANT)


def guard_forecast(guard: GuardOutlook, zone: str) -> ClockForecast:
    """The guard of a licence's last day: it has no length and uses no days."""
    running = not guard.closed
    return ClockForecast(
        RENEWAL_GUARD.name,
        False,
        guard.start,
        None,
        guard.due,
        guard.yellow_from,
        guard.state,
        guard.over,
        *levels_of(guard.state, guard.over, True),
        begin_of(guard.exists_from, zone) if guard.exists_from else None,
        begin_of(guard.yellow_from, zone) if running else None,
        begin_of(next_day(guard.due), zone) if running else None,
        guard.closed,
        stopped_on=guard.stopped_on,
    )


@cache
def levels_of(state: State, over: State | None, coloured: bool) -> tuple[Level, Level]:
    """The colours of a clock in *state*, and *over* once that comes."""
    return (level(state, near=False), level(over or state, near=False)) if coloured else (Level.NONE, Level.NONE)


def plainly_counted(days: CountedSpan) -> tuple[date, int, date | None]:
    """The last day before plain counting begins, how many days count by its end, and where an open gap ends it."""
    through, paused = days.start, None
    for first, last, _, _ in days.breaks:
        if last >= LAST_ORDINAL:
            paused = date_of(first)
        else:
            through = max(through, last)
    return date_of(through), days.through(through), paused


@lru_cache(maxsize=MIDNIGHTS_CACHED_MAX)
def begin_of(day: date, zone: str) -> datetime:
    """As `midnight`, cached: many clocks end on one day."""
    return midnight(day, zone)
