"""起诉期限 the remedy against silence: from when an agency that has not decided may be sued, and until when.

The agency's period has ended; the applicant's begins (Interpretation of the Administrative Procedure Law, Art. 66). Its
length is the pack's, as is whether its last day rolls; a law whose pack sets none is not spoken of.
"""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from domain.law.calendar import WorkingCalendar
from domain.law.clock import State
from domain.law.general import due
from domain.law.general_pack import general_rule
from domain.law.general_rule import Started, local_date
from domain.law.moment import midnight, next_day
from domain.law.pack import Pack
from domain.law.review import DECISION

INACTION_SUIT = "inaction_suit"  # as packs call the period


class Lawsuit(Struct, frozen=True, gc=False):
    """An action over inaction may be brought from *from_on* to *until_on*, both included, by *article*."""

    from_on: date
    until_on: date
    article: str


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
