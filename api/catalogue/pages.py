"""事项目录 the pages of catalogues: items, editions, what differs between two, and the forms that publish the next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import uuid4

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from api.catalogue.form import CHOICES, SHIFTS, form_values
from api.catalogue.links import CATALOGUES, addresses, catalogue_path, departments_for, offers
from api.catalogue.lookup import catalogue, edition_listed, edition_numbered, every_catalogue, unknown
from api.catalogue.requests import OfDraft, OfEdition, OfItem, Words
from api.catalogue.schemas import (
    FoundItem,
    ServiceFilter,
    service_history,
    services_in,
    shown_draft,
    shown_edition,
    shown_hours,
)
from api.catalogue.view_models import ItemWords
from api.commands.aggregate_acts import READS_ACTS, AggregateActs
from api.html.page import PageContext
from api.reference.pages import RECEIPT, Receipt, reference_frame
from api.route_access import ACCESS, ITSELF
from api.web.as_of import Instants
from api.web.dependencies import ReadDependency
from api.web.parameters import Paging
from domain.catalogue.item import ServiceItem
from infrastructure.ledger.approvals import Approvals
from projections.catalogue.reading import CatalogueAsOf, DatedEdition

NEWEST = 0  # in the place of an edition's number: the draft
Against = Annotated[int, QueryParameter(ge=0, le=1_000_000, description="The edition to compare with; 0: the draft.")]


class CataloguePages(Controller):
    """Readable by every signed-in reader. A command is filled in, reviewed with its effect, then sent."""

    opt = {ACCESS: ITSELF}  # noqa: RUF012  litestar's own spelling; catalogues are public, their pages for people
    dependencies = {  # noqa: RUF012  litestar's own spelling
        **READS_ACTS,
        "catalogue": ReadDependency(catalogue),
    }

    @get(CATALOGUES)
    async def catalogues(
        self,
        page: NamedDependency[PageContext],
        approvals: NamedDependency[Approvals],
        aggregate_acts: NamedDependency[AggregateActs],
        now: NamedDependency[datetime],
    ) -> Response[str]:
        """Every catalogue, and the form of a new one."""
        return page.render(
            "catalogues.html",
            **reference_frame(page, "catalogues"),
            as_of=now,
            rows=[(row, page.link(catalogue_path(row.name))) for row in await every_catalogue(approvals, now)],
            **offers(aggregate_acts, ""),
            values={},
            key=uuid4(),
            name="",
        )

    @get(CATALOGUES + "/{name:str}")
    async def catalogue_page(
        self,
        *,
        name: FromPath[str],
        page: NamedDependency[PageContext],
        catalogue: NamedDependency[CatalogueAsOf],
        instants_known_now: NamedDependency[Instants],
        aggregate_acts: NamedDependency[AggregateActs],
        paging: NamedDependency[Paging],
        number: OfEdition = 0,
        draft: OfDraft = False,
        text: Words = "",
        receipt: Receipt = RECEIPT,
    ) -> Response[str]:
        """One catalogue: its editions, the draft, and the items of either, with the acts the reader may do."""
        edition = edition_listed(catalogue, number, draft=draft)
        return page.render(
            "catalogue.html",
            **reference_frame(page, "catalogues"),
            as_of=instants_known_now.at,
            name=name,
            receipt=receipt,
            text=text,
            **_catalogue_content(catalogue, edition),
            **_item_rows(page, services_in(catalogue, edition.edition.number if edition else None), text, paging),
            **addresses(page, name),
            **offers(aggregate_acts, ""),
            departments=departments_for(aggregate_acts, catalogue.catalogue),
            shifts=SHIFTS,
            values={},
            key=uuid4(),
        )

    @get(CATALOGUES + "/{name:str}/item")
    async def service_page(
        self,
        *,
        name: FromPath[str],
        page: NamedDependency[PageContext],
        catalogue: NamedDependency[CatalogueAsOf],
        instants_known_now: NamedDependency[Instants],
        aggregate_acts: NamedDependency[AggregateActs],
        code: OfItem = "",
    ) -> Response[str]:
        """One item: what it says, what each edition changed, and the forms that change it. Without a code a new one."""
        words = ItemWords(page)
        history = service_history(catalogue, code, instants_known_now.at, instants_known_now.known) if code else None
        if code and history is None:
            raise unknown(f"the catalogue {name} has no item {code}", "look it up among its items")
        item = (history.draft or history.service) if history else None
        before: ServiceItem | None = None
        changes = []
        for edition in history.editions if history else ():
            changes.append((edition.edition, words.change(code, before, edition.service)))
            before = edition.service
        draft, shown = history.draft if history else None, item or before
        return page.render(
            "service.html",
            **reference_frame(page, "catalogues"),
            as_of=instants_known_now.at,
            name=name,
            code=code,
            history=history,
            item=item,
            title=words.name(shown) if shown else "",
            fields=words.fields(shown) if shown else [],
            changes=changes[::-1],
            draft_change=words.change(code, before, draft) if history and before != draft else None,
            **addresses(page, name),
            **offers(aggregate_acts, item.dept_code if item else ""),
            choices=CHOICES,
            values=form_values(item) | ({} if item else {"dept_code": aggregate_acts.caller.over}),
            key=uuid4(),
        )

    @get(CATALOGUES + "/{name:str}/difference")
    async def catalogue_difference(
        self,
        name: FromPath[str],
        page: NamedDependency[PageContext],
        catalogue: NamedDependency[CatalogueAsOf],
        instants_known_now: NamedDependency[Instants],
        first: Against = NEWEST,
        second: Against = NEWEST,
    ) -> Response[str]:
        """What differs between two editions, or an edition and the draft, field by field."""
        before, after = (_items_of(catalogue, number) for number in (first, second))
        return page.render(
            "catalogue_difference.html",
            **reference_frame(page, "catalogues"),
            as_of=instants_known_now.at,
            name=name,
            first=first,
            second=second,
            editions=[edition.edition.number for edition in catalogue.editions],
            changes=ItemWords(page).changes(before, after),
            **addresses(page, name),
        )


def _items_of(catalogue: CatalogueAsOf, number: int) -> dict[str, ServiceItem]:
    """The items of edition *number*, of the draft where it is 0. Raises Problem not-found."""
    if not number:
        return catalogue.catalogue.items
    return dict(edition_numbered(catalogue, number).edition.items)


def _catalogue_content(catalogue: CatalogueAsOf, edition: DatedEdition | None) -> dict[str, Any]:
    """The editions and the draft of *catalogue*; *edition* is the one whose items are listed, None the draft."""
    return {
        "editions": [shown_edition(each) for each in reversed(catalogue.editions)],
        "edition": None if edition is None else edition.edition.number,
        "in_force": catalogue.in_force(),
        "is_draft": edition is None,
        "draft": shown_draft(catalogue.catalogue),
        "hours": shown_hours(catalogue)[::-1],
    }


def _item_rows(page: PageContext, items: Sequence[FoundItem], text: str, paging: Paging) -> dict[str, Any]:
    """The items with all the words of *text*, a page of them, and the pages before and after."""
    words, wanted = ItemWords(page), ServiceFilter(text=text)
    matching = [item for item in items if wanted.matches(item)]
    shown = matching[paging.offset : paging.offset + paging.rows_read]
    return {
        "count": len(matching),
        "rows": [(item, words.name(item.service)) for item in paging.shown(shown)],
        **page.paging_links(paging.offset, paging.limit, more=paging.has_more(shown)),
    }
