"""办件 the page of one item: where its application is, who has to act until when, and what may be done next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from litestar import Controller, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from api.clocks.display import telling, waits
from api.flow.critical_path import FORECASTS
from api.html.page import PageContext
from api.html.sentences import SentenceContext, Sentences
from api.identity.visit import CALLER, caller_by_headers
from api.item_page.actions import ItemAt, actions_for, parted
from api.item_page.view_models import ItemSources, item_view
from api.project_page.items import items_of, registration
from api.project_page.pages import WHO_AUDITS, PageRequest, page_sources, recorded_by
from api.project_page.view_models import PageSources, named_by
from api.project_page.waiting import waiting_shown
from api.web.as_of import progress_as_of
from api.web.entries import shown
from api.web.http_request import HttpRequest
from api.web.problems import Problem
from domain.access.principal import Caller
from domain.core.context import Context
from domain.core.ledger import Actor
from domain.messages import replay
from infrastructure.ledger.approvals import Approvals
from projections.feedback.redaction import NOBODY
from projections.materials.fold import files_of

ENTRIES_SHOWN = 100  # the newest; the project's own page has all


def page_caller(request: HttpRequest, reader: NamedDependency[Actor]) -> Caller | None:
    """Who reads the page, with his grant; None where nothing says so."""
    signed_in: Caller | None = request.scope.get("state", {}).get(CALLER)
    return signed_in or (None if reader is NOBODY else caller_by_headers(reader))


class ItemPages(Controller):
    """The page of an item, now or as of the end of a day."""

    dependencies = FORECASTS | {
        "page_request": Provide(recorded_by, sync_to_thread=False),
        "sources": Provide(page_sources, sync_to_thread=False),
        "page_caller": Provide(page_caller, sync_to_thread=False),
    }

    @get("/pages/projects/{project_id:uuid}/items/{item:str}")
    async def item(
        self,
        project_id: FromPath[UUID],
        item: FromPath[str],
        page: NamedDependency[PageContext],
        page_request: NamedDependency[PageRequest],
        sources: NamedDependency[PageSources],
        reader: NamedDependency[Actor],
        page_caller: NamedDependency[Caller | None],
    ) -> Response[str]:
        """One item: its steps, clocks, countersignatures, papers and history. Raises Problem not-found."""
        at, entries = page_request.at, page_request.entries
        project = replay(project_id, entries)
        if item not in project.items:
            known = ", ".join(project.items)
            raise Problem("not-found", f"{project_id} has no item {item[:64]}", remedy=f"its items: {known or 'none'}")
        page = page.under(project.law, project.register)
        rows = progress_as_of(project_id, entries, at, at)
        names = {row.item: page.called(row.name) or row.item for row in rows}
        view = item_view(ItemSources(project, entries, rows, sources.laws, at), item)
        history = shown(entries, reader)
        waiting = await waiting_shown(sources, project_id, entries, page, at)
        law = sources.laws.pack(view.item.law or project.law) if project.law else None
        acting = law and not page_request.is_past
        looked_at = ItemAt(project, item, law) if law else None
        actions = (
            actions_for(page_caller, looked_at, context_of(sources.approvals, project.law, at))
            if acting and looked_at
            else []
        )
        can, barred, others = parted(actions)
        return page.render(
            "item.html",
            name=names[item],
            project=project_id,
            project_name=registered.name if (registered := registration(entries)) else "",
            view=view,
            names=names,
            as_of=at,
            on=page_request.day,
            today=page.here(as_of="", on="") if page_request.is_past else "",
            waiting_item=next((waited for waited in waiting.items if waited.item == item), None),
            binding=view.binding if view.binding and waits(view.binding) else None,
            files=files_of(entries, at, at, item),
            told=Sentences(page, project_id, SentenceContext.of(history), names),
            audits=reader.role in WHO_AUDITS,
            history=[entry for entry in history if item in items_of(entry.fact)][: -ENTRIES_SHOWN - 1 : -1],
            can=can,
            not_now=barred,
            named=named_by(names, page.words["of_project"]("or")),
            others=others,
            signed_in=page_caller is not None,
            **telling(page, at, past=page_request.is_past),
        )


def context_of(approvals: Approvals, law: str, at: datetime) -> Callable[[Actor], Context]:
    """A function from an actor to the context of a command that he sends at *at* to a project under *law*."""
    pack = approvals.law_for(law.partition("@")[0], at, begun=True)
    versions = approvals.laws.versions(pack.id)
    shelf = approvals.shelves.shelf

    def by(actor: Actor) -> Context:
        return Context(by=actor, at=at, now=at, law=pack, shelf=shelf, versions=versions)

    return by
