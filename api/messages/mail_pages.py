"""Mail addresses of signed-in people: entered at /messages, confirmed and unsubscribed by the link in a mail."""

from __future__ import annotations

import hmac
from datetime import datetime
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from api.html.page import PageContext, see_other
from api.identity.dependencies import PROVIDERS, FormFields
from api.messages.mail import MAIL
from api.messages.pages import MESSAGES, grant
from api.route_access import ACCESS, PUBLIC
from api.web.problems import Problem
from domain.access.principal import Caller
from infrastructure.feed.reader import Feed
from infrastructure.identity.rates import RatePolicy
from infrastructure.ledger.approvals import Approvals
from infrastructure.messages.addresses import ADDRESS, ADDRESS_CHARACTERS_MAX, MailAddress, MailAddresses, code_of
from infrastructure.privacy.current import keystore
from infrastructure.settings import Settings
from infrastructure.window.quotas import DAY_SECONDS, seconds_to_wait

ENTERED = RatePolicy("mail-address", 5, DAY_SECONDS)  # of one person: strangers are not to be flooded with questions
FAULT = "mail"  # the query parameter by which /messages says what was wrong


class MailPages(Controller):
    """Handlers of mail addresses. The mails contain the messages of the role's inbox."""

    dependencies = PROVIDERS | {"grant": Provide(grant, sync_to_thread=False)}

    @post(MAIL, status_code=200, opt={ACCESS: "feed"})
    async def enter_address(
        self,
        grant: NamedDependency[UUID | None],
        caller: NamedDependency[Caller],
        form_fields: FormFields,
        page: NamedDependency[PageContext],
        page_feed: NamedDependency[Feed],
        approvals: NamedDependency[Approvals],
        settings: NamedDependency[Settings],
        now: NamedDependency[datetime],
    ) -> Response[str]:
        """Enter or remove the address for the messages of this role."""
        if grant is None or not settings.smtp:
            raise Problem(
                "not-found",
                "this server sends no mail to you",
                remedy="sign in as a person, at a server with COUNTERSIGN_SMTP",
            )
        addresses, principal = MailAddresses(approvals.store), caller.id
        if form_fields.get("end"):
            if (known := await addresses.of(principal, grant)) is not None:
                await addresses.end(known.id)
            return see_other(page.link(MESSAGES))
        entered = form_fields.get("address", "").strip()
        if len(entered) > ADDRESS_CHARACTERS_MAX or not ADDRESS.fullmatch(entered):
            return see_other(page.link(MESSAGES, mail="wrong") + "#mail")
        if await seconds_to_wait(approvals.store, ENTERED, principal, now):
            return see_other(page.link(MESSAGES, mail="too_often") + "#mail")
        await addresses.enter(principal, grant, entered, page.language, await page_feed.horizon.look(), now)
        return see_other(page.link(MESSAGES) + "#mail")

    @get(f"{MAIL}/{{address:uuid}}/{{proof:str}}", opt={ACCESS: PUBLIC})
    async def mail_link(
        self,
        address: FromPath[UUID],
        proof: FromPath[str],
        plain_page: NamedDependency[PageContext],
        approvals: NamedDependency[Approvals],
    ) -> Response[str]:
        """The page behind the link in a mail. Opening it changes nothing: virus scanners follow links too."""
        known = await _proved(approvals, address, proof)
        state = "gone" if known is None else "confirmed" if known.confirmed_at else "asked"
        return plain_page.render("mail_link.html", state=state, address=known.address if known else "")

    @post(f"{MAIL}/{{address:uuid}}/{{proof:str}}", status_code=200, opt={ACCESS: PUBLIC})
    async def by_mail_link(
        self,
        address: FromPath[UUID],
        proof: FromPath[str],
        form_fields: FormFields,
        plain_page: NamedDependency[PageContext],
        approvals: NamedDependency[Approvals],
        now: NamedDependency[datetime],
    ) -> Response[str]:
        """Confirm the address, or remove it: also by one-click unsubscribe of a mail program (RFC 8058)."""
        known = await _proved(approvals, address, proof)
        if known is None:
            return plain_page.render("mail_link.html", state="gone", address="")
        addresses = MailAddresses(approvals.store)
        if form_fields.get("confirm"):
            await addresses.confirm(known.id, now)
            return plain_page.render("mail_link.html", state="confirmed", address=known.address)
        await addresses.end(known.id)
        return plain_page.render("mail_link.html", state="ended", address="")


async def _proved(approvals: Approvals, address: UUID, proof: str) -> MailAddress | None:
    """The address that the code *proof* belongs to; None if it does not fit, or the address was removed."""
    if not hmac.compare_digest(proof.encode(), code_of(keystore(), address).encode()):
        return None
    return await MailAddresses(approvals.store).find(address)
