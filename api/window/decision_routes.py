"""准予决定公开 GET /v1/window/decisions: the decisions that the law has made public, for anyone, a page at a time."""

from __future__ import annotations

from datetime import date

from litestar import Controller, get
from litestar.di import NamedDependency
from msgspec import Struct

from api.cursors import ListPaging
from api.route_access import ACCESS
from api.window.decision_filter import OF_LIST
from api.window.share import WindowShareMiddleware
from infrastructure.ledger.approvals import Approvals
from projections.window.fold import GrantedRow
from projections.window.granted import GrantedFilter, PublicDecisions, granted_key


class PublicDecision(Struct, frozen=True):
    """One decision that granted something. What is empty is not public, or there is none."""

    decided_on: date
    department: str
    item_name: str
    applicant_kind: str
    applicant: str
    uscc: str
    project_name: str
    project_code: str
    case_number: str
    document_number: str
    by_silence: bool
    valid_through: date | None
    revoked_on: date | None


class PublicDecisionPage(Struct, frozen=True):
    """Decisions, the latest first; *next* is the `cursor` of the next page, null on the last."""

    decisions: list[PublicDecision]
    next: str | None
    position: int


class PublicDecisionRoutes(Controller):
    """What was granted to whom, without sign-in; neither persons nor reasons are in it."""

    opt = {ACCESS: "read:window"}  # noqa: RUF012  litestar's own spelling
    tags = ("public window",)
    middleware = (WindowShareMiddleware,)

    @get(
        "/window/decisions",
        operation_id="list_public_decisions",
        summary="Decisions that granted something, the latest first",
        dependencies=OF_LIST,
    )
    async def list_public_decisions(
        self,
        *,
        position: NamedDependency[int],
        approvals: NamedDependency[Approvals],
        decision_filter: NamedDependency[GrantedFilter],
        paging: NamedDependency[ListPaging],
    ) -> PublicDecisionPage:
        """Of the zone's own projects, by departments that decide in this system. A revoked one says when."""
        rows = await PublicDecisions(approvals.store).listed(decision_filter)
        return PublicDecisionPage(
            [public_decision(row) for row in paging.shown(rows)], paging.next_of(rows, granted_key), position
        )


def public_decision(row: GrantedRow) -> PublicDecision:
    """The decision as everyone may see it: without the ids that lead to the project."""
    return PublicDecision(
        decided_on=row.decided_on,
        department=row.department,
        item_name=row.item_name,
        applicant_kind=row.applicant_kind,
        applicant=row.applicant,
        uscc=row.uscc,
        project_name=row.project_name,
        project_code=row.project_code,
        case_number=row.case_number,
        document_number=row.document,
        by_silence=row.by_silence,
        valid_through=row.valid_through,
        revoked_on=row.revoked_on,
    )
