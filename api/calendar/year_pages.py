"""工作日历 the bureau's calendars: years as month grids, the notices they rest on, what a new one would move."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from msgspec import Struct

from api.calendar.impact import impact_of
from api.calendar.links import calendar_path
from api.calendar.notice_text import days_in
from api.calendar.routes import shown_notice
from api.calendar.year_grid import grid_height, year_grid
from api.html.clock_names import clock_name
from api.html.page import PageContext
from api.law.library import calendar_as_known
from api.law.routes import today_of
from api.route_access import ACCESS, WHOLE_ZONE
from api.web.problems import Problem
from api.web.request_body import YEAR_FIRST, YEAR_LAST
from domain.calendar.state import OPEN_STAGES, Calendar, ImportedNotice, stream_of
from domain.law.calendar.calendar import Notice
from infrastructure.calendar.notice_impact import Preview
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import DEFAULT_LAW, Approvals
from projections.progress.titles import names_of

CALENDARS, PREVIEW = "/supervision/calendars", "/supervision/calendars/preview"
MOVES_SHOWN_MAX = 200
Name = Annotated[str, QueryParameter(max_length=100, description="A calendar; empty: that of the installation's law.")]
OfYear = Annotated[int, QueryParameter(ge=0, le=YEAR_LAST, description="0: this year.")]
DRAFT = "draft"  # the id of a notice that is not imported
DraftDays = Annotated[
    str, QueryParameter(max_length=2000, description="A line a day or range, or the words of a notice.")
]
NoticeId = Annotated[str, QueryParameter(max_length=200, description="A notice that waits to be applied.")]


class PreviewFigure(Struct, frozen=True):
    """How many clocks a notice would move in one way."""

    name: str
    number: int


class CalendarYearPages(Controller):
    """The calendar and the year are in the address."""

    @get(CALENDARS, opt={ACCESS: "read:supervision"})
    async def calendars(
        self,
        page: NamedDependency[PageContext],
        laws: NamedDependency[LawBook],
        approvals: NamedDependency[Approvals],
        now: NamedDependency[datetime],
        name: Name = "",
        year: OfYear = 0,
    ) -> Response[str]:
        """A year of a calendar, the days it speaks of, and its notices."""
        name, today = _known(laws, name), today_of(laws, _known(laws, name), now)
        year = year if year >= YEAR_FIRST else today.year
        book = laws.calendars()[name]
        known = calendar_as_known(book, today)
        notices = {notice.id: notice for notice in known.notices}
        return page.render(
            "calendar_years.html",
            name=name,
            names=sorted(laws.calendars()),
            year=year,
            before=page.here(year=year - 1) if year > YEAR_FIRST else "",
            after=page.here(year=year + 1) if year < YEAR_LAST else "",
            months=year_grid(book.as_known(today), year),
            height=grid_height(),
            known=known.calendar,
            days=[day for day in known.days if day.day.year == year],
            notices=[notice for notice in known.notices if _speaks_of(notice, year)],
            cited_notice=notices.get,
            waiting=[shown_notice(each) for each in await _open_notices(approvals, name)],
            today=today,
            manage=page.link(calendar_path(name)),
            days_text="",
            fault="",
        )

    @get(PREVIEW, opt={ACCESS: "read:clocks", WHOLE_ZONE: True})
    async def preview(
        self,
        *,
        page: NamedDependency[PageContext],
        laws: NamedDependency[LawBook],
        approvals: NamedDependency[Approvals],
        now: NamedDependency[datetime],
        name: Name = "",
        notice: NoticeId = "",
        days: DraftDays = "",
    ) -> Response[str]:
        """What a notice would move: one that waits to be applied, or days that are filled in. Nothing is changed."""
        name = _known(laws, name)
        today = today_of(laws, name, now)
        waiting = {each.notice.id: each.notice for each in await _open_notices(approvals, name)}
        draft, fault = (None, "") if notice in waiting else draft_notice(days, today)
        chosen = waiting.get(notice, draft)
        effect = await impact_of(approvals, laws, name, chosen, now) if chosen else None
        return page.render(
            "calendar_preview.html",
            name=name,
            notice=chosen,
            is_draft=notice not in waiting,
            days_text=days,
            fault=fault,
            preview=effect,
            figures=_figures(effect) if effect else [],
            moved=effect.moved[:MOVES_SHOWN_MAX] if effect else [],
            names=await names_of(approvals.store, _projects(effect)),
            clock_name=clock_name(page),
            back=page.link(CALENDARS, name=name),
        )


def draft_notice(text: str, published: date) -> tuple[Notice | None, str]:
    """The notice of the days in *text* as if it were published on that day, or what is wrong with them.

    It makes certain the years whose days it names, as the yearly notices do. Neither for an empty text.
    """
    if not text.strip():
        return None, ""
    try:
        days = days_in(text, published.year)
    except Problem as problem:
        return None, problem.detail
    wrong = [day for day in days if not YEAR_FIRST <= day.year <= YEAR_LAST]
    if wrong:
        return None, f"{wrong[0]} is not in the years {YEAR_FIRST} to {YEAR_LAST}"
    return Notice(DRAFT, published, covers_to=max(days).replace(month=12, day=28), days=days), ""


def _known(laws: LawBook, name: str) -> str:
    """The calendar called *name*, else that of the installation's own law."""
    return name if name in laws.calendars() else laws.versions(DEFAULT_LAW)[-1].calendar


async def _open_notices(approvals: Approvals, name: str) -> list[ImportedNotice]:
    """The notices imported for the calendar *name* that are neither applied nor withdrawn."""
    state = await approvals.state(stream_of(name))
    if not isinstance(state, Calendar):
        return []
    return [imported for imported in state.notices.values() if imported.stage in OPEN_STAGES]


def _speaks_of(notice: Notice, year: int) -> bool:
    return any(day.year == year for day in notice.days)


def _figures(effect: Preview) -> list[PreviewFigure]:
    numbers = (
        ("later", effect.later),
        ("earlier", effect.earlier),
        ("firm", effect.firm),
        ("judged", effect.judged_anew),
    )
    return [PreviewFigure(*each) for each in (*numbers, ("announced", len(effect.past_announced)))]


def _projects(effect: Preview | None) -> list[UUID]:
    return [shift.project for shift in effect.moved[:MOVES_SHOWN_MAX]] if effect else []
