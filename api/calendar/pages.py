"""工作日历 the pages of calendars: how far each reaches, and the forms that import, approve and apply a notice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from msgspec import Struct, json

from api.calendar.impact import impact_of, notice_in
from api.calendar.lookup import calendar, not_shipped
from api.calendar.notice_text import days_in, text_of
from api.commands.aggregate_acts import ActResult, AggregateActs, AggregateTarget, aggregate_acts
from api.commands.aggregates import command_in
from api.commands.targets import TO_CALENDARS
from api.html.clock_names import clock_name
from api.html.page import PageContext, see_other
from api.law.routes import book_called, today_of
from api.law.schemas import calendar_as_known, shown_calendar
from api.reference.pages import RECEIPT, Receipt, reference_frame, reviewed
from api.route_access import ACCESS, COMMANDS, ITSELF
from api.web.dependencies import ReadDependency
from api.web.form_fields import FormFields, text_form
from api.web.problems import Problem
from domain.access.decision import NO_CASE
from domain.calendar.messages import CalendarCommand
from domain.calendar.state import OPEN_STAGES, Calendar, stream_of
from domain.law.calendar.calendar import Notice
from infrastructure.calendar.calendars import Calendars
from infrastructure.calendar.notice_impact import Preview
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import Approvals
from projections.clocks.clock_shifts import ClockShift
from projections.progress.titles import names_of

CALENDARS = "/admin/calendars"
SHIFTS_SHOWN_MAX = 50  # of the clocks that move; the counts are of all
COMMAND_OF = {
    "import": "import_notice",
    "approve": "approve_notice",
    "apply": "apply_notice",
    "withdraw": "withdraw_notice",
}
FIELDS: Mapping[str, tuple[str, ...]] = {  # by act
    "import": ("notice", "title", "published", "covers_to", "papers", "days"),
    "approve": ("notice",),
    "apply": ("notice",),
    "withdraw": ("notice", "reasons"),
}


class ShownShift(Struct, frozen=True):
    """A clock that moves, by names, with the address of how it is counted."""

    shift: ClockShift
    project: str
    item: str
    clock: str
    href: str


class CalendarPages(Controller):
    """Everybody who is signed in reads them. A notice is looked at with the clocks it moves before it is recorded."""

    opt = {ACCESS: ITSELF}  # noqa: RUF012  litestar's own spelling; calendars are public, their pages for people
    dependencies = {  # noqa: RUF012  litestar's own spelling
        "aggregate_acts": Provide(aggregate_acts, sync_to_thread=False),
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
            values=dict.fromkeys(FIELDS["import"], ""),
            key=uuid4(),
        )

    @post(
        "/admin/acts/calendars/{act:str}",
        status_code=200,
        opt={ACCESS: COMMANDS},
        dependencies={"fields": Provide(text_form)},
    )
    async def act_on_calendar(
        self,
        *,
        act: FromPath[str],
        page: NamedDependency[PageContext],
        fields: NamedDependency[FormFields],
        laws: NamedDependency[LawBook],
        calendars: NamedDependency[Calendars],
        aggregate_acts: NamedDependency[AggregateActs],
        now: NamedDependency[datetime],
    ) -> Response[str]:
        """Show which clocks the notice moves; do the act where that has been seen."""
        name = fields.text("name").strip()
        if act not in FIELDS:
            raise Problem("not-found", f"there is no act {act}"[:100], remedy=f"begin at {CALENDARS}")
        book_called(name, laws)
        review = NoticeReview(page, aggregate_acts.approvals, laws, name, act, fields, now)
        target = AggregateTarget(stream_of(name))

        def build() -> list[CalendarCommand]:
            command = command_of(name, act, fields, today_of(laws, name, now))
            not_shipped(calendars, name)(command)
            return [command]

        if not fields.text("seen") or fields.text("edit"):
            return await review.shown(await aggregate_acts.review(target, build))
        result = await aggregate_acts.carry_out(target, build, fields.key())
        if result.problem is not None:
            return await review.shown(result)
        if act == "apply":
            await calendars.refresh()
        return see_other(page.link(calendar_path(name), receipt=str(result.position)))


def calendar_path(name: str) -> str:
    """The path of the page of a calendar."""
    return f"{CALENDARS}/{quote(name, safe='')}"


def command_of(name: str, act: str, fields: FormFields, today: date) -> CalendarCommand:
    """The command that the form of *act* makes. Raises Problem with the path of the field at fault."""
    said: dict[str, Any] = {"command": COMMAND_OF[act], "calendar": name}
    for field in FIELDS[act]:
        if text := fields.text(field).strip():
            said[field] = text
    if act == "import":
        said["papers"] = [line.strip() for line in fields.text("papers").splitlines() if line.strip()]
        said["days"] = days_in(fields.text("days"), _year_of(fields, today))
    command: CalendarCommand = command_in(json.encode(said), TO_CALENDARS)
    return command


def _year_of(fields: FormFields, today: date) -> int:
    """The year of days that name none: that which the notice covers, else that after its publication."""
    covers_to, published = fields.text("covers_to").strip(), fields.text("published").strip()
    if covers_to[:4].isdecimal():
        return int(covers_to[:4])
    return int(published[:4]) if published[:4].isdecimal() else today.year


class NoticeReview(Struct, frozen=True):
    """The page before an act on the calendar called *name*."""

    page: PageContext
    approvals: Approvals
    laws: LawBook
    name: str
    act: str
    fields: FormFields
    now: datetime

    async def shown(self, result: ActResult) -> Response[str]:
        """The notice, day by day, and the clocks it moves; or its form with why it is refused."""
        notice = notice_in(self.name, result.all_entries) if result.problem is None else None
        impact = await impact_of(self.approvals, self.laws, self.name, notice, self.now) if notice else None
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
            impact=impact,
            shifts=await self._shifts(impact) if impact else [],
        )

    def _days(self, notice: Notice) -> list[tuple[date, int, bool, bool]]:
        """Each day: its weekday from 0 for Monday, whether it will be worked, and whether it is now."""
        calendar = book_called(self.name, self.laws).as_known(today_of(self.laws, self.name, self.now))
        return [(day, day.weekday(), bool(works), calendar.day(day).works) for day, works in notice.days.items()]

    async def _shifts(self, impact: Preview) -> list[ShownShift]:
        moved = impact.moved[:SHIFTS_SHOWN_MAX]
        names, clock = await names_of(self.approvals.store, {shift.project for shift in moved}), clock_name(self.page)
        return [
            ShownShift(
                shift,
                names.project(shift.project),
                self.page.called(names.item(shift.project, shift.item)),
                clock(shift.clock),
                self.page.link(f"/pages/projects/{shift.project}/clock", item=shift.item, clock=shift.clock),
            )
            for shift in moved
        ]
