"""What the overview is made of: sentences about obstacles, figures with their sparklines, steps, and the heat map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from math import ceil
from urllib.parse import urlencode
from uuid import UUID

from markupsafe import Markup
from msgspec import Struct

from api.clocks.display import CALENDAR_DAY, overdue
from api.html.clock_names import clock_name
from api.html.links import DECISIONS
from api.html.page import PageContext
from api.overview.links import CASES
from api.progress.table import TABLE
from api.web.zones import zone_of
from domain.law.calendar.moment import day_before, local_day, midnight, week_from, weeks_later
from domain.law.calendar.period import Period
from infrastructure.ledger.approvals import DEFAULT_LAW
from projections.clocks.list import ListedClock
from projections.clocks.reading import Reading
from projections.overview.attention import ProjectObstacle
from projections.overview.steps import StepCount
from projections.overview.weeks import DecidedWeek, WeeklyFigures, Weeks
from projections.progress.query import Standing

WEEKS = 12
SPARK_WIDTH_PX, SPARK_HEIGHT_PX = 120, 28
STEP_WIDTH_PX = 220
SHADES = (0.25, 0.5, 0.75, 1.0)  # shares of the limit at which the next shade begins; the last one is beyond it
DEPARTMENTS_DRAWN_MAX = 9


class AttentionRow(Struct, frozen=True):
    """A project that needs attention, in one sentence, with who has to act."""

    project: UUID
    name: str
    mark: str
    sentence: Markup
    holder: str


class OverviewFigure(Struct, frozen=True):
    """A number with the list whose length it is, its values of twelve weeks, and these as points of a line."""

    name: str
    number: int
    href: str
    series: list[int]
    points: str


class StepBar(Struct, frozen=True):
    """A step of the procedure with the lists behind its numbers, and a bar in pixels."""

    count: StepCount
    href: str
    late_href: str
    width: float
    late_width: float


class HeatCell(Struct, frozen=True):
    """One department in one week: how much of the limit decisions took, as a shade from 0 and in words."""

    shade: int | None
    share: str
    decided: int
    href: str


class HeatRow(Struct, frozen=True):
    """A department and its weeks."""

    department: str
    cells: list[HeatCell]


def weeks_until(t: datetime, zone: str) -> Weeks:
    """The twelve weeks of *zone* of which the last one is that of *t*."""
    monday = local_day(week_from(t, zone), zone)
    days = [weeks_later(monday, -back) for back in range(WEEKS - 1, -1, -1)]
    return Weeks([midnight(day, zone) for day in days], days, t)


def attention_rows(
    page: PageContext, obstacles: Sequence[ProjectObstacle], running: Sequence[ListedClock], t: datetime
) -> list[AttentionRow]:
    """The rows of *obstacles*; *running* are the clocks of their projects, without which no row says how late it is."""
    clocks = {(clock.project, clock.reading.item, clock.reading.clock): clock.reading for clock in running}
    return [
        _row(page, obstacle, clocks.get((obstacle.project, obstacle.item, obstacle.clock)), t) for obstacle in obstacles
    ]


def _row(page: PageContext, obstacle: ProjectObstacle, clock: Reading | None, t: datetime) -> AttentionRow:
    say, item = page.words["overview"], page.called(obstacle.item_name) or obstacle.item
    if obstacle.ended:
        ended = page.words["outcome"](page.words["stage"](obstacle.ended))
        days = page.quantity(_days_since(obstacle.since, t), CALENDAR_DAY)
        values = {"item": item, "day": page.day(obstacle.since), "ended": ended, "days": days}
        sentence = _filled(say("turned_down"), values)
        mark, holder = "refused", page.who("applicant")
    elif obstacle.clock:
        over = overdue(page, clock, t) if clock else ""
        due = str(clock.due_on) if clock and clock.due_on else page.day(obstacle.since)
        name = clock_name(page)(obstacle.clock)
        key = "late_by" if over else "late"
        sentence = _filled(say(key), {"item": item, "clock": name, "due": due, "over": over})
        mark, holder = "late", page.office(obstacle.department)
    else:
        sentence, mark, holder = _filled(say("nobody"), {}), "refused", page.who("nobody")
    if obstacle.behind:
        sentence += say("behind" if obstacle.behind > 1 else "behind_one").format(obstacle.behind)
    name = obstacle.name or obstacle.code or page.words["label"]("unnamed")
    return AttentionRow(obstacle.project, name, mark, sentence, holder)


def _filled(words: str, values: Mapping[str, str]) -> Markup:
    """*words* with what is *values* in them, escaped."""
    return Markup(words).format(**values)  # noqa: S704  our own words; what goes in is escaped


def _days_since(since: datetime | None, t: datetime) -> int:
    zone = zone_of(DEFAULT_LAW).key
    return (local_day(t, zone) - local_day(since, zone)).days if since else 0


def figures_of(
    page: PageContext, standing: Standing, weekly: WeeklyFigures, decided: Sequence[DecidedWeek], weeks: Weeks
) -> list[OverviewFigure]:
    """The four figures. The last value of each series is the figure itself."""
    by_week = [sum(week.decided for week in decided if week.week == nth) for nth in range(WEEKS)]
    this_week = _week_of(weeks.first_days[-1])
    return [
        _figure("under_way", standing.under_way, page.link(TABLE, status="open"), weekly.under_way),
        _figure("stuck", standing.stuck, page.link(TABLE, stuck="true"), weekly.stuck),
        _figure("late", standing.late, page.link(TABLE, warned="late"), weekly.late),
        _figure("decided", by_week[-1], decisions_link(page, this_week, weeks.t), by_week),
    ]


def _figure(name: str, number: int, href: str, series: Sequence[int]) -> OverviewFigure:
    values = [*series[:-1], number]
    return OverviewFigure(name, number, href, values, spark(values))


def spark(values: Sequence[int]) -> str:
    """The points of a line through *values*, from zero at the foot to the largest at the top."""
    top, step = max(*values, 1), SPARK_WIDTH_PX / (len(values) - 1)
    height = SPARK_HEIGHT_PX - 4
    return " ".join(f"{nth * step:.1f},{2 + height * (1 - value / top):.1f}" for nth, value in enumerate(values))


def decisions_link(page: PageContext, period: Period, t: datetime, department: str = "") -> str:
    """The list of the decisions of *period* as is known at *t*."""
    query = {"figure": "decided", "department": department, "first": period.first, "last": period.last}
    query |= {"as_of": t.isoformat(), **page.carried}
    return f"{DECISIONS}?{urlencode({name: value for name, value in query.items() if value})}"


def _week_of(monday: date) -> Period:
    return Period(monday, day_before(weeks_later(monday, 1)))


def step_bars(page: PageContext, counts: Sequence[StepCount]) -> list[StepBar]:
    """The steps, their bars as wide as they have applications; a late slice can always be seen."""
    most = max(*(count.cases for count in counts), 1)
    bars = []
    for count in counts:
        width = STEP_WIDTH_PX * count.cases / most
        late = min(width, max(3, width * count.late / count.cases)) if count.late else 0
        href = page.link(CASES, step=count.step.value)
        late_href = page.link(CASES, step=count.step.value, late="true")
        bars.append(StepBar(count, href, late_href, round(width, 1), round(late, 1)))
    return bars


def heat_rows(page: PageContext, decided: Sequence[DecidedWeek], weeks: Weeks) -> list[HeatRow]:
    """A row a department, those with most decisions first."""
    ordered = sorted(decided, key=lambda week: week.department)
    by_department = {
        code: {week.week: week for week in of} for code, of in groupby(ordered, lambda week: week.department)
    }
    busiest = sorted(by_department, key=lambda code: -sum(week.decided for week in by_department[code].values()))
    return [
        HeatRow(
            page.office(code),
            [
                _cell(page, code, by_department[code].get(nth), first, weeks.t)
                for nth, first in enumerate(weeks.first_days)
            ],
        )
        for code in busiest
        if code
    ]


def _cell(page: PageContext, department: str, week: DecidedWeek | None, first: date, t: datetime) -> HeatCell:
    if week is None:
        return HeatCell(None, "", 0, "")
    href = decisions_link(page, _week_of(first), t, department)
    if week.share is None:
        return HeatCell(None, "", week.decided, href)
    shade = sum(week.share > bound for bound in SHADES)
    return HeatCell(shade, f"{ceil(week.share * 100)} %", week.decided, href)
