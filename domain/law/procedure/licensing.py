"""The procedure of the Administrative Licensing Law and laws like it: many working-day clocks on one application."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime

from msgspec import structs

from domain.law.attribution import HeldDay, held_days
from domain.law.authority import Lawsuit
from domain.law.calendar.calendar import CalendarBook, WorkingCalendar
from domain.law.calendar.moment import local_day, midnight
from domain.law.licensing import explain as explaining
from domain.law.licensing.clock import BROKEN, SILENT, Card, Clock, Level, State
from domain.law.licensing.countersign import COUNTERSIGN
from domain.law.licensing.escalation import Progression, course
from domain.law.licensing.evaluation import ClockEvaluation, ItemState, evaluate, prepared, replay, worst
from domain.law.licensing.explain import Explanation
from domain.law.licensing.forecast import DISTANT, ClockForecast, ProcedureForecast, begin_of, forecast
from domain.law.licensing.renewal import RENEWAL_GUARD, yellow_from
from domain.law.licensing.review import COMMITMENT, DECISION, LOWER_REVIEW
from domain.law.licensing.rule import CountersignTerms, Rule
from domain.law.licensing.timeline import Timeline
from domain.law.procedure.basis import lawsuit_about, with_documents
from domain.law.procedure.history import ItemHistory
from domain.law.procedure.interface import (
    WORKING_DAY,
    ClockReading,
    ProcedureReading,
    ProcedureTerms,
)
from domain.law.procedure.licensing_forecast import clock_on
from domain.law.project_time import Counting, counting
from domain.law.proof import RUNGS

CONSULTED = f"{COUNTERSIGN.name}:"  # how the clocks of consulted departments begin
ENDED = (ItemState.REFUSED, ItemState.DECIDED, ItemState.DELIVERED, ItemState.WITHDRAWN)


class LicensingProcedure:
    """Clocks by one fully expanded *rule*; *change*, if given, is applied to it and to those of countersignatures."""

    def __init__(
        self, terms: ProcedureTerms, book: CalendarBook, rule: Rule, change: Callable[[Rule], Rule] | None = None
    ) -> None:
        self.terms, self.book, self.rule = terms, book, rule if change is None else change(rule)
        self._usual, self._change = rule, change
        self._usual_days = {DECISION.name: self.rule.decision.days, LOWER_REVIEW.name: self.rule.lower_review.days}
        self._by_days: dict[int, Rule] = {}

    def calendar(self, known: datetime) -> WorkingCalendar:
        """The calendar that is counted by, as known at *known*."""
        return self.book.as_known(local_day(known, self.rule.zone))

    def rule_for(self, days: int | None) -> Rule:
        """The rule with *days* for a countersignature, where a department was given days of its own."""
        if days is None:
            return self.rule
        if days not in self._by_days:
            terms = self._usual.countersign or CountersignTerms(days, "overdue")
            rule = structs.replace(self._usual, countersign=structs.replace(terms, days=days))
            self._by_days[days] = rule if self._change is None else self._change(rule)
        return self._by_days[days]

    def _rules_of(self, history: ItemHistory) -> Iterator[tuple[Rule, frozenset[str]]]:
        """The rules by which countersignatures are read that were given other days than usual, with their clocks."""
        usual = self._usual.countersign.days if self._usual.countersign else None
        by_days: dict[int, list[str]] = {}
        for clock, days in history.request_days.items():
            if days != usual:
                by_days.setdefault(days, []).append(clock)
        for days, clocks in by_days.items():
            yield self.rule_for(days), frozenset(clocks)

    def read(self, history: ItemHistory, t: datetime, known: datetime) -> ProcedureReading:
        """The state of the clocks at *t* by what was known at *known*."""
        rule, timeline = self.rule, prepared(self.rule, history.events)
        item = evaluate(rule, timeline, self.book, t, known)
        for other, names in self._rules_of(history):
            item = with_consultations(item, evaluate(other, timeline, self.book, t, known), names)
        guard = self._guard_yellow(known)
        ended = item.item_state in ENDED
        readings = tuple(
            self._reading(name, clock, known, ended=ended, yellow=guard if name == RENEWAL_GUARD.name else None)
            for name, clock in item.clocks.items()
        )
        above = self.terms.mode == LOWER_REVIEW.name and DECISION.name in item.clocks
        return ProcedureReading(item.item_state, item.acceptance, item.card, item.flags, item.calendar, above, readings)

    def _guard_yellow(self, known: datetime) -> date | None:
        """The day from which the guard of a licence's last day is near it; None where none is renewed."""
        expiry = self.rule.licence_expiry
        return None if expiry is None else yellow_from(expiry, self.calendar(known), self.rule.renewal.yellow_days)

    def _reading(self, name: str, clock: Clock, known: datetime, *, ended: bool, yellow: date | None) -> ClockReading:
        """*clock* in the common shape; *yellow* is the guard's, which its reading leaves out."""
        zone, yellow = self.rule.zone, yellow or clock.yellow_from
        closed = clock.state in (State.MET, State.LATE, State.VOID) or (ended and clock.state in SILENT)
        turns = yellow if clock.state is State.RUNNING and clock.level is not Level.NONE else None
        usual = self._usual_days.get(name)
        return reading_of(
            name,
            clock,
            yellow,
            extended=usual is not None and (clock.length or 0) > usual,
            closed=closed,
            yellow_at=None if closed or turns is None else midnight(turns, zone),
            over_at=None if closed or clock.over_from is None else midnight(clock.over_from, zone),
            lawsuit=self._lawsuit(name, clock, known),
        )

    def _lawsuit(self, name: str, clock: Clock, known: datetime) -> Lawsuit | None:
        if clock.state is not State.OVERDUE:
            return None  # and no calendar is looked up
        return lawsuit_about(self.terms, self.calendar(known), name, clock.state, clock.due)

    def forecast(self, history: ItemHistory, known: datetime = DISTANT) -> ProcedureForecast:
        """What becomes of the clocks by time alone, by the events and notices that were known at *known*."""
        return forecast(self.rule, history.events, self.book, known, self._rules_of(history))

    def recall(self, forecast: ClockForecast, t: datetime, known: datetime) -> ClockReading | None:
        """The reading of a stored *forecast* at *t*; None where the clock does not exist yet."""
        if forecast.exists_at is not None and t < forecast.exists_at:
            return None
        clock = clock_on(forecast, self.rule, self.calendar(known), local_day(t, self.rule.zone))
        if clock is None:
            return None
        yellow = forecast.yellow_from
        warned = clock.state is State.RUNNING and forecast.level is not Level.NONE and yellow is not None
        return reading_of(
            forecast.name,
            clock,
            yellow,
            extended=forecast.extended,
            closed=forecast.closed,
            yellow_at=begin_of(yellow, self.rule.zone) if warned and yellow else None,
            over_at=forecast.over_at,
            lawsuit=self._lawsuit(forecast.name, clock, known),
        )

    def explain(self, history: ItemHistory, clock: str, t: datetime, known: datetime) -> Explanation:
        """How a *clock* was counted, day by day; KeyError if it has not started by *t*."""
        rule = self.rule_for(history.request_days.get(clock))
        explanation = explaining.explain(rule, history.events, self.book, t, known, clock)
        return with_documents(explanation, self.terms, self.book, self.calendar(known))

    def escalate(self, history: ItemHistory, now: datetime) -> Progression:
        """The warnings, cards and effects of silence by *now*; each consulted department was given days of its own."""
        timeline = Timeline(self.rule.zone, history.events)
        main = course(self.rule, timeline, self.book, now)
        passed, coming = list(main.passed), [main.next]
        for rule, clocks in self._rules_of(history):
            own = course(rule, timeline, self.book, now)
            passed = [crossing for crossing in passed if crossing.clock not in clocks]
            passed += [crossing for crossing in own.passed if crossing.clock in clocks]
            coming.append(own.next)
        passed.sort(key=lambda crossing: (crossing.at, RUNGS.index(crossing.rung)))
        return Progression(tuple(passed), min((at for at in coming if at is not None), default=None))

    def attribute(self, history: ItemHistory, t: datetime, known: datetime) -> tuple[HeldDay, ...]:
        """Who had the case on each day up to *t*, by what was known at *known*."""
        return held_days(self.rule, history.events, self.book, t, known)

    def count(self, history: ItemHistory, t: datetime, known: datetime, counted: frozenset[str]) -> list[Counting]:
        """The days on which the *counted* clocks ran, as far as they have begun, by *t* as known at *known*."""
        return list(counting(replay(self.rule, history.events, self.book, t, known), counted))

    def amended(self, change: Callable[[Rule], Rule]) -> LicensingProcedure:
        """The procedure under a changed rule."""
        return LicensingProcedure(self.terms, self.book, self._usual, change)


