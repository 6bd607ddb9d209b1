"""GET /v1/projects/{id}/time: on how many working days the government had a project, and on how many the applicant."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from api.route_access import ACCESS
from api.web.as_of import Instants
from domain.law.project_time import NOTHING
from domain.messages import Entry
from infrastructure.law.lawbook import LawBook
from projections.clocks.project_time import ProjectTime, project_time

UNBEGUN = ProjectTime(NOTHING, None, None, "", ())


class ShownTime(Struct, frozen=True):
    """A project's working days at *as_of*, by what was known at *known_at*."""

    as_of: datetime
    known_at: datetime
    project: ProjectTime


class ProjectTimeRoutes(Controller):
    """A project's time, read from its own ledger."""

    opt = {ACCESS: "read:clocks"}  # noqa: RUF012  litestar's own spelling
    tags = ("clocks",)

    @get(
        "/projects/{project_id:uuid}/time",
        operation_id="get_project_time",
        summary="The government's working days of a project, and the applicant's",
    )
    async def get_project_time(
        self,
        project_id: FromPath[UUID],
        entries: NamedDependency[list[Entry]],
        instants: NamedDependency[Instants],
        laws: NamedDependency[LawBook],
    ) -> ShownTime:
        """Days on which several clocks counted are one each; in all, and phase by phase against what was promised."""
        time = project_time(project_id, entries, laws, instants.at, instants.known)
        return ShownTime(instants.at, instants.known, time or UNBEGUN)
