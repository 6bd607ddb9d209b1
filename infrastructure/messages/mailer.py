"""The mailer: sends messages to confirmed addresses by SMTP, several in one mail.

One leader at a time. Delivery is at least once: after a crash a mail may be sent again, under the same
Message-ID, by which mail programs recognise a repeat.
"""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

import structlog
from msgspec import Struct, structs
from psycopg import AsyncConnection

from domain.access.principal import Caller, PrincipalDirectory, PrincipalKind
from infrastructure.feed.reader import Feed, FeedPage
from infrastructure.identity.keys import caller_by
from infrastructure.leader import Leader, LeadTerms
from infrastructure.messages.addresses import MailAddress, MailAddresses
from infrastructure.messages.inbox import criteria_of
from infrastructure.webhooks.schedule import RetrySchedule

LEADER_KEY = 0x436F756E_4D61696C  # advisory lock of the mailing process
POLL_SECONDS, TROUBLE_SECONDS = 5.0, 60.0
TERMS = LeadTerms("mail", LEADER_KEY, POLL_SECONDS, TROUBLE_SECONDS)
SMTP_SECONDS_MAX = 30.0
AT_ONCE_MAX = 100  # addresses of one step
MESSAGES_MAX = 20  # in one mail; the inbox has the others
APART = timedelta(minutes=10)  # between two mails to one address
FAILURES_MAX = 12  # in a row, over two days: then the address is given up
STARTTLS = "starttls"

log = structlog.get_logger()


class Mail(Struct, frozen=True):
    """A mail to be sent: plain text, in one language. *stop* is the link that ends them."""

    to: str
    subject: str
    text: str
    message_id: str
    stop: str


class MailSite(Struct, frozen=True):
    """Renders the mails: the confirmation, and the list of messages; both read names of projects."""

    confirmation: Callable[[MailAddress], Mail]
    messages: Callable[[MailAddress, Caller, FeedPage], Awaitable[Mail]]


class SmtpServer:
    """An SMTP server by its address: `smtp://host:port`, with STARTTLS where it offers it, or `smtps://user:pw@host`."""

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        self._tls, self._host = parts.scheme == "smtps", parts.hostname or ""
        self._port = parts.port or (465 if self._tls else 25)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._sender = sender

    async def send(self, mail: Mail) -> None:
        """Send one mail. Raises OSError and smtplib.SMTPException where the server does not take it."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, mail.to, mail.subject
        message["Message-ID"], message["Auto-Submitted"] = mail.message_id, "auto-generated"
        message["List-Unsubscribe"], message["List-Unsubscribe-Post"] = f"<{mail.stop}>", "List-Unsubscribe=One-Click"
        message.set_content(mail.text)
        await asyncio.to_thread(self._send, message)

    def _send(self, message: EmailMessage) -> None:
        context = ssl.create_default_context()
        with (
            smtplib.SMTP_SSL(self._host, self._port, timeout=SMTP_SECONDS_MAX, context=context)
            if self._tls
            else smtplib.SMTP(self._host, self._port, timeout=SMTP_SECONDS_MAX)
        ) as server:
            server.ehlo_or_helo_if_needed()
            if not self._tls and server.has_extn(STARTTLS):
                server.starttls(context=context)
            if self._user:
                server.login(self._user, self._password)
            server.send_message(message)


class MailerParts(Struct, frozen=True):
    """The collaborators of a mailer."""

    feed: Feed
    addresses: MailAddresses
    directory: PrincipalDirectory
    server: SmtpServer
    site: MailSite
    clock: Callable[[], datetime]
    schedule: RetrySchedule = RetrySchedule()


class Mailer(Leader):
    """The worker: `run` until `stop`. Tests call `step`."""

    def __init__(self, parts: MailerParts, url: str) -> None:
        super().__init__(url, TERMS)
        self._parts = parts

    async def _work(self, _connection: AsyncConnection[Any], /) -> None:
        while not self._stopping.is_set():
            await self.step()
            await self._pause(POLL_SECONDS)

    async def step(self) -> int:
        """Send the mails that are due, one address after the other; returns their number."""
        sent = 0
        for address in await self._parts.addresses.due(self._parts.clock(), AT_ONCE_MAX):
            try:
                sent += await self._serve(address)
            except (OSError, smtplib.SMTPException) as failure:
                await self._note_failed(address, failure)
        return sent

    async def _serve(self, address: MailAddress) -> int:
        """Send the confirmation, or the messages; returns the number of mails."""
        parts, now = self._parts, self._parts.clock()
        if address.confirmed_at is None:
            await parts.server.send(parts.site.confirmation(address))
            await parts.addresses.note_sent(address.id, address.position, now, now)
            return 1
        caller = await self._caller(address, now)
        criteria = criteria_of(caller) if caller else None
        if caller is None or criteria is None:
            log.info("mail_address_ended", principal=address.principal, reason="its grant does not hold any more")
            await parts.addresses.end(address.id)
            return 0
        page = await parts.feed.page(caller, criteria, address.position, MESSAGES_MAX)
        others = tuple(event for event in page.events if event.entry.recorded.by.id != caller.id)
        if others:
            await parts.server.send(await parts.site.messages(address, caller, structs.replace(page, events=others)))
        if page.next > address.position or others:
            await parts.addresses.note_sent(address.id, page.next, now + APART if others else now, None)
        return 1 if others else 0

    async def _caller(self, address: MailAddress, now: datetime) -> Caller | None:
        """The caller who reads messages for an address, looked up each time; None where the grant does not hold."""
        name = await self._parts.directory.name_of(address.principal)
        grants = await self._parts.directory.grants_of(address.principal, now)
        grant = next((held for held in grants if held.id == address.grant_id), None)
        return caller_by(address.principal, name, grant, PrincipalKind.PERSON) if name and grant else None

    async def _note_failed(self, address: MailAddress, failure: Exception) -> None:
        """Schedule a retry, or remove the address after FAILURES_MAX failures."""
        failures, parts = address.failures + 1, self._parts
        log.warning("mail_not_sent", address=str(address.id), failures=failures, error=str(failure))
        if failures >= FAILURES_MAX:
            await parts.addresses.end(address.id)
        else:
            next_at = parts.schedule.next_at(failures, parts.clock())
            await parts.addresses.note_failed(address.id, next_at, str(failure))
