"""The page of a warning or card, with all that it rests on."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from anyio import to_thread
from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from api.clocks.display import drawing
from api.forms.offers import Offers
from api.guard.judging import ProjectAccess
from api.html.links import BOARD, NOTICE
from api.html.page import PageContext
from api.html.sentences import SentenceContext, Sentences
from api.route_access import ACCESS
from api.supervision.card_file import CLOCK_SOURCE, ClockSource, card_shown, code_for
from api.supervision.card_view import DECIDE, card_sentence, dialogue, held_parts, verdicts
from api.supervision.requests import CardId
from api.supervision.view_models import held
from api.web.as_of import AsOf
from api.web.entries import shown
from domain.messages import Entry
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import Approvals
from infrastructure.settings import Settings
from projections.progress.titles import names_of
from projections.supervision.card_basis import decisive_entries


def offers_on(page: PageContext, access: ProjectAccess, approvals: Approvals, *, is_past: bool) -> Offers:
    """What the page offers its reader; nothing where it *is_past*."""
    return Offers(page, access.caller, access.project, approvals, approvals.clock(), is_past=is_past)


async def decisive_of(entries: list[Entry], card: str, laws: LawBook, instant: datetime) -> tuple[int, ...]:
    """The entries whose retraction would rescind the card, by what was known at the *instant*."""
    known = [entry for entry in entries if entry.recorded_at <= instant]
    return await to_thread.run_sync(decisive_entries, known, card, laws, instant)


class CardPages(Controller):
    """For the bureau and the department, without any script."""

    opt = {ACCESS: "read:supervision"}  # noqa: RUF012  litestar's own spelling

    @get("/pages/projects/{project_id:uuid}/card", dependencies=CLOCK_SOURCE)
    async def card(
        self,
        *,
        project_id: FromPath[UUID],
        card: CardId,
        page: NamedDependency[PageContext],
        entries: NamedDependency[list[Entry]],
        instant: NamedDependency[datetime],
        clock_source: NamedDependency[ClockSource],
        laws: NamedDependency[LawBook],
        approvals: NamedDependency[Approvals],
        project_access: NamedDependency[ProjectAccess],
        settings: NamedDependency[Settings],
        as_of: AsOf = None,
    ) -> Response[str]:
        """One card: what fired in a sentence, its days, whose they were, what it rests on, the dialogue about it."""
        file = await card_shown(clock_source, entries, card, instant, project_access)
        page = page.under(file.rule)
        names = await names_of(approvals.store, [project_id])
        lines = shown(entries, project_access.caller, traced=False)
        offers = offers_on(page, project_access, approvals, is_past=as_of is not None)
        commands = offers.of_card(card)
        return page.render(
            "card.html",
            file=file,
            sentence=card_sentence(page, file),
            code=await code_for(file, entries, settings, page.words["bureau"]("code")),
            unit=file.unit,
            names=names,
            held=held_parts(held(entries, laws, file.signal)),
            remarks=dialogue(file.thread),
            decisive=await decisive_of(entries, card, laws, instant),
            **drawing(page),
            sentences=Sentences(page, project_id, SentenceContext.of(lines), names.of(project_id, page.called)),
            board=page.link(BOARD),
            offers=offers,
            commands=[command for command in commands if command != DECIDE],
            verdicts=verdicts(offers, commands, file),
            notice=page.link(NOTICE.format(project_id), card=card),
        )
