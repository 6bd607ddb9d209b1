"""The sender: queues new events for each subscription and sends them, at least once and in order within each project.

One leader at a time. What a failure means decides who waits: a receiver that is not reached waits as a whole; an event
that is refused holds up its own project, until it is parked, and the others go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

import structlog
from msgspec import Struct
from psycopg import AsyncConnection

from domain.access.principal import Caller
from domain.messages import tag_of
from infrastructure.feed.epochs import LedgerEpochs
from infrastructure.feed.reader import Feed, FeedPage
from infrastructure.leader import Leader, LeadTerms
from infrastructure.webhooks.deliveries import QUEUE_MAX, Deliveries, DeliveryState, DueDelivery
from infrastructure.webhooks.messenger import WebhookMessenger
from infrastructure.webhooks.schedule import RetrySchedule
from infrastructure.webhooks.subscriptions import LostRightsError, SubscriberRights, Subscriptions, WebhookSubscription
from infrastructure.webhooks.transport import SendResult

LEADER_KEY = 0x436F756E_57656268  # advisory lock of the sending process
QUEUE_AT_ONCE = 500  # events read from the feed for one subscription
SENDS_AT_ONCE = 8  # to one receiver
POLL_SECONDS = 1.0
ALARM_SECONDS = 60.0  # between two log lines about what needs an operator
TERMS = LeadTerms("webhooks", LEADER_KEY, POLL_SECONDS, ALARM_SECONDS)

Render = Callable[[FeedPage, Caller, LedgerEpochs], Sequence[bytes]]
"""Events of a page as the bodies that are sent."""

log = structlog.get_logger()


class SenderParts(Struct, frozen=True):
    """The collaborators of a sender."""

    feed: Feed
    subscriptions: Subscriptions
    deliveries: Deliveries
    rights: SubscriberRights
    messenger: WebhookMessenger
    clock: Callable[[], datetime]
    render: Render
    schedule: RetrySchedule = RetrySchedule()


class WebhookSender(Leader):
    """Runs in an event loop, best in a separate process: `run` until `stop`. Tests call `step`."""

    def __init__(self, parts: SenderParts, url: str) -> None:
        super().__init__(url, TERMS)
        self._parts = parts

    async def _work(self, _connection: AsyncConnection[Any], /) -> None:
        async with self._parts.feed.horizon.following():
            position = 0
            while not self._stopping.is_set():
                if not await self.step():
                    # For POLL_SECONDS at most: something may be due.
                    await self._unless_stopped(self._parts.feed.horizon.beyond(position, POLL_SECONDS))
                    position = self._parts.feed.horizon.position

    async def step(self) -> int:
        """Queue and send what is due, to all receivers side by side; how many messages were sent.

        Raises psycopg's errors and KeystoreError.
        """
        subscriptions = await self._parts.subscriptions.all()
        return await _sent([self._serve(each) for each in subscriptions])

    async def next_at(self) -> datetime | None:
        """When there is something to send next, as far as it is queued; None where nothing is."""
        instants = []
        for subscription in await self._parts.subscriptions.all():
            due = await self._parts.deliveries.next_at(subscription.id)
            if due is not None and subscription.stopped_at is None:
                instants.append(max(due, subscription.next_at or due))
        return min(instants, default=None)

    async def _serve(self, subscription: WebhookSubscription) -> int:
        """Queue and send for one subscription. Another one's failure is not its own."""
        now = self._parts.clock()
        if subscription.stopped_at is not None or not self._parts.schedule.is_due(subscription.next_at, now):
            return 0
        try:
            caller = await self._parts.rights.caller(subscription, now)
        except LostRightsError as lost:
            await self._parts.subscriptions.note_trouble(subscription.id, f"nothing is sent: {lost}")
            return 0
        await self._queue(subscription, caller)
        due = await self._parts.deliveries.due(subscription.id, now, self._parts.schedule.delays[-1])
        if subscription.failures:  # one event shows as well as many whether the receiver is back
            due = due[:1]
        room, away = asyncio.Semaphore(SENDS_AT_ONCE), asyncio.Event()
        return await _sent([self._deliver(subscription, caller, delivery, room, away) for delivery in due])

    async def _queue(self, subscription: WebhookSubscription, caller: Caller) -> None:
        """Read on in the feed, and in the stretch of a replay, as far as there is room in the queue."""
        parts = self._parts
        if await parts.deliveries.waiting(subscription.id) >= QUEUE_MAX:
            return
        now = parts.clock()
        page = await parts.feed.page(caller, subscription.criteria, subscription.position, QUEUE_AT_ONCE)
        if page.next > subscription.position:
            await parts.deliveries.queue(subscription.id, page.events, page.next, now, _types(page))
        if replay := await parts.deliveries.replay(subscription.id):
            page = await parts.feed.page(caller, subscription.criteria, replay.next, QUEUE_AT_ONCE, replay.until)
            position = page.next if page.more else replay.until
            await parts.deliveries.queue_again(subscription.id, page.events, replay, position, now, _types(page))

    async def _deliver(
        self,
        subscription: WebhookSubscription,
        caller: Caller,
        delivery: DueDelivery,
        room: asyncio.Semaphore,
        away: asyncio.Event,
    ) -> int:
        """Send one event. *away* is set once the receiver is not reached: what has not begun then waits."""
        async with room:
            if away.is_set():
                return 0
            epochs = await self._parts.feed.epochs()
            body = await self._body(subscription, caller, delivery, epochs)
            if body is None:
                await self._settle(subscription, delivery, DeliveryState.SKIPPED, SendResult(error="no longer visible"))
                return 0
            result = await self._parts.messenger.send(subscription, epochs.message(delivery.position), body)
            if not result.is_away:
                await self._note(subscription, delivery, result)
                return 1
            if not away.is_set():
                away.set()
                await self._note_away(subscription, result)
            return 1

    async def _body(
        self, subscription: WebhookSubscription, caller: Caller, delivery: DueDelivery, epochs: LedgerEpochs
    ) -> bytes | None:
        """The event as the subscriber may see it now; None where not at all."""
        before = delivery.position - 1
        page = await self._parts.feed.page(caller, subscription.criteria, before, 1, delivery.position)
        bodies = self._parts.render(page, caller, epochs)
        return bodies[0] if bodies else None

    async def _note(self, subscription: WebhookSubscription, delivery: DueDelivery, result: SendResult) -> None:
        """Record what the receiver answered to an event."""
        now = self._parts.clock()
        if result.is_delivered:
            await self._settle(subscription, delivery, DeliveryState.DELIVERED, result)
            await self._parts.subscriptions.note_reached(subscription.id, now)
            return
        state = DeliveryState.PARKED if await self._is_bad(subscription, delivery, now) else DeliveryState.PENDING
        if state is DeliveryState.PARKED:
            log.warning(
                "webhook_parked", subscription=str(subscription.id), position=delivery.position, error=result.error
            )
        await self._settle(subscription, delivery, state, result)

    async def _is_bad(self, subscription: WebhookSubscription, delivery: DueDelivery, now: datetime) -> bool:
        """Whether an event that was refused again is to be parked: the receiver takes others, or 30 days are over."""
        if delivery.failed_at is None:
            return False
        if self._parts.schedule.is_over(delivery.failed_at, now):
            return True
        if not self._parts.schedule.is_doubtful(delivery.attempts + 1):
            return False
        took_others = subscription.delivered_at is not None and subscription.delivered_at > delivery.failed_at
        return took_others or (await self._parts.messenger.ping(subscription)).is_delivered

    async def _note_away(self, subscription: WebhookSubscription, result: SendResult) -> None:
        """Record that the receiver was not reached: nothing is lost, as its cursor and queue stay where they are."""
        now = self._parts.clock()
        schedule = self._parts.schedule
        next_at = schedule.next_at(subscription.failures + 1, now)
        is_over = subscription.away_since is not None and schedule.is_over(subscription.away_since, now)
        stops = is_over or result.is_gone
        if stops:
            log.warning("webhook_stopped", subscription=str(subscription.id), error=result.error)
        await self._parts.subscriptions.note_away(subscription, now, next_at, result.error, stops=stops)

    async def _settle(
        self, subscription: WebhookSubscription, delivery: DueDelivery, state: DeliveryState, result: SendResult
    ) -> None:
        now = self._parts.clock()
        next_at = self._parts.schedule.next_at(delivery.attempts + 1, now)
        await self._parts.deliveries.settle(subscription.id, delivery.position, state, now, next_at, result)


def _types(page: FeedPage) -> list[str]:
    return [tag_of(event.entry.fact) for event in page.events]


async def _sent(sends: Sequence[Awaitable[int]]) -> int:
    """How many messages were sent in all; the first failure is raised once every sending has ended."""
    results = await asyncio.gather(*sends, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return sum(result for result in results if isinstance(result, int))
