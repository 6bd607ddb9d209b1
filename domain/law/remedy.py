"""起诉期限 the remedy against silence: from when an agency that has not decided may be sued, and until when.

The agency's period has ended; the applicant's begins (Interpretation of the Administrative Procedure Law, Art. 66). Its
length is the pack's, as is whether its last day rolls; a law whose pack sets none has no such period.
"""

from __future__ import annotations

from datetime import date

from domain.law.authority import Lawsuit
from domain.law.calendar.calendar import WorkingCalendar
from domain.law.calendar.moment import midnight, next_day
from domain.law.generic.expand import general_rule
from domain.law.generic.rule import Started, local_date
from domain.law.generic.state import due
from domain.law.licensing.clock import State
from domain.law.licensing.review import DECISION
from domain.law.packs.pack import Pack

INACTION_SUIT = "inaction_suit"  # as packs call the period


def lawsuit_over(
    pack: Pack, calendar: WorkingCalendar, clock: str, state: State, due_on: date | None
) -> Lawsuit | None:
    """When a suit may be brought over a *clock* in *state*; None unless it is the decision's and overdue.

    The day on which the agency's period ends is day 0: it does not count, and months end on its number (B3, A2).
    """
    if clock != DECISION.name or state is not State.OVERDUE or due_on is None or INACTION_SUIT not in pack.clocks:
        return None
    last = local_date(due(general_rule(pack, calendar, INACTION_SUIT), [Started(midnight(due_on, pack.zone))]))
    return None if last is None else Lawsuit(next_day(due_on), last, pack.clocks[INACTION_SUIT].article)
