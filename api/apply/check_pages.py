"""核对 the review before an application is submitted, with its effects; then the receipt."""

from __future__ import annotations

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency

from api.apply.filling import APPLY, CHECK, RECEIPT, DraftTurn
from api.apply.handing_in import ApplicationBarred, check, clocks_begun, hand_in, own_clocks
from api.apply.pages import APPLYING
from api.clocks.display import clock_functions
from api.route_access import ACCESS
from api.window.qr_code import TRACK, tracking_qr
from api.window.track_pages import ICS, follow_address
from api.window.visitor import WindowVisitor
from infrastructure.law.lawbook import LawBook
from infrastructure.materials.store import MaterialStore
from infrastructure.window.query_codes import QueryCodes
from projections.window.applicable import SUBMIT


class ApplyCheckPages(Controller):
    """The effect is that of the command itself, tried on the project as it is now."""

    opt = {ACCESS: SUBMIT}  # noqa: RUF012  litestar's own spelling
    path = f"{APPLY}/{{draft:uuid}}"
    dependencies = APPLYING

    @get(f"/{CHECK}")
    async def look_over(self, draft_turn: NamedDependency[DraftTurn], laws: NamedDependency[LawBook]) -> Response[str]:
        """All that was said, each with a way to change it; which clocks begin; what is against it."""
        if draft_turn.application.draft.case_number:
            return draft_turn.to_step(RECEIPT)
        return await _check_page(draft_turn, laws)

    @post(f"/{CHECK}", status_code=200)
    async def submit(
        self,
        draft_turn: NamedDependency[DraftTurn],
        materials: NamedDependency[MaterialStore],
        laws: NamedDependency[LawBook],
    ) -> Response[str]:
        """Hand it in; sent twice, it is handed in once."""
        application, caller = draft_turn.application, draft_turn.caller
        if application.draft.case_number:
            return draft_turn.to_step(RECEIPT)
        if not application.is_whole:
            return draft_turn.to_step()
        handed_in = await hand_in(draft_turn.approvals, materials, caller, application)
        if isinstance(handed_in, ApplicationBarred):
            return await _check_page(draft_turn, laws, handed_in)
        await draft_turn.drafts.hand_in(application.draft.id, caller.id, handed_in, draft_turn.now)
        return draft_turn.to_step(RECEIPT)

    @get(f"/{RECEIPT}")
    async def receipt(
        self,
        draft_turn: NamedDependency[DraftTurn],
        laws: NamedDependency[LawBook],
        window_visitor: NamedDependency[WindowVisitor],
        query_codes: NamedDependency[QueryCodes],
    ) -> Response[str]:
        """Number, query code, QR code, the dates that run now, and what comes next."""
        page, application, now = draft_turn.page, draft_turn.application, draft_turn.now
        number = application.draft.case_number
        if not number:
            return draft_turn.to_step()
        title = page.words["apply"]("qr_title").format(number)
        return draft_turn.render(
            "apply_receipt.html",
            number=number,
            code=query_codes.code_of(number),
            qr=tracking_qr(window_visitor.base_url, number, title),
            track=page.link(TRACK, number=number),
            ics=follow_address(page, query_codes, number, ICS),
            clocks=await clocks_begun(draft_turn.approvals, laws, application, now),
            **clock_functions(page, now),
        )


async def _check_page(turn: DraftTurn, laws: LawBook, refused: ApplicationBarred | None = None) -> Response[str]:
    application = turn.application
    effect = refused or await check(turn.approvals, laws, turn.caller, application)
    if isinstance(effect, ApplicationBarred):
        outcome: dict[str, object] = {"obstacle": effect, "clocks": []}
    else:
        begun = own_clocks(change.after for change in effect.clocks if change.after)
        outcome = {"obstacle": None, "clocks": begun}
    return turn.render(
        "apply_check.html",
        409 if refused else 200,
        is_whole=application.is_whole,
        **outcome,
        **clock_functions(turn.page, turn.now),
    )
