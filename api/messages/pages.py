"""GET /messages: a person's inbox; the read mark is stored per role."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter

from api.html.page import PageContext, see_other
from api.identity.visit import VISIT, Visit
from api.messages.lines import lines_of, path_of
from api.messages.waits import PLACES, waits_for
from api.my.pages import is_of_enterprise
from api.route_access import ACCESS
from api.web.http_request import HttpRequest
from api.web.parameters import POSITION_MAX
from api.web.problems import Problem
from api.window.visitor import WINDOW, framed
from domain.access.principal import Caller
from infrastructure.feed.reader import Feed
from infrastructure.ledger.approvals import Approvals
from infrastructure.messages.addresses import MailAddresses
from infrastructure.messages.inbox import Inbox, criteria_of
from infrastructure.settings import Settings
from projections.progress.titles import names_of

MESSAGES = "/messages"
SHOWN_MAX = 30

Before = Annotated[int, QueryParameter(ge=0, le=POSITION_MAX, description="Messages up to this position; 0: all.")]

MailFault = Annotated[
    Literal["", "wrong", "too_often"], QueryParameter(description="Why an address for mails was not entered.")
]


def grant(request: HttpRequest) -> UUID | None:
    """The grant by which the reader is signed in; None for those whom a gateway names."""
    visit: Visit | None = request.scope.get("state", {}).get(VISIT)
    return visit.signed_in.session.grant_id if visit and visit.signed_in else None


def inbox(approvals: NamedDependency[Approvals], page_feed: NamedDependency[Feed]) -> Inbox:
    """The inbox query."""
    return Inbox(approvals.store, page_feed)


class MessagePages(Controller):
    """Handlers of the inbox. Messages are events of the feed, so its access rule applies."""

    opt = {ACCESS: "feed"}  # noqa: RUF012  litestar's own spelling
    dependencies = WINDOW | {
        "inbox": Provide(inbox, sync_to_thread=False),
        "grant": Provide(grant, sync_to_thread=False),
    }

    @get(MESSAGES)
    async def messages(
        self,
        page: NamedDependency[PageContext],
        approvals: NamedDependency[Approvals],
        inbox: NamedDependency[Inbox],
        caller: NamedDependency[Caller],
        settings: NamedDependency[Settings],
        grant: NamedDependency[UUID | None],
        before: Before = 0,
        mail: MailFault = "",
    ) -> Response[str]:
        """The inbox: waiting tasks, then events, the newest first."""
        shown = await inbox.page(caller, before, SHOWN_MAX)
        waits = [] if before else await waits_for(approvals.store, caller)
        return page.render(
            "messages.html",
            **(framed(page) if is_of_enterprise(caller) else {}),
            lines=await lines_of(approvals, page, caller, shown),
            unread=shown.unread,
            older=page.here(before=shown.older) if shown.older else "",
            newest=shown.page.events[0].entry.position if shown.page.events and not before else 0,
            waits=waits,
            names=await names_of(approvals.store, [wait.project for wait in waits]),
            place="" if before else PLACES.get(caller.role, ""),
            mailing=bool(settings.smtp) and grant is not None and not before,
            mail_address=await MailAddresses(approvals.store).of(caller.id, grant) if grant else None,
            mail_fault=mail,
        )

    @get(f"{MESSAGES}/{{message:int}}")
    async def open_message(
        self,
        message: FromPath[int],
        page: NamedDependency[PageContext],
        page_feed: NamedDependency[Feed],
        inbox: NamedDependency[Inbox],
        caller: NamedDependency[Caller],
    ) -> Response[str]:
        """Mark a message as read and redirect to its subject."""
        criteria = criteria_of(caller)
        if criteria is not None and 0 < message <= POSITION_MAX:
            for event in (await page_feed.page(caller, criteria, message - 1, 1, message)).events:
                await inbox.note_read(caller, message)
                return see_other(page.link(path_of(event)))
        raise Problem("not-found", f"there is no message {message} for you", remedy="see /messages")

    @post(f"{MESSAGES}/read", status_code=200)
    async def read_all(
        self,
        page: NamedDependency[PageContext],
        inbox: NamedDependency[Inbox],
        caller: NamedDependency[Caller],
        text_form: NamedDependency[dict[str, str]],
    ) -> Response[str]:
        """Mark the messages of the page, and all older ones, as read."""
        position = text_form.get("position", "")
        if not position.isdecimal() or int(position) > POSITION_MAX:
            raise Problem("invalid-field", "position: no position of the feed", remedy="load /messages again")
        await inbox.note_all_read(caller, int(position))
        return see_other(page.link(MESSAGES))
