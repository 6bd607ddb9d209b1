"""法人 the page of one legal person on a day: names over time, codes, merges, and all its projects with their cases."""

from __future__ import annotations

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from api.html.page import PageContext
from api.html.person_links import PERSON
from api.legal_person.projects import projects_of
from api.legal_person.schemas import answer_for, found_by
from api.route_access import ACCESS
from api.web.as_of import On, translate_too_much
from api.web.parameters import Paging
from api.web.period import instants_on
from domain.access.principal import Caller
from infrastructure.ledger.approvals import Approvals
from projections.information.query import InformationBook
from projections.legal_person.query import PersonBook


class PersonPages(Controller):
    """The day is in the address. Contacts are left out: a page is printed and passed on."""

    opt = {ACCESS: "read:legal_person"}  # noqa: RUF012  litestar's own spelling

    @get(f"{PERSON}/{{code:str}}")
    async def person(
        self,
        *,
        code: FromPath[str],
        page: NamedDependency[PageContext],
        approvals: NamedDependency[Approvals],
        persons: NamedDependency[PersonBook],
        caller: NamedDependency[Caller],
        on: On = "",
        paging: NamedDependency[Paging],
    ) -> Response[str]:
        """By any of its codes; an entry that was merged into another is shown with that one."""
        at, past = instants_on(approvals, on)
        matches = await found_by(persons, code, at, caller)
        cluster = await persons.cluster(matches.survivor, at)
        information = InformationBook(approvals.store, past)
        projects, rows = await translate_too_much(projects_of(information, cluster, paging, caller))
        return page.render(
            "person.html",
            answer=answer_for(cluster, matches, code, at, 0, caller),
            day=at.day,
            as_of=past.t if past else None,
            on=on,
            projects=projects,
            **page.paging_links(paging.offset, paging.limit, more=paging.has_more(rows)),
        )
