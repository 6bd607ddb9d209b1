"""What the supervision pages are made of: tiles that compare, links that stay right, the due list, whose days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from urllib.parse import urlencode

from msgspec import Struct

from api.clocks.links import address as figure_address
from api.clocks.links import behind
from api.html.links import CARDS, CLOCKS, DECISIONS
from api.html.page import NEVER, PageContext
from api.supervision.schemas import address
from domain.law.attribution import Holder
from domain.law.calendar.moment import day_before, local_day, next_day, week_from
from domain.law.calendar.period import Period
from domain.messages import Entry
from infrastructure.law.lawbook import LawBook
from projections.clocks.attribution import attribution
from projections.clocks.counts import ClockCount
from projections.clocks.list import ClockFilter, ListedClock
from projections.clocks.query import ClocksAt
from projections.history.moment import TooMuchToReadError
from projections.supervision.figures import CASE_FIGURES, Figures
from projections.supervision.fold import SignalRow
from projections.supervision.orders import OrderAt
from projections.supervision.query import SupervisionAt

FIGURES_SHOWN = ("warning", "yellow", "red", "deemed", "rescinded", "revoked", "appealed", "decided", "late")

TILES = ("decided", "warning", "yellow", "red", "rescinded", "revoked", "appealed")

NEWS = ("red", "yellow", "warning", "appealed")  # what the bureau looks for in the morning


DUE_SHOWN_MAX = 30


class FigureTile(Struct, frozen=True):
    """One number of the header, with how much it differs from the period before and the year before."""

    name: str
    value: str
    href: str
    before: str
    year_before: str


class Links(Struct, frozen=True):
    """Addresses of pages about one period, as known at one instant, in the language of *page*."""

    page: PageContext
    period: Period
    as_of: datetime

    def to(self, path: str, **further: str) -> str:
        """*path* with the period and the instant in it."""
        return address(path, self.period, self.as_of, **further, **self.page.carried)

    def during(self, path: str) -> str:
        """*path* with the period alone in it, for what is shown as it is known now."""
        query = {"first": self.period.first, "last": self.period.last, **self.page.carried}
        return f"{path}?{urlencode({name: value for name, value in query.items() if value})}"

    def beyond(self, horizon: date) -> str:
        """The list of the clocks that are due after *horizon*."""
        query = {"as_of": self.as_of.isoformat(), **self.page.carried}
        return figure_address(CLOCKS, due_after=horizon.isoformat(), **query)

    def awaited(self) -> str:
        """The list of all clocks that wait for an act."""
        return figure_address(CLOCKS, awaited="true", as_of=self.as_of.isoformat(), **self.page.carried)

    def clocks(self, cell: ClockCount, standing: str) -> str:
        """The list of the clocks of one *cell* of the table of modes and nodes."""
        query = {"as_of": self.as_of.isoformat(), **self.page.carried}
        return figure_address(CLOCKS, **behind(cell)[standing], **query)

    def of(self, figure: str, department: str = "") -> str:
        """The list whose length *figure* is."""
        path = DECISIONS if figure in CASE_FIGURES else CARDS
        return self.to(path, figure=figure, department=department)


class NewsFigure(Struct, frozen=True):
    """One number of what is new since yesterday, and the list that it counts rows of."""

    name: str
    number: int
    href: str
    departments: tuple[str, ...] = ()  # whose answer is due, the earliest first


async def since_yesterday(page: PageContext, supervision: SupervisionAt, orders: Sequence[OrderAt]) -> list[NewsFigure]:
    """Whose report is due by tomorrow, and what came up yesterday and today. Raises TooMuchToReadError."""
    today = local_day(supervision.as_of, supervision.zone)
    recent = Period(day_before(today), today)
    figures, links = await supervision.total(recent), Links(page, recent, supervision.as_of)
    news = [NewsFigure(name, getattr(figures, name), links.of(name)) for name in NEWS]
    tomorrow = next_day(today)
    due = [order.department for order in orders if order.feedback_by <= tomorrow]
    query = {"unanswered": "true", "due_by": tomorrow.isoformat(), "as_of": supervision.as_of.isoformat()}
    listed = page.link("/supervision/orders", **query)
    return [NewsFigure("orders_due", len(due), listed, tuple(dict.fromkeys(due))), *news]


def tiles(now: Figures, before: Figures, year_before: Figures, links: Links) -> list[FigureTile]:
    """The header: the figures of all departments, and the on-time rate."""
    shown = []
    for name in TILES:
        value, *others = (getattr(figures, name) for figures in (now, before, year_before))
        shown.append(FigureTile(name, f"{value:,}", links.of(name), *(difference(value - other) for other in others)))
    rates = [figures.on_time_rate for figures in (now, before, year_before)]
    points = [NEVER if None in (rates[0], rate) else points_of((rates[0] or 0) - (rate or 0)) for rate in rates[1:]]
    shown.append(FigureTile("on_time_rate", percent(rates[0]), links.of("on_time"), *points))
    return shown


def difference(by: int) -> str:
    """Such as "+3", "−2", "±0"."""
    return f"{by:+,}".replace("-", "−") if by else "±0"


def points_of(by: float) -> str:
    """A difference of rates, in percentage points, such as "+1.5"."""
    return f"{100 * by:+.1f}".replace("-", "−") if round(100 * by, 1) else "±0"


def percent(rate: float | None) -> str:
    """Such as "97.5 %"; a dash where there is none."""
    return NEVER if rate is None else f"{100 * rate:.1f} %"


def ranked(lines: Sequence[Figures], order: str) -> list[Figures]:
    """The line of all departments, then each: by name, or those first that are worst in *order*."""
    whole, departments = lines[:1], list(lines[1:])
    if order == "rate":
        departments.sort(key=lambda line: (line.on_time_rate is None, line.on_time_rate or 0))
    elif order == "median":
        departments.sort(key=lambda line: (line.median_working_days is None, -(line.median_working_days or 0)))
    return [*whole, *departments]


def partly(supervision: SupervisionAt, period: Period) -> tuple[date, date, date, date] | None:
    """The days that a running *period* is compared with; None where it is compared with whole periods."""
    before, year_before = supervision.compared(period)
    if (before, year_before) == (period.before(), period.year_before()):
        return None
    return before.first, before.last, year_before.first, year_before.last


def chips(page: PageContext, supervision: SupervisionAt) -> list[tuple[str, str]]:
    """The usual periods, each with the address of its board."""
    today = local_day(supervision.as_of, supervision.zone)
    yesterday, month = Period(day_before(today), day_before(today)), Period.month_of(today)
    week = Period(local_day(week_from(supervision.as_of, supervision.zone), supervision.zone), today)
    year = Period(month.first.replace(month=1), month.last.replace(month=12, day=31))
    usual = (
        ("yesterday", yesterday),
        ("week", week),
        ("month", month),
        ("month_before", month.before()),
        ("year", year),
    )
    return [(name, page.here(first=period.first, last=period.last)) for name, period in usual]


async def due_list(clocks: ClocksAt) -> list[ListedClock] | None:
    """The running clocks that are over or will be first; None where too much has changed since."""
    try:
        return await clocks.listed(ClockFilter(limit=DUE_SHOWN_MAX, awaited=True, coloured=True))
    except TooMuchToReadError:
        return None


def held(entries: Sequence[Entry], laws: LawBook, signal: SignalRow) -> list[tuple[Holder, int]]:
    """Whose working days they were until the card, most of them first."""
    for held_day in attribution(entries, laws, signal.happened_at, signal.told_at):
        if (held_day.item, held_day.application) == (signal.item, signal.application):
            return Counter(held_day.working_days).most_common()
    return []
