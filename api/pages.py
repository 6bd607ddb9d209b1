"""Pages for people: one project's page, made here whole, without any script in the browser."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, MediaType, Response, get
from litestar.exceptions import HTTPException
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from api.called import law_title
from api.clock_paper import telling
from api.entries import VERSION_MAX, ShownEntry, shown
from api.failures import answer, problem_of
from api.identity import actor_of, headers_of
from api.instants import AsOf, On, instant_in
from api.law import laws_of
from api.paper import HEADERS, Paper, paper_of, style_sheet
from api.parts import AnyRequest, parts_of
from api.past import end_of, progress_then
from api.person_paper import linked_person
from api.problems import Problem
from api.project_paper import named_by, standing_of
from api.projects import entries_of
from api.register_figures import register_figures
from api.requests import request_id
from api.waiting_page import waiting_shown
from domain.ledger import Actor
from domain.project.material import MaterialAttached, MaterialDetached
from domain.project.note import StepNoted
from domain.project.registration import ProjectRegistered
from domain.project.state import Project
from domain.project.terms import Stage
from domain.vocabulary import Entry, replay, tag_of
from projections.anonymity import NOBODY
from projections.materials import files_of
from projections.project_time import project_time

ENTRIES_A_PAGE = 200  # about 60 kB of table
STYLE_SECONDS = 3600  # how long a browser may keep the style sheet after an upgrade

Lang = Annotated[str, QueryParameter(pattern="^(zh|en|)$", description="zh or en; else what the browser asks for.")]
AtStage = Annotated[str, QueryParameter(pattern=f"^({'|'.join(Stage)}|)$", description="Has an item at this stage.")]
Before = Annotated[int, QueryParameter(ge=0, le=VERSION_MAX, description="A version: what came before; 0 for all.")]


def apologize(request: AnyRequest, error: Exception) -> Response[Any]:
    """The page for what went wrong, with the status and headers that the problem has everywhere.

    Who asks for JSON, and not for a page, is answered with the problem itself.
    """
    told = answer(request, error)
    if wants_json(request):
        return told
    problem = problem_of(error, request.scope)
    unknown = problem.kind.code == "project-unknown"
    paper = Paper(request)
    code, sentence = problem.kind.code, paper.words["label"]("unknown_project_hint")
    said = sentence if unknown else paper.words["trouble"](code)
    body = paper.print(
        "problem.html",
        heading="unknown_project" if unknown else "problem",
        sentence=problem.detail if said == code else said,
        detail="" if unknown or said == code else problem.detail,
        request_id=request_id(request.scope),
    )
    headers = {**told.headers, **HEADERS}
    return Response(body, status_code=told.status_code, media_type=MediaType.HTML, headers=headers)


def wants_json(request: AnyRequest) -> bool:
    """Whether the client reads JSON, and would not know what to do with a page."""
    accepted = request.headers.get("accept", "")
    return "json" in accepted and "text/html" not in accepted


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
        paper = await paper_of(request, project.law)
        items = progress_then(project_id, entries, at, at)
        names = {row.item: paper.called(row.name) or row.item for row in items}
        registered = next((entry.fact for entry in entries if isinstance(entry.fact, ProjectRegistered)), None)
        body = paper.print(
            "project.html",
            name=registered.name if registered else "",
            person=await linked_person(request, paper, registered.enterprise.uscc if registered else ""),
            about=_about(registered, project.manager, law_title(project.law, paper.language)),
            items=items,
            **await _standing(request, project, entries, at),
            as_of=at,
            on=on,
            today=paper.here(as_of="", on="", before=0) if as_of or on else "",
            project=project_id,
            department="",
            **telling(paper, at if as_of or on else None),
            waits=await waiting_shown(request, project_id, entries, paper, at),
            named=named_by(names, paper.words["of_project"]("or")),
            spent=project_time(project_id, entries, await laws_of(request), at, at),
            files=files_of(entries, at, at),
            information=paper.link(f"/pages/projects/{project_id}/information"),
            **_history(paper, shown(entries, reader_of(request)), before, names),
        )
        return page(body)


async def _standing(request: AnyRequest, project: Project, entries: list[Entry], at: datetime) -> dict[str, object]:
    """What the template needs of how the project stands, and of the register it may have been imported from."""
    standing = await standing_of(request, project, entries, at)
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


def _history(paper: Paper, entries: list[ShownEntry], before: int, names: Mapping[str, str]) -> dict[str, object]:
    """What the template needs of the history: a slice of it, the ways to those beside it, and how a line is told."""
    history = _slice(entries, before)
    return {
        "history": history.entries,
        "newer": paper.here(before=history.newer) if history.newer is not None else "",
        "older": paper.here(before=history.older) if history.older else "",
        "tag_of": tag_of,
        "item_of": lambda fact: "、".join(names.get(code, code) for code in items_of(fact)),
        "said": said,
    }


def _slice(entries: list[ShownEntry], before: int) -> HistorySlice:
    """The slice that ends before the version *before*, or at the end where that is 0."""
    end = min(before - 1, len(entries)) if before else len(entries)
    start = max(end - ENTRIES_A_PAGE, 0)
    after = end + 1 + ENTRIES_A_PAGE
    newer = None if end == len(entries) else (after if after <= len(entries) else 0)
    return HistorySlice(entries[start:end][::-1], newer, start + 1 if start else 0)


def reader_of(request: AnyRequest) -> Actor:
    """Who reads: as the gateway asserts, else somebody unknown, who is shown what every applicant is."""
    headers = headers_of(request.scope)
    return actor_of(headers) if b"x-actor" in headers else NOBODY


def _about(registered: ProjectRegistered | None, manager: str, law: str) -> list[tuple[str, str]]:
    """What stands at the head of a project's page: labels and what belongs to them, as far as it is known."""
    code, enterprise = (registered.code, registered.enterprise.name) if registered else ("", "")
    named = [("project", code), ("enterprise", enterprise), ("manager", manager), ("law", law)]
    return [(name, value) for name, value in named if value]


def page(body: str) -> Response[str]:
    """*body* as browsers are to take it: loading nothing from elsewhere, and kept by nobody."""
    return Response(body, media_type=MediaType.HTML, headers={**HEADERS, "Cache-Control": "no-store"})


@get("/static/app.css", include_in_schema=False, sync_to_thread=False)
def app_css() -> Response[bytes]:
    """The one style sheet, as the package holds it."""
    headers = {"Cache-Control": f"public, max-age={STYLE_SECONDS}", "X-Content-Type-Options": "nosniff"}
    return Response(style_sheet(), media_type="text/css", headers=headers)  # litestar adds the character set


def items_of(fact: object) -> tuple[str, ...]:
    """The items that a history line is about."""
    return fact.items if isinstance(fact, MaterialAttached | MaterialDetached) else (getattr(fact, "item", ""),)


def said(fact: object) -> str:
    """What a history line says beside the name of the fact: a noted step's own words, reasons, a document."""
    if isinstance(fact, StepNoted):
        return ": ".join(part for part in (fact.label or fact.activity, fact.value) if part)
    if isinstance(fact, MaterialAttached):
        return fact.name
    words = (getattr(fact, name, "") for name in ("reasons", "document_number", "ground"))
    return next((word for word in words if isinstance(word, str) and word), "")
