"""Calendar notices over HTTP: imported, looked at, approved by a second person, applied or withdrawn."""

from __future__ import annotations

import asyncio
from datetime import date

from litestar import Controller, get, post
from litestar.params import FromPath
from msgspec import Struct, json

from api.body import decoded, field_problem, read_body, refuse_nul, require_kept
from api.commands import ANSWER_SECONDS_MAX, outcome_unknown
from api.entries import ShownEntry, shown
from api.identity import actor_of, headers_of, key_of
from api.law import book_called, laws_of
from api.law_questions import leaves
from api.law_schemas import POST_CALENDAR_COMMAND
from api.parts import AnyRequest, parts_of
from domain.calendar.notice import ImportNotice, NoticeApplied
from domain.calendar.state import Calendar, KeptNotice, NoticeStage, stream_of
from domain.law.calendar import Notice
from domain.vocabulary import CALENDAR_COMMANDS, CalendarCommand, tag_of

APPLIED = tag_of(NoticeApplied)

_decode = json.Decoder(CalendarCommand).decode


class CalendarReceipt(Struct, frozen=True):
    """Where a command's facts stand: *position* in the ledger, *version* in the calendar's own."""

    calendar: str
    position: int
    version: int
    facts: tuple[str, ...]
    repeated: bool = False


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
    """Everything said to one calendar, oldest first."""

    entries: list[ShownEntry]


class Keeping(Controller):
    """What is said to a calendar, and what became of it."""

    path = "/law/calendars/{name:str}"
    tags = ("calendars",)

    @post("/commands", operation_id=POST_CALENDAR_COMMAND, status_code=200, summary="Import, approve or apply a notice")
    async def post_calendar_command(self, request: AnyRequest, name: FromPath[str]) -> CalendarReceipt:
        """Carry out one command on a calendar, once and for all under its Idempotency-Key.

        An applied notice is counted by at once; open deadlines move, later and earlier alike.
        """
        headers = headers_of(request.scope)
        by, key = actor_of(headers), key_of(headers)
        book_called(name, await laws_of(request))
        command = command_in(await read_body(headers, request.receive))
        approvals, calendars = parts_of(request).approvals, parts_of(request).calendars
        if isinstance(command, ImportNotice) and calendars.is_shipped(name, command.notice):
            raise field_problem("$.notice", f"the notice {command.notice} is shipped with the package", "another id")
        try:
            async with asyncio.timeout(ANSWER_SECONDS_MAX):
                answer = await approvals.handle(stream_of(name), command, by, key)
        except TimeoutError as late:
            raise outcome_unknown() from late
        if APPLIED in answer.receipt.facts:
            await calendars.refresh()
        receipt = answer.receipt
        return CalendarReceipt(name, receipt.position, receipt.version, receipt.facts, answer.repeated)

    @get("/notices", operation_id="list_notices", summary="The notices imported for a calendar")
    async def list_notices(self, request: AnyRequest, name: FromPath[str]) -> Notices:
        """Each as it was imported, with how far it has come."""
        calendar = await self._calendar(request, name)
        return Notices([shown_notice(kept) for kept in calendar.notices.values()])

    @get("/history", operation_id="get_calendar_history", summary="Everything said to a calendar")
    async def get_calendar_history(self, request: AnyRequest, name: FromPath[str]) -> CalendarHistory:
        """Who imported, approved, applied or withdrew which notice, and when."""
        by = actor_of(headers_of(request.scope))
        book_called(name, await laws_of(request))
        return CalendarHistory(shown(await parts_of(request).approvals.history(stream_of(name)), by))

    async def _calendar(self, request: AnyRequest, name: str) -> Calendar:
        actor_of(headers_of(request.scope))
        book_called(name, await laws_of(request))
        state = await parts_of(request).approvals.state(stream_of(name))
        return state if isinstance(state, Calendar) else Calendar(state.id)


def command_in(body: bytes) -> CalendarCommand:
    """The command in *body*. Raises Problem, with the `path` of the field at fault."""
    command: CalendarCommand = decoded(_decode, body, CALENDAR_COMMANDS)
    if b"\\u0000" in body:
        refuse_nul(command)
    for path, value in leaves("$", command):
        if isinstance(value, date):
            require_kept(path, value)
    return command


def shown_notice(kept: KeptNotice) -> ShownNotice:
    """*kept* as it is shown."""
    return ShownNotice(kept.notice, kept.stage, kept.imported_by, kept.notice.days_in_its_past)
