"""准予决定公开 the page of decisions that the law has made public: what, to whom, and whether it still holds."""

from __future__ import annotations

from litestar import Controller, Response, get
from litestar.di import NamedDependency

from api.cursors import ListPaging
from api.html.page import PageContext
from api.route_access import ACCESS
from api.window.decision_filter import OF_PAGE, TypedFilter
from api.window.share import WindowShareMiddleware
from api.window.visitor import framed
from infrastructure.ledger.approvals import Approvals
from projections.window.granted import PublicDecisions, granted_key

DECISIONS = "/window/decisions"
WRONG = 400  # a period that is none


class DecisionPages(Controller):
    """For anyone, without sign-in: Art. 40 of the Administrative Licensing Law gives everyone the right to look."""

    opt = {ACCESS: "read:window"}  # noqa: RUF012  litestar's own spelling
    middleware = (WindowShareMiddleware,)

    @get(DECISIONS, dependencies=OF_PAGE)
    async def public_decisions(
        self,
        page: NamedDependency[PageContext],
        approvals: NamedDependency[Approvals],
        typed_filter: NamedDependency[TypedFilter],
        paging: NamedDependency[ListPaging],
    ) -> Response[str]:
        """The latest first, by department, period and words; a cursor leads on to earlier ones."""
        decisions, wanted = PublicDecisions(approvals.store), typed_filter.wanted
        rows = [] if typed_filter.faults else await decisions.listed(wanted)
        departments = sorted(await decisions.departments(), key=page.office)
        if wanted.department and wanted.department not in departments:
            departments.append(wanted.department)
        following = paging.next_of(rows, granted_key)
        answer = page.render(
            "decisions_granted.html",
            **framed(page),
            typed=typed_filter,
            wanted=wanted,
            faults=typed_filter.faults,
            is_filtered=bool(
                typed_filter.faults or typed_filter.first or typed_filter.last or wanted.department or wanted.text
            ),
            departments=departments,
            rows=paging.shown(rows),
            whole=page.link(DECISIONS),
            newest=page.here(cursor="") if wanted.after else "",
            previous="",
            next=page.here(cursor=following) if following else "",
        )
        answer.status_code = WRONG if typed_filter.faults else answer.status_code
        return answer
