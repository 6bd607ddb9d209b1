"""Pages of the information base: one project's by category, and search over all, made here whole without any script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Protocol
from uuid import UUID

from litestar import Controller, Response, get
from litestar.exceptions import HTTPException
from litestar.params import FromPath, QueryParameter

from api.html.codes import district_named, industry_named
from api.html.frame import AtStage, Lang, apologize, page, reader_of
from api.html.page import PageContext, paper_of
from api.html.person_links import linked_persons
from api.information.measures import measured
from api.information.routes import CategoryId, Procedure, Sought, information_at
from api.information.schemas import ShownField, match_of
from api.web.as_of import AsOf, KnownAt, On, readable
from api.web.dependencies import AnyRequest, parts_of
from api.web.parameters import PAGE_ROWS, Department, Limit, Manager, Offset
from api.web.period import asked_on
from api.web.scope import InRegister, scope_of
from domain.project.information.form import FORM, PROCEDURE, Sort
from infrastructure.ledger.approvals import DEFAULT_LAW
from projections.information.query import InformationBook, InformationFilter

SEARCH = "/pages/information"
NAMED = {Sort.DISTRICT: district_named, Sort.INDUSTRY: industry_named}  # codes of national standards
SEE = "As in GET /information."

OfCategory = Annotated[str, QueryParameter(pattern=f"^({'|'.join(CategoryId)}|)$", description=SEE)]
OfProcedure = Annotated[str, QueryParameter(pattern=f"^({'|'.join(Procedure)}|)$", description=SEE)]
Complete = Annotated[str, QueryParameter(pattern="^(true|false|)$", description=SEE)]


class Bilingual(Protocol):
    """What has a name in both languages."""

    @property
    def zh(self) -> str: ...

    @property
    def en(self) -> str: ...


class InformationPages(Controller):
    """What is asked for stands in the address, so that it can be passed on."""

    include_in_schema = False
    exception_handlers = {Exception: apologize, HTTPException: apologize}  # noqa: RUF012  litestar's own spelling

    @get(SEARCH)
    async def search(
        self,
        request: AnyRequest,
        *,
        lang: Lang = "",  # noqa: ARG002  checked here, used by Paper
        register: InRegister = "",  # noqa: ARG002  checked here, used by scope_of
        q: Sought = "",
        category: OfCategory = "",
        complete: Complete = "",
        stage: AtStage = "",
        department: Department = "",
        manager: Manager = "",
        kind: OfProcedure = "",
        on: On = "",
        limit: Limit = PAGE_ROWS,
        offset: Offset = 0,
    ) -> Response[str]:
        """检索: projects that match every filter, with the places where they do; at the end of a day, or now."""
        reader_of(request)
        asked = InformationFilter(
            text=q,
            category=category,
            complete=complete == "true" if complete else None,
            stage=stage,
            department=department,
            manager=manager,
            kind=kind,
            scope=await scope_of(request),
            limit=limit,
            offset=offset,
        )
        return await self._listed(request, asked, on)

    async def _listed(self, request: AnyRequest, asked: InformationFilter, on: str) -> Response[str]:
        approvals = parts_of(request).approvals
        _, past = asked_on(approvals, on)
        found = await readable(InformationBook(approvals.store, past).listed(asked))
        paper, before, after = (
            await paper_of(request, DEFAULT_LAW),
            asked.offset - asked.limit,
            asked.offset + asked.limit,
        )
        named = named_in(paper)
        body = paper.print(
            "information_search.html",
            asked=asked,
            complete="" if asked.complete is None else str(asked.complete).lower(),
            on=on,
            as_of=past.t.isoformat() if past else "",
            count=found.count,
            rows=[match_of(row, asked.text) for row in found.rows],
            persons=await linked_persons(request, paper, [row.uscc for row in found.rows]),
            named=named,
            categories=[(category.id, named(category)) for category in FORM],
            kinds=[(kind, words[paper.language == "en"]) for kind, words in PROCEDURE.items()],
            here=paper.link(SEARCH),
            previous=paper.here(offset=max(before, 0)) if asked.offset else "",
            next=paper.here(offset=after) if found.count > after else "",
        )
        return page(body)

    @get("/pages/projects/{project_id:uuid}/information")
    async def project(
        self,
        request: AnyRequest,
        project_id: FromPath[UUID],
        lang: Lang = "",  # noqa: ARG002  checked here, used by Paper
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> Response[str]:
        """One project: how complete it is, category by category what is known and missing, and what steps came to."""
        reader_of(request)
        found = await information_at(request, project_id, as_of, known_at)
        paper = await paper_of(request, found.basic.law)
        named = named_in(paper)
        body = paper.print(
            "information.html",
            found=found,
            basic=found.basic,
            persons=await linked_persons(request, paper, [found.basic.uscc]),
            named=named,
            said=lambda field: said_in(paper, field),
            back=paper.link(f"/pages/projects/{project_id}"),
            search=paper.link(SEARCH),
        )
        return page(body)


def said_in(paper: PageContext, field: ShownField) -> str:
    """What was entered, in the language of *paper*: a choice in words, a number with its unit, a code by its name."""
    if field.sort in (Sort.NUMBER, Sort.MONEY) and field.value:
        return measured(field.value, field.unit, paper.language)
    if field.sort in NAMED and field.value:
        return NAMED[field.sort](field.value, paper.language)
    return field.said_zh if paper.language == "zh" else field.said_en


def named_in(paper: PageContext) -> Callable[[Bilingual], str]:
    """Says what something is called in the language of *paper*."""
    return lambda one: one.zh if paper.language == "zh" else one.en
