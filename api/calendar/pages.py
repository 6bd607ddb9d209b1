"""工作日历 the pages of calendars: how far each reaches, and the forms that import, approve and apply a notice."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import uuid4

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from api.calendar.form import correction_values
from api.calendar.links import CALENDARS, calendar_path
from api.calendar.lookup import calendar
from api.calendar.notice_text import text_of
from api.commands.aggregate_acts import READS_ACTS, AggregateActs
from api.html.page import PageContext
from api.law.library import calendar_as_known, shown_calendar
from api.law.routes import book_called, today_of
from api.reference.pages import RECEIPT, Receipt, reference_frame
from api.route_access import ACCESS, ITSELF
from api.web.dependencies import ReadDependency
from api.web.parameters import WITHOUT_NUL
from domain.access.decision import NO_CASE
from domain.calendar.state import OPEN_STAGES, Calendar
from domain.core.types import CODE_CHARACTERS_MAX
from infrastructure.law.lawbook import LawBook

Corrected = Annotated[
    str,
    QueryParameter(
        max_length=CODE_CHARACTERS_MAX,
        pattern=WITHOUT_NUL,
        description="A notice: the form is filled in with its days.",
    ),
]


class CalendarPages(Controller):
    """Readable by every signed-in reader. A notice is previewed with the clocks it moves before it is recorded."""

    opt = {ACCESS: ITSELF}  # noqa: RUF012  litestar's own spelling; calendars are public, their pages for people
    dependencies = {  # noqa: RUF012  litestar's own spelling
        **READS_ACTS,
        "calendar": ReadDependency(calendar),
    }

    @get(CALENDARS)
    async def calendars_page(
        self, page: NamedDependency[PageContext], laws: NamedDependency[LawBook], now: NamedDependency[datetime]
    ) -> Response[str]:
        """Every calendar, and the last day up to which it is certain."""
        books = laws.calendars()
        rows = [shown_calendar(books[name], today_of(laws, name, now)) for name in sorted(books)]
        return page.render(
            "calendars.html",
            **reference_frame(page, "calendars"),
            as_of=now,
            rows=[(row, page.link(calendar_path(row.name))) for row in rows],
        )

    @get(CALENDARS + "/{name:str}")
    async def calendar_page(
        self,
        *,
        name: FromPath[str],
        page: NamedDependency[PageContext],
        laws: NamedDependency[LawBook],
        calendar: NamedDependency[Calendar],
        aggregate_acts: NamedDependency[AggregateActs],
        now: NamedDependency[datetime],
        receipt: Receipt = RECEIPT,
        correct: Corrected = "",
    ) -> Response[str]:
        """One calendar: its notices, those that wait, and the forms to import, approve, apply or withdraw one."""
        today = today_of(laws, name, now)
        book = book_called(name, laws)
        judged = aggregate_acts.judged("import_notice", NO_CASE)
        return page.render(
            "calendar.html",
            **reference_frame(page, "calendars"),
            as_of=now,
            name=name,
            receipt=receipt,
            known=calendar_as_known(book, today).calendar,
            today=today,
            notices=sorted(book.data.notices, key=lambda notice: notice.published, reverse=True),
            waiting=[notice for notice in calendar.notices.values() if notice.stage in OPEN_STAGES],
            settled=[notice for notice in calendar.notices.values() if notice.stage not in OPEN_STAGES],
            may_import=judged.allowed,
            who_imports=judged.remedy,
            days_text=lambda notice: text_of(notice.days),
            correct=correct,
            correct_link=lambda notice: page.link(calendar_path(name), correct=notice) + "#next",
            values=correction_values([notice for notice in book.data.notices if notice.id == correct]),
            key=uuid4(),
        )
