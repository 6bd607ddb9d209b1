"""Pages of the information base: one project's by category, and search over all, made here whole without any script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Protocol
from uuid import UUID

from litestar import Controller, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from api.html.codes import district_named, industry_named
from api.html.frame import AtStage
from api.html.page import PageContext
from api.html.person_links import linked_persons
from api.information.measures import measured
from api.information.routes import PROJECT_INFORMATION, CategoryId, Procedure, Sought
from api.information.schemas import ProjectInformation, ShownField, match_of
from api.route_access import ACCESS
from api.web.as_of import On, translate_too_much
from api.web.parameters import Department, Manager, Paging
from api.web.period import instants_on
from api.web.problems import Problem
from domain.project.information.form import FORM, PROCEDURE, Sort
from infrastructure.ledger.approvals import Approvals
from projections.information.query import InformationBook, InformationFilter, InformationPast
from projections.scope import Scope

SEARCH = "/pages/information"
NAMED = {Sort.DISTRICT: district_named, Sort.INDUSTRY: industry_named}  # codes of national standards
SEE = "As in GET /v1/information."

OfCategory = Annotated[str, QueryParameter(pattern=f"^({'|'.join(CategoryId)}|)$", description=SEE)]
OfProcedure = Annotated[str, QueryParameter(pattern=f"^({'|'.join(Procedure)}|)$", description=SEE)]
Complete = Annotated[str, QueryParameter(pattern="^(true|false|)$", description=SEE)]


class Bilingual(Protocol):
    """What has a name in both languages."""

    @property
    def zh(self) -> str: ...

    @property
    def en(self) -> str: ...


class InformationSearch(Struct, frozen=True):
    """What the search form was sent with: the *wanted* projects, and the day *on* whose end they are shown."""

    wanted: InformationFilter
    on: str
    past: InformationPast | None


def information_search(
    *,
    approvals: NamedDependency[Approvals],
    q: Sought = "",
    category: OfCategory = "",
    complete: Complete = "",
    stage: AtStage = "",
    department: Department = "",
    manager: Manager = "",
    kind: OfProcedure = "",
    on: On = "",
    list_scope: NamedDependency[Scope],
    paging: NamedDependency[Paging],
) -> InformationSearch:
    """The fields of the form, of which a browser sends the empty ones too."""
    wanted = InformationFilter(
        text=q,
        category=category,
        complete=complete == "true" if complete else None,
        stage=stage,
        department=department,
        manager=manager,
        kind=kind,
        scope=list_scope,
        limit=paging.limit,
        offset=paging.offset,
    )
    return InformationSearch(wanted, on, instants_on(approvals, on)[1])


class InformationPages(Controller):
    """The filters are in the address, so that it can be passed on."""

    opt = {ACCESS: "read:information"}  # noqa: RUF012  litestar's own spelling

    @get(SEARCH, dependencies={"information_search": Provide(information_search, sync_to_thread=False)})
    async def search(
        self,
        page: NamedDependency[PageContext],
        information_search: NamedDependency[InformationSearch],
        approvals: NamedDependency[Approvals],
    ) -> Response[str]:
        """检索: projects that match every filter, with the places where they do; at the end of a day, or now."""
        wanted, past = information_search.wanted, information_search.past
        results = await translate_too_much(InformationBook(approvals.store, past).listed(wanted))
        named = named_in(page)
        return page.render(
            "information_search.html",
            asked=wanted,
            complete="" if wanted.complete is None else str(wanted.complete).lower(),
            on=information_search.on,
            as_of=past.t if past else None,
            count=f"{results.count:,}" if results.counted_all else f"{results.count:,}+",
            ranked_max=None if results.counted_all or not wanted.text else f"{results.count:,}",
            rows=[match_of(row, wanted.text) for row in results.rows],
            persons=await linked_persons(approvals, page, [row.uscc for row in results.rows]),
            named=named,
            categories=[(category.id, named(category)) for category in FORM],
            kinds=[(kind, words[page.language == "en"]) for kind, words in PROCEDURE.items()],
            here=page.link(SEARCH),
            **page.paging_links(wanted.offset, wanted.limit, more=results.ends_with is not None),
        )

    @get("/pages/projects/{project_id:uuid}/information", dependencies=PROJECT_INFORMATION)
    async def project(
        self,
        project_id: FromPath[UUID],
        page: NamedDependency[PageContext],
        project_information: NamedDependency[ProjectInformation],
        approvals: NamedDependency[Approvals],
    ) -> Response[str]:
        """One project: how complete it is, category by category what is known and missing, and what steps came to."""
        information = registered(project_information)
        page = page.under(information.basic.law)
        return page.render(
            "information.html",
            information=information,
            as_of=information.as_of,
            basic=information.basic,
            persons=await linked_persons(approvals, page, [information.basic.uscc]),
            named=named_in(page),
            value_of=lambda field: value_text(page, field),
            back=page.link(f"/pages/projects/{project_id}"),
            search=page.link(SEARCH),
        )


def registered(information: ProjectInformation) -> ProjectInformation:
    """*information* of a project that was registered by then. Raises Problem project-unknown."""
    if information.categories:
        return information
    raise Problem(
        "project-unknown",
        f"{information.basic.project} was not registered at {information.as_of.isoformat()}, "
        f"as far as was known at {information.known_at.isoformat()}",
        remedy="ask about a later instant",
    )


def value_text(page: PageContext, field: ShownField) -> str:
    """What was entered, in the language of *page*: a choice in words, a number with its unit, a code by its name."""
    if field.sort in (Sort.NUMBER, Sort.MONEY) and field.value:
        return measured(field.value, field.unit, page.language)
    if field.sort in NAMED and field.value:
        return NAMED[field.sort](field.value, page.language)
    return field.said_zh if page.language == "zh" else field.said_en


def named_in(page: PageContext) -> Callable[[Bilingual], str]:
    """Says what something is called in the language of *page*."""
    return lambda entry: entry.zh if page.language == "zh" else entry.en
