"""The period that a list or page about supervision is of, and the end of the day that a page shows."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

from litestar.params import QueryParameter

from api.web.as_of import day_on
from api.web.problems import Problem
from api.web.request_body import YEAR_FIRST, YEAR_LAST
from api.web.zones import home_zone
from domain.law.calendar.moment import local_day, midnight, next_day
from domain.law.calendar.period import Period
from infrastructure.ledger.approvals import Approvals
from projections.information.query import InformationPast
from projections.legal_person.query import DayAsKnown
from projections.supervision.query import SupervisionAt

PERIOD_DAYS_MAX = 1_100  # three years: some hundred thousand decisions of a large zone


First = Annotated[
    date | None, QueryParameter(description="The first local day of the period. Left out: of the month of `as_of`.")
]

Last = Annotated[date | None, QueryParameter(description="The last local day. Left out: of the month of `first`.")]


def period_of(first: date | None, last: date | None, supervision: SupervisionAt) -> Period:
    """The period asked for; the month of *first*, or of the instant, where it is not. Raises Problem."""
    month = Period.month_of(first or supervision.as_of.astimezone(ZoneInfo(supervision.zone)).date())
    period = Period(first or month.first, last or month.last)
    if not 0 <= (period.last - period.first).days < PERIOD_DAYS_MAX:
        raise Problem(
            "invalid-parameter",
            f"last: from {period.first} to {period.last} is no period that can be asked for",
            remedy=f"at most {PERIOD_DAYS_MAX:,} days in the years {YEAR_FIRST} to {YEAR_LAST}, the first day first",
            parameter="last",
        )
    return period


def instants_on(approvals: Approvals, on: str) -> tuple[DayAsKnown, InformationPast | None]:
    """The end of the day *on*, as is known now; now where it is empty. Raises Problem."""
    now, zone, day = approvals.clock(), home_zone(approvals.laws), day_on(on)
    if day is None:
        return DayAsKnown(local_day(now, zone), now), None
    return DayAsKnown(day, now), InformationPast(min(midnight(next_day(day), zone), now), now, zone)
