"""The interface to an application's clocks, whichever law counts them: the protocol, and the types of its answers.

`procedure_for` (`domain.law.procedure.choice`) decides which engine answers, once for each law and its terms. Nothing
above this package needs to know which one it was.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Protocol

from msgspec import Struct

from domain.law.attribution import HeldDay
from domain.law.authority import Lawsuit
from domain.law.calendar.calendar import CalendarBook, WorkingCalendar
from domain.law.documented import kind_of
from domain.law.licensing.clock import Acceptance, Card, Level, State
from domain.law.licensing.escalation import Progression
from domain.law.licensing.evaluation import ItemState
from domain.law.licensing.explain import Explanation
from domain.law.licensing.forecast import DISTANT, ClockForecast, ProcedureForecast
from domain.law.licensing.intake import INTAKE
from domain.law.licensing.rule import Rule
from domain.law.packs.pack import Pack
from domain.law.procedure.history import ItemHistory
from domain.law.project_time import Counting

WORKING_DAY = "working_day"


class ProcedureTerms(Struct, frozen=True, kw_only=True):
    """What an application is handled under: its law, the law in force at receipt, and the numbers fixed for it.

    *promise_days* are in the unit of the law's clock for promises (working days under the licensing law, special laws
    included), *decision_days* in that of its limit; None: nothing was promised, or the law's own limit holds.
    *licence_expiry* is the last day of a licence to be renewed. *live* is false for a department outside the system
    (B11).
    """

    pack: Pack
    intake_pack: Pack
    mode: str
    promise_days: int | None
    decision_days: int | None
    licence_expiry: date | None
    live: bool

    def pack_for(self, clock: str) -> Pack:
        """The version that *clock* is counted by: intake stays under the one in force at receipt (B6.1)."""
        return self.intake_pack if kind_of(clock) == INTAKE.name else self.pack


class ClockReading(Struct, frozen=True, gc=False):
    """One clock at an instant: local dates, and days of *unit*.

    *due* is None while an open suspension makes it unknowable, then *earliest_due* is what it would be if the clock
    resumed now. *yellow_at* and *over_at* are the instants at which a running clock turns yellow, or its last day is
    over; None where that can't come any more. *extended*: it is longer than the law's usual length. A *closed* clock is
    history; *provisional* says that the due date lies beyond the published calendar. *lawsuit* says, of an overdue
    decision, when an action over the inaction may be brought.
    """

    name: str
    state: State
    level: Level
    start: date
    length: int | None
    unit: str
    due: date | None
    earliest_due: date | None
    yellow_from: date | None
    used: float | None
    remaining: float
    overdue_days: int
    extended: bool
    closed: bool
    yellow_at: datetime | None
    over_at: datetime | None
    provisional: bool
    article: str
    lawsuit: Lawsuit | None


class ProcedureReading(Struct, frozen=True):
    """All clocks of one application at an instant. *state* and *acceptance* are None where the law has no such thing.

    *flags* name what had no effect, or was not as it should be (rule book B13); *calendar* is the version counted by.
    *above*: the upper level has the file, and answers for the clocks of the decision.
    """

    state: ItemState | None
    acceptance: Acceptance | None
    card: Card
    flags: tuple[str, ...]
    calendar: str
    above: bool
    clocks: tuple[ClockReading, ...]


class Procedure(Protocol):
    """The clocks of applications under one law and one set of terms.

    A history's own events and countersignatures are arguments, so that one procedure serves many applications.
    """

    terms: ProcedureTerms
    book: CalendarBook

    def calendar(self, known: datetime) -> WorkingCalendar:
        """The calendar that is counted by, as known at *known*."""

    def read(self, history: ItemHistory, t: datetime, known: datetime) -> ProcedureReading:
        """The state of the clocks at *t* by what was known at *known*."""

    def forecast(self, history: ItemHistory, known: datetime = DISTANT) -> ProcedureForecast:
        """What becomes of the clocks by time alone, by the events and notices that were known at *known*."""

    def recall(self, forecast: ClockForecast, t: datetime, known: datetime) -> ClockReading | None:
        """The reading of a stored *forecast* at *t*; the calendar known at *known* is the one it was made with.

        None where the clock does not exist at *t*, or has to be read from the events.
        """

    def explain(self, history: ItemHistory, clock: str, t: datetime, known: datetime) -> Explanation:
        """How a *clock* was counted, day by day, with the articles and notices it rests on.

        Raises KeyError if it has not started by *t*, ValueError if it is counted in hours.
        """

    def escalate(self, history: ItemHistory, now: datetime) -> Progression:
        """The warnings, cards and effects of silence that the clocks have come to by *now*."""

    def attribute(self, history: ItemHistory, t: datetime, known: datetime) -> tuple[HeldDay, ...]:
        """Who had the case on each day up to *t*, by what was known at *known*."""

    def count(self, history: ItemHistory, t: datetime, known: datetime, counted: frozenset[str]) -> list[Counting]:
        """The days on which the *counted* clocks ran, as far as they have begun, by *t* as known at *known*."""

    def amended(self, change: Callable[[Rule], Rule]) -> Procedure | None:
        """The procedure under a changed working-day rule; None where the law counts by no such rule."""
