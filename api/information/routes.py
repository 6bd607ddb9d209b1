"""项目信息库 GET /information and a project's own: what is known by category, what is missing, and search over it."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from api.information.schemas import Match, ProjectInformation, information_of, match_of
from api.web.as_of import AsOf, KnownAt, asked_then, day_in, instant_in, readable
from api.web.dependencies import AnyRequest, parts_of
from api.web.entries import entries_of
from api.web.identity import actor_of, headers_of
from api.web.parameters import (
    PAGE_ROWS,
    WITHOUT_NUL,
    After,
    AtStage,
    Department,
    Limit,
    Manager,
    Offset,
    Since,
    caught_up,
)
from api.web.period import zone_of
from api.web.problems import Problem
from api.web.scope import InRegister, scope_of
from domain.core.types import LINE_CHARACTERS_MAX
from domain.law.calendar.moment import midnight, next_day
from domain.project.information.form import FORM, PROCEDURE
from projections.information.query import InformationBook, InformationFilter, InformationPast, known_project

CategoryId = StrEnum("CategoryId", {category.id.upper(): category.id for category in FORM})  # type: ignore[misc]
Procedure = StrEnum("Procedure", {name.upper(): name for name in PROCEDURE})  # type: ignore[misc]

Sought = Annotated[
    str,
    QueryParameter(
        max_length=LINE_CHARACTERS_MAX,
        pattern=WITHOUT_NUL,
        description="Chinese by any stretch of characters, English by words in any of their forms; all terms count.",
    ),
]
OfCategory = Annotated[
    CategoryId | None, QueryParameter(description="Something is known in this category; with `complete`: see there.")
]
Complete = Annotated[
    bool | None, QueryParameter(description="Whether everything required is known, in `category` or on the whole.")
]
OfProcedure = Annotated[Procedure | None, QueryParameter(description="Kind of procedure, as entered.")]
FirstDay = Annotated[date | None, QueryParameter(description="Registered on this day or later.")]
LastDay = Annotated[date | None, QueryParameter(description="Registered on this day or before.")]


class InformationPage(Struct, frozen=True):
    """Projects, the best match first; without `q` those of which something was entered last.

    At *as_of* by what was known at *known_at*. *count* is how many match in all; *next* is the `offset` of the next
    page, null on the last.
    """

    as_of: datetime
    known_at: datetime
    count: int
    projects: list[Match]
    next: int | None
    position: int


class InformationTables(Controller):
    """What a project's manager has to enter of it, and what every step came to."""

    tags = ("information",)

    @get("/information", operation_id="search_information", summary="Search the information base")
    async def search_information(
        self,
        request: AnyRequest,
        *,
        q: Sought = "",
        after: After = 0,
        as_of: AsOf = None,
        known_at: KnownAt = None,
        category: OfCategory = None,
        complete: Complete = None,
        stage: AtStage = None,
        department: Department = "",
        manager: Manager = "",
        kind: OfProcedure = None,
        first: FirstDay = None,
        last: LastDay = None,
        changed_since: Since = None,
        register: InRegister = "",  # noqa: ARG002  checked here, used by scope_of
        limit: Limit = PAGE_ROWS,
        offset: Offset = 0,
    ) -> InformationPage:
        """In names, codes, enterprises, places, everything entered but contacts, and the numbers of decisions."""
        _, position = await caught_up(request, after)
        zone = zone_of(parts_of(request).approvals.laws)
        asked = InformationFilter(
            text=q,
            category=category or "",
            complete=complete,
            stage=stage or "",
            department=department,
            manager=manager,
            kind=kind or "",
            registered_from=midnight(day_in("first", first), zone) if first else None,
            registered_before=midnight(next_day(day_in("last", last)), zone) if last else None,
            changed_since=instant_in("changed_since", changed_since),
            scope=await scope_of(request),
            limit=limit,
            offset=offset,
        )
        return await _page(request, asked, as_of, known_at, position)

    @get(
        "/projects/{project_id:uuid}/information",
        operation_id="get_information",
        summary="What is known of a project, and what is missing",
    )
    async def get_information(
        self, request: AnyRequest, project_id: FromPath[UUID], as_of: AsOf = None, known_at: KnownAt = None
    ) -> ProjectInformation:
        """Basic facts, every category with who entered what and when, and the result of every step.

        Read from the project's own ledger, so never behind it. A figure holds from the day that it is of.
        """
        actor_of(headers_of(request.scope))
        return await information_at(request, project_id, as_of, known_at)


async def _page(
    request: AnyRequest, asked: InformationFilter, as_of: datetime | None, known_at: datetime | None, position: int
) -> InformationPage:
    """What is asked for, from the view or as it stood. Raises Problem where too much has happened since."""
    approvals = parts_of(request).approvals
    at, known = asked_then(request, as_of, known_at)
    past = InformationPast(at, known, zone_of(approvals.laws)) if as_of or known_at else None
    found = await readable(InformationBook(approvals.store, past).listed(asked))
    end = asked.offset + asked.limit
    matches = [match_of(row, asked.text) for row in found.rows]
    return InformationPage(at, known, found.count, matches, end if found.count > end else None, position)


async def information_at(
    request: AnyRequest, project_id: UUID, as_of: datetime | None, known_at: datetime | None
) -> ProjectInformation:
    """What is known of one project. Raises Problem project-unknown where it was not registered by then."""
    at = instant_in("as_of", as_of) or parts_of(request).approvals.clock()
    known = instant_in("known_at", known_at) or at
    found = known_project(
        project_id, await entries_of(request, project_id), at, known, zone_of(parts_of(request).approvals.laws)
    )
    if found is None:
        raise Problem(
            "project-unknown",
            f"{project_id} was not registered at {at.isoformat()}, as far as was known at {known.isoformat()}",
            remedy="ask about a later instant",
        )
    return information_of(found, at, known)
