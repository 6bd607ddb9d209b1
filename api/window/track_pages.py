"""查询 tracking: a case by its number and its query code, without sign-in; and what calendars subscribe to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from api.clocks.display import clock_functions
from api.html.page import PageContext, see_other
from api.route_access import ACCESS
from api.web.problems import Problem
from api.window.admission import ADMITTED, NotAdmittedError, to_form
from api.window.case_feedback import filed_by_number, filed_feedback
from api.window.follow import CALENDAR_TYPE, FEED_TYPE, case_calendar, case_feed
from api.window.qr_code import TRACK, tracking_address
from api.window.share import WindowShareMiddleware
from api.window.timeline import timeline_of
from api.window.tracking import TrackedCase, files_link, tracked
from api.window.visitor import WindowVisitor, framed, new_ticket
from domain.access.principal import Caller
from domain.core.case_number import is_case_number
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import Approvals
from infrastructure.window.query_codes import QueryCodes, typed, typed_code
from infrastructure.window.tracking_rates import TrackingRates
from projections.window.query import WindowCase, WindowCases

STATUSES = {"wrong": 403, "wait": 429, "behind": 503}  # by what is wrong; 400 for what is no number or code at all
BEHIND_SECONDS = 5  # the views follow the ledger by milliseconds; while they are rebuilt, by minutes
FOLLOW = "/window/follow"
ICS, FEED = ".ics", ".atom"

Number = Annotated[str, QueryParameter(max_length=64, description="The case number, as a QR code has it.")]
Done = Annotated[str, QueryParameter(pattern="^(complaint|evaluation|)$", description="What was just handed in.")]


class TrackPages(Controller):
    """Anyone who has number and code sees where the case is; nothing on these pages is personal."""

    opt = {ACCESS: "read:window"}  # noqa: RUF012  litestar's own spelling
    dependencies = ADMITTED
    exception_handlers = {NotAdmittedError: to_form}  # noqa: RUF012  litestar's own spelling
    middleware = (WindowShareMiddleware,)

    @get(TRACK)
    async def track(self, page: NamedDependency[PageContext], number: Number = "") -> Response[str]:
        """Two fields: the number, filled in where a QR code was read, and the code."""
        return _form(page, typed(number))

    @post(TRACK, status_code=200)
    async def find(
        self,
        *,
        page: NamedDependency[PageContext],
        text_form: NamedDependency[Mapping[str, str]],
        approvals: NamedDependency[Approvals],
        window_visitor: NamedDependency[WindowVisitor],
        query_codes: NamedDependency[QueryCodes],
        tracking_rates: NamedDependency[TrackingRates],
        now: NamedDependency[datetime],
    ) -> Response[str]:
        """Admit to the case. A wrong number and a wrong code get the same answer, after the same work."""
        number, code = typed(text_form.get("number", "")), typed_code(text_form.get("code", ""))
        faults = {"number": "number_form"} if not is_case_number(number) else {}
        faults |= {} if code else {"code": "code_missing"}
        if faults:
            return _form(page, number, faults)
        if wait := await tracking_rates.begin(number, window_visitor.address, now):
            return _form(page, number, {"code": "wait"}, wait)
        case = await WindowCases(approvals.store).by_number(number)
        if not query_codes.fits(number, code):
            return _form(page, number, {"code": "wrong"})
        await tracking_rates.succeeded(number, window_visitor.address, now)
        if case is None:  # the code is right, so the views do not have the case yet
            return _form(page, number, {"code": "behind"}, BEHIND_SECONDS)
        cookie = window_visitor.ticket_cookie(new_ticket(query_codes, number, now))
        return see_other(case_address(page, number), cookie)

    @get(f"{TRACK}/{{number:str}}")
    async def case(
        self,
        *,
        page: NamedDependency[PageContext],
        approvals: NamedDependency[Approvals],
        laws: NamedDependency[LawBook],
        query_codes: NamedDependency[QueryCodes],
        admitted_case: NamedDependency[WindowCase],
        visitor: NamedDependency[Caller],
        now: NamedDependency[datetime],
        done: Done = "",
    ) -> Response[str]:
        """The case; to the form where this browser has not given its code within the last half hour."""
        number = admitted_case.case_number
        page = page.under(admitted_case.law)
        return page.render(
            "tracked.html",
            **framed(page),
            view=await read_case(page, approvals, laws, admitted_case, now),
            done=done,
            **filed_feedback(await filed_by_number(approvals, admitted_case, now), done),
            files=files_link(page, visitor, await approvals.project(admitted_case.project), admitted_case.item),
            here=case_address(page, number),
            ics=follow_address(page, query_codes, number, ICS),
            atom=follow_address(page, query_codes, number, FEED),
            as_of=now,
            **clock_functions(page, now),
        )

    @get(f"{FOLLOW}/{{file:str}}")
    async def follow(
        self,
        *,
        file: FromPath[str],
        page: NamedDependency[PageContext],
        approvals: NamedDependency[Approvals],
        laws: NamedDependency[LawBook],
        window_visitor: NamedDependency[WindowVisitor],
        query_codes: NamedDependency[QueryCodes],
        now: NamedDependency[datetime],
    ) -> Response[bytes]:
        """The case as a calendar, or as a feed: for programs, which are given an address that can't be guessed."""
        number, _, rest = file.partition("_")
        key, dot, name = rest.partition(".")
        suffix = dot + name
        case = await WindowCases(approvals.store).by_number(number)
        if not query_codes.is_address_of(number, key) or case is None or suffix not in (ICS, FEED):
            raise Problem("not-found", "no case is followed at this address", remedy="take it from the case's page")
        page = page.under(case.law)
        address = tracking_address(window_visitor.base_url, number)
        if suffix == ICS:
            clocks = await WindowCases(approvals.store).clocks(case, laws, now)
            return _file(case_calendar(page, case, clocks, now, address), CALENDAR_TYPE)
        return _file(case_feed(page, case, await timeline_of(approvals, case, page, now), now, address), FEED_TYPE)


async def read_case(
    page: PageContext, approvals: Approvals, laws: LawBook, case: WindowCase, now: datetime
) -> TrackedCase:
    """What the page of *case* says now."""
    clocks = await WindowCases(approvals.store).clocks(case, laws, now)
    return tracked(page, case, clocks, await timeline_of(approvals, case, page, now), now)


def _form(page: PageContext, number: str, faults: Mapping[str, str] | None = None, wait: int = 0) -> Response[str]:
    answer = page.render("track.html", **framed(page), number=number, faults=faults or {}, wait=wait)
    if faults:
        answer.status_code = next((STATUSES[code] for code in faults.values() if code in STATUSES), 400)
        if wait:
            answer.headers["Retry-After"] = str(wait)
    return answer


def _file(body: bytes, media_type: str) -> Response[bytes]:
    headers = {"Cache-Control": "private, no-cache", "Content-Disposition": "inline"}
    return Response(body, media_type=media_type, headers=headers)


def case_address(page: PageContext, number: str, done: str = "") -> str:
    """The page of a case, which says what was just handed in."""
    return page.link(f"{TRACK}/{quote(number)}", done=done)


def follow_address(page: PageContext, codes: QueryCodes, number: str, suffix: str) -> str:
    """Where programs follow a case: a calendar, or a feed, by the *suffix*."""
    return page.link(f"{FOLLOW}/{number}_{codes.address_of(number)}{suffix}")
