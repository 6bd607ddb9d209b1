"""The sender: order within a project, receivers that are away, bad events, rotated secrets, rights that end."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest
import pytest_asyncio
from msgspec import structs
from standardwebhooks import Webhook, WebhookVerificationError

from infrastructure.privacy.current import keystore
from infrastructure.webhooks.deliveries import DeliveryState
from infrastructure.webhooks.schedule import DELAYS, RetrySchedule
from infrastructure.webhooks.sender import SENDS_AT_ONCE, WebhookSender
from infrastructure.webhooks.signing import secret, shown
from tests.conftest import database_in
from tests.infrastructure.webhooks.receiver import OK, REFUSED, SUBSCRIBER, Received, Zone, zone

WEEK = timedelta(days=7)
DAILY = RetrySchedule((*DELAYS[:-1], timedelta(days=1)))  # to try for a month every six hours takes seconds


@pytest_asyncio.fixture
async def hooked(server_url: str, projected_template: str) -> AsyncIterator[Zone]:
    with database_in(server_url, projected_template) as url:
        async with zone(url) as made:
            yield made


async def pass_until(zone: Zone, end: timedelta) -> int:
    """Let the time pass for *end*, from one attempt to the next; how many messages were sent."""
    until, sent = zone.clock.now + end, 0
    while (due := await zone.sender.next_at()) is not None and due <= until:
        zone.clock.now = max(due, zone.clock.now)
        sent += await zone.settle()
    zone.clock.now = until
    return sent


def try_daily(zone: Zone) -> None:
    """Let the last of the delays be a day."""
    zone.sender = WebhookSender(structs.replace(zone.sender._parts, schedule=DAILY), zone.url)


def in_order(sources: list[tuple[str, int]]) -> bool:
    """Whether the versions of each project come in their order."""
    versions: dict[str, list[int]] = {}
    for source, version in sources:
        versions.setdefault(source, []).append(version)
    return all(sent == sorted(sent) for sent in versions.values())


async def test_every_event_comes_once_and_in_order(hooked: Zone) -> None:
    first, second = await hooked.register(2)
    await hooked.notes(first, 3)
    await hooked.notes(second, 2)
    hooked.project()

    assert await hooked.settle() == 7
    assert len(set(hooked.receiver.ids())) == 7
    assert in_order(hooked.receiver.sources())
    assert hooked.receiver.received[0].headers["content-type"].startswith("application/cloudevents+json")
    assert hooked.receiver.received[0].event["type"] == "org.countersign.project_registered.v1"
    assert await hooked.settle() == 0


async def test_signatures_are_those_of_the_standard(hooked: Zone) -> None:
    await hooked.register()
    hooked.project()
    await hooked.settle()
    (request,) = hooked.receiver.received
    key = shown(secret(keystore(), hooked.subscription.id, 1))

    assert Webhook(key).verify(request.body, request.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(key).verify(request.body + b" ", request.headers)
    assert len(b64decode(key.removeprefix("whsec_"))) == 32


async def test_two_secrets_sign_while_the_old_one_is_replaced(hooked: Zone) -> None:
    before, after = (Webhook(shown(secret(keystore(), hooked.subscription.id, each))) for each in (1, 2))
    await hooked.subscriptions.rotate(hooked.subscription.id, SUBSCRIBER, hooked.clock.now + timedelta(minutes=2))
    await hooked.register()
    hooked.project()
    await hooked.settle()
    hooked.clock.pass_by(minutes=3)
    await hooked.register()
    hooked.project()
    await hooked.settle()

    both, new = hooked.receiver.received
    assert before.verify(both.body, both.headers) == after.verify(both.body, both.headers)
    assert after.verify(new.body, new.headers)
    with pytest.raises(WebhookVerificationError):
        before.verify(new.body, new.headers)


async def test_a_receiver_that_is_away_for_seven_days_loses_nothing(hooked: Zone) -> None:
    hooked.receiver.stop()
    first, second, third = await hooked.register(3)
    for project in (first, second, third):
        await hooked.notes(project, 4)
    hooked.project()
    await hooked.settle()
    attempts = await pass_until(hooked, WEEK)
    standing = await hooked.now()
    assert 25 < attempts < 45, "5 s, 1 min, 5 min, 30 min, 2 h, then every six hours"
    assert standing.trouble.startswith("the receiver can't be reached")
    assert standing.away_since is not None
    await hooked.notes(first, 2)
    hooked.project()

    hooked.receiver.start()
    await pass_until(hooked, timedelta(hours=6))

    assert len(hooked.receiver.ids()) == len(set(hooked.receiver.ids())) == 17
    assert in_order(hooked.receiver.sources())
    assert (await hooked.now()).trouble == ""


async def test_a_bad_event_is_parked_and_the_others_go_on(hooked: Zone) -> None:
    """The receiver fails on one event alone: its project waits for it for some hours, other projects do not."""
    bad, good = await hooked.register(2)
    await hooked.notes(bad, 2)
    await hooked.notes(good, 2)
    hooked.project()

    def answer(request: Received) -> int:
        is_bad = request.event.get("source") == f"/projects/{bad}" and request.event["version"] == 2
        return REFUSED if is_bad else OK

    hooked.receiver.answer = answer
    await hooked.settle()
    taken = [source for source in hooked.receiver.sources() if source != (f"/projects/{bad}", 2)]
    assert sorted(taken) == sorted([(f"/projects/{bad}", 1), *((f"/projects/{good}", each) for each in (1, 2, 3))])

    await pass_until(hooked, timedelta(hours=3))

    (parked,) = await hooked.deliveries.page(hooked.subscription.id, DeliveryState.PARKED, 0, 10)
    assert (parked.attempts, parked.status, parked.error) == (len(DELAYS), REFUSED, "answered 500")
    assert hooked.receiver.sources()[-1] == (f"/projects/{bad}", 3)

    hooked.receiver.answer = lambda _: OK
    assert await hooked.deliveries.retry(hooked.subscription.id, parked.position, hooked.clock.now)
    assert await hooked.settle() == 1
    assert await hooked.deliveries.page(hooked.subscription.id, DeliveryState.PARKED, 0, 10) == []


async def test_what_was_queued_by_a_clock_that_was_a_year_ahead_is_sent(hooked: Zone) -> None:
    """One project's event waits because the receiver was away, the other's because it was queued in between."""
    hooked.clock.pass_by(days=365)
    (project,) = await hooked.register(1)
    hooked.project()
    hooked.receiver.answer = lambda _: REFUSED
    await hooked.settle()
    await hooked.notes(project, 1)
    hooked.project()
    hooked.receiver.answer = lambda _: OK

    hooked.clock.pass_by(days=-365)
    await hooked.settle()

    assert hooked.receiver.sources()[-2:] == [(f"/projects/{project}", 1), (f"/projects/{project}", 2)]
    assert await hooked.deliveries.page(hooked.subscription.id, DeliveryState.PENDING, 0, 10) == []


async def test_a_receiver_that_refuses_everything_parks_nothing_for_thirty_days(hooked: Zone) -> None:
    try_daily(hooked)
    await hooked.register(2)
    hooked.project()
    hooked.receiver.answer = lambda _: REFUSED
    await hooked.settle()
    await pass_until(hooked, timedelta(days=29))
    assert await hooked.deliveries.page(hooked.subscription.id, DeliveryState.PARKED, 0, 10) == []

    await pass_until(hooked, timedelta(days=2))
    assert len(await hooked.deliveries.page(hooked.subscription.id, DeliveryState.PARKED, 0, 10)) == 2


async def test_the_only_project_is_freed_by_a_ping(hooked: Zone) -> None:
    """Nothing else was taken since: the receiver is asked by a ping whether it is there."""
    (project,) = await hooked.register()
    await hooked.notes(project, 1)
    hooked.project()
    hooked.receiver.answer = lambda request: REFUSED if request.event.get("version") == 1 else OK
    await hooked.settle()
    await pass_until(hooked, timedelta(hours=3))

    assert hooked.receiver.sources()[-1] == (f"/projects/{project}", 2)
    assert [each.event["type"] for each in hooked.receiver.received if ":ping:" in each.id] == [
        "org.countersign.ping.v1"
    ]


async def test_after_thirty_days_of_absence_a_subscription_stops_and_keeps_its_place(hooked: Zone) -> None:
    try_daily(hooked)
    hooked.receiver.stop()
    await hooked.register()
    hooked.project()
    await hooked.settle()
    await pass_until(hooked, timedelta(days=31))
    assert (await hooked.now()).stopped_at is not None

    hooked.receiver.start()
    assert await hooked.settle() == 0
    await hooked.subscriptions.note_reached(hooked.subscription.id, None)  # as a ping does that is taken
    assert await hooked.settle() == 1


async def test_a_receiver_that_is_gone_stops_the_subscription(hooked: Zone) -> None:
    await hooked.register(2)
    hooked.project()
    hooked.receiver.answer = lambda _: 410
    await hooked.settle()
    await pass_until(hooked, timedelta(days=1))
    assert (await hooked.now()).stopped_at is not None
    assert len(hooked.receiver.ids()) <= SENDS_AT_ONCE, "it was not tried again"

    hooked.receiver.answer = lambda _: OK
    await hooked.subscriptions.note_reached(hooked.subscription.id, None)  # as a ping does that is taken
    assert await hooked.settle() >= 1


async def test_a_redirect_is_a_failure(hooked: Zone) -> None:
    await hooked.register()
    hooked.project()
    hooked.receiver.answer = lambda _: 302
    assert await hooked.settle() == 1
    (waiting,) = await hooked.deliveries.page(hooked.subscription.id, DeliveryState.PENDING, 0, 10)
    assert waiting.status == 302


async def test_a_stretch_is_sent_again_under_the_same_ids(hooked: Zone) -> None:
    project, _ = await hooked.register(2)
    await hooked.notes(project, 2)
    hooked.project()
    await hooked.settle()
    before = hooked.receiver.ids()
    assert await hooked.subscriptions.replay(hooked.subscription.id, 2, 3, 10)

    assert await hooked.settle() == 2
    assert sorted(hooked.receiver.ids()[len(before) :]) == ["BDA:2", "BDA:3"]


async def test_what_the_grant_no_longer_covers_is_not_sent(hooked: Zone) -> None:
    await hooked.register()
    hooked.project()
    hooked.directory.grants[SUBSCRIBER] = []

    assert await hooked.settle() == 0
    assert "does not hold" in (await hooked.now()).trouble
    assert hooked.receiver.received == []


async def test_a_revoked_key_ends_the_sending(hooked: Zone) -> None:
    async with hooked.approvals.store.connection() as connection:
        await connection.execute("UPDATE webhook.subscription SET key_id = 'k1'")
    await hooked.register()
    hooked.project()

    assert await hooked.settle() == 0
    assert "was revoked" in (await hooked.now()).trouble


async def test_a_sender_that_dies_before_it_notes_a_sending_sends_again_under_the_same_id(hooked: Zone) -> None:
    await hooked.register()
    hooked.project()
    await hooked.settle()
    async with hooked.approvals.store.connection() as connection:
        await connection.execute("UPDATE webhook.delivery SET state = 'pending', next_at = queued_at")

    assert await hooked.settle() == 1
    first, second = hooked.receiver.ids()
    assert first == second


async def test_of_two_receivers_one_that_is_away_does_not_hold_up_the_other(hooked: Zone) -> None:
    async with hooked.approvals.store.connection() as connection:
        await connection.execute(
            "INSERT INTO webhook.subscription"
            " (id, principal, kind, grant_id, role, over, url, types, position, created_at)"
            " SELECT %s, principal, kind, grant_id, role, over, 'http://127.0.0.1:9/', types, position, created_at"
            " FROM webhook.subscription",
            [uuid4()],
        )
    await hooked.register()
    hooked.project()
    await hooked.settle()

    assert len(hooked.receiver.ids()) == 1
