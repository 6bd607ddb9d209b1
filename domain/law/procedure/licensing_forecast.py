"""Outlooks of the licensing engine as forecasts, and stored forecasts as the outlooks they were made from."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache, lru_cache
from typing import TypeAlias

from domain.law.calendar.moment import midnight, next_day
from domain.law.documented import kind_of
from domain.law.licensing.clock import Level, State, level
from domain.law.licensing.forecast import DISTANT, Outlook, Outlooks
from domain.law.licensing.renewal import RENEWAL_GUARD, GuardOutlook
from domain.law.licensing.rule import Rule
from domain.law.procedure.history import ItemHistory
from domain.law.procedure.interface import ClockForecast, ProcedureForecast

MIDNIGHTS_CACHED_MAX = 4096  # of the days on which clocks end: a few hundred at any time
Instants: TypeAlias = tuple[datetime | None, datetime | None, datetime | None]


def forecast_of_all(item: Outlooks, history: ItemHistory, zone: str) -> ProcedureForecast:
    """The clocks of one application, whose last event says since when a short one is yellow."""
    clocks = [forecast_of(outlook, instants_of(outlook, history, zone)) for outlook in item.clocks]
    if item.guard is not None:
        clocks.append(guard_forecast(item.guard, zone))
    return ProcedureForecast(tuple(clocks), item.above)


def outlook_in(forecast: ClockForecast, rule: Rule) -> Outlook | GuardOutlook:
    """The outlook that a stored *forecast* was made from, once the clock exists."""
    return guard_outlook_of(forecast, rule) if forecast.name == RENEWAL_GUARD.name else outlook_of(forecast, rule)


def forecast_of(outlook: Outlook, instants: Instants) -> ClockForecast:
    """An outlook, with the *instants* from which it exists, is yellow and is over."""
    exists_at, yellow_at, over_at = instants
    first, then = levels_of(outlook.state, outlook.over, outlook.coloured)
    return ClockForecast(
        outlook.name,
        outlook.extended > 0,
        outlook.start,
        outlook.length,
        outlook.due,
        outlook.yellow_from,
        outlook.state,
        outlook.over,
        first,
        then,
        exists_at,
        yellow_at,
        over_at,
        outlook.closed,
        outlook.used,
        outlook.counted_through,
        outlook.paused_from,
        outlook.stopped_on,
    )


@cache
def levels_of(state: State, over: State | None, coloured: bool) -> tuple[Level, Level]:
    """The colours of a clock in *state*, and *over* once that comes."""
    return (level(state, near=False), level(over or state, near=False)) if coloured else (Level.NONE, Level.NONE)


def instants_of(outlook: Outlook, history: ItemHistory, zone: str) -> Instants:
    """When a clock begins to exist, and when an open one turns yellow and is over, after the last event.

    What was done inside an open round may have closed a clock that only silence will start (B5.2).
    """
    exists_at = begin_of(outlook.exists_from, zone) if outlook.exists_from else None
    if outlook.closed:
        return exists_at, None, None
    over_at = begin_of(outlook.over_from, zone) if outlook.over_from else None
    if outlook.state is not State.RUNNING or not outlook.coloured or outlook.yellow_from is None:
        return exists_at, None, over_at
    yellow_at = begin_of(outlook.yellow_from, zone)
    if not outlook.always_near:
        return exists_at, yellow_at, over_at
    last = max((event.at for event in history.events), default=DISTANT)
    return exists_at, exists_at or min(yellow_at, last), over_at


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


def outlook_of(forecast: ClockForecast, rule: Rule) -> Outlook:
    """The outlook that a stored *forecast* was made from, once the clock exists."""
    length = forecast.length or 0
    return Outlook(
        name=forecast.name,
        article=rule.article(kind_of(forecast.name)),
        start=forecast.start,
        length=length,
        extended=0,
        due=forecast.due,
        yellow_from=forecast.yellow_from,
        threshold=rule.yellow.threshold(length),
        coloured=forecast.level is not Level.NONE,
        state=forecast.state,
        over=forecast.over,
        used=forecast.used,
        counted_through=forecast.counted_through,
        paused_from=forecast.paused_from,
        resume_day_out=rule.resume_day_out,
        stopped_on=forecast.stopped_on,
        exists_from=None,
    )


def guard_outlook_of(forecast: ClockForecast, rule: Rule) -> GuardOutlook:
    """The same of the guard of a licence's last day."""
    return GuardOutlook(
        start=forecast.start,
        due=forecast.due or forecast.start,
        yellow_from=forecast.yellow_from or forecast.start,
        yellow_days=rule.renewal.yellow_days,
        state=forecast.state,
        over=forecast.over,
        article=rule.article(RENEWAL_GUARD.name),
        stopped_on=forecast.stopped_on,
    )


@lru_cache(maxsize=MIDNIGHTS_CACHED_MAX)
def begin_of(day: date, zone: str) -> datetime:
    """As `midnight`, cached: many clocks end on one day."""
    return midnight(day, zone)
