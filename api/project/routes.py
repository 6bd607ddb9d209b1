"""GET /v1/projects/{id}...: the state of one project, and its full history."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import cast
from uuid import UUID

from litestar import Controller, MediaType, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream
from msgspec import Struct, json

from api.external.schemas import external_in
from api.guard.judging import ProjectAccess
from api.project.schemas import ProjectState, imported_from, readable_state, state_of
from api.route_access import ACCESS
from api.web.entries import PAGE_ENTRIES, HistoryAfter, HistoryLimit, ShownEntry, shown, unknown_project
from domain.access.principal import Caller
from domain.messages import Entry, replay, tag_of
from domain.project.state.project import Project
from infrastructure.ledger.approvals import Approvals
from infrastructure.settings import Settings
from projections.feedback.redaction import BY_COMPLAINANTS, CORRECTIONS

ETAG_DIGITS = 16  # as If-Match expects them behind the version

CONTEXT_FACTS = (*BY_COMPLAINANTS, *CORRECTIONS)  # who complained, and what no longer counts

CONTEXT_TAGS = frozenset(tag_of(fact) for fact in CONTEXT_FACTS)

HISTORY = "read:history"

NDJSON = "application/x-ndjson"

_encode = json.Encoder().encode


class HistoryPage(Struct, frozen=True):
    """Entries in the order they were recorded; *next* is the `after_version` of the next page, null on the last."""

    entries: list[ShownEntry]
    next: int | None


class ProjectRoutes(Controller):
    """One project from its own ledger, without waiting for any view."""

    opt = {ACCESS: "read:history"}  # noqa: RUF012  litestar's own spelling
    path = "/projects/{project_id:uuid}"
    tags = ("projects",)

    @get("/", operation_id="get_project", summary="The state of a project", opt={ACCESS: "read:progress"})
    async def get_project(
        self,
        project_id: FromPath[UUID],
        entries: NamedDependency[list[Entry]],
        now: NamedDependency[datetime],
        approvals: NamedDependency[Approvals],
        settings: NamedDependency[Settings],
        caller: NamedDependency[Caller],
    ) -> Response[ProjectState]:
        """The state that the next command will be decided on; its version, or its ETag, is for If-Match."""
        project = replay(project_id, entries)
        outside = external_in(project_id, entries, now, settings.stale_days)
        law = approvals.law_for(project.law, now, begun=True)
        state = state_of(project, outside, law, imported_from(entries))
        body = _encode(readable_state(state, ProjectAccess(caller, project)))
        etag = f'"{project.version}-{sha256(body).hexdigest()[:ETAG_DIGITS]}"'  # what is stale moves with the day
        return cast("Response[ProjectState]", Response(body, media_type=MediaType.JSON, headers={"ETag": etag}))

    @get("/history", operation_id="get_history", summary="A project's full history, a page at a time")
    async def get_history(
        self,
        project_id: FromPath[UUID],
        approvals: NamedDependency[Approvals],
        caller: NamedDependency[Caller],
        after_version: HistoryAfter = 0,
        limit: HistoryLimit = PAGE_ENTRIES,
    ) -> HistoryPage:
        """Every entry, also what was corrected since: nothing is ever rewritten."""
        project = await approvals.state(project_id)
        if not isinstance(project, Project) or not project.version:
            raise unknown_project(project_id)
        # What came in meanwhile waits for the next page: whom it has to leave unnamed is not known yet.
        page = [
            entry
            for entry in await approvals.history(project_id, after_version, limit)
            if entry.version <= project.version
        ]
        more = bool(page) and page[-1].version < project.version
        context = await _context(approvals, project)
        entries = ProjectAccess(caller, project).entries(HISTORY, page)
        return HistoryPage(shown(entries, caller, context, project), page[-1].version if more else None)

    @get("/history.ndjson", operation_id="export_history", summary="A project's full history, one entry per line")
    async def export_history(
        self, entries: NamedDependency[list[Entry]], project_access: NamedDependency[ProjectAccess]
    ) -> Stream:
        """The same entries in one go, as newline-delimited JSON."""
        readable = project_access.entries(HISTORY, entries)
        lines = shown(readable, project_access.caller, entries, project_access.project)
        return Stream((_encode(entry) + b"\n" for entry in lines), media_type=NDJSON)


async def _context(approvals: Approvals, project: Project) -> list[Entry]:
    """The entries of *project* that change how others are shown; the database is queried only if there are any."""
    if CONTEXT_TAGS.isdisjoint(note.fact for note in project.notes.values()):
        return []
    return await approvals.entries_with(project.id, *CONTEXT_FACTS)
