"""GET /supervision/departments/{department}/deadlines.ics: a department's running clocks, for any calendar program."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import Annotated
from uuid import uuid5

from icalendar import Calendar, Event
from litestar import Controller, Response, get
from litestar.params import PathParameter, QueryParameter

from api.clocks.display import overdue
from api.clocks.routes import clocks_at
from api.html.citations import cited
from api.html.clock_names import clock_name
from api.html.page import PageContext
from api.html.titles import titles_of
from api.materials.download import listed_in
from api.web.as_of import AsOf, KnownAt, readable
from api.web.dependencies import AnyRequest, parts_of, zone_of
from api.web.parameters import WITHOUT_NUL, After, caught_up
from api.web.scope import InRegister, scope_of
from domain.core.types import CODE_CHARACTERS_MAX
from domain.law.calendar.moment import local_day, midnight
from domain.law.licensing.clock import Level
from projections.clocks.list import ROWS_MAX, ClockFilter, ListedClock
from projections.clocks.query import ClocksAt
from projections.clocks.reading import Reading
from projections.progress.titles import ProjectTitles, names_of

DEADLINES_MAX = 5_000  # events of one feed, some three megabytes: those that are over first
MEDIA_TYPE = "text/calendar"
PRODUCT = "-//Countersign//Deadlines//ZH"
HOURS = "working_hour"  # the one unit whose last moment is not the end of a day

OfDepartment = Annotated[
    str,
    PathParameter(
        min_length=1, max_length=CODE_CHARACTERS_MAX, pattern=WITHOUT_NUL, description="The department's code."
    ),
]
Language = Annotated[
    str, QueryParameter(pattern="^(zh|en|)$", description="zh or en; else what Accept-Language asks for.")
]


class Deadlines(Controller):
    """What a department has to do by when, to be subscribed to."""

    tags = ("supervision",)

    @get(
        "/supervision/departments/{department:str}/deadlines.ics",
        operation_id="get_deadlines",
        summary="A department's deadlines as an iCalendar feed",
        media_type=MEDIA_TYPE,
    )
    async def get_deadlines(
        self,
        request: AnyRequest,
        department: OfDepartment,
        after: After = 0,
        as_of: AsOf = None,
        known_at: KnownAt = None,
        lang: Language = "",  # noqa: ARG002  checked here, used by Paper
        register: InRegister = "",  # noqa: ARG002  checked here, used by scope_of
    ) -> Response[bytes]:
        """One event for each clock that runs; none while it is suspended. Answers 304 to an If-None-Match that fits."""
        await caught_up(request, after)
        asked = await clocks_at(request, as_of, known_at, await scope_of(request))
        found = await running(asked, department)
        approvals = parts_of(request).approvals
        names = await names_of(approvals.store, [one.project for one in found])
        paper = PageContext(request, titles=await titles_of(approvals))
        body = feed(request, paper, asked, department, found, names)
        etag = f'"{sha256(body).hexdigest()}"'
        headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Accept-Language"}
        if listed_in(request.headers.get("if-none-match", "").encode(), etag.encode()):
            return Response(b"", status_code=304, headers=headers, media_type=MEDIA_TYPE)
        return Response(body, headers=headers, media_type=MEDIA_TYPE)


async def running(asked: ClocksAt, department: str) -> list[ListedClock]:
    """The clocks that *department* has to act on and whose last day is known, the earliest first. Raises Problem."""
    found = list[ListedClock]()
    for offset in range(0, DEADLINES_MAX, ROWS_MAX):
        page = await readable(asked.listed(ClockFilter(department=department, limit=ROWS_MAX, offset=offset)))
        found += [one for one in page if one.reading.due_on and one.reading.level is not Level.PAUSED]
        if len(page) < ROWS_MAX:
            break
    return found


def feed(
    request: AnyRequest,
    paper: PageContext,
    asked: ClocksAt,
    department: str,
    found: list[ListedClock],
    names: ProjectTitles,
) -> bytes:
    """The calendar, in the language of *paper*. The same clocks make the same bytes all day long."""
    bureau = paper.words["bureau"]
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add(
        "x-wr-calname", " ".join(f"{bureau('deadlines')} {paper.office(department)}".split())
    )  # one line, whatever is asked
    if asked.recounting:
        calendar.add("x-countersign-recounting", "TRUE")  # dates may be those of the calendar before a notice
    for one in found:
        calendar.add_component(event(one, paper, asked.t, names, str(request.base_url).rstrip("/")))
    return bytes(calendar.to_ical())


def event(listed: ListedClock, paper: PageContext, t: datetime, names: ProjectTitles, site: str) -> Event:
    """One clock. Its UID is made of what it is of, so that a program which subscribes moves it with its date."""
    one, zone, found = listed.reading, zone_of(listed.reading.law).key, Event()
    parts = (
        paper.called(names.item(listed.project, one.item)),
        clock_name(paper)(one.clock),
        names.project(listed.project),
    )
    found.add("uid", f"{uuid5(listed.project, f'{one.item} {one.application} {one.clock}')}@countersign")
    found.add("dtstamp", midnight(local_day(t, zone), zone))
    found.add("dtstart", one.over_at if one.unit == HOURS and one.over_at else one.due_on)
    found.add("summary", " · ".join(parts))
    found.add("description", "\n".join(description(one, paper, t)))
    found.add("status", "TENTATIVE" if one.provisional else "CONFIRMED")
    found.add("transp", "TRANSPARENT")
    found.add("url", site + paper.link(f"/pages/projects/{listed.project}"))
    return found


def description(one: Reading, paper: PageContext, t: datetime) -> Iterator[str]:
    """What there is to know of a deadline at *t*, line by line."""
    bureau = paper.words["bureau"]
    yield f"{bureau('article')}: {cited(one.article, paper.language)}"
    yield f"{bureau('started')}: {one.start_on}"
    yield f"{bureau('left')}: {paper.quantity(one.remaining, one.unit)}"
    if over := overdue(paper, one, t):
        yield f"{bureau('overdue_days')}: {over}"
    if one.provisional:
        yield bureau("provisional")
