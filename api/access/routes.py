"""GET /v1/access: who could do what on a day, as known at another, and why."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api.access.schemas import AccessAnswer, AccessQuestion, access_answer
from api.route_access import ACCESS, ITSELF
from api.web.as_of import KnownNow, instant_in
from api.web.problems import Problem
from domain.access.principal import Caller
from domain.core.types import CODE_CHARACTERS_MAX
from infrastructure.ledger.approvals import Approvals

OfPrincipal = Annotated[
    str, QueryParameter(max_length=CODE_CHARACTERS_MAX, description="The id of a person or program.")
]
OfProject = Annotated[UUID | None, QueryParameter(description="What may be done in this project.")]
OnInstant = Annotated[
    datetime | None, QueryParameter(description="The instant asked about, with its offset. Left out: now.")
]


class AccessRoutes(Controller):
    """From the same table of access by which every request is judged."""

    opt = {ACCESS: ITSELF}  # noqa: RUF012  litestar's own spelling
    path = "/access"
    tags = ("access",)

    @get("/", operation_id="get_access", summary="Who may do what, and why")
    async def get_access(
        self,
        approvals: NamedDependency[Approvals],
        caller: NamedDependency[Caller],
        now: NamedDependency[datetime],
        *,
        principal: OfPrincipal = "",
        project: OfProject = None,
        on: OnInstant = None,
        known_at: KnownNow = None,
    ) -> AccessAnswer:
        """Of a principal, of a project, or of one in the other: grants in force, and what each allows.

        Past acts can be checked by it: what a grant allowed on the day, by what was known then.
        """
        if not principal and project is None:
            raise Problem(
                "invalid-parameter",
                "principal: neither a principal nor a project is asked about",
                remedy="give principal, project, or both",
                parameter="principal",
            )
        at, known = instant_in("on", on) or now, instant_in("known_at", known_at) or now
        return await access_answer(approvals, caller, AccessQuestion(at, known, principal, project))
