"""/v1/subscriptions: events of the feed, sent to an address of the subscriber's own."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID, uuid4, uuid5

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter
from msgspec import Struct, json

from api.feed.routes import position_in, type_of
from api.identity.visit import VISIT, Visit
from api.route_access import ACCESS
from api.web.http_request import HttpRequest
from api.web.identity import caller_of, headers_of
from api.web.parameters import POSITION_MAX
from api.web.problems import Problem
from api.web.request_body import decoded, require_plain
from api.webhooks.schemas import (
    DeliveryPage,
    PingResult,
    ReplayRequest,
    ShownSubscription,
    SubscriptionList,
    SubscriptionRequest,
    SubscriptionWithSecret,
    shown_delivery,
    shown_subscription,
)
from domain.access.principal import Caller
from infrastructure.feed.reader import Feed, FeedCriteria
from infrastructure.ledger.approvals import Approvals
from infrastructure.webhooks.addresses import AddressRefusedError, UnresolvedError
from infrastructure.webhooks.deliveries import DeliveryState
from infrastructure.webhooks.service import Webhooks
from infrastructure.webhooks.subscriptions import SUBSCRIPTIONS_MAX, NewSubscription, WebhookSubscription

PAGE_ROWS, PAGE_ROWS_MAX = 100, 1_000
REPLAYS_MAX = 10
OLD_SECRET_HOURS, OLD_SECRET_HOURS_MAX = 24, 168  # a day to deploy the new one; a week at most
KEY_CHARACTERS_MAX = 200
UNKNOWN = "subscription-unknown"

_request = json.Decoder(SubscriptionRequest).decode
_replay = json.Decoder(ReplayRequest).decode

InState = Annotated[DeliveryState | None, QueryParameter(name="state", description="Deliveries in this state alone.")]
AfterEvent = Annotated[
    int, QueryParameter(ge=0, le=POSITION_MAX, description="Deliveries of events after this position.")
]
RowLimit = Annotated[int, QueryParameter(ge=1, le=PAGE_ROWS_MAX, description="Deliveries at most.")]
OldHours = Annotated[
    int,
    QueryParameter(
        ge=0,
        le=OLD_SECRET_HOURS_MAX,
        description="Hours for which the secret before signs as well, beside the new one; 0: not at all.",
    ),
]


class Subscriber(Struct, frozen=True):
    """Who subscribes, by which grant and key, and the id that the subscription then has."""

    id: UUID
    caller: Caller
    grant_id: UUID | None
    key_id: str


def subscriber(request: HttpRequest) -> Subscriber:
    """Who sends the request. An Idempotency-Key makes the id, so that a repeat finds the same subscription."""
    caller = caller_of(request.scope)
    visit: Visit | None = request.scope["state"].get(VISIT)
    grant, key = None, ""
    if visit is not None and visit.key_use is not None:
        grant, key = visit.key_use.grant.id, visit.key_use.bucket
    elif visit is not None and visit.signed_in is not None:
        grant = visit.signed_in.session.grant_id
    named = headers_of(request.scope).get(b"idempotency-key", b"")[:KEY_CHARACTERS_MAX].decode("latin-1")
    identifier = uuid5(uuid5(UUID(int=0), f"subscription {caller.id}"), named) if named else uuid4()
    return Subscriber(identifier, caller, grant, key)


async def own_subscription(
    subscription_id: FromPath[UUID], caller: NamedDependency[Caller], webhooks: NamedDependency[Webhooks]
) -> WebhookSubscription:
    """The caller's subscription with this id. Raises Problem subscription-unknown, also for that of another caller."""
    subscription = await webhooks.subscriptions.find(subscription_id, caller.id)
    if subscription is None:
        raise _unknown()
    return subscription


