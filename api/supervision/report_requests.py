"""Which month a report is of, and what it is read from."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter
from msgspec import Struct

from api.web.problems import Problem
from api.web.request_body import YEAR_FIRST, YEAR_LAST
from domain.law.calendar.moment import local_day
from domain.law.calendar.period import Period
from infrastructure.law.lawbook import LawBook
from projections.snapshots import PagedReader
from projections.supervision.query import SupervisionAt

MONTH = re.compile(r"(\d{4})-(\d{2})")
Month = Annotated[str, QueryParameter(max_length=7, description="Such as 2026-03; empty: the month of the instant.")]


class ReportSources(Struct, frozen=True):
    """What a report is read from."""

    supervision: SupervisionAt
    store: PagedReader
    laws: LawBook
    period: Period


def month_named(supervision: NamedDependency[SupervisionAt], month: Month = "") -> Period:
    """The month in the address, else that of the instant. Raises Problem invalid-parameter."""
    if not month:
        return Period.month_of(local_day(supervision.as_of, supervision.zone))
    match = MONTH.fullmatch(month)
    year, number = map(int, match.groups()) if match else (0, 0)
    if not (YEAR_FIRST <= year <= YEAR_LAST and 1 <= number <= 12):  # noqa: PLR2004  months
        raise Problem(
            "invalid-parameter",
            f"month: {month} is no month",
            remedy="write a year and a month, such as 2026-03",
            parameter="month",
        )
    return Period.month_of(date(year, number, 1))


def report_sources(
    supervision: NamedDependency[SupervisionAt],
    list_reader: NamedDependency[PagedReader],
    laws: NamedDependency[LawBook],
    month_period: NamedDependency[Period],
) -> ReportSources:
    """What the report in the address is read from."""
    return ReportSources(supervision, list_reader, laws, month_period)


REPORT_SOURCES = {
    "month_period": Provide(month_named, sync_to_thread=False),
    "report_sources": Provide(report_sources, sync_to_thread=False),
}
