"""工作日历 the bureau's calendars: years as month grids, and the notices they rest on."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api.calendar.links import YEARS, calendar_path
from api.calendar.lookup import CalendarName, known_calendar, open_notices
from api.calendar.routes import shown_notice
from api.calendar.year_grid import grid_height, year_grid
from api.html.page import PageContext
from api.law.library import calendar_as_known
from api.law.routes import today_of
from api.route_access import ACCESS
from api.web.request_body import YEAR_FIRST, YEAR_LAST
from domain.law.calendar.calendar import Notice
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import Approvals

OfYear = Annotated[int, QueryParameter(ge=0, le=YEAR_LAST, description="0: this year.")]


class CalendarYearPages(Controller):
    """The calendar and the year are in the address."""

    @get(YEARS, opt={ACCESS: "read:supervision"})
    async def calendars(
        self,
        page: NamedDependency[PageContext],
        laws: NamedDependency[LawBook],
        approvals: NamedDependency[Approvals],
        now: NamedDependency[datetime],
        name: CalendarName = "",
        year: OfYear = 0,
    ) -> Response[str]:
        """A year of a calendar, the days it speaks of, and its notices."""
        name = known_calendar(laws, name)
        today = today_of(laws, name, now)
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
            waiting=[shown_notice(each) for each in await open_notices(approvals, name)],
            today=today,
            manage=page.link(calendar_path(name)),
            days_text="",
            fault="",
        )


def _speaks_of(notice: Notice, year: int) -> bool:
    return any(day.year == year for day in notice.days)
