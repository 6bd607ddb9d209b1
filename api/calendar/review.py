"""The page before an act on a calendar: the days of the notice, and the clocks that it moves."""

from __future__ import annotations

from datetime import date, datetime

from litestar import Response
from msgspec import Struct

from api.calendar.form import FIELDS
from api.calendar.impact import NoticeLook, look_at, notice_in
from api.calendar.links import PREVIEW, calendar_path
from api.calendar.preview_pages import shown_figures
from api.commands.aggregate_acts import ActResult
from api.html.clock_names import clock_name
from api.html.page import PageContext
from api.law.routes import book_called, today_of
from api.reference.pages import reviewed
from api.web.form_fields import FormFields
from domain.law.calendar.calendar import Notice
from infrastructure.calendar.notice_counts import NoticeCounts
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import Approvals
from projections.clocks.clock_shifts import ClockShift
from projections.progress.titles import names_of
from projections.snapshots import PagedReader


class ShownShift(Struct, frozen=True):
    """A clock that moves, by names, with the address of how it is counted."""

    shift: ClockShift
    project: str
    item: str
    clock: str
    href: str


class NoticeReview(Struct, frozen=True):
    """The page before an act on the calendar called *name*."""

    page: PageContext
    approvals: Approvals
    laws: LawBook
    notice_counts: NoticeCounts
    name: str
    act: str
    fields: FormFields
    now: datetime

    async def shown(self, result: ActResult) -> Response[str]:
        """The notice, day by day, and the clocks it moves; or its form with why it is refused."""
        notice = notice_in(self.name, result.all_entries) if result.problem is None else None
        look = await self._look(notice) if notice else None
        return reviewed(
            self.page,
            result,
            kind="calendars",
            act=self.act,
            name=self.name,
            fields=self.fields,
            values={field: self.fields.text(field) for field in FIELDS[self.act]},
            back=self.page.link(calendar_path(self.name)),
            notice=notice,
            days=self._days(notice) if notice else [],
            look=look,
            figures=shown_figures(look.count.figures) if look else [],
            shifts=await self._shifts(look) if look else [],
            preview=self.page.link(PREVIEW, name=self.name, notice=notice.id) if notice else "",
        )

    async def _look(self, notice: Notice) -> NoticeLook:
        """The first projects whose clocks move; the page of the preview has the others."""
        today = today_of(self.laws, self.name, self.now)
        question = self.notice_counts.question(self.laws, self.name, notice, self.now, today)
        return await look_at(self.notice_counts, PagedReader(self.approvals.store, is_paged=True), question)

    def _days(self, notice: Notice) -> list[tuple[date, int, bool, bool]]:
        """Each day: its weekday from 0 for Monday, whether it will be worked, and whether it is now."""
        calendar = book_called(self.name, self.laws).as_known(today_of(self.laws, self.name, self.now))
        return [(day, day.weekday(), bool(works), calendar.day(day).works) for day, works in notice.days.items()]

    async def _shifts(self, look: NoticeLook) -> list[ShownShift]:
        projects = {shift.project for shift in look.shifts}
        names, clock = await names_of(self.approvals.store, projects), clock_name(self.page)
        return [
            ShownShift(
                shift,
                names.project(shift.project),
                self.page.called(names.item(shift.project, shift.item)),
                clock(shift.clock),
                self.page.link(f"/pages/projects/{shift.project}/clock", item=shift.item, clock=shift.clock),
            )
            for shift in look.shifts
        ]
