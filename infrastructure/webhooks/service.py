"""What the application does with webhooks: subscriptions, deliveries, secrets and pings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from infrastructure.ledger.reader import Store
from infrastructure.privacy.current import keystore
from infrastructure.webhooks.addresses import Target, checked
from infrastructure.webhooks.deliveries import Deliveries
from infrastructure.webhooks.messenger import WebhookMessenger
from infrastructure.webhooks.signing import secret, shown
from infrastructure.webhooks.subscriptions import Subscriptions, WebhookSubscription
from infrastructure.webhooks.transport import SendResult, WebhookTransport


class Webhooks(Struct, frozen=True):
    """The webhooks of one application. *area*: the zone's code. *allows_private*: also addresses of networks."""

    subscriptions: Subscriptions
    deliveries: Deliveries
    area: str
    allows_private: bool = False

    @classmethod
    def of(cls, store: Store, area: str, *, allows_private: bool) -> Webhooks:
        """The webhooks in the database of *store*."""
        return cls(Subscriptions(store), Deliveries(store), area, allows_private)

    async def check(self, url: str) -> Target:
        """The target that *url* is. Raises AddressRefusedError, UnresolvedError."""
        return await checked(url, allows_private=self.allows_private)

    def secret(self, subscription: WebhookSubscription) -> str:
        """The secret that signs for *subscription* now. Raises KeystoreError."""
        return shown(secret(keystore(), subscription.id, subscription.generation))

    async def ping(self, subscription: WebhookSubscription, clock: Callable[[], datetime]) -> SendResult:
        """Send a message that is no event; a receiver that takes it is tried at once again."""
        async with WebhookTransport(allows_private=self.allows_private) as transport:
            result = await WebhookMessenger(transport, keystore, clock, self.area).ping(subscription)
        if result.is_delivered:
            await self.subscriptions.note_reached(subscription.id, None)
        return result
