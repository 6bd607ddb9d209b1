"""法人 the page of one legal person on a day: names over time, codes, merges, and all its projects with their cases."""

from __future__ import annotations

from litestar import Controller, Response, get
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from api.instants import On, day_on
from api.pages import Lang, apologize, page, reader_of
from api.paper import paper_of
from api.parts import AnyRequest, parts_of
from api.past import readable
from api.person_answers import answer_for, found_by
from api.person_paper import PERSON
from api.person_projects import projects_of
from api.supervision_answers import zone_of
from api.views import PAGE_ROWS, Limit, Offset
from domain.law.moment import local_day, midnight, next_day
from infrastructure.approvals import DEFAULT_LAW, Approvals
from infrastructure.information import InformationBook, InformationPast
from infrastructure.persons import PersonBook, Then


class PersonPages(Controller):
    """The day stands in the address. Whom to call is left out: a page is for everybody."""

    include_in_schema = False
    exception_handlers = {Exception: apologize, HTTPException: apologize}  # noqa: RUF012  litestar's own spelling

    @get(f"{PERSON}/{{code:str}}")
    async def person(
        self,
        request: AnyRequest,
        code: FromPath[str],
        *,
        lang: Lang = "",  # noqa: ARG002  checked here, used by Paper
        on: On = "",
        limit: Limit = PAGE_ROWS,
        offset: Offset = 0,
    ) -> Response[str]:
        """By any of its codes; an entry that was merged into another is shown with that one."""
        reader_of(request)
        approvals = parts_of(request).approvals
        at, past = asked_on(approvals, on)
        book, information = PersonBook(approvals.store), InformationBook(approvals.store, past)
        found = await found_by(book, code, at)
        cluster = await book.cluster(found.survivor, at)
        projects, following = await readable(projects_of(information, cluster, limit, offset))
        paper = await paper_of(request, DEFAULT_LAW)
        body = paper.print(
            "person.html",
            found=answer_for(cluster, found, code, at, 0),
            day=at.day,
            on=on,
            projects=projects,
            previous=paper.here(offset=max(offset - limit, 0)) if offset else "",
            next=paper.here(offset=following) if following else "",
        )
        return page(body)


def asked_on(approvals: Approvals, on: str) -> tuple[Then, InformationPast | None]:
    """The end of the day *on*, as is known now; now where it is empty. Raises Problem."""
    now, zone, day = approvals.clock(), zone_of(approvals.laws), day_on(on)
    if day is None:
        return Then(local_day(now, zone), now), None
    return Then(day, now), InformationPast(min(midnight(next_day(day), zone), now), now, zone)
