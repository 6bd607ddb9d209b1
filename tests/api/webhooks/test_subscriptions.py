"""/v1/subscriptions: made, listed, rotated, pinged, replayed and ended, each by its own subscriber alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from api.app import create_app
from domain.core.ledger import Actor, Role
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from infrastructure.settings import Settings
from infrastructure.webhooks.deliveries import Deliveries
from tests.api.client import REGISTER, Door, identity, problem
from tests.examples import BUREAU, LEADER, MANAGER
from tests.infrastructure.webhooks.receiver import Receiver

PATH = "/v1/subscriptions"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest_asyncio.fixture(scope="module")
async def private(approvals: Approvals, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    """An application that may send to this machine."""
    settings = Settings(data=tmp_path_factory.mktemp("data"), webhooks_private=True)
    app = create_app(approvals, Views(approvals.store), settings)
    transport = httpx.ASGITransport(app=cast("Any", app), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://countersign") as client:
        yield Door(client)


async def send(door: Door, method: str, path: str, by: Actor = LEADER, **options: Any) -> httpx.Response:
    headers = identity(by) | options.pop("headers", {})
    return await door.client.request(method, PATH + path, headers=headers, **options)


async def subscribed(door: Door, url: str, **body: Any) -> dict[str, Any]:
    response = await send(door, "POST", "", json={"url": url, **body})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def test_a_subscription_is_made_listed_and_ended(private: Door, receiver: Receiver) -> None:
    project = str(uuid4())
    made = await subscribed(private, receiver.url, types=["item_accepted"], filter={"project": project})
    subscription = made["subscription"]

    assert made["secret"].startswith("whsec_")
    assert subscription["types"] == ["org.countersign.item_accepted.v1"]
    assert subscription["filter"] == {"project": project, "department": ""}
    assert (subscription["state"], subscription["trouble"]) == ("active", "")
    listed = (await send(private, "GET", "")).json()["subscriptions"]
    assert subscription in listed
    assert "secret" not in str(listed)
    ended = await send(private, "DELETE", f"/{subscription['id']}")
    assert ended.json() == subscription
    problem(await send(private, "GET", f"/{subscription['id']}"), "subscription-unknown")


async def test_a_repeat_with_the_same_key_makes_no_second_one(private: Door, receiver: Receiver) -> None:
    options: dict[str, Any] = {"json": {"url": receiver.url}, "headers": {"Idempotency-Key": "erp-1"}}
    first = (await send(private, "POST", "", LEADER, **options)).json()
    second = (await send(private, "POST", "", LEADER, **options)).json()

    assert first == second


async def test_no_one_sees_or_ends_those_of_others(private: Door, receiver: Receiver) -> None:
    made = (await subscribed(private, receiver.url))["subscription"]["id"]
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/ping"), ("POST", "/secret"), ("GET", "/deliveries")):
        problem(await send(private, method, f"/{made}{path}", BUREAU), "subscription-unknown")
    assert (await send(private, "GET", f"/{made}")).status_code == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"url": "https://127.0.0.1/"}, "webhook-address-refused"),
        ({"url": "https://[::1]/"}, "webhook-address-refused"),
        ({"url": "http://example.org/"}, "webhook-address-refused"),
        ({"url": "https://[2001:4860::1]/", "filter": {"department": "\0"}}, "invalid-field"),
        ({"url": "https://no-such-host.invalid/"}, "webhook-address-refused"),
        ({"url": "https://example.org/", "types": ["no_such_fact"]}, "invalid-parameter"),
        ({"url": "https://example.org/", "extra": 1}, "invalid-field"),
        ({}, "invalid-field"),
        ({"url": 3}, "invalid-field"),
        ({"url": "https://127.0.0.1/", "after": -1}, "invalid-field"),
    ],
)
async def test_a_faulty_subscription_is_refused_with_its_code(door: Door, body: dict[str, Any], code: str) -> None:
    problem(await send(door, "POST", "", json=body), code)


async def test_a_position_beyond_the_ledger_is_refused(private: Door, receiver: Receiver) -> None:
    refused = await send(private, "POST", "", json={"url": receiver.url, "after": 2**40})
    assert problem(refused, "invalid-parameter")["parameter"] == "after"


async def test_one_subscriber_has_twenty_at_most(private: Door, receiver: Receiver) -> None:
    for _ in range(20):
        assert (await send(private, "POST", "", BUREAU, json={"url": receiver.url})).status_code == 200
    problem(await send(private, "POST", "", BUREAU, json={"url": receiver.url}), "subscriptions-too-many")


async def test_a_new_secret_is_another_and_the_old_one_goes_on_for_a_while(private: Door, receiver: Receiver) -> None:
    made = await subscribed(private, receiver.url)
    path = f"/{made['subscription']['id']}/secret"
    rotated = (await send(private, "POST", path, params={"old_hours": 1})).json()

    assert rotated["secret"] != made["secret"]
    assert rotated["subscription"]["old_until"] is not None


async def test_a_ping_shows_what_the_receiver_answers(private: Door, receiver: Receiver) -> None:
    made = (await subscribed(private, receiver.url))["subscription"]["id"]
    assert (await send(private, "POST", f"/{made}/ping")).json() == {"delivered": True, "status": 204, "error": ""}
    receiver.answer = lambda _: 403
    refused = (await send(private, "POST", f"/{made}/ping")).json()
    assert refused == {"delivered": False, "status": 403, "error": "answered 403"}
    receiver.stop()
    assert "can't be reached" in (await send(private, "POST", f"/{made}/ping")).json()["error"]


async def test_deliveries_are_listed_in_pages_and_sent_again(
    private: Door, receiver: Receiver, approvals: Approvals
) -> None:
    made = (await subscribed(private, receiver.url))["subscription"]["id"]
    async with approvals.store.connection() as connection:
        await connection.execute(
            "INSERT INTO webhook.delivery (subscription, position, stream, type, state, attempts, queued_at, next_at)"
            " SELECT %s, n, gen_random_uuid(), 'item_accepted', 'parked', 6, now(), now() FROM generate_series(1, 3) n",
            [made],
        )
    path = f"/{made}/deliveries"
    first = (await send(private, "GET", path, params={"state": "parked", "limit": 2})).json()
    rest = (await send(private, "GET", path, params={"state": "parked", "after": first["next"]})).json()
    assert [row["position"] for row in first["deliveries"] + rest["deliveries"]] == [1, 2, 3]
    assert (rest["next"], first["deliveries"][0]["id"]) == (None, "BDA:1")

    assert (await send(private, "POST", f"{path}/2/retry")).status_code == 200
    problem(await send(private, "POST", f"{path}/2/retry"), "delivery-unknown")
    problem(await send(private, "POST", f"{path}/9/retry"), "delivery-unknown")
    pending = (await send(private, "GET", path, params={"state": "pending"})).json()
    assert [row["position"] for row in pending["deliveries"]] == [2]


async def test_a_replay_is_of_the_ledger(private: Door, receiver: Receiver) -> None:
    made = (await subscribed(private, receiver.url))["subscription"]["id"]
    receipt = await private.done(uuid4(), REGISTER, MANAGER)
    for first, last in ((2, 1), (1, 2**40)):
        problem(await send(private, "POST", f"/{made}/replay", json={"from": first, "to": last}), "invalid-parameter")
    body = {"from": 1, "to": receipt["position"]}
    assert (await send(private, "POST", f"/{made}/replay", json=body)).status_code == 200
    for _ in range(9):
        await send(private, "POST", f"/{made}/replay", json=body)
    problem(await send(private, "POST", f"/{made}/replay", json=body), "replays-too-many")


async def test_who_may_not_subscribe(door: Door) -> None:
    clerk = Actor("clerk", "hall", Role.WINDOW_CLERK)
    problem(await send(door, "POST", "", clerk, json={"url": "https://example.org/"}), "access-denied")
    unsigned = await door.client.post(PATH, json={"url": "https://example.org/"})
    assert unsigned.status_code == 401


async def test_readiness_shows_the_oldest_that_waits(private: Door, receiver: Receiver, approvals: Approvals) -> None:
    await subscribed(private, receiver.url)
    health = await Deliveries(approvals.store).health()

    assert health.subscriptions >= 1
