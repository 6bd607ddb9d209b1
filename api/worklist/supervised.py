"""监察与投诉 what a department has to answer for: warnings and cards in force, orders, and complaints."""

from __future__ import annotations

from msgspec import Struct

from domain.law.calendar.moment import local_day
from domain.law.calendar.period import Period
from projections.feedback.query import FeedbackAt, FeedbackFilter
from projections.feedback.reading import ComplaintReading
from projections.supervision.fold import SignalRow
from projections.supervision.list import IN_FORCE
from projections.supervision.orders import OrderAt
from projections.supervision.query import SupervisionAt

ROWS_MAX = 100  # signals, orders, and complaints in one state, that are looked at: all have lists of their own
TO_ANSWER = ("filed", "accepted")  # states of complaints


class Supervised(Struct, frozen=True):
    """*signals* of this year in force; *orders* and *complaints* that wait for an answer."""

    signals: list[SignalRow]
    orders: list[OrderAt]
    complaints: list[ComplaintReading]

    @property
    def is_whole(self) -> bool:
        """Whether there are no more of them than are looked at."""
        return max(len(self.signals), len(self.orders), len(self.complaints)) < ROWS_MAX

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.signals) + len(self.orders) + len(self.complaints)


async def supervised(supervision: SupervisionAt, feedback: FeedbackAt, department: str) -> Supervised:
    """What *department* has to answer for, as far as the reader may see it. Raises TooMuchToReadError."""
    today = local_day(supervision.as_of, supervision.zone)
    year = Period(today.replace(month=1, day=1), today)
    signals = await supervision.signals(year, department, IN_FORCE, limit=ROWS_MAX)
    orders = await supervision.orders(department=department, unanswered=True, limit=ROWS_MAX)
    complaints: list[ComplaintReading] = []
    for state in TO_ANSWER:
        equal = {"department": department, "state": state}
        criteria = FeedbackFilter(equal=equal, scope=supervision.scope, limit=ROWS_MAX)
        complaints += await feedback.complaints(criteria)
    return Supervised(signals, orders, complaints)
