"""What supervision answers with, and the questions behind it: periods, figures with the lists they count, files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from litestar.params import QueryParameter
from msgspec import Struct

from api.html.titles import clock_unit
from api.web.as_of import instant_in, readable
from api.web.dependencies import AnyRequest, laws_of, parts_of
from api.web.entries import ShownEntry, entries_of, shown
from api.web.parameters import WITHOUT_NUL
from api.web.period import period_of
from api.web.problems import Problem
from domain.core.ledger import Actor
from domain.core.types import LINE_CHARACTERS_MAX
from domain.law.calendar.period import Period
from domain.law.licensing.explain import Explanation
from domain.law.proof import ClockProof
from projections.clocks.attribution import Attribution
from projections.clocks.query import ClocksAt, NoSuchClockError
from projections.clocks.reading import WORKING_DAY, ItemReading
from projections.supervision.card_case_file import card_file, issued_card
from projections.supervision.figures import CASE_FIGURES, SIGNAL_FIGURES, DecidedCase, Figures
from projections.supervision.fold import SignalRow
from projections.supervision.list import IN_FORCE as IN_FORCE_NOW
from projections.supervision.list import ListFilter
from projections.supervision.orders import OrderAt
from projections.supervision.query import SupervisionAt, ended_by

CARDS, DECISIONS, BOARD = "/supervision/cards", "/supervision/decisions", "/supervision/board"


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


CardsAsked = Annotated[CardFigure, QueryParameter(description="Of which figure; left out: all that was told.")]

DecidedAsked = Annotated[DecidedFigure, QueryParameter(description="Of which figure.")]

CardId = Annotated[
    str,
    QueryParameter(
        min_length=1,
        max_length=LINE_CHARACTERS_MAX,
        pattern=WITHOUT_NUL,
        description="The card's id in its project, such as `land-use-2`.",
    ),
]

Unanswered = Annotated[bool, QueryParameter(description="Only those that the department has not reported on.")]


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
    """The period from *first* to *last*; *before* is the one just before it (环比), *year_before* 同比."""

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
    next: int | None
    position: int


class DecidedList(Struct, frozen=True):
    """Decided applications, the newest first. *count* is of all, on whatever page."""

    as_of: datetime
    count: int
    decided: list[DecidedCase]
    next: int | None
    position: int


class OrderList(Struct, frozen=True):
    """Orders of the bureau as they stood, those to be answered first at the top."""

    as_of: datetime
    orders: list[OrderAt]
    next: int | None
    position: int


class ShownCard(Struct, frozen=True):
    """One card with everything it rests on; *days* tells the clock day by day as it stood when it fired.

    *unit* is that of the lengths in its proof, empty for a card given by hand.

    *days* is null for a card given by hand, and where a later correction took the clock away.
    """

    as_of: datetime
    signal: SignalRow
    proof: ClockProof | None
    unit: str
    reasons: str
    days: Explanation | None
    evidence: list[ShownEntry]
    thread: list[ShownEntry]


class ProjectDays(Struct, frozen=True):
    """Every application of a project, its days given to whoever had it."""

    as_of: datetime
    known_at: datetime
    applications: list[Attribution]


def list_asked(
    asked: SupervisionAt,
    first: date | None,
    last: date | None,
    *,
    department: str,
    figure: CardFigure | DecidedFigure,
    limit: int,
    offset: int,
) -> ListFilter:
    """The page asked for of the list behind a figure. Raises Problem."""
    return ListFilter(
        period=period_of(first, last, asked),
        department=department,
        figure=figure.value,
        scope=asked.scope,
        limit=limit,
        offset=offset,
    )


def linked(line: Figures, period: Period, asked: SupervisionAt) -> BoardLine:
    """*line* with the address of the list behind each figure."""
    numbers = {
        name: Number(getattr(line, name), listed(name, line.department, period, asked))
        for name in (*SIGNAL_FIGURES, *CASE_FIGURES)
    }
    return BoardLine(
        line.department, **numbers, on_time_rate=line.on_time_rate, median_working_days=line.median_working_days
    )


def listed(figure: str, department: str, period: Period, asked: SupervisionAt) -> str:
    """The address of the list that *figure* counts."""
    path, further = DECISIONS if figure in CASE_FIGURES else CARDS, {"register": asked.scope.register}
    return address(path, period, asked.as_of, figure=figure, department=department, **further)


def address(path: str, period: Period, as_of: datetime, **further: str) -> str:
    """An address that has the same answer for ever: the period and the instant stand in it."""
    asked = {"first": period.first, "last": period.last, "as_of": as_of.isoformat(), **further}
    return f"{path}?{urlencode({name: value for name, value in asked.items() if value})}"


async def compared(asked: SupervisionAt, period: Period) -> Compared:
    """The figures of another period, as was known at the same instant."""
    total = await readable(asked.total(period))
    return Compared(
        period.first, period.last, total, address(BOARD, period, asked.as_of, register=asked.scope.register)
    )


async def card_shown(request: AnyRequest, project: UUID, card: str, as_of: datetime | None, to: Actor) -> ShownCard:
    """One card's file as *to* may see it. Raises Problem not-found where it was not told by then."""
    known = instant_in("as_of", as_of) or parts_of(request).approvals.clock()
    entries = await entries_of(request, project)
    file = card_file(entries, card, known)
    if file is None:
        told = ", ".join(dict.fromkeys(filter(None, map(issued_card, entries))))
        raise Problem("not-found", f"the project has no card {card}"[:500], remedy=f"it has: {told or 'none'}")
    laws, store = await laws_of(request), parts_of(request).approvals.store
    readings = await ClocksAt(store, laws, known, known).of_project(project)
    of_item = [one for one in readings if one.item == file.signal.item]
    lines = {line.version: line for line in shown(entries, to)}
    return ShownCard(
        as_of=known,
        signal=ended_by(file.signal, readings),
        proof=file.proof,
        unit=unit_of(file.proof, of_item) if file.proof else "",
        reasons=file.reasons,
        days=await days_of(request, file.signal, file.proof),
        evidence=[lines[version] for version in file.evidence if version in lines],
        thread=[lines[version] for version in file.thread],
    )


def unit_of(proof: ClockProof, items: Sequence[ItemReading]) -> str:
    """The unit in which the clock of *proof* counts, as *items* read, else by the law it was counted by."""
    for clock in (clock for item in items for clock in item.clocks):
        if (clock.clock, clock.application) == (proof.clock, proof.application):
            return clock.unit
    return clock_unit(proof.rule, proof.clock) or WORKING_DAY


async def days_of(request: AnyRequest, signal: SignalRow, proof: ClockProof | None) -> Explanation | None:
    """The clock day by day, as it stood when it fired and as was known when that was told."""
    if proof is None:
        return None
    asked = ClocksAt(parts_of(request).approvals.store, await laws_of(request), signal.happened_at, signal.told_at)
    try:
        return await asked.explained(signal.project, signal.item, proof.clock, signal.application)
    except NoSuchClockError:
        return None
