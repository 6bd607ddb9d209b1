"""项目信息库 GET /v1/information and a project's own: what is known by category, what is missing, and search."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from api.cursors import PAGED, ListPaging
from api.guard.judging import ProjectAccess
from api.information.schemas import Match, ProjectInformation, information_of, match_of, nothing_known, with_contacts
from api.route_access import ACCESS
from api.web.as_of import Instants, day_in, instant_in, translate_too_much
from api.web.parameters import WITHOUT_NUL, AtStage, Department, Manager, Paging, Since
from api.web.zones import home_zone
from domain.core.types import LINE_CHARACTERS_MAX
from domain.law.calendar.moment import midnight, next_day
from domain.messages import Entry
from domain.project.information.form import FORM, PROCEDURE
from infrastructure.ledger.approvals import Approvals
from projections.information.matching import InformationKey
from projections.information.query import InformationBook, InformationFilter, known_project
from projections.personal_reads import INFORMATION
from projections.scope import Scope

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


def information_at(
    project_id: UUID, entries: Sequence[Entry], at: datetime, known: datetime, zone: str
) -> ProjectInformation:
    """What is known of one project: nothing before it was registered."""
    information = known_project(project_id, entries, at, known, zone)
    return information_of(information or nothing_known(project_id), at, known)


def project_information(
    project_id: FromPath[UUID],
    entries: NamedDependency[list[Entry]],
    instants: NamedDependency[Instants],
    approvals: NamedDependency[Approvals],
    project_access: NamedDependency[ProjectAccess],
) -> ProjectInformation:
    """What is known of the project in the path, at the instants of the request."""
    known = information_at(project_id, entries, instants.at, instants.known, home_zone(approvals.laws))
    return with_contacts(known, allowed=project_access.may(INFORMATION).allowed)


PROJECT_INFORMATION = {"project_information": Provide(project_information, sync_to_thread=False)}


class InformationPage(Struct, frozen=True):
    """Projects, the best match first; without `q` those of which something was entered last.

    At *as_of* by what was known at *known_at*. *count* is how many match; where *counted_all* is false, more than that
    do, and no more were counted. *next* is the `cursor` of the next page, null on the last.
    """

    as_of: datetime
    known_at: datetime
    count: int
    counted_all: bool
    projects: list[Match]
    next: str | None
    position: int


def information_filter(
    *,
    approvals: NamedDependency[Approvals],
    q: Sought = "",
    category: OfCategory = None,
    complete: Complete = None,
    stage: AtStage = None,
    department: Department = "",
    manager: Manager = "",
    kind: OfProcedure = None,
    first: FirstDay = None,
    last: LastDay = None,
    changed_since: Since = None,
    list_scope: NamedDependency[Scope],
    paging: NamedDependency[Paging],
) -> InformationFilter:
    """Which projects the search shows."""
    zone = home_zone(approvals.laws)
    return InformationFilter(
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
        scope=list_scope,
        limit=paging.limit,
        offset=paging.offset,
        last=paging.last(InformationKey),
    )


class InformationRoutes(Controller):
    """What a project's manager has to enter of it, and what every step came to."""

    opt = {ACCESS: "read:information"}  # noqa: RUF012  litestar's own spelling
    tags = ("information",)

    @get(
        "/information",
        operation_id="search_information",
        summary="Search the information base",
        dependencies=PAGED | {"information_filter": Provide(information_filter, sync_to_thread=False)},
    )
    async def search_information(
        self,
        position: NamedDependency[int],
        instants: NamedDependency[Instants],
        information: NamedDependency[InformationBook],
        information_filter: NamedDependency[InformationFilter],
        paging: NamedDependency[ListPaging],
    ) -> InformationPage:
        """In names, codes, enterprises, places, everything entered but contacts, and the numbers of decisions.

        Of more than 500 matches the last changed 500 are ranked and come first; all others follow, the last changed
        first.
        """
        results = await translate_too_much(information.listed(information_filter))
        matches = [match_of(row, information_filter.text) for row in results.rows]
        following = None if results.ends_with is None else paging.after(results.ends_with)
        return InformationPage(
            instants.at, instants.known, results.count, results.counted_all, matches, following, position
        )

    @get(
        "/projects/{project_id:uuid}/information",
        operation_id="get_information",
        summary="What is known of a project, and what is missing",
        dependencies=PROJECT_INFORMATION,
    )
    async def get_information(self, project_information: NamedDependency[ProjectInformation]) -> ProjectInformation:
        """Basic facts, every category with who entered what and when, and the result of every step.

        Read from the project's own ledger, so never behind it. A figure holds from the day that it is of. At an instant
        before the project was registered there is nothing: no category, and no result.
        """
        return project_information
