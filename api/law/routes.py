"""The law over HTTP: packs and calendars to read, and the evaluation of clocks, which stores nothing."""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from api.law.library import CalendarAsKnown, CalendarList, Packs, calendar_as_known, shown_calendar, shown_pack
from api.law.requests import evaluation_in, explanation_in
from api.law.schemas import Evaluations, Explanations, evaluations, explanations
from api.route_access import ACCESS
from api.web.problems import Problem
from api.web.request_body import ECHO_CHARACTERS_MAX
from domain.core.ledger import Refused
from domain.law.calendar.calendar import CalendarBook
from domain.law.packs.pack import Pack
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import Approvals

Known = Annotated[
    date | None, QueryParameter(description="As the calendar was known on this local day. Left out: today.")
]


class LawRoutes(Controller):
    """Public, side-effect-free endpoints; no identity needed."""

    opt = {ACCESS: "read:law"}  # noqa: RUF012  litestar's own spelling
    path = "/law"
    tags = ("law",)

    @post(
        "/evaluate",
        operation_id="evaluate",
        status_code=200,
        summary="The state of clocks, for a history in the request",
    )
    async def evaluate(self, json_body: NamedDependency[bytes], laws: NamedDependency[LawBook]) -> Evaluations:
        """A dry run: the same evaluation that pages and timers ask, on a rule, a calendar and events from the body.

        Nothing is stored. The answers have the fields of the golden vectors.
        """
        return await asyncio.to_thread(lambda: evaluations(evaluation_in(json_body, laws)))

    @post("/explain", operation_id="explain", status_code=200, summary="How a clock was counted, day by day")
    async def explain(self, json_body: NamedDependency[bytes], laws: NamedDependency[LawBook]) -> Explanations:
        """Every calendar day from the clock's start, counted or not, and why. Nothing is stored."""
        return await asyncio.to_thread(lambda: explanations(explanation_in(json_body, laws)))

    @get("/packs", operation_id="list_packs", summary="Every version of every law", sync_to_thread=False)
    def list_packs(self, approvals: NamedDependency[Approvals]) -> Packs:
        """By name, which is what a fact records as its `law`."""
        laws = approvals.laws
        return Packs([shown_pack(laws.pack(name)) for name in laws.names])

    @get("/packs/{name:str}", operation_id="get_pack", summary="One version of a law", sync_to_thread=False)
    def get_pack(self, approvals: NamedDependency[Approvals], name: FromPath[str]) -> Pack:
        """Its clocks, limits and grounds, each with the article it rests on and the words of it."""
        return _pack(approvals.laws, name)

    @get(
        "/packs/{name:str}/{special:str}",
        operation_id="get_special_pack",
        summary="A law as the special law of one kind of item changes it",
        sync_to_thread=False,
    )
    def get_special_pack(
        self, approvals: NamedDependency[Approvals], name: FromPath[str], special: FromPath[str]
    ) -> Pack:
        """The same, where an item has a law of its own."""
        return _pack(approvals.laws, f"{name}/{special}")

    @get("/calendars", operation_id="list_calendars", summary="Every calendar")
    async def list_calendars(
        self, laws: NamedDependency[LawBook], now: NamedDependency[datetime], known: Known = None
    ) -> CalendarList:
        """How far each reaches, and which version of it is counted on."""
        books = laws.calendars()
        return CalendarList([shown_calendar(books[name], known or today_of(laws, name, now)) for name in sorted(books)])

    @get("/calendars/{name:str}", operation_id="get_calendar", summary="One calendar")
    async def get_calendar(
        self,
        name: FromPath[str],
        laws: NamedDependency[LawBook],
        now: NamedDependency[datetime],
        known: Known = None,
    ) -> CalendarAsKnown:
        """Its notices, the days they speak of, and the last day that is certain."""
        return calendar_as_known(book_called(name, laws), known or today_of(laws, name, now))


def book_called(name: str, laws: LawBook) -> CalendarBook:
    """The calendar *name*. Raises Problem not-found."""
    books = laws.calendars()
    if name not in books:
        raise _not_found(f"there is no calendar {name}", f"one of: {', '.join(sorted(books))}")
    return books[name]


def today_of(laws: LawBook, calendar: str, now: datetime) -> date:
    """The local day where a law counts on *calendar*, else in UTC."""
    book = laws.calendars().get(calendar)
    national = (book and book.data.stacks_on) or calendar
    zones = (laws.pack(name).zone for name in laws.names if laws.pack(name).calendar == national)
    return now.astimezone(ZoneInfo(next(zones, "UTC"))).date()


def _pack(laws: LawBook, name: str) -> Pack:
    try:
        return laws.pack(name)
    except Refused as unknown:
        raise _not_found(unknown.sentence, unknown.remedy) from unknown


def _not_found(sentence: str, remedy: str) -> Problem:
    return Problem("not-found", sentence[:ECHO_CHARACTERS_MAX], remedy=remedy)
