"""Requests and responses about subscriptions and deliveries."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from api.feed.routes import TYPES_MAX
from api.feed.schemas import event_type
from domain.core.types import Name
from infrastructure.feed.epochs import LedgerEpochs
from infrastructure.webhooks.addresses import URL_CHARACTERS_MAX
from infrastructure.webhooks.deliveries import Delivery, DeliveryState
from infrastructure.webhooks.subscriptions import WebhookSubscription
from infrastructure.webhooks.transport import SendResult

TYPE_CHARACTERS_MAX = 100
JSON_INTEGER_MAX = 2**53  # what a number in JavaScript holds exactly

Position = Annotated[int, Meta(ge=0, le=JSON_INTEGER_MAX)]
TypeName = Annotated[str, Meta(max_length=TYPE_CHARACTERS_MAX)]


class SubscriptionFilter(Struct, frozen=True, forbid_unknown_fields=True):
    """Which events are sent: of one project, of items of one department. Left out: of all that one may see."""

    project: UUID | None = None
    department: Name = ""


class SubscriptionRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Send events to *url*. *types*: names of facts, or types of events; empty: all. *after*: the position to begin
    after; null: the present end of the ledger.
    """

    url: Annotated[str, Meta(min_length=1, max_length=URL_CHARACTERS_MAX)]
    types: Annotated[tuple[TypeName, ...], Meta(max_length=TYPES_MAX)] = ()
    filter: SubscriptionFilter = SubscriptionFilter()
    after: Position | None = None


class ReplayRequest(Struct, frozen=True, forbid_unknown_fields=True, rename={"first": "from", "last": "to"}):
    """Send again what lies between two positions of the ledger, both included."""

    first: Annotated[int, Meta(ge=1, le=JSON_INTEGER_MAX)]
    last: Annotated[int, Meta(ge=1, le=JSON_INTEGER_MAX)]


class SubscriptionState(StrEnum):
    """*active*: events are sent. *away*: the receiver is not reached, and tried again. *stopped*: given up after 30
    days, or at an answer 410, until a ping succeeds. *refused*: nothing is sent, as the subscriber may not have it;
    `trouble` says why.
    """

    ACTIVE = "active"
    AWAY = "away"
    STOPPED = "stopped"
    REFUSED = "refused"


class ShownSubscription(Struct, frozen=True):
    """A subscription. *position*: the feed is read and queued up to here."""

    id: UUID
    url: str
    types: list[str]
    filter: SubscriptionFilter
    position: int
    state: SubscriptionState
    trouble: str
    created_at: datetime
    delivered_at: datetime | None
    next_at: datetime | None
    old_until: datetime | None


class SubscriptionWithSecret(Struct, frozen=True):
    """A subscription with the secret by which its receiver checks signatures; it is shown now and never again."""

    subscription: ShownSubscription
    secret: str


class SubscriptionList(Struct, frozen=True):
    """All subscriptions of the caller, the oldest first."""

    subscriptions: list[ShownSubscription]


class ShownDelivery(Struct, frozen=True):
    """An event for a subscriber. *id* is the header webhook-id; *status* and *error* are of the last attempt."""

    id: str
    position: int
    type: str
    state: DeliveryState
    attempts: int
    queued_at: datetime
    next_at: datetime | None
    tried_at: datetime | None
    status: int | None
    error: str


class DeliveryPage(Struct, frozen=True):
    """Deliveries in the order of positions. *next*: the `after` of the next page; null on the last."""

    deliveries: list[ShownDelivery]
    next: int | None


class PingResult(Struct, frozen=True):
    """Whether the receiver took a message that is no event; else why not."""

    delivered: bool
    status: int | None
    error: str

    @classmethod
    def of(cls, result: SendResult) -> PingResult:
        """What came of one sending."""
        return cls(result.is_delivered, result.status, result.error)


def shown_subscription(subscription: WebhookSubscription) -> ShownSubscription:
    """*subscription* as its owner sees it."""
    return ShownSubscription(
        subscription.id,
        subscription.url,
        [event_type(tag) for tag in subscription.types],
        SubscriptionFilter(subscription.project, subscription.department),
        subscription.position,
        state_of(subscription),
        subscription.trouble,
        subscription.created_at,
        subscription.delivered_at,
        subscription.next_at,
        subscription.old_until,
    )


def state_of(subscription: WebhookSubscription) -> SubscriptionState:
    """The state of a subscription."""
    if subscription.stopped_at is not None:
        return SubscriptionState.STOPPED
    if subscription.away_since is not None:
        return SubscriptionState.AWAY
    return SubscriptionState.REFUSED if subscription.trouble else SubscriptionState.ACTIVE


def shown_delivery(delivery: Delivery, epochs: LedgerEpochs) -> ShownDelivery:
    """*delivery*, with the id that its receiver knows it by."""
    is_pending = delivery.state is DeliveryState.PENDING
    return ShownDelivery(
        epochs.message(delivery.position),
        delivery.position,
        event_type(delivery.type),
        delivery.state,
        delivery.attempts,
        delivery.queued_at,
        delivery.next_at if is_pending else None,
        delivery.tried_at,
        delivery.status,
        delivery.error,
    )
