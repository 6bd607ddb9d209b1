"""Pages for people: one project's page, made here whole, without any script in the browser."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get
from litestar.exceptions import HTTPException
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from api.clocks.display import telling
from api.html.frame import Lang, apologize, page, reader_of
from api.html.page import PageContext, paper_of, style_sheet
from api.html.person_links import linked_person
from api.html.sentences import SentenceContext, Sentences
from api.html.titles import law_title
from api.project_page.view_models import named_by, standing_of
from api.project_page.waiting import waiting_shown
from api.register.figures import register_figures
from api.web.as_of import AsOf, On, end_of, instant_in, progress_then
from api.web.dependencies import AnyRequest, laws_of, parts_of
from api.web.entries import VERSION_MAX, ShownEntry, entries_of, shown
from api.web.error_handlers import answer
from api.web.problems import Problem
from domain.core.ledger import Actor, Role
from domain.messages import Entry, replay
from domain.project.application.registration import ProjectRegistered
from domain.project.materials.attachment import MaterialAttached, MaterialDetached
from domain.project.state.project import Project
from projections.clocks.project_time import ProjectTime, project_time
from projections.materials.fold import files_of

WHO_AUDITS = (Role.AUDITOR, Role.SUPERVISOR)  # who is shown what ties a line to the chain

ENTRIES_A_PAGE = 200  # about 60 kB of table

STYLE_SECONDS = 3600  # how long a browser may keep the style sheet after an upgrade

Before = Annotated[int, QueryParameter(ge=0, le=VERSION_MAX, description="A version: what came before; 0 for all.")]


def lost(request: AnyRequest, error: Exception) -> Response[Any]:
    """What is said where nothing is at an address: a page to a browser, which asks for one, else a problem."""
    return (apologize if "text/html" in request.headers.get("accept", "") else answer)(request, error)


class Pages(Controller):
    """What a browser is shown."""

    include_in_schema = False
    exception_handlers = {Exception: apologize, HTTPException: apologize}  # noqa: RUF012  litestar's own spelling

    @get("/pages/projects/{project_id:uuid}")
    async def project(
        self,
        request: AnyRequest,
        project_id: FromPath[UUID],
        lang: Lang = "",  # noqa: ARG002  checked here, used by Paper
        before: Before = 0,
        as_of: AsOf = None,
        on: On = "",
    ) -> Response[str]:
        """One project: how it stands, item by item, what it waits for, what was said of it, and its history.

        As it stood *as_of* an instant, or at the end of the day *on*, as was known then; now where neither is given.
        """
        at, entries = await _recorded_by(request, project_id, as_of, on)
        project = replay(project_id, entries)
        paper, reader = await paper_of(request, project.law, project.register), reader_of(request)
        spent = project_time(project_id, entries, await laws_of(request), at, at)
        items = progress_then(project_id, entries, at, at)
        names = {row.item: paper.called(row.name) or row.item for row in items}
        registered = next((entry.fact for entry in entries if isinstance(entry.fact, ProjectRegistered)), None)
        body = paper.print(
            "project.html",
            name=registered.name if registered else "",
            person=await linked_person(request, paper, registered.enterprise.uscc if registered else ""),
            about=_about(registered, project.manager, law_title(project.law, paper.language)),
            items=items,
            **await _standing(request, project, entries, at, spent),
            as_of=at,
            on=on,
            today=paper.here(as_of="", on="", before=0) if as_of or on else "",
            project=project_id,
            **telling(paper, at, past=bool(as_of or on)),
            waits=await waiting_shown(request, project_id, entries, paper, at),
            named=named_by(names, paper.words["of_project"]("or")),
            spent=spent,
            files=files_of(entries, at, at),
            information=paper.link(f"/pages/projects/{project_id}/information"),
            **_history(paper, project_id, shown(entries, reader), before, names, reader),
        )
        return page(body)


async def _standing(
    request: AnyRequest, project: Project, entries: list[Entry], at: datetime, spent: ProjectTime | None
) -> dict[str, object]:
    """What the template needs of how the project stands, and of the register it may have been imported from."""
    standing = await standing_of(request, project, entries, at, spent)
    return {"standing": standing, "figures": register_figures(request, entries, standing.readings, at, at)}


async def _recorded_by(
    request: AnyRequest, project_id: UUID, as_of: datetime | None, on: str
) -> tuple[datetime, list[Entry]]:
    """The instant asked about, and what was recorded of the project by then. Raises Problem project-unknown."""
    entries = await entries_of(request, project_id)
    asked = instant_in("as_of", as_of) or end_of(request, on, entries[0].recorded.law)
    at = asked or parts_of(request).approvals.clock()
    told = [entry for entry in entries if entry.recorded_at <= at] if asked else entries
    if not told:
        raise Problem(
            "project-unknown",
            f"nothing was recorded of {project_id} by {at.isoformat()}",
            remedy=f"ask of {entries[0].recorded_at.isoformat()} or later",
        )
    return at, told


class HistorySlice(Struct, frozen=True):
    """Some entries, the newest first; *newer* and *older* are the `before` of the slices beside it."""

    entries: list[ShownEntry]
    newer: int | None
    older: int


def _history(
    paper: PageContext, project: UUID, entries: list[ShownEntry], before: int, names: Mapping[str, str], reader: Actor
) -> dict[str, object]:
    """What the template needs of the history: a slice of it, the ways to those beside it, and how a line is told."""
    history = _slice(entries, before)
    return {
        "history": history.entries,
        "newer": paper.here(before=history.newer) if history.newer is not None else "",
        "older": paper.here(before=history.older) if history.older else "",
        "told": Sentences(paper, project, SentenceContext.of(entries), names),
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
    """What stands at the head of a project's page: labels and what belongs to them, as far as it is known."""
    code, enterprise = (registered.code, registered.enterprise.name) if registered else ("", "")
    named = [("project", code), ("enterprise", enterprise), ("manager", manager), ("law", law)]
    return [(name, value) for name, value in named if value]


@get("/static/app.css", include_in_schema=False, sync_to_thread=False)
def app_css() -> Response[bytes]:
    """The one style sheet, as the package holds it."""
    headers = {"Cache-Control": f"public, max-age={STYLE_SECONDS}", "X-Content-Type-Options": "nosniff"}
    return Response(style_sheet(), media_type="text/css", headers=headers)  # litestar adds the character set


def items_of(fact: object) -> tuple[str, ...]:
    """The items that a history line is about."""
    return fact.items if isinstance(fact, MaterialAttached | MaterialDetached) else (getattr(fact, "item", ""),)
