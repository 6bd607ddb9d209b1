"""GET /deadlines/{token}.ics: a person's deadlines for a calendar program, which can't sign in.

The token in the address says whose they are; the identity middleware turns it into the caller of the request.
"""

from __future__ import annotations

from collections.abc import Sequence

from litestar import Controller, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from api.clocks.ical import MEDIA_TYPE, FeedSite, calendar_answer, feed_site, running
from api.html.page import PageContext
from api.html.titles import titles_of
from api.web.http_request import HttpRequest
from api.web.identity import caller_of
from domain.access.cases import project_case
from domain.access.decision import may
from domain.access.grants import OVER_A_DEPARTMENT
from domain.access.principal import Caller
from infrastructure.identity.calendar_addresses import DEADLINES, MESSAGES
from infrastructure.ledger.approvals import Approvals
from projections.clocks.list import ListedClock
from projections.clocks.query import ClocksAt
from projections.progress.titles import names_of

CALENDARS, CALENDAR_SUFFIX = "/deadlines/", ".ics"
NEWS, NEWS_SUFFIX = "/messages/feeds/", ".atom"
SECRET_ADDRESSES = {DEADLINES: (CALENDARS, CALENDAR_SUFFIX), MESSAGES: (NEWS, NEWS_SUFFIX)}  # by what they show
READ = "read:clocks"


def calendar_reader(request: HttpRequest) -> Caller:
    """Whose calendar it is. Raises Problem where nothing says so."""
    return caller_of(request.scope)


class CalendarFeedRoutes(Controller):
    """Without an account or a name in the address; anyone who has it can read it until it is ended at /account."""

    opt = {"access": READ}  # noqa: RUF012  litestar's own spelling
    tags = ("clocks",)
    dependencies = {  # noqa: RUF012
        "site": Provide(feed_site, sync_to_thread=False),
        "calendar_reader": Provide(calendar_reader, sync_to_thread=False),
    }

    @get(
        f"{CALENDARS}{{file:str}}",
        operation_id="get_own_deadlines",
        summary="The deadlines of whom a secret address was made for, as an iCalendar feed",
        media_type=MEDIA_TYPE,
    )
    async def get_own_deadlines(
        self,
        file: FromPath[str],  # noqa: ARG002  the token: it has become the caller
        site: NamedDependency[FeedSite],
        calendar_reader: NamedDependency[Caller],
        clocks: NamedDependency[ClocksAt],
        approvals: NamedDependency[Approvals],
    ) -> Response[bytes]:
        """One event for each clock that runs in what the person may see; an officer's are those of the department."""
        department = calendar_reader.over if calendar_reader.role in OVER_A_DEPARTMENT else ""
        rows = await visible(approvals, calendar_reader, await running(clocks, department))
        names = await names_of(approvals.store, [row.project for row in rows])
        page = PageContext(site.address, titles=await titles_of(approvals))
        return calendar_answer(site, page, clocks, department, rows, names)


async def visible(approvals: Approvals, caller: Caller, rows: Sequence[ListedClock]) -> list[ListedClock]:
    """Those of *rows* whose projects' clocks *caller* may read."""
    if may(caller, READ).allowed:  # all there are
        return list(rows)
    projects = {row.project for row in rows}
    allowed = {
        project for project in projects if may(caller, READ, project_case(await approvals.project(project))).allowed
    }
    return [row for row in rows if row.project in allowed]
