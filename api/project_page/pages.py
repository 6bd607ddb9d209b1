"""Pages for people: one project's page, made here whole, without any script in the browser."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from api.clocks.display import clock_functions
from api.flow.critical_path import FORECASTS, Forecasts
from api.forms.offers import Offers
from api.guard.judging import ProjectAccess
from api.html.page import PageContext
from api.html.person_links import linked_person
from api.html.sentences import SentenceContext, Sentences
from api.html.titles import law_title
from api.materials.routes import readable_files
from api.progress.view_models import DONE, UNSTARTED, state_of
from api.project_page.gantt import ZOOMS, GanttSources, gantt
from api.project_page.graph import phase_names, precondition_graph
from api.project_page.items import items_of, registration
from api.project_page.view_models import PageSources, named_by, standing_of
from api.project_page.waiting import waiting_shown
from api.register.figures import register_figures
from api.route_access import ACCESS
from api.web.as_of import AsOf, On, end_of, instant_in, progress_as_of
from api.web.entries import VERSION_MAX, ShownEntry, shown
from api.web.problems import Problem
from domain.access.principal import Caller
from domain.core.ledger import Role
from domain.messages import Entry, replay
from domain.project.application.registration import ProjectRegistered
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from projections.clocks.project_time import project_time
from projections.materials.fold import files_of

WHO_AUDITS = (Role.AUDITOR, Role.SUPERVISOR)  # who is shown what ties a line to the chain

CLOCKS, HISTORY = "read:clocks", "read:history"

ENTRIES_A_PAGE = 200  # about 60 kB of table

Zoom = Annotated[Literal[0, 1, 3, 6], QueryParameter(description="Pixels a day of the chart; 0: as wide as the page.")]

Before = Annotated[int, QueryParameter(ge=0, le=VERSION_MAX, description="A version: what came before; 0 for all.")]


class PageRequest(Struct, frozen=True):
    """The instant *at* that a project's page shows, and the *entries* recorded by then.

    *day*: that of the form, empty where none was chosen; *is_past*: an instant or a day was named.
    """

    at: datetime
    entries: list[Entry]
    day: str
    is_past: bool


def recorded_by(
    project_id: FromPath[UUID],
    entries: NamedDependency[list[Entry]],
    now: NamedDependency[datetime],
    as_of: AsOf = None,
    on: On = "",
) -> PageRequest:
    """The instant asked about, and what was recorded of the project by then. Raises Problem project-unknown."""
    chosen = instant_in("as_of", as_of) or end_of(on, entries[0].recorded.law, now)
    at = chosen or now
    known = [entry for entry in entries if entry.recorded_at <= at] if chosen else entries
    if not known:
        raise Problem(
            "project-unknown",
            f"nothing was recorded of {project_id} by {at.isoformat()}",
            remedy=f"ask of {entries[0].recorded_at.isoformat()} or later",
        )
    return PageRequest(at, known, on, is_past=bool(as_of or on))


def page_sources(
    entries: NamedDependency[list[Entry]],
    approvals: NamedDependency[Approvals],
    laws: NamedDependency[LawBook],
    forecasts: NamedDependency[Forecasts],
    views: NamedDependency[Views],
) -> PageSources:
    """What the page of a project is read from."""
    return PageSources(entries, approvals, laws, forecasts, views)


class ProjectPages(Controller):
    """The page of one project."""

    opt = {ACCESS: "read:progress"}  # noqa: RUF012  litestar's own spelling
    dependencies = FORECASTS | {
        "page_request": Provide(recorded_by, sync_to_thread=False),
        "sources": Provide(page_sources, sync_to_thread=False),
    }

    @get("/pages/projects/{project_id:uuid}")
    async def project(
        self,
        project_id: FromPath[UUID],
        page: NamedDependency[PageContext],
        page_request: NamedDependency[PageRequest],
        sources: NamedDependency[PageSources],
        caller: NamedDependency[Caller],
        before: Before = 0,
        zoom: Zoom = 0,
    ) -> Response[str]:
        """One project: its state item by item, what it waited for, feedback on it, and its history."""
        at, entries = page_request.at, page_request.entries
        project = replay(project_id, entries)
        access, page = ProjectAccess(caller, project), page.under(project.law, project.register)
        history = shown(access.entries(HISTORY, entries), caller, entries, project, traced=False)
        spent = project_time(project_id, entries, sources.laws, at, at) if access.may(CLOCKS).allowed else None
        items = progress_as_of(project_id, entries, at, at)
        names = {row.item: page.called(row.name) or row.item for row in items}
        registered, standing = registration(entries), await standing_of(sources, access, entries, at, spent)
        waiting = await waiting_shown(sources, project_id, entries, page, at)
        drawn = GanttSources(project, entries, items, standing.phases, standing.readings, waiting, sources.laws, at)
        return page.render(
            "project.html",
            name=registered.name if registered else "",
            person=await linked_person(sources.approvals, page, registered.enterprise.uscc if registered else ""),
            about=_about(registered, project.manager, law_title(project.law, page.language)),
            **_chart(page, drawn, names, zoom),
            standing=standing,
            figures=register_figures(sources.approvals, entries, standing.readings, at, at),
            offers=Offers(page, caller, project, sources.approvals, at, is_past=page_request.is_past),
            **_instant(page, page_request),
            project=project_id,
            **clock_functions(page, at, past=page_request.is_past),
            named=named_by(names, page.words["of_project"]("or")),
            spent=spent,
            files=readable_files(access, files_of(entries, at, at)),
            information=page.link(f"/pages/projects/{project_id}/information"),
            **_history(page, project_id, history, before, names, caller),
        )


def _instant(page: PageContext, shown_at: PageRequest) -> dict[str, object]:
    """The instant that the page shows, the day of the form, and the address of now where it shows the past."""
    today = page.here(as_of="", on="", before=0) if shown_at.is_past else ""
    return {"as_of": shown_at.at, "on": shown_at.day, "today": today}


def _chart(page: PageContext, sources: GanttSources, names: Mapping[str, str], zoom: int) -> dict[str, object]:
    """The chart with its zooms, the graph, and the items of the tables: under way, not started, and decided."""
    items = [(row, state_of(row) == DONE and row.item not in sources.waiting.of) for row in sources.items]
    project = sources.project
    return {
        "chart": gantt(sources, names, zoom),
        "graph": precondition_graph(project, sources.items, names, phase_names(project)),
        "zooms": [(scale, page.here(zoom=scale), scale == zoom) for scale in (0, *ZOOMS)],
        "items": sources.items,
        "waits": sources.waiting,
        "open_items": [row for row, is_over in items if not is_over and state_of(row) != UNSTARTED],
        "later_items": [row for row, is_over in items if not is_over and state_of(row) == UNSTARTED],
        "done_items": [row for row, is_over in items if is_over],
    }


class HistorySlice(Struct, frozen=True):
    """Some entries, the newest first; *newer* and *older* are the `before` of the slices beside it."""

    entries: list[ShownEntry]
    newer: int | None
    older: int


def _history(
    page: PageContext, project: UUID, entries: list[ShownEntry], before: int, names: Mapping[str, str], reader: Caller
) -> dict[str, object]:
    """What the template needs of the history: a slice of it, links to those beside it, and its words."""
    history = _slice(entries, before)
    return {
        "history": history.entries,
        "entries_count": len(entries),
        "newer": page.here(before=history.newer) if history.newer is not None else "",
        "older": page.here(before=history.older) if history.older else "",
        "sentences": Sentences(page, project, SentenceContext.of(entries), names),
        "items_of": items_of,
        "audits": reader.role in WHO_AUDITS,
    }


def _slice(entries: list[ShownEntry], before: int) -> HistorySlice:
    """The slice that ends before the version *before*, or at the end where that is 0."""
    end = min(before - 1, len(entries)) if before else len(entries)
    start = max(end - ENTRIES_A_PAGE, 0)
    after = end + 1 + ENTRIES_A_PAGE
    newer = None if end == len(entries) else (after if after <= len(entries) else 0)
    return HistorySlice(entries[start:end][::-1], newer, start + 1 if start else 0)


def _about(registered: ProjectRegistered | None, manager: str, law: str) -> list[tuple[str, str]]:
    """The head of a project's page: labels and what belongs to them, as far as it is known."""
    code, enterprise = (registered.code, registered.enterprise.name) if registered else ("", "")
    named = [("project", code), ("enterprise", enterprise), ("manager", manager), ("law", law)]
    return [(name, value) for name, value in named if value]
