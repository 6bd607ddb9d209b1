"""办件 the page of one item: where its application is, who has to act until when, and what may be done next."""

from __future__ import annotations

from uuid import UUID

from litestar import Controller, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from api.flow.critical_path import FORECASTS
from api.forms.offers import Offers
from api.guard.judging import ProjectAccess
from api.html.page import PageContext
from api.item_page.content import acting_content, item_content
from api.item_page.view_models import ItemSources
from api.project_page.pages import PageRequest, page_sources, recorded_by
from api.project_page.view_models import PageSources
from api.project_page.waiting import waiting_shown
from api.route_access import ACCESS
from api.web.as_of import progress_as_of
from api.web.problems import Problem
from domain.access.principal import Caller
from domain.messages import replay


def item_sources(
    project_id: FromPath[UUID],
    item: FromPath[str],
    page_request: NamedDependency[PageRequest],
    sources: NamedDependency[PageSources],
) -> ItemSources:
    """What the page of *item* is made of. Raises Problem not-found where the project has no such item by then."""
    at, entries = page_request.at, page_request.entries
    project = replay(project_id, entries)
    if item not in project.items:
        known = ", ".join(project.items)
        raise Problem("not-found", f"{project_id} has no item {item[:64]}", remedy=f"its items: {known or 'none'}")
    return ItemSources(project, entries, progress_as_of(project_id, entries, at, at), sources.laws, at)


class ItemPages(Controller):
    """The page of an item, now or as of the end of a day."""

    opt = {ACCESS: "read:progress"}  # noqa: RUF012  litestar's own spelling
    dependencies = FORECASTS | {
        "page_request": Provide(recorded_by, sync_to_thread=False),
        "sources": Provide(page_sources, sync_to_thread=False),
        "item_sources": Provide(item_sources, sync_to_thread=False),
    }

    @get("/pages/projects/{project_id:uuid}/items/{item:str}")
    async def item(
        self,
        project_id: FromPath[UUID],
        item: FromPath[str],
        page: NamedDependency[PageContext],
        page_request: NamedDependency[PageRequest],
        sources: NamedDependency[PageSources],
        item_sources: NamedDependency[ItemSources],
        caller: NamedDependency[Caller],
    ) -> Response[str]:
        """One item: its steps, clocks, countersignatures, papers and history."""
        page = page.under(item_sources.project.law, item_sources.project.register)
        waiting = await waiting_shown(sources, project_id, page_request.entries, page, page_request.at)
        is_past = page_request.is_past
        return page.render(
            "item.html",
            project=project_id,
            on=page_request.day,
            today=page.here(as_of="", on="") if is_past else "",
            waiting_item=next((waited for waited in waiting.items if waited.item == item), None),
            **item_content(page, item_sources, item, ProjectAccess(caller, item_sources.project), is_past=is_past),
            offers=Offers(page, caller, item_sources.project, sources.approvals, page_request.at, is_past=is_past),
            **acting_content(sources.approvals, item_sources, item, caller, is_past=is_past),
        )