def with_consultations(usual: ClockEvaluation, other: ClockEvaluation, names: frozenset[str]) -> ClockEvaluation:
    """*usual* with the clocks called *names*, and their flags, as in *other*."""
    clocks = usual.clocks | {name: clock for name, clock in other.clocks.items() if name in names}
    departments = {name.removeprefix(CONSULTED) for name in names}
    flags = {flag for flag in usual.flags if flag.partition(":")[2] not in departments}
    flags |= {flag for flag in other.flags if flag.partition(":")[2] in departments}
    missed = [
        Card.YELLOW
        for name, clock in clocks.items()
        if clock.state in BROKEN and (name.startswith(CONSULTED) or name == COMMITMENT.name)
    ]
    return ClockEvaluation(
        item_state=usual.item_state,
        acceptance=usual.acceptance,
        deemed=usual.deemed,
        card=Card.RED if usual.card is Card.RED else worst(missed),
        flags=tuple(sorted(flags)),
        clocks=clocks,
        calendar=usual.calendar,
    )


def reading_of(
    name: str,
    clock: Clock,
    yellow: date | None,
    *,
    extended: bool,
    closed: bool,
    yellow_at: datetime | None,
    over_at: datetime | None,
    lawsuit: Lawsuit | None,
) -> ClockReading:
    """*clock* in the common shape."""
    return ClockReading(
        name,
        clock.state,
        clock.level,
        clock.start,
        clock.length,
        WORKING_DAY,
        clock.due,
        clock.earliest_due,
        yellow,
        clock.used,
        clock.remaining,
        clock.overdue_days,
        extended,
        closed,
        yellow_at,
        over_at,
        clock.provisional,
        clock.article,
        lawsuit,
    )
