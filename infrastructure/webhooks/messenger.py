"""Signs messages and sends them: events, and pings by which a receiver shows that it is there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from msgspec import json

from infrastructure.privacy.keystore import Keystore
from infrastructure.webhooks.signing import secrets_now, signed_headers
from infrastructure.webhooks.subscriptions import WebhookSubscription
from infrastructure.webhooks.transport import SendResult, WebhookTransport

PING_TYPE = "org.countersign.ping.v1"


class WebhookMessenger:
    """Sends for any subscription. *area*: the zone's code, with which the ids of messages begin."""

    def __init__(
        self,
        transport: WebhookTransport,
        keystore: Callable[[], Keystore],
        clock: Callable[[], datetime],
        area: str,
    ) -> None:
        self._transport, self._keystore, self._clock, self._area = transport, keystore, clock, area

    async def send(self, subscription: WebhookSubscription, message: str, body: bytes) -> SendResult:
        """Send *body* under the id *message*. Raises KeystoreError."""
        now = self._clock()
        keys = secrets_now(self._keystore(), subscription.id, subscription.generation, subscription.old_until, now)
        headers = signed_headers(keys, message, now, body)
        return await self._transport.send(subscription.url, headers, body)

    async def ping(self, subscription: WebhookSubscription) -> SendResult:
        """Send a message that is no event."""
        now = self._clock()
        message = f"ping:{subscription.id}:{int(now.timestamp())}"
        body = {
            "specversion": "1.0",
            "id": message,
            "source": f"/v1/subscriptions/{subscription.id}",
            "type": PING_TYPE,
            "time": now,
        }
        return await self.send(subscription, f"{self._area}:{message}", json.encode(body))
