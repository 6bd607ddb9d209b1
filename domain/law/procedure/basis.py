"""What an answer rests on, by either engine: the documents of an explanation, and the remedy against silence."""

from __future__ import annotations

from datetime import date

from domain.law.authority import Lawsuit
from domain.law.calendar.calendar import CalendarBook, WorkingCalendar
from domain.law.documented import documented
from domain.law.licensing.clock import State
from domain.law.licensing.explain import Explanation
from domain.law.procedure.interface import ProcedureTerms
from domain.law.remedy import lawsuit_over


def with_documents(
    explanation: Explanation, terms: ProcedureTerms, book: CalendarBook, calendar: WorkingCalendar
) -> Explanation:
    """*explanation* with articles and quotations of the pack its clock is counted by, and notices of the calendar."""
    return documented(explanation, terms.pack_for(explanation.name), terms.mode, book, calendar)


def lawsuit_about(
    terms: ProcedureTerms, calendar: WorkingCalendar, clock: str, state: State, due: date | None
) -> Lawsuit | None:
    """When an action over a *clock* in *state* may be brought; None unless it is overdue."""
    return lawsuit_over(terms.pack, calendar, clock, state, due) if state is State.OVERDUE else None