class SubscriptionRoutes(Controller):
    """A subscriber reads by the grant and the key that it subscribed with: when these end, the sending ends."""

    path = "/subscriptions"
    opt = {ACCESS: "webhooks"}  # noqa: RUF012  litestar's own spelling
    tags = ("webhooks",)
    dependencies = {  # noqa: RUF012  litestar's own spelling
        "subscriber": Provide(subscriber, sync_to_thread=False),
        "subscription": Provide(own_subscription),
    }

    @post("/", operation_id="subscribe", summary="Have events sent to an address", status_code=200)
    async def subscribe(
        self,
        subscriber: NamedDependency[Subscriber],
        json_body: NamedDependency[bytes],
        webhooks: NamedDependency[Webhooks],
        feed: NamedDependency[Feed],
        now: NamedDependency[datetime],
    ) -> SubscriptionWithSecret:
        """Each event is posted as a CloudEvent, signed by Standard Webhooks, at least once, in order within a project.

        The secret is shown in this answer alone. With an `Idempotency-Key` a repeat gets the same subscription.
        """
        wanted = decoded(_request, json_body)
        require_plain("$.filter.department", wanted.filter.department)
        criteria = FeedCriteria(
            frozenset(type_of(name, "types") for name in wanted.types), wanted.filter.project, wanted.filter.department
        )
        await _require_address(webhooks, wanted.url)
        head = await feed.head()
        named = "" if wanted.after is None else str(wanted.after)
        after = position_in(named, await feed.epochs(), head, "after") if named else head
        new = NewSubscription(
            subscriber.id, subscriber.caller, subscriber.grant_id, subscriber.key_id, wanted.url, criteria, after
        )
        subscription = await webhooks.subscriptions.add(new, now)
        if subscription is None:
            raise Problem(
                "subscriptions-too-many",
                f"{new.caller.id} has {SUBSCRIPTIONS_MAX} subscriptions already",
                remedy="end one of them, or widen its types",
            )
        return SubscriptionWithSecret(shown_subscription(subscription), webhooks.secret(subscription))

    @get("/", operation_id="list_subscriptions", summary="The caller's subscriptions")
    async def list_subscriptions(
        self, caller: NamedDependency[Caller], webhooks: NamedDependency[Webhooks]
    ) -> SubscriptionList:
        """With the state of each: since when its receiver is away, and when it is tried again."""
        subscriptions = await webhooks.subscriptions.of(caller.id)
        return SubscriptionList([shown_subscription(subscription) for subscription in subscriptions])

    @get("/{subscription_id:uuid}", operation_id="get_subscription", summary="One subscription")
    async def get_subscription(self, subscription: NamedDependency[WebhookSubscription]) -> ShownSubscription:
        """As in the list."""
        return shown_subscription(subscription)

    @delete("/{subscription_id:uuid}", operation_id="unsubscribe", summary="End a subscription", status_code=200)
    async def unsubscribe(
        self, subscription: NamedDependency[WebhookSubscription], webhooks: NamedDependency[Webhooks]
    ) -> ShownSubscription:
        """What is queued for it is dropped; the answer is the subscription as it was."""
        await webhooks.subscriptions.end(subscription.id, subscription.principal)
        return shown_subscription(subscription)

    @post(
        "/{subscription_id:uuid}/secret",
        operation_id="rotate_secret",
        summary="Replace the secret of the signatures",
        status_code=200,
    )
    async def rotate_secret(
        self,
        subscription_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        webhooks: NamedDependency[Webhooks],
        now: NamedDependency[datetime],
        old_hours: OldHours = OLD_SECRET_HOURS,
    ) -> SubscriptionWithSecret:
        """Both secrets sign until the old one ends, so that the receiver can change over at any moment between."""
        old_until = now + timedelta(hours=old_hours)
        subscription = await webhooks.subscriptions.rotate(subscription_id, caller.id, old_until)
        if subscription is None:
            raise _unknown()
        return SubscriptionWithSecret(shown_subscription(subscription), webhooks.secret(subscription))

    @post(
        "/{subscription_id:uuid}/ping",
        operation_id="ping_subscription",
        summary="Send a message that is no event",
        status_code=200,
    )
    async def ping_subscription(
        self,
        subscription: NamedDependency[WebhookSubscription],
        webhooks: NamedDependency[Webhooks],
        approvals: NamedDependency[Approvals],
    ) -> PingResult:
        """Shows at once what the receiver answers. One that was away or given up goes on where it takes the ping."""
        return PingResult.of(await webhooks.ping(subscription, approvals.clock))

    @post(
        "/{subscription_id:uuid}/replay",
        operation_id="replay_events",
        summary="Send a stretch of the ledger again",
        status_code=200,
    )
    async def replay_events(
        self,
        subscription: NamedDependency[WebhookSubscription],
        webhooks: NamedDependency[Webhooks],
        feed: NamedDependency[Feed],
        json_body: NamedDependency[bytes],
    ) -> ShownSubscription:
        """Under the same ids as before, so that a receiver can recognise repeats. Also from before the subscription."""
        wanted = decoded(_replay, json_body)
        head = await feed.head()
        if wanted.first > wanted.last or wanted.last > head:
            raise Problem(
                "invalid-parameter",
                f"from {wanted.first} to {wanted.last} is no stretch of the ledger, which ends at {head}",
                remedy="write positions of the ledger, the first before the last",
                parameter="to",
            )
        if not await webhooks.subscriptions.replay(subscription.id, wanted.first, wanted.last, REPLAYS_MAX):
            raise Problem(
                "replays-too-many",
                f"{REPLAYS_MAX} stretches wait to be sent again already",
                remedy="wait for them: deliveries shows how far they are",
            )
        return shown_subscription(subscription)

    @get("/{subscription_id:uuid}/deliveries", operation_id="list_deliveries", summary="What was sent, and what waits")
    async def list_deliveries(
        self,
        subscription: NamedDependency[WebhookSubscription],
        webhooks: NamedDependency[Webhooks],
        feed: NamedDependency[Feed],
        *,
        in_state: InState = None,
        after: AfterEvent = 0,
        limit: RowLimit = PAGE_ROWS,
    ) -> DeliveryPage:
        """`state=parked` lists what was given up. What was delivered stays for thirty days."""
        named = in_state.value if in_state else ""
        rows = await webhooks.deliveries.page(subscription.id, named, after, limit + 1)
        epochs = await feed.epochs()
        page = [shown_delivery(row, epochs) for row in rows[:limit]]
        return DeliveryPage(page, page[-1].position if len(rows) > limit else None)

    @post(
        "/{subscription_id:uuid}/deliveries/{entry_position:int}/retry",
        operation_id="retry_delivery",
        summary="Send an event again, say one that was parked",
        status_code=200,
    )
    async def retry_delivery(
        self,
        subscription: NamedDependency[WebhookSubscription],
        entry_position: FromPath[int],
        webhooks: NamedDependency[Webhooks],
        now: NamedDependency[datetime],
    ) -> ShownSubscription:
        """At once, with all attempts before it forgotten."""
        is_position = 0 < entry_position <= POSITION_MAX
        if not is_position or not await webhooks.deliveries.retry(subscription.id, entry_position, now):
            raise Problem(
                "delivery-unknown",
                f"no delivery of position {entry_position} has ended",
                remedy="take a position from deliveries; what is older than thirty days is sent by replay",
            )
        return shown_subscription(subscription)


async def _require_address(webhooks: Webhooks, url: str) -> None:
    try:
        await webhooks.check(url)
    except AddressRefusedError as refused:
        raise Problem("webhook-address-refused", f"url: {refused}", remedy=refused.remedy, parameter="url") from refused
    except UnresolvedError as unknown:
        remedy = "check the name; the server has to be able to resolve it"
        raise Problem("webhook-address-refused", f"url: {unknown}", remedy=remedy, parameter="url") from unknown


def _unknown() -> Problem:
    return Problem(UNKNOWN, "you have no subscription with this id", remedy="GET /v1/subscriptions lists yours")
