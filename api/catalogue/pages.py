"""事项目录 the pages of catalogues: items, editions, what differs between two, and the forms that publish the next."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote
from uuid import uuid4

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter

from api.catalogue.form import CHOICES, FIELDS, CatalogueForm, form_values
from api.catalogue.impact import catalogue_after, impact_of
from api.catalogue.lookup import catalogue, catalogue_case, unknown
from api.catalogue.requests import OfDraft, OfEdition, OfItem, Words
from api.catalogue.schemas import (
    ServiceFilter,
    listed_catalogue,
    service_history,
    services_in,
    shown_draft,
    shown_edition,
)
from api.catalogue.view_models import ItemWords
from api.commands.aggregate_acts import ActResult, AggregateActs, AggregateTarget, aggregate_acts
from api.html.page import PageContext, see_other
from api.reference.pages import RECEIPT, Receipt, reference_frame, reviewed
from api.route_access import ACCESS, COMMANDS, ITSELF
from api.web.as_of import Instants
from api.web.dependencies import ReadDependency
from api.web.form_fields import FormFields, text_form
from api.web.parameters import Paging
from api.web.problems import Problem
from api.web.zones import home_zone
from domain.access.decision import NO_CASE, AccessCase
from domain.access.principal import Caller
from domain.catalogue.item import ServiceItem
from domain.catalogue.state import Catalogue, stream_of
from domain.core.ledger import Role
from domain.law.calendar.moment import local_day
from infrastructure.ledger.approvals import Approvals
from projections.catalogue.reading import CatalogueAsOf

CATALOGUES = "/admin/catalogues"
NEWEST = 0  # in the place of an edition's number: the draft
Against = Annotated[int, QueryParameter(ge=0, le=1_000_000, description="The edition to compare with; 0: the draft.")]


class CataloguePages(Controller):
    """Everybody who is signed in reads them. Acts are filled in, looked at with their effect, then done."""

    opt = {ACCESS: ITSELF}  # noqa: RUF012  litestar's own spelling; catalogues are public, their pages for people
    dependencies = {  # noqa: RUF012  litestar's own spelling
        "aggregate_acts": Provide(aggregate_acts, sync_to_thread=False),
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
        await approvals.shelves.refresh()
        today = local_day(now, home_zone(approvals.laws))
        known = sorted(approvals.shelves.shelf.catalogues.values(), key=lambda catalogue: catalogue.name)
        return page.render(
            "catalogues.html",
            **reference_frame(page, "catalogues"),
            as_of=now,
            rows=[(listed_catalogue(each, today), page.link(catalogue_path(each.name))) for each in known],
            **_offers(aggregate_acts, ""),
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
        edition = None if draft else catalogue.numbered(number) if number else catalogue.in_force()
        if number and not draft and edition is None:
            raise unknown(f"the catalogue {name} has no edition {number}", f"it has 1 to {len(catalogue.editions)}")
        is_draft = edition is None
        words, wanted = ItemWords(page), ServiceFilter(text=text)
        items = [
            found
            for found in services_in(catalogue, None if edition is None else edition.edition.number)
            if wanted.matches(found)
        ]
        shown = items[paging.offset : paging.offset + paging.rows_read]
        return page.render(
            "catalogue.html",
            **reference_frame(page, "catalogues"),
            as_of=instants_known_now.at,
            name=name,
            receipt=receipt,
            editions=[shown_edition(each) for each in reversed(catalogue.editions)],
            edition=None if edition is None else edition.edition.number,
            in_force=catalogue.in_force(),
            is_draft=is_draft,
            draft=shown_draft(catalogue.catalogue),
            text=text,
            count=len(items),
            rows=[(found, words.name(found.service)) for found in paging.shown(shown)],
            **_addresses(page, name),
            **_offers(aggregate_acts, ""),
            values={},
            key=uuid4(),
            **page.paging_links(paging.offset, paging.limit, more=paging.has_more(shown)),
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
        draft = history.draft if history else None
        return page.render(
            "service.html",
            **reference_frame(page, "catalogues"),
            as_of=instants_known_now.at,
            name=name,
            code=code,
            history=history,
            item=item,
            title=words.name(item or before) if item or before else "",
            fields=words.fields(item or before) if item or before else [],
            changes=changes[::-1],
            draft_change=words.change(code, before, draft) if history and before != draft else None,
            **_addresses(page, name),
            **_offers(aggregate_acts, item.dept_code if item else ""),
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
        before, after = (_items_of(catalogue, name, number) for number in (first, second))
        return page.render(
            "catalogue_difference.html",
            **reference_frame(page, "catalogues"),
            as_of=instants_known_now.at,
            name=name,
            first=first,
            second=second,
            editions=[edition.edition.number for edition in catalogue.editions],
            changes=ItemWords(page).changes(before, after),
            **_addresses(page, name),
        )

    @post(
        "/admin/acts/catalogues/{act:str}",
        status_code=200,
        opt={ACCESS: COMMANDS},
        dependencies={"fields": Provide(text_form)},
    )
    async def act_on_catalogue(
        self,
        *,
        act: FromPath[str],
        page: NamedDependency[PageContext],
        fields: NamedDependency[FormFields],
        approvals: NamedDependency[Approvals],
        aggregate_acts: NamedDependency[AggregateActs],
        caller: NamedDependency[Caller],
    ) -> Response[str]:
        """Show what the act would change, for the catalogue and for open projects; do it where that has been seen."""
        name = fields.text("name").strip()
        if act not in FIELDS or not name:
            raise Problem("not-found", f"there is no act {act}"[:100], remedy=f"begin at {CATALOGUES}")
        state = await approvals.state(stream_of(name))
        form = CatalogueForm(act, name, state if isinstance(state, Catalogue) else Catalogue(state.id), fields)
        target = AggregateTarget(stream_of(name), catalogue_case)
        if not fields.text("seen") or fields.text("edit"):
            result = await aggregate_acts.review(target, form.commands)
            return await _review(page, approvals, caller, form, result)
        result = await aggregate_acts.carry_out(target, form.commands, fields.key())
        if result.problem is not None:
            return await _review(page, approvals, caller, form, result)
        return see_other(page.link(catalogue_path(name), receipt=str(result.position)))


def catalogue_path(name: str) -> str:
    """The path of the page of a catalogue."""
    return f"{CATALOGUES}/{quote(name, safe='')}"


async def _review(
    page: PageContext, approvals: Approvals, caller: Caller, form: CatalogueForm, result: ActResult
) -> Response[str]:
    """The page before the act: its sentences, what differs, and open projects; or its form with why it is refused."""
    effect: dict[str, Any] = {"changes": [], "impact": None, "findings": []}
    if result.problem is None:
        before, after = (catalogue_after(form.name, entries) for entries in (result.before, result.all_entries))
        was, then = (before.items, after.items)
        if len(after.editions) > len(before.editions):
            was, then = before.editions[-1].items if before.editions else {}, after.editions[-1].items
        effect = {
            "changes": ItemWords(page).changes(was, then),
            "impact": await impact_of(approvals, caller, form.name, result.before, result.added),
            "is_published": len(after.editions) > len(before.editions),
            "findings": form.findings(),
        }
    return reviewed(
        page,
        result,
        kind="catalogues",
        act=form.act,
        name=form.name,
        fields=form.fields,
        values=form.values,
        back=page.link(catalogue_path(form.name)) if form.catalogue.version else page.link(CATALOGUES),
        choices=CHOICES,
        item_link=_addresses(page, form.name)["item_link"],
        **effect,
    )


def _items_of(catalogue: CatalogueAsOf, name: str, number: int) -> dict[str, ServiceItem]:
    """The items of edition *number*, of the draft where it is 0. Raises Problem not-found."""
    if not number:
        return catalogue.catalogue.items
    edition = catalogue.numbered(number)
    if edition is None:
        raise unknown(f"the catalogue {name} has no edition {number}", f"it has 1 to {len(catalogue.editions)}")
    return dict(edition.edition.items)


def _addresses(page: PageContext, name: str) -> dict[str, Any]:
    path = catalogue_path(name)
    return {
        "catalogue_link": page.link(path),
        "item_link": lambda code: page.link(f"{path}/item", code=code),
        "edition_link": lambda number: page.link(path, edition=str(number)),
        "draft_link": page.link(path, draft="true"),
        "difference_link": lambda first, second: page.link(f"{path}/difference", first=str(first), second=str(second)),
        "new_item_link": page.link(f"{path}/item"),
    }


def _offers(acts: AggregateActs, department: str) -> dict[str, Any]:
    """The acts that the table of access lets the reader do, on an item of *department*; and who may publish."""
    caller = acts.caller
    case = AccessCase(department=department or caller.over)
    publish = acts.judged("publish_catalogue", NO_CASE)
    define = acts.judged("define_service_item", case)
    return {
        "may_publish": publish.allowed,
        "may_define": define.allowed,
        "may_decide_online": caller.role is Role.OFFICER and caller.over == department != "",
        "who_publishes": publish.remedy,
        "who_defines": define.remedy,
    }
