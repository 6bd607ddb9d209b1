"""Calendar notices over HTTP: imported, reviewed, approved by a second person, applied or withdrawn."""

from __future__ import annotations

from datetime import date, datetime

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from api.calendar.impact import CalendarEffect, calendar_effect
from api.calendar.lookup import calendar, not_shipped
from api.commands.aggregates import AggregateReceipt, carry_out, try_out
from api.commands.targets import TO_CALENDARS
from api.law.routes import book_called, today_of
from api.route_access import ACCESS, COMMANDS, WHOLE_ZONE
from api.web.command_request import CommandRequest
from api.web.dependencies import ReadDependency
from api.web.entries import ShownEntry, shown
from domain.access.principal import Caller
from domain.calendar.notice import NoticeApplied
from domain.calendar.state import Calendar, ImportedNotice, NoticeStage, stream_of
from domain.law.calendar.calendar import Notice
from domain.messages import tag_of
from infrastructure.calendar.calendars import Calendars
from infrastructure.calendar.notice_impact import Preview, preview
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import Approvals

APPLIED = tag_of(NoticeApplied)


class ShownNotice(Struct, frozen=True):
    """A notice as it was imported, and how far it has come. One that changes days that were over when it was published
    (*in_its_past*) is applied only after a second person has approved it.
    """

    notice: Notice
    stage: NoticeStage
    imported_by: str
    in_its_past: tuple[date, ...]


class Notices(Struct, frozen=True):
    """The notices imported for one calendar, in that order; those that came with the package are not among them."""

    notices: list[ShownNotice]


class CalendarHistory(Struct, frozen=True):
    """Every entry of one calendar, oldest first."""

    entries: list[ShownEntry]


class CalendarRoutes(Controller):
    """Commands to a calendar, its notices and its history."""

    opt = {ACCESS: "read:calendars"}  # noqa: RUF012  litestar's own spelling
    path = "/law/calendars/{name:str}"
    tags = ("calendars",)
    dependencies = {"calendar": ReadDependency(calendar)}  # noqa: RUF012  litestar's own spelling

    @post(
        "/commands",
        operation_id=TO_CALENDARS.operation,
        status_code=200,
        summary="Import, approve or apply a notice",
        opt={ACCESS: COMMANDS},
    )
    async def post_calendar_command(
        self,
        name: FromPath[str],
        laws: NamedDependency[LawBook],
        calendars: NamedDependency[Calendars],
        command_request: NamedDependency[CommandRequest],
    ) -> AggregateReceipt:
        """Carry out one command on a calendar, once and for all under its Idempotency-Key.

        An applied notice is counted by at once; open deadlines move, later and earlier alike.
        """
        book_called(name, laws)
        check = not_shipped(calendars, name)
        answer = await carry_out(command_request, stream_of(name), TO_CALENDARS, check=check)
        if APPLIED in answer.receipt.facts:
            await calendars.refresh()
        return AggregateReceipt.of(name, answer)

    @post(
        "/commands/check",
        operation_id="check_calendar_command",
        status_code=200,
        summary="What a command on a calendar would do, without carrying it out",
        opt={ACCESS: COMMANDS},
    )
    async def check_calendar_command(
        self,
        name: FromPath[str],
        laws: NamedDependency[LawBook],
        calendars: NamedDependency[Calendars],
        command_request: NamedDependency[CommandRequest],
    ) -> CalendarEffect:
        """The facts that would follow, and what the notice moves, now or once it is applied.

        Where the command would be refused, the answer is the problem that it would get. Nothing is stored, and no
        Idempotency-Key is needed. The clocks take seconds for thousands of them.
        """
        book_called(name, laws)
        check = not_shipped(calendars, name)
        seen = await try_out(command_request, stream_of(name), TO_CALENDARS, check=check)
        return await calendar_effect(command_request.approvals, laws, name, seen)

    @get("/notices", operation_id="list_notices", summary="The notices imported for a calendar")
    async def list_notices(self, calendar: NamedDependency[Calendar]) -> Notices:
        """Each as it was imported, with how far it has come."""
        return Notices([shown_notice(notice) for notice in calendar.notices.values()])

    @get("/history", operation_id="get_calendar_history", summary="Every entry about a calendar")
    async def get_calendar_history(
        self,
        name: FromPath[str],
        laws: NamedDependency[LawBook],
        approvals: NamedDependency[Approvals],
        visitor: NamedDependency[Caller],
    ) -> CalendarHistory:
        """Who imported, approved, applied or withdrew which notice, and when."""
        book_called(name, laws)
        return CalendarHistory(shown(await approvals.history(stream_of(name)), visitor))

    @get(
        "/notices/{notice:str}/preview",
        operation_id="preview_notice",
        summary="What would move if it were applied",
        opt={ACCESS: "read:clocks", WHOLE_ZONE: True},
    )
    async def preview_notice(
        self,
        name: FromPath[str],
        notice: FromPath[str],
        calendar: NamedDependency[Calendar],
        laws: NamedDependency[LawBook],
        approvals: NamedDependency[Approvals],
        now: NamedDependency[datetime],
    ) -> Preview:
        """Every clock that the notice would move, by how many days, later and earlier. Nothing is changed by looking.

        For a notice that waits to be applied; worked out from the entries, so that it takes seconds for thousands
        of clocks.
        """
        open_notice = calendar.open_notice(notice)
        today = today_of(laws, name, now)
        return await preview(approvals.store, laws, name, open_notice.notice, now, today)


def shown_notice(notice: ImportedNotice) -> ShownNotice:
    """*notice* as it is shown."""
    return ShownNotice(notice.notice, notice.stage, notice.imported_by, notice.notice.days_in_its_past)
