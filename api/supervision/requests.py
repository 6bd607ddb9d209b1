"""Query parameters of the supervision lists, shared by each list and its page."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from api.web.parameters import WITHOUT_NUL, Department, Paging
from domain.core.types import LINE_CHARACTERS_MAX
from domain.law.calendar.period import Period
from projections.supervision.list import IN_FORCE as IN_FORCE_NOW
from projections.supervision.list import CaseKey, ListFilter, SignalKey
from projections.supervision.orders import OrderSort
from projections.supervision.query import SupervisionAt


class CardFigure(StrEnum):
    """Which warnings, cards and effects of silence a list holds."""

    ALL = ""
    WARNING = "warning"
    YELLOW = "yellow"
    RED = "red"
    DEEMED = "deemed"
    RESCINDED = "rescinded"
    REVOKED = "revoked"
    APPEALED = "appealed"
    IN_FORCE = IN_FORCE_NOW  # neither taken back nor, of a warning, over with its clock


class DecidedFigure(StrEnum):
    """Which decided applications a list holds."""

    DECIDED = "decided"
    ON_TIME = "on_time"
    LATE = "late"


class ListSort(StrEnum):
    """What a list of cards or decisions is sorted by."""

    NEWEST = "newest"
    OLDEST = "oldest"


OfCardFigure = Annotated[CardFigure, QueryParameter(description="Of which figure; left out: all signals.")]

OfDecidedFigure = Annotated[DecidedFigure, QueryParameter(description="Of which figure.")]

CardId = Annotated[
    str,
    QueryParameter(
        min_length=1,
        max_length=LINE_CHARACTERS_MAX,
        pattern=WITHOUT_NUL,
        description="The card's id in its project, such as `land-use-2`.",
    ),
]

Ranking = Annotated[
    Literal["", "rate", "median"],
    QueryParameter(description="The departments' order: by name, or the lowest rate or longest median first."),
]

Sort = Annotated[ListSort, QueryParameter(description="The newest first, or the oldest.")]

SortOfOrders = Annotated[
    OrderSort, QueryParameter(description="The earliest reporting day first, or the newest order first.")
]

Unanswered = Annotated[bool, QueryParameter(description="Only those that the department has not reported on.")]
DueBy = Annotated[date | None, QueryParameter(description="Only those whose report is due on this day or earlier.")]


def card_filter(
    *,
    supervision: NamedDependency[SupervisionAt],
    period: NamedDependency[Period],
    department: Department = "",
    figure: OfCardFigure = CardFigure.ALL,
    sort: Sort = ListSort.NEWEST,
    paging: NamedDependency[Paging],
) -> ListFilter:
    """Which warnings, cards and effects of silence a list or its page shows."""
    return _list_of(supervision, period, department, figure, sort, paging, paging.last(SignalKey))


def decision_filter(
    *,
    supervision: NamedDependency[SupervisionAt],
    period: NamedDependency[Period],
    department: Department = "",
    figure: OfDecidedFigure = DecidedFigure.DECIDED,
    sort: Sort = ListSort.NEWEST,
    paging: NamedDependency[Paging],
) -> ListFilter:
    """Which decided applications a list or its page shows."""
    return _list_of(supervision, period, department, figure, sort, paging, paging.last(CaseKey))


CARD_FILTER = {"card_filter": Provide(card_filter, sync_to_thread=False)}
DECISION_FILTER = {"decision_filter": Provide(decision_filter, sync_to_thread=False)}


def _list_of(
    supervision: SupervisionAt,
    period: Period,
    department: str,
    figure: CardFigure | DecidedFigure,
    sort: ListSort,
    paging: Paging,
    last: tuple[Any, ...] | None,
) -> ListFilter:
    return ListFilter(
        period=period,
        department=department,
        figure=figure.value,
        oldest_first=sort is ListSort.OLDEST,
        scope=supervision.scope,
        limit=paging.limit,
        offset=paging.offset,
        last=last,
    )
