"""All projects and cases of a legal person, as they were at an instant: under any of its codes, or by its names."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from api.information.schemas import StepResult, step_result
from api.web.parameters import Paging
from domain.access.principal import Caller
from projections.information.query import InformationBook, PersonsProject, RegisteredKey
from projections.legal_person.query import Cluster
from projections.scope import Scope


class PersonProject(Struct, frozen=True):
    """One project of a person, with its *cases*: the items that were applied for, and what they came to.

    *found_by* is `code`, or `name` where the project was registered without its enterprise's code.
    """

    project: UUID
    code: str
    name: str
    enterprise: str
    uscc: str
    manager: str
    found_by: Literal["code", "name"]
    registered_at: datetime | None
    cases: list[StepResult]


async def projects_of(
    information: InformationBook, cluster: Cluster, paging: Paging, caller: Caller
) -> tuple[list[PersonProject], list[PersonsProject]]:
    """A page of the projects of a person and of all that was merged into it, as far as *caller* may read them.

    And the rows it was made of, perhaps with one more.

    Raises TooMuchToReadError.
    """
    codes, names = {row.code for row in cluster.codes}, {row.name for row in cluster.days}
    last, scope = paging.last(RegisteredKey), Scope.of_any_register(caller)
    rows = await information.of_person(
        sorted(codes), sorted(names), paging.rows_read, paging.offset, last=last, scope=scope
    )
    return [_project(row) for row in paging.shown(rows)], rows


def _project(project: PersonsProject) -> PersonProject:
    row = project.row
    return PersonProject(
        project=row.project,
        code=row.code,
        name=row.name,
        enterprise=row.enterprise,
        uscc=row.uscc,
        manager=row.manager,
        found_by="code" if project.by_code else "name",
        registered_at=row.registered_at,
        cases=[step_result(case) for case in project.cases],
    )
