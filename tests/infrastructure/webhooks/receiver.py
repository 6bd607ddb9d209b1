"""A receiver of webhooks on this machine, which a test can send away, and a zone whose events it subscribes to."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID, uuid4

from msgspec import Struct, convert, field, json

from api.feed.schemas import rendered
from domain.access.principal import Caller, Grant, PrincipalKind
from domain.core.ledger import Role
from domain.messages import AnyCommand
from infrastructure.feed.reader import Feed, FeedCriteria
from infrastructure.identity.directory import FixedDirectory
from infrastructure.ledger.approvals import Approvals
from infrastructure.privacy.current import keystore
from infrastructure.webhooks.deliveries import Deliveries
from infrastructure.webhooks.messenger import WebhookMessenger
from infrastructure.webhooks.sender import SenderParts, WebhookSender
from infrastructure.webhooks.subscriptions import NewSubscription, SubscriberRights, Subscriptions, WebhookSubscription
from infrastructure.webhooks.transport import WebhookTransport
from tests.api.client import REGISTER
from tests.examples import MANAGER
from tests.infrastructure.projector.test_projector import project_all

SUBSCRIBER, AREA = "erp", "BDA"
OK, REFUSED = 204, 500


class Received(Struct, frozen=True):
    """One request as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        event: dict[str, Any] = json.decode(self.body)
        return event

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


class Receiver:
    """Listens on a port of its own; *answer* says by the request what status it gets."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answer: Callable[[Received], int] = lambda _: OK
        self._server: ThreadingHTTPServer | None = None
        self.port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def start(self) -> None:
        """Listen, on the same port as before."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                request = Received({name.lower(): value for name, value in self.headers.items()}, body)
                receiver.received.append(request)
                status = receiver.answer(request)
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", receiver.url)
                self.send_header("Content-Length", "0")
                self.send_header("Connection", "close")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Be away: nothing listens."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def ids(self) -> list[str]:
        """The ids of what was taken, pings left out."""
        return [each.id for each in self.received if ":ping:" not in each.id]

    def sources(self) -> list[tuple[str, int]]:
        """Source and version of each event, in the order in which they came."""
        return [(each.event["source"], each.event["version"]) for each in self.received if ":ping:" not in each.id]


class Clock:
    """The test's time, which does not run."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **parts: float) -> None:
        self.now += timedelta(**parts)


class Zone(Struct):
    """A ledger, a sender, and one subscription of a leader's program."""

    url: str
    approvals: Approvals
    clock: Clock
    receiver: Receiver
    directory: FixedDirectory
    subscriptions: Subscriptions
    deliveries: Deliveries
    sender: WebhookSender
    subscription: WebhookSubscription
    projects: list[UUID] = field(default_factory=list)

    async def register(self, count: int = 1) -> list[UUID]:
        """New projects, one event each."""
        made = [uuid4() for _ in range(count)]
        for project in made:
            await self.act(project, REGISTER)
        self.projects += made
        return made

    async def act(self, project: UUID, command: dict[str, Any]) -> None:
        """Carry out a command, and let the views follow."""
        await self.approvals.handle(project, convert(command, AnyCommand), MANAGER, uuid4())

    async def notes(self, project: UUID, count: int) -> None:
        """So many more events of one project."""
        for _ in range(count):
            await self.act(project, {"command": "assign_manager", "manager": f"wang-{uuid4().hex[:6]}"})

    def project(self) -> None:
        project_all(self.url)

    async def settle(self) -> int:
        """Send until nothing is due at this instant; how many messages that were."""
        sent = 0
        while count := await self.sender.step():
            sent += count
        return sent

    async def now(self) -> WebhookSubscription:
        """The subscription as it is."""
        (subscription,) = await self.subscriptions.all()
        return subscription


@asynccontextmanager
async def zone(url: str) -> AsyncIterator[Zone]:
    """A zone with a receiver that takes everything."""
    receiver, clock = Receiver(), Clock()
    grant = Grant(uuid4(), Role.LEADER, datetime(2020, 1, 1, tzinfo=UTC))
    directory = FixedDirectory({SUBSCRIBER: "ERP"}, {SUBSCRIBER: [grant]})
    try:
        async with Approvals(url) as approvals, WebhookTransport(allows_private=True) as transport:
            feed, subscriptions = Feed(approvals.store, "BDA"), Subscriptions(approvals.store)
            deliveries = Deliveries(approvals.store)
            parts = SenderParts(
                feed,
                subscriptions,
                deliveries,
                SubscriberRights(directory),
                WebhookMessenger(transport, keystore, clock, AREA),
                clock,
                rendered,
            )
            caller = Caller(SUBSCRIBER, "ERP", PrincipalKind.PROGRAM, Role.LEADER)
            new = NewSubscription(uuid4(), caller, grant.id, "", receiver.url, FeedCriteria(), await feed.head())
            subscription = await subscriptions.add(new, clock.now)
            assert subscription is not None
            yield Zone(
                url,
                approvals,
                clock,
                receiver,
                directory,
                subscriptions,
                deliveries,
                WebhookSender(parts, url),
                subscription,
            )
    finally:
        receiver.stop()
