"""The procedure of every other law: clocks in days, weeks, months or hours, always read from the events."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from domain.law.attribution import HeldDay
from domain.law.calendar.calendar import CalendarBook, WorkingCalendar
from domain.law.calendar.moment import local_day
from domain.law.generic.attribution import general_held_days
from domain.law.generic.evaluate import (
    GeneralReading,
    GeneralTerms,
    clocks,
    readings_with_events,
)
from domain.law.generic.explain import explain_general
from domain.law.generic.item import general_course, general_item
from domain.law.generic.rule import local_date
from domain.law.licensing.clock import SILENT
from domain.law.licensing.escalation import Progression
from domain.law.licensing.explain import Explanation
from domain.law.licensing.forecast import DISTANT, ClockForecast, ProcedureForecast
from domain.law.licensing.review import COMMITMENT, DECISION, LOWER_REVIEW
from domain.law.licensing.rule import Rule
from domain.law.licensing.timeline import Timeline
from domain.law.procedure.basis import lawsuit_about, with_documents
from domain.law.procedure.generic_forecast import GeneralForecasts
from domain.law.procedure.history import ItemHistory
from domain.law.procedure.interface import (
    ClockReading,
    ProcedureReading,
    ProcedureTerms,
)
from domain.law.project_time import Counting, general_counting

TERMS_CACHED_MAX = 256  # by one procedure: one for each set of departments that are consulted, and their limits


class GenericProcedure:
    """Clocks by the pack alone, as its text sets them."""

    def __init__(self, terms: ProcedureTerms, book: CalendarBook) -> None:
        self.terms, self.book, self._zone = terms, book, terms.pack.zone
        lengths = {DECISION.name: terms.decision_days, COMMITMENT.name: terms.promise_days}
        self._lengths = {clock: length for clock, length in lengths.items() if length is not None}
        self._forecasts = GeneralForecasts()
        self._terms_by: dict[tuple[WorkingCalendar, tuple[tuple[str, int], ...]], GeneralTerms] = {}

    def calendar(self, known: datetime) -> WorkingCalendar:
        """The calendar that is counted by, as known at *known*."""
        return self.book.as_known(local_day(known, self._zone))

    def _terms(self, history: ItemHistory, calendar: WorkingCalendar) -> GeneralTerms:
        """The law as it is for an application, cached: all of them that wait for the same answers share one."""
        key = calendar, tuple(history.request_days.items())
        terms = self._terms_by.get(key)
        if terms is None:
            if len(self._terms_by) >= TERMS_CACHED_MAX:
                self._terms_by.clear()
            terms = self._terms_by[key] = GeneralTerms(
                pack=self.terms.pack,
                calendar=calendar,
                mode=self.terms.mode,
                lengths=self._lengths,
                request_days=dict(history.request_days),
                live=self.terms.live,
            )
        return terms

    def _timeline(self, history: ItemHistory) -> Timeline:
        return Timeline(self._zone, history.events)

    def read(self, history: ItemHistory, t: datetime, known: datetime) -> ProcedureReading:
        """The state of the clocks at *t* by what was known at *known*."""
        calendar = self.calendar(known)
        item = general_item(self._terms(history, calendar), self._timeline(history), t, known)
        return ProcedureReading(
            None,
            None,
            item.card,
            item.flags,
            calendar.version,
            self._above,
            tuple(self._reading(clock, calendar) for clock in item.readings),
        )

    @property
    def _above(self) -> bool:
        return self.terms.mode == LOWER_REVIEW.name

    def _reading(self, clock: GeneralReading, calendar: WorkingCalendar) -> ClockReading:
        """A clock of the engine in the common shape."""
        now, due = clock.standing, local_date(clock.standing.due)
        return ClockReading(
            clock.name,
            clock.state,
            clock.level,
            now.start,
            now.length,
            clock.unit,
            due,
            local_date(now.earliest_due),
            local_date(now.yellow_from),
            now.used,
            now.remaining,
            now.overdue_days,
            clock.extended,
            clock.closed,
            clock.yellow_at,
            clock.over_at,
            now.provisional,
            clock.article,
            lawsuit_about(self.terms, calendar, clock.name, clock.state, due),
        )

    def forecast(self, history: ItemHistory, known: datetime = DISTANT) -> ProcedureForecast:
        """What becomes of the clocks by time alone, by the events and notices that were known at *known*."""
        terms, timeline = self._terms(history, self.calendar(known)), self._timeline(history)
        return self._forecasts.of(terms, timeline, known, above=self._above)

    def recall(self, forecast: ClockForecast, t: datetime, known: datetime) -> ClockReading | None:  # noqa: ARG002  the protocol's
        """None: what is used up and left is read from the events."""
        return None

    def explain(self, history: ItemHistory, clock: str, t: datetime, known: datetime) -> Explanation:
        """How a *clock* was counted, day by day.

        Raises KeyError if it has not started by *t*, ValueError if it is counted in hours.
        """
        calendar = self.calendar(known)
        explanation = explain_general(self._terms(history, calendar), self._timeline(history), t, known, clock)
        return with_documents(explanation, self.terms, self.book, calendar)

    def escalate(self, history: ItemHistory, now: datetime) -> Progression:
        """The warnings, cards and effects of silence that the clocks have come to by *now*."""
        return general_course(self._terms(history, self.calendar(now)), self._timeline(history), now)

    def attribute(self, history: ItemHistory, t: datetime, known: datetime) -> tuple[HeldDay, ...]:
        """Who had the case on each day up to *t*, by what was known at *known*."""
        terms = self._terms(history, self.calendar(known))
        return tuple(general_held_days(terms, self._timeline(history), t, known))

    def count(self, history: ItemHistory, t: datetime, known: datetime, counted: frozenset[str]) -> list[Counting]:
        """The days on which the *counted* clocks ran, as far as they have begun, by *t* as known at *known*."""
        terms, timeline = self._terms(history, self.calendar(known)), self._timeline(history)
        read = {clock.name: (clock, reading) for clock, reading in readings_with_events(terms, timeline, t, known)}
        silent = {
            name: local_date(reading.standing.due) for name, (_, reading) in read.items() if reading.state in SILENT
        }
        begun = {clock.name: clock for clock in clocks(terms, timeline.by(t, known))}
        begun |= {name: clock for name, (clock, _) in read.items()}
        return [
            general_counting(clock.rule, clock.events, t, silent.get(clock.name))
            for clock in begun.values()
            if clock.clock in counted
        ]

    def amended(self, change: Callable[[Rule], Rule]) -> None:  # noqa: ARG002  the protocol's
        """None: the law counts by no working-day rule."""
        return
