"""The dependencies of the bureau's board: its instant, and the clocks at that instant."""

from __future__ import annotations

from datetime import datetime

from litestar.di import NamedDependency, Provide

from api.web.as_of import AsOf, On, day_on, end_of, instant_in
from api.web.period import First, Last, period_of
from domain.law.calendar.moment import local_day
from domain.law.calendar.period import Period
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import DEFAULT_LAW, Approvals
from projections.clocks.query import ClocksAt
from projections.supervision.query import SupervisionAt


def instant_or_day(now: NamedDependency[datetime], as_of: AsOf = None, on: On = "") -> datetime:
    """The instant of the board: that in the address, else the end of the day that was chosen, else now."""
    return instant_in("as_of", as_of) or end_of(on, DEFAULT_LAW, now) or now


def board_period(
    supervision: NamedDependency[SupervisionAt], first: First = None, last: Last = None, on: On = ""
) -> Period:
    """The period asked for, else the month of the chosen day, at whose end another may begin. Raises Problem."""
    day = day_on(on)
    if first is None and day is not None:
        first = Period.month_of(min(day, local_day(supervision.as_of, supervision.zone))).first
    return period_of(first, last, supervision)


def board_clocks(
    approvals: NamedDependency[Approvals],
    laws: NamedDependency[LawBook],
    supervision: NamedDependency[SupervisionAt],
) -> ClocksAt:
    """The clocks at the instant of the board, as was known then."""
    return ClocksAt(approvals.store, laws, supervision.as_of, supervision.as_of, scope=supervision.scope)


BOARD_DEPENDENCIES = {
    "period": Provide(board_period, sync_to_thread=False),
    "instant": Provide(instant_or_day, sync_to_thread=False),
    "board_clocks": Provide(board_clocks, sync_to_thread=False),
}
