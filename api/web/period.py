"""The period and the instant that a page about supervision is asked for."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from litestar.params import QueryParameter

from api.web.as_of import day_on, instant_in
from api.web.dependencies import AnyRequest, laws_of, parts_of
from api.web.problems import Problem
from api.web.request_body import YEAR_FIRST, YEAR_LAST
from api.web.scope import scope_of
from domain.law.calendar.moment import local_day, midnight, next_day
from domain.law.calendar.period import Period
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import DEFAULT_LAW, Approvals
from projections.clocks.query import ClocksAt
from projections.information.query import InformationPast
from projections.legal_person.query import Then
from projections.supervision.query import SupervisionAt


def asked_on(approvals: Approvals, on: str) -> tuple[Then, InformationPast | None]:
    """The end of the day *on*, as is known now; now where it is empty. Raises Problem."""
    now, zone, day = approvals.clock(), zone_of(approvals.laws), day_on(on)
    if day is None:
        return Then(local_day(now, zone), now), None
    return Then(day, now), InformationPast(min(midnight(next_day(day), zone), now), now, zone)


PERIOD_DAYS_MAX = 1_100  # three years: some hundred thousand decisions of a large zone


First = Annotated[
    date | None, QueryParameter(description="The first local day of the period. Left out: of the month of `as_of`.")
]

Last = Annotated[date | None, QueryParameter(description="The last local day. Left out: of the month of `first`.")]


def zone_of(laws: LawBook) -> str:
    """The zone whose days a period is made of."""
    return laws.versions(DEFAULT_LAW)[-1].zone


async def supervision_at(request: AnyRequest, as_of: datetime | None) -> SupervisionAt:
    """What there is to supervise in the register asked for, as was known at the instant asked about."""
    approvals, laws = parts_of(request).approvals, await laws_of(request)
    at = instant_in("as_of", as_of) or approvals.clock()
    return SupervisionAt(approvals.store, laws, at, zone_of(laws), await scope_of(request))


def period_of(first: date | None, last: date | None, asked: SupervisionAt) -> Period:
    """The period asked for; the month of *first*, or of the instant, where it is not. Raises Problem."""
    month = Period.month_of(first or asked.as_of.astimezone(ZoneInfo(asked.zone)).date())
    period = Period(first or month.first, last or month.last)
    in_years = all(YEAR_FIRST <= day.year <= YEAR_LAST for day in (period.first, period.last))
    if not in_years or not 0 <= (period.last - period.first).days < PERIOD_DAYS_MAX:
        raise Problem(
            "invalid-parameter",
            f"last: from {period.first} to {period.last} is no period that can be asked for",
            remedy=f"at most {PERIOD_DAYS_MAX:,} days in the years {YEAR_FIRST} to {YEAR_LAST}, the first day first",
            parameter="last",
        )
    return period


async def clocks_then(request: AnyRequest, asked: SupervisionAt) -> ClocksAt:
    """The clocks at the instant of the board."""
    store, laws = parts_of(request).approvals.store, await laws_of(request)
    return ClocksAt(store, laws, asked.as_of, asked.as_of, scope=asked.scope)
