"""GET /v1/supervision/departments/{department}/deadlines.ics: a department's running clocks as a calendar."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import Annotated
from uuid import uuid5

from icalendar import Calendar, Event
from litestar import Controller, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import PathParameter, QueryParameter
from msgspec import Struct

from api.clocks.display import overdue
from api.html.citations import cited
from api.html.clock_names import clock_name
from api.html.page import PageAddress, PageContext, page_address
from api.html.titles import titles_of
from api.materials.download import listed_in
from api.route_access import ACCESS
from api.web.as_of import translate_too_much
from api.web.http_request import HttpRequest
from api.web.parameters import WITHOUT_NUL
from api.web.zones import zone_of
from domain.core.types import CODE_CHARACTERS_MAX
from domain.law.calendar.moment import local_day, midnight
from domain.law.licensing.clock import Level
from infrastructure.ledger.approvals import Approvals
from projections.clocks.list import ROWS_MAX, ClockFilter, ListedClock
from projections.clocks.query import ClocksAt
from projections.clocks.reading import Reading
from projections.progress.titles import ProjectTitles, names_of_items

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


class FeedSite(Struct, frozen=True):
    """What a feed needs to know of its request: the page address, where this server is reached, the cached ETag."""

    address: PageAddress
    base_url: str
    if_none_match: str


def feed_site(request: HttpRequest, lang: Language = "") -> FeedSite:  # noqa: ARG001  checked here, read as on pages
    """The site of the feed that is asked for."""
    base_url = str(request.base_url).rstrip("/")
    return FeedSite(page_address(request), base_url, request.headers.get("if-none-match", ""))


class DeadlineRoutes(Controller):
    """What a department has to do by when, to be subscribed to."""

    opt = {ACCESS: "read:clocks"}  # noqa: RUF012  litestar's own spelling
    tags = ("supervision",)
    dependencies = {"site": Provide(feed_site, sync_to_thread=False)}  # noqa: RUF012  litestar's own spelling

    @get(
        "/supervision/departments/{department:str}/deadlines.ics",
        operation_id="get_deadlines",
        summary="A department's deadlines as an iCalendar feed",
        media_type=MEDIA_TYPE,
    )
    async def get_deadlines(
        self,
        department: OfDepartment,
        site: NamedDependency[FeedSite],
        position: NamedDependency[int],  # noqa: ARG002  waits for the parameter `after`
        clocks: NamedDependency[ClocksAt],
        approvals: NamedDependency[Approvals],
    ) -> Response[bytes]:
        """One event for each clock that runs; none while it is suspended. Answers 304 to an If-None-Match that fits."""
        rows = await running(clocks, department)
        names = await names_of_items(approvals.store, [(row.project, row.reading.item) for row in rows])
        page = PageContext(site.address, titles=await titles_of(approvals))
        return calendar_answer(site, page, clocks, department, rows, names)


def calendar_answer(
    site: FeedSite,
    page: PageContext,
    clocks: ClocksAt,
    department: str,
    rows: list[ListedClock],
    names: ProjectTitles,
) -> Response[bytes]:
    """The calendar of *rows*; 304 to an If-None-Match that fits."""
    return feed_answer(site, feed(site.base_url, page, clocks, department, rows, names), MEDIA_TYPE)


def feed_answer(site: FeedSite, body: bytes, media_type: str) -> Response[bytes]:
    """*body* for a program that subscribed; 304 to an If-None-Match that fits."""
    etag = f'"{sha256(body).hexdigest()}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Accept-Language"}
    if listed_in(site.if_none_match.encode(), etag.encode()):
        return Response(b"", status_code=304, headers=headers, media_type=media_type)
    return Response(body, headers=headers, media_type=media_type)


async def running(clocks: ClocksAt, department: str) -> list[ListedClock]:
    """The clocks that *department* (empty: any) has to act on, whose last day is known. Raises Problem."""
    listed_clocks = list[ListedClock]()
    for offset in range(0, DEADLINES_MAX, ROWS_MAX):
        wanted = ClockFilter(department=department, limit=ROWS_MAX, offset=offset)
        rows = await translate_too_much(clocks.listed(wanted))
        listed_clocks += [row for row in rows if row.reading.due_on and row.reading.level is not Level.PAUSED]
        if len(rows) < ROWS_MAX:
            break
    return listed_clocks


def feed(
    base_url: str,
    page: PageContext,
    clocks: ClocksAt,
    department: str,
    rows: list[ListedClock],
    names: ProjectTitles,
) -> bytes:
    """The calendar, in the language of *page*. The same clocks make the same bytes all day long."""
    bureau = page.words["bureau"]
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    title = f"{bureau('deadlines')} {page.office(department) if department else ''}"
    calendar.add("x-wr-calname", " ".join(title.split()))  # one line, whatever the department is called
    if clocks.recounting:
        calendar.add("x-countersign-recounting", "TRUE")  # dates may be those of the calendar before a notice
    for row in rows:
        calendar.add_component(event(row, page, clocks.t, names, base_url))
    return bytes(calendar.to_ical())


def event(listed: ListedClock, page: PageContext, t: datetime, names: ProjectTitles, site: str) -> Event:
    """One clock. Its UID is made of what it is of, so that a program which subscribes moves it with its date."""
    reading, zone, ical = listed.reading, zone_of(listed.reading.law).key, Event()
    parts = (
        page.called(names.item(listed.project, reading.item)),
        clock_name(page)(reading.clock),
        names.project(listed.project),
    )
    ical.add("uid", f"{uuid5(listed.project, f'{reading.item} {reading.application} {reading.clock}')}@countersign")
    ical.add("dtstamp", midnight(local_day(t, zone), zone))
    ical.add("dtstart", reading.over_at if reading.unit == HOURS and reading.over_at else reading.due_on)
    ical.add("summary", " · ".join(parts))
    ical.add("description", "\n".join(description(reading, page, t)))
    ical.add("status", "TENTATIVE" if reading.provisional else "CONFIRMED")
    ical.add("transp", "TRANSPARENT")
    ical.add("url", site + page.link(f"/pages/projects/{listed.project}"))
    return ical


def description(reading: Reading, page: PageContext, t: datetime) -> Iterator[str]:
    """What there is to know of a deadline at *t*, line by line."""
    bureau = page.words["bureau"]
    yield f"{bureau('article')}: {cited(reading.article, page.language)}"
    yield f"{bureau('started')}: {reading.start_on}"
    yield f"{bureau('left')}: {page.quantity(reading.remaining, reading.unit)}"
    if over := overdue(page, reading, t):
        yield f"{bureau('overdue_days')}: {over}"
    if reading.provisional:
        yield bureau("provisional")
