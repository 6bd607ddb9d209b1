"""GET /projects/{id}/time: on how many working days the government had a project, and on how many the applicant."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from litestar import Controller, get
from litestar.params import FromPath
from msgspec import Struct

from api.web.as_of import AsOf, KnownAt, asked_then
from api.web.dependencies import AnyRequest, laws_of
from api.web.entries import entries_of
from domain.law.project_time import NOTHING
from projections.clocks.project_time import ProjectTime, project_time

UNBEGUN = ProjectTime(NOTHING, None, None, "", ())


class ShownTime(Struct, frozen=True):
    """A project's working days at *as_of*, by what was known at *known_at*."""

    as_of: datetime
    known_at: datetime
    project: ProjectTime


class ProjectTimes(Controller):
    """A project's time, read from its own ledger."""

    tags = ("clocks",)

    @get(
        "/projects/{project_id:uuid}/time",
        operation_id="get_project_time",
        summary="The government's working days of a project, and the applicant's",
    )
    async def get_project_time(
        self, request: AnyRequest, project_id: FromPath[UUID], as_of: AsOf = None, known_at: KnownAt = None
    ) -> ShownTime:
        """Days on which several clocks counted are one each; in all, and phase by phase against what was promised."""
        at, known = asked_then(request, as_of, known_at)
        entries = await entries_of(request, project_id)
        found = project_time(project_id, entries, await laws_of(request), at, known)
        return ShownTime(at, known, found or UNBEGUN)
