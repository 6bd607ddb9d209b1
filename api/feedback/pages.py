"""投诉处理 the complaints of the zone on one page: what is to be accepted or answered, until when, and by whom."""

from __future__ import annotations

from collections.abc import Sequence

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from msgspec import structs

from api.feedback.requests import FEEDBACK_FILTERS, ComplaintStage
from api.html.page import PageContext, see_other
from api.route_access import ACCESS
from api.web.as_of import On, translate_too_much
from api.web.parameters import Paging
from domain.law.feedback.clock import FeedbackClockState
from infrastructure.ledger.approvals import Approvals
from projections.feedback.query import FeedbackAt, FeedbackFilter
from projections.progress.titles import names_of

COMPLAINTS_PAGE = "/supervision/complaints"
# What the chips narrow the list to: by state, or by a clock that is over.
CHIPS: Sequence[tuple[str, dict[str, str]]] = (
    ("all", {}),
    ("overdue", {"standing": FeedbackClockState.OVERDUE.value}),
    *((stage.value, {"state": stage.value}) for stage in ComplaintStage),
)


class ComplaintPages(Controller):
    """For the bureau, and for departments, which see the complaints that they handle."""

    opt = {ACCESS: "read:feedback"}  # noqa: RUF012  litestar's own spelling
    dependencies = FEEDBACK_FILTERS

    @get(COMPLAINTS_PAGE)
    async def complaints(
        self,
        page: NamedDependency[PageContext],
        feedback: NamedDependency[FeedbackAt],
        complaint_filter: NamedDependency[FeedbackFilter],
        paging: NamedDependency[Paging],
        approvals: NamedDependency[Approvals],
        on: On = "",
    ) -> Response[str]:
        """The newest first, each with its department and the day by which it has to act."""
        if on:
            return see_other(page.at_end_of(on, approvals.clock()))
        rows = await translate_too_much(feedback.complaints(structs.replace(complaint_filter, offset=paging.offset)))
        shown = paging.shown(rows)
        stage, standing = complaint_filter.equal.get("state", ""), complaint_filter.standing
        here = {"state": str(stage), "standing": standing.value if standing else ""}
        return page.render(
            "complaints.html",
            as_of=feedback.t,
            on=page.chosen_day(feedback.t),
            rows=shown,
            chips=[(name, page.here(offset="", **fields_of(chip)), fields_of(chip) == here) for name, chip in CHIPS],
            names=await names_of(approvals.store, [row.project for row in shown]),
            **page.paging_links(paging.offset, paging.limit, more=paging.has_more(rows), as_of=feedback.t.isoformat()),
        )


def fields_of(chip: dict[str, str]) -> dict[str, str]:
    """Both parameters of a chip, empty where it has none of them."""
    return {"state": "", "standing": ""} | chip
