"""法人 the page of one legal person on a day: names over time, codes, merges, and all its projects with their cases."""

from __future__ import annotations

from litestar import Controller, Response, get
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from api.html.frame import Lang, apologize, page, reader_of
from api.html.page import paper_of
from api.html.person_links import PERSON
from api.legal_person.projects import projects_of
from api.legal_person.schemas import answer_for, found_by
from api.web.as_of import On, readable
from api.web.dependencies import AnyRequest, parts_of
from api.web.parameters import PAGE_ROWS, Limit, Offset
from api.web.period import asked_on
from infrastructure.ledger.approvals import DEFAULT_LAW
from projections.information.query import InformationBook
from projections.legal_person.query import PersonBook


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
