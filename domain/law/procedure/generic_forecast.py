"""What becomes of the clocks of a general law by time alone: what the clocks view stores of them."""

from __future__ import annotations

from datetime import datetime

from domain.law.generic.cached_outlooks import CachedOutlooks
from domain.law.generic.evaluate import GeneralOutlook, GeneralTerms, general_outlooks
from domain.law.generic.rule import local_date
from domain.law.licensing.clock import State
from domain.law.licensing.forecast import DISTANT, NOT_COUNTED, ClockForecast, ProcedureForecast
from domain.law.licensing.intake import INTAKE
from domain.law.licensing.timeline import Timeline


class GeneralForecasts:
    """Forecasts of items under one pack, mode and set of lengths: clocks with the same days are counted once."""

    def __init__(self) -> None:
        self._outlooks = CachedOutlooks()

    def of(self, terms: GeneralTerms, timeline: Timeline, known: datetime, *, above: bool) -> ProcedureForecast:
        """The clocks that have begun or that silence will start, by the events and notices known at *known*."""
        see = self._outlooks.outlook
        last = max((event.at for event in timeline.events), default=DISTANT)
        begun = general_outlooks(terms, timeline, last, known, see)
        clocks = [forecast_of(clock) for clock in begun]
        silence_at = next(
            (clock.over_at for clock in begun if clock.clock == INTAKE.name and clock.over is State.DEEMED), None
        )
        if silence_at is not None:  # silence will have accepted the application, which starts further clocks
            names = {clock.name for clock in begun}
            later = general_outlooks(terms, timeline, silence_at, known, see)
            clocks += [forecast_of(clock, silence_at) for clock in later if clock.name not in names]
        return ProcedureForecast(tuple(clocks), above)


def forecast_of(clock: GeneralOutlook, exists_at: datetime | None = None) -> ClockForecast:
    """A clock of the engine from the last event on; it exists *exists_at* (None: it does)."""
    ahead = clock.ahead
    return ClockForecast(
        clock.name,
        clock.extended,
        ahead.start,
        ahead.length,
        local_date(ahead.due),
        local_date(ahead.yellow_from),
        clock.until_over,
        clock.over,
        clock.level_in(clock.until_over),
        clock.level_in(clock.over or clock.until_over),
        exists_at,
        clock.yellow_at,
        clock.over_at,
        clock.closed,
        used=NOT_COUNTED,
        stopped_on=clock.closed_on,
        paused_until=clock.resumes_at,
    )
