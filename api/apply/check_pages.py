"""核对 the last look before an application is handed in, with what it will bring about; then the receipt."""

from __future__ import annotations

from datetime import datetime

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency

from api.apply.application import DraftedApplication
from api.apply.filling import APPLY, CHECK, RECEIPT, step_page, to_step
from api.apply.handing_in import ApplicationBarred, check, clocks_begun, hand_in
from api.apply.pages import APPLYING
from api.clocks.display import telling
from api.html.page import PageContext
from api.route_access import ACCESS
from api.window.qr_code import TRACK, tracking_qr
from api.window.track_pages import ICS, follow_address
from api.window.visitor import WindowVisitor
from domain.access.principal import Caller
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import Approvals
from infrastructure.materials.store import MaterialStore
from infrastructure.window.drafts import ApplicationDrafts
from infrastructure.window.query_codes import QueryCodes
from projections.clocks.reading import CONSULTED
from projections.window.applicable import SUBMIT


class ApplyCheckPages(Controller):
    """The effect is that of the command itself, tried on the project as it is now."""

    opt = {ACCESS: SUBMIT}  # noqa: RUF012  litestar's own spelling
    path = f"{APPLY}/{{draft:uuid}}"
    dependencies = APPLYING

    @get(f"/{CHECK}")
    async def look_over(
        self,
        page: NamedDependency[PageContext],
        drafted: NamedDependency[DraftedApplication],
        approvals: NamedDependency[Approvals],
        laws: NamedDependency[LawBook],
        caller: NamedDependency[Caller],
        now: NamedDependency[datetime],
    ) -> Response[str]:
        """All that was said, each with a way to change it; which clocks begin; what is against it."""
        if drafted.draft.case_number:
            return to_step(page, drafted, RECEIPT)
        return await _check_page(page, drafted, approvals, laws, caller, now)

    @post(f"/{CHECK}", status_code=200)
    async def submit(
        self,
        *,
        page: NamedDependency[PageContext],
        drafted: NamedDependency[DraftedApplication],
        approvals: NamedDependency[Approvals],
        materials: NamedDependency[MaterialStore],
        laws: NamedDependency[LawBook],
        application_drafts: NamedDependency[ApplicationDrafts],
        caller: NamedDependency[Caller],
        now: NamedDependency[datetime],
    ) -> Response[str]:
        """Hand it in; sent twice, it is handed in once."""
        if drafted.draft.case_number:
            return to_step(page, drafted, RECEIPT)
        if drafted.lacking or not drafted.draft.content.checked:
            return to_step(page, drafted)
        handed_in = await hand_in(approvals, materials, caller, drafted)
        if isinstance(handed_in, ApplicationBarred):
            return await _check_page(page, drafted, approvals, laws, caller, now, handed_in)
        await application_drafts.hand_in(drafted.draft.id, caller.id, handed_in, now)
        return to_step(page, drafted, RECEIPT)

    @get(f"/{RECEIPT}")
    async def receipt(
        self,
        *,
        page: NamedDependency[PageContext],
        drafted: NamedDependency[DraftedApplication],
        approvals: NamedDependency[Approvals],
        laws: NamedDependency[LawBook],
        window_visitor: NamedDependency[WindowVisitor],
        query_codes: NamedDependency[QueryCodes],
        now: NamedDependency[datetime],
    ) -> Response[str]:
        """Number, query code, QR code, the dates that run now, and what comes next."""
        number = drafted.draft.case_number
        if not number:
            return to_step(page, drafted)
        title = page.words["apply"]("qr_title").format(number)
        return step_page(
            page,
            "apply_receipt.html",
            drafted,
            number=number,
            code=query_codes.code_of(number),
            qr=tracking_qr(window_visitor.base_url, number, title),
            track=page.link(TRACK, number=number),
            ics=follow_address(page, query_codes, number, ICS),
            clocks=await clocks_begun(approvals, laws, drafted.project.id, drafted.draft.item, now),
            **telling(page, now),
        )


async def _check_page(
    page: PageContext,
    application: DraftedApplication,
    approvals: Approvals,
    laws: LawBook,
    caller: Caller,
    now: datetime,
    obstacle: ApplicationBarred | None = None,
) -> Response[str]:
    effect = obstacle or await check(approvals, laws, caller, application)
    is_barred = isinstance(effect, ApplicationBarred)
    begun = [] if isinstance(effect, ApplicationBarred) else [change.after for change in effect.clocks if change.after]
    answer = step_page(
        page,
        "apply_check.html",
        application,
        obstacle=effect if is_barred else None,
        is_whole=not application.lacking and application.draft.content.checked,
        clocks=[clock for clock in begun if not clock.clock.startswith(CONSULTED) and not clock.closed],
        **telling(page, now),
    )
    answer.status_code = 409 if obstacle else 200
    return answer
