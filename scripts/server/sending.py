"""The process that sends webhooks and mails and removes expired records, and the parts that it works with."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import uvloop
from msgspec import structs

from api.feed.schemas import rendered
from api.messages.mail import MailRenderer
from domain.access.principal import Caller
from infrastructure.access.registrar import PrincipalRegistrar
from infrastructure.feed.epochs import LedgerEpochs
from infrastructure.feed.reader import Feed, FeedPage
from infrastructure.identity.read_log import DataReader, ReadLog
from infrastructure.identity.security_log import SecurityLog
from infrastructure.ledger.approvals import Approvals
from infrastructure.messages.addresses import MailAddresses
from infrastructure.messages.mailer import Mailer, MailerParts, SmtpServer
from infrastructure.privacy.current import keystore
from infrastructure.retention import RecordRetention, RetentionWorker
from infrastructure.settings import Settings
from infrastructure.webhooks.deliveries import Deliveries
from infrastructure.webhooks.messenger import WebhookMessenger
from infrastructure.webhooks.sender import Render, SenderParts, WebhookSender
from infrastructure.webhooks.subscriptions import SubscriberRights, Subscriptions
from infrastructure.webhooks.transport import WebhookTransport
from scripts.server.processes import lower_priority, stop_with

CONNECTIONS_MAX = 4
NICENESS = 5  # commands come first


def send_while(parent: int, url: str) -> None:
    """Run the senders and the removal of old records in this process until SIGTERM, or until its parent is gone."""
    lower_priority(NICENESS)
    uvloop.run(_send(parent, url))


async def _send(parent: int, url: str) -> None:
    loop = asyncio.get_running_loop()
    chosen = Settings.of()
    async with (
        Approvals(url, connections_max=CONNECTIONS_MAX) as approvals,
        WebhookTransport(allows_private=chosen.webhooks_private) as transport,
    ):
        reads = ReadLog(SecurityLog(approvals.store), approvals.clock)
        parts = sender_parts(approvals, transport, chosen.area)
        workers: list[WebhookSender | Mailer | RetentionWorker] = [
            WebhookSender(structs.replace(parts, render=traced(reads)), url),
            RetentionWorker(RecordRetention(approvals, chosen)),
            *([Mailer(mailer_parts(approvals, chosen), url)] if chosen.smtp else []),
        ]

        def stop() -> None:
            for worker in workers:
                loop.call_soon_threadsafe(worker.stop)

        stop_with(parent, stop)
        async with reads.running():
            await asyncio.gather(*(worker.run() for worker in workers))


def traced(reads: ReadLog) -> Render:
    """Bodies of events, of which the subscriber has read what they hold of personal data."""

    def render(page: FeedPage, to: Caller, epochs: LedgerEpochs) -> Sequence[bytes]:
        with reads.reading(lambda: DataReader(to.id, method="webhook")):
            return rendered(page, to, epochs)

    return render


def mailer_parts(approvals: Approvals, settings: Settings) -> MailerParts:
    """The parts of a mailer on the database of *approvals*."""
    store = approvals.store
    return MailerParts(
        Feed(store),
        MailAddresses(store),
        PrincipalRegistrar(approvals),
        SmtpServer(settings.smtp, settings.mail_from),
        MailRenderer.of(approvals, settings).site,
        approvals.clock,
    )


def sender_parts(approvals: Approvals, transport: WebhookTransport, area: str) -> SenderParts:
    """The parts of a sender on the database of *approvals*."""
    store = approvals.store
    return SenderParts(
        Feed(store, area),
        Subscriptions(store),
        Deliveries(store),
        SubscriberRights(PrincipalRegistrar(approvals)),
        WebhookMessenger(transport, keystore, approvals.clock, area),
        approvals.clock,
        rendered,
    )
