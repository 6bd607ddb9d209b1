"""Responses of the supervision endpoints: boards whose figures link to the lists they count, lists, days."""

from __future__ import annotations

from datetime import date, datetime
from urllib.parse import urlencode

from msgspec import Struct

from api.web.as_of import translate_too_much
from domain.law.calendar.period import Period
from projections.clocks.attribution import Attribution
from projections.supervision.figures import CASE_FIGURES, SIGNAL_FIGURES, DecidedCase, Figures
from projections.supervision.fold import SignalRow
from projections.supervision.orders import OrderAt
from projections.supervision.query import SupervisionAt

CARDS, DECISIONS, BOARD = "/v1/supervision/cards", "/v1/supervision/decisions", "/v1/supervision/board"


class Number(Struct, frozen=True):
    """A figure, and the address of the list whose length it is."""

    count: int
    list: str


class BoardLine(Struct, frozen=True):
    """One department, or all where it is empty. Rates are between 0 and 1; null where nothing can be judged."""

    department: str
    warning: Number
    yellow: Number
    red: Number
    deemed: Number
    rescinded: Number
    revoked: Number
    appealed: Number
    decided: Number
    on_time: Number
    late: Number
    on_time_rate: float | None
    median_working_days: float | None


class Compared(Struct, frozen=True):
    """All departments together in another period, and the address of its board."""

    first: date
    last: date
    figures: Figures
    board: str


class Board(Struct, frozen=True):
    """The period from *first* to *last*, compared with the one just before it (环比) and the same a year before (同比).

    While the period runs, both are cut to as many days as have passed of it.
    """

    as_of: datetime
    first: date
    last: date
    total: BoardLine
    departments: list[BoardLine]
    before: Compared
    year_before: Compared
    position: int


class CardList(Struct, frozen=True):
    """Warnings, cards and effects of silence, the newest first. *count* is of all, on whatever page."""

    as_of: datetime
    count: int
    cards: list[SignalRow]
    next: str | None
    position: int


class DecidedList(Struct, frozen=True):
    """Decided applications, the newest first. *count* is of all, on whatever page."""

    as_of: datetime
    count: int
    decided: list[DecidedCase]
    next: str | None
    position: int


class OrderList(Struct, frozen=True):
    """Orders of the bureau at the instant, those to be answered first at the top."""

    as_of: datetime
    orders: list[OrderAt]
    next: str | None
    position: int


class ProjectDays(Struct, frozen=True):
    """Every application of a project, its days attributed to their holders."""

    as_of: datetime
    known_at: datetime
    applications: list[Attribution]


def linked(line: Figures, period: Period, supervision: SupervisionAt) -> BoardLine:
    """*line* with the address of the list behind each figure."""
    numbers = {
        name: Number(getattr(line, name), listed(name, line.department, period, supervision))
        for name in (*SIGNAL_FIGURES, *CASE_FIGURES)
    }
    return BoardLine(
        line.department, **numbers, on_time_rate=line.on_time_rate, median_working_days=line.median_working_days
    )


def listed(figure: str, department: str, period: Period, supervision: SupervisionAt) -> str:
    """The address of the list that *figure* counts."""
    path, further = DECISIONS if figure in CASE_FIGURES else CARDS, {"register": supervision.scope.register}
    return address(path, period, supervision.as_of, figure=figure, department=department, **further)


def address(path: str, period: Period, as_of: datetime, **further: str) -> str:
    """An address whose answer never changes: the period and the instant are part of it."""
    query = {"first": period.first, "last": period.last, "as_of": as_of.isoformat(), **further}
    return f"{path}?{urlencode({name: value for name, value in query.items() if value})}"


async def compared(supervision: SupervisionAt, period: Period) -> Compared:
    """The figures of another period, as was known at the same instant."""
    total = await translate_too_much(supervision.total(period))
    return Compared(
        period.first, period.last, total, address(BOARD, period, supervision.as_of, register=supervision.scope.register)
    )
