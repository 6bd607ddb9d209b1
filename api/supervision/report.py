"""监察月报 the report of one month: its figures with the lists they are the lengths of, and how they are counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from api.clocks.links import STANDINGS
from api.clocks.links import address as figure_address
from api.html.links import CLOCKS
from api.html.page import PageContext
from api.supervision.report_requests import ReportSources
from api.supervision.view_models import FigureTile, Links, tiles
from api.web.as_of import translate_too_much
from domain.law.calendar.period import Period
from projections.clocks.query import ClocksAt
from projections.feedback.query import FeedbackAt, FeedbackFilter
from projections.feedback.reading import ComplaintReading
from projections.feedback.summary import OPINIONS_MIN, FeedbackSummary
from projections.history.moment import TooMuchToReadError
from projections.supervision.figures import Figures
from projections.supervision.fold import APPEALED, REVOKED, VOID, SignalRow
from projections.supervision.list import AT_ISSUE, CARDS, CARDS_OF, DISPUTED
from projections.supervision.orders import OrderAt, OrderState

ROWS_MAX = 200  # of each list in the report; its head says how long the whole list is


class ReportFigure(Struct, frozen=True):
    """One number with the list that it is the length of; no address where the list is in the report itself."""

    name: str
    number: int
    href: str = ""


class ClockLine(Struct, frozen=True):
    """The clocks of a department, or of all where it is empty, by their colour."""

    department: str
    figures: list[ReportFigure]


class CutList(Struct, frozen=True):
    """The first *rows* of a list, and the length of all of it."""

    rows: list[SignalRow]
    count: int


class MonthlyReport(Struct, frozen=True, kw_only=True):
    """One month as was known at an instant. *clocks_at*: when the clocks were looked at, the month's end or earlier.

    *clocks* are None where too much has changed since.
    """

    period: Period
    as_of: datetime
    tiles: list[FigureTile]
    lines: list[Figures]
    links: Links
    cards: CutList
    appeals: list[ReportFigure]
    appealed: CutList
    orders: list[OrderAt]
    orders_by_state: list[ReportFigure]
    clocks_at: datetime
    clocks: list[ClockLine] | None
    feedback: list[FeedbackSummary]
    complaints: list[ComplaintReading]

    @property
    def complaints_count(self) -> int:
        """How many complaints there were, of which *complaints* has the first."""
        return sum(line.complaints for line in self.feedback)


async def report_of(page: PageContext, sources: ReportSources) -> MonthlyReport:
    """The report. Raises Problem where too much was changed with hindsight."""
    supervision, period = sources.supervision, sources.period
    links = Links(page, period, supervision.as_of)
    lines = await translate_too_much(supervision.board(period))
    before, year_before = [await translate_too_much(supervision.total(other)) for other in supervision.compared(period)]
    states = await translate_too_much(supervision.changed_states(period))
    appeals = {state: sum(states[level, state] for level in CARDS_OF) for state in AT_ISSUE}
    void = sum(states[level, state] for level in CARDS_OF for state in VOID)  # all others are figures of the board
    cards = await supervision.signals(period, figure=CARDS, limit=ROWS_MAX)
    appealed = await supervision.signals(period, figure=DISPUTED, limit=ROWS_MAX)
    by_state = await supervision.orders_by_state(period)
    clocks_at = min(period.ends(supervision.zone), supervision.as_of)
    feedback, complaints = await _feedback(sources)
    return MonthlyReport(
        period=period,
        as_of=supervision.as_of,
        tiles=tiles(lines[0], before, year_before, links),
        lines=lines,
        links=links,
        cards=CutList(cards, lines[0].yellow + lines[0].red + void),
        appeals=_appeals(appeals, links),
        appealed=CutList(appealed, sum(appeals.values())),
        orders=await supervision.orders(period=period, limit=ROWS_MAX),
        orders_by_state=[ReportFigure(state.value, by_state[state]) for state in OrderState],
        clocks_at=clocks_at,
        clocks=await _clocks(page, sources, clocks_at),
        feedback=feedback,
        complaints=complaints,
    )


def _appeals(counts: Mapping[str, int], links: Links) -> list[ReportFigure]:
    """The cards of the month by what became of the appeal against them."""
    listed = {APPEALED: links.of(APPEALED), REVOKED: links.of(REVOKED)}  # those that are figures of the board too
    return [ReportFigure(state, counts[state], listed.get(state, "") if counts[state] else "") for state in AT_ISSUE]


async def _clocks(page: PageContext, sources: ReportSources, at: datetime) -> list[ClockLine] | None:
    """The clocks that ran at the instant *at*: those of each department, then all."""
    clocks = ClocksAt(sources.store, sources.laws, at, at, scope=sources.supervision.scope)
    try:
        standings = await clocks.counts_by_department()
    except TooMuchToReadError:
        return None
    query = {"as_of": at.isoformat(), **page.carried}
    whole = sum(standings.values(), Counter[str]())
    return [_clock_line(code, standings[code], query) for code in standings if code] + [_clock_line("", whole, query)]


def _clock_line(department: str, numbers: Counter[str], query: Mapping[str, str]) -> ClockLine:
    return ClockLine(
        department,
        [
            ReportFigure(
                standing, numbers[standing], figure_address(CLOCKS, department=department, **narrowed, **query)
            )
            for standing, narrowed in STANDINGS.items()
        ],
    )


async def _feedback(sources: ReportSources) -> tuple[list[FeedbackSummary], list[ComplaintReading]]:
    """Complaints and evaluations given in the month, by department, and the complaints themselves."""
    supervision, period = sources.supervision, sources.period
    feedback = FeedbackAt(sources.store, sources.laws, supervision.as_of, supervision.as_of)
    criteria = FeedbackFilter(
        first=period.begins(supervision.zone),
        end=period.ends(supervision.zone),
        scope=supervision.scope,
        limit=ROWS_MAX,
    )
    summaries = await translate_too_much(feedback.summaries(criteria, OPINIONS_MIN))
    return (
        [line for line in summaries if line.item is None],
        await translate_too_much(feedback.complaints(criteria)),
    )
