"""The acts on a calendar: a notice is reviewed with the clocks it moves before it is imported, approved or applied."""

from __future__ import annotations

from datetime import datetime

from litestar import Controller, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from api.calendar.form import FIELDS, command_of
from api.calendar.links import CALENDARS, calendar_path
from api.calendar.lookup import not_shipped
from api.calendar.review import NoticeReview
from api.commands.aggregate_acts import TAKES_ACTS, AggregateActs, AggregateTarget
from api.html.page import PageContext, see_other
from api.law.routes import book_called, today_of
from api.route_access import ACCESS, COMMANDS
from api.web.form_fields import FormFields
from api.web.problems import Problem
from domain.calendar.messages import CalendarCommand
from domain.calendar.state import stream_of
from infrastructure.calendar.calendars import Calendars
from infrastructure.calendar.notice_counts import NoticeCounts
from infrastructure.law.lawbook import LawBook


class CalendarActPages(Controller):
    """An applied notice is counted by at once."""

    opt = {ACCESS: COMMANDS}  # noqa: RUF012  litestar's own spelling
    dependencies = TAKES_ACTS

    @post("/admin/acts/calendars/{act:str}", status_code=200)
    async def act_on_calendar(
        self,
        *,
        act: FromPath[str],
        page: NamedDependency[PageContext],
        fields: NamedDependency[FormFields],
        laws: NamedDependency[LawBook],
        calendars: NamedDependency[Calendars],
        aggregate_acts: NamedDependency[AggregateActs],
        notice_counts: NamedDependency[NoticeCounts],
        now: NamedDependency[datetime],
    ) -> Response[str]:
        """Show which clocks the notice moves; do the act where that has been seen."""
        name = fields.text("name").strip()
        if act not in FIELDS:
            raise Problem("not-found", f"there is no act {act}"[:100], remedy=f"begin at {CALENDARS}")
        book_called(name, laws)
        review = NoticeReview(page, aggregate_acts.approvals, laws, notice_counts, name, act, fields, now)
        target = AggregateTarget(stream_of(name))

        def build() -> list[CalendarCommand]:
            command = command_of(name, act, fields, today_of(laws, name, now))
            not_shipped(calendars, name)(command)
            return [command]

        result = await aggregate_acts.review_or_carry_out(target, build, fields)
        if not result.is_done:
            return await review.shown(result)
        if act == "apply":
            await calendars.refresh()
        return see_other(page.link(calendar_path(name), receipt=str(result.position)))
