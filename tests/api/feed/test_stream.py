"""The feed as server-sent events, on a real server: what there is, what happens, and where a client goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api.feed.routes import SSE, Subscription, event_stream
from api.web.identity import caller_by_headers
from infrastructure.feed.epochs import LedgerEpochs
from infrastructure.feed.reader import Feed, FeedCriteria
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.projector import Projector
from tests.api.client import REGISTER, identity
from tests.api.served import served
from tests.effort import PATIENCE_SECONDS
from tests.examples import LEADER, MANAGER

ANSWER_SECONDS_MAX = 120  # a test that passes waits for milliseconds


@pytest.fixture(scope="module")
def address(shared_database_url: str, projector: Projector) -> Iterator[str]:
    with served(shared_database_url) as address:
        yield address


def register(address: str) -> int:
    """Register a project; its position."""
    headers = identity(MANAGER) | {"Idempotency-Key": str(uuid4())}
    response = httpx.post(
        f"{address}/v1/projects/{uuid4()}/commands", json=REGISTER, headers=headers, timeout=PATIENCE_SECONDS
    )
    position: int = response.raise_for_status().json()["position"]
    return position


def messages(response: httpx.Response) -> Iterator[dict[str, str]]:
    """The server-sent events of *response*, each as its fields; those without an id are left out."""
    fields: dict[str, str] = {}
    for line in response.iter_lines():
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "id" in fields:
            yield fields
            fields = {}
        else:
            fields = {}


def streaming(address: str, **headers: str) -> Any:
    """A stream of events, as a browser opens it."""
    sent_headers = identity(LEADER) | {"Accept": "text/event-stream", "Accept-Encoding": "gzip", **headers}
    return httpx.stream("GET", f"{address}/v1/events", headers=sent_headers, timeout=ANSWER_SECONDS_MAX)


def test_a_stream_begins_at_the_last_event_and_goes_on_as_things_happen(address: str) -> None:
    first, second = register(address), register(address)
    with streaming(address, **{"Last-Event-ID": str(first)}) as response:
        assert response.headers["content-type"] == "text/event-stream"
        assert "content-encoding" not in response.headers
        assert response.headers["cache-control"] == "no-store"
        read = messages(response)
        event = next(message for message in read if "data" in message)
        assert (event["id"], event["event"]) == (str(second), "org.countersign.project_registered.v1")
        third = register(address)
        assert next(message for message in read if "data" in message)["id"] == str(third)


def test_a_stream_moves_its_position_over_what_is_not_wanted(address: str) -> None:
    with httpx.stream(
        "GET",
        f"{address}/v1/events",
        params={"type": "flow_published", "after": 0},
        headers=identity(LEADER) | {"Accept": "text/event-stream"},
        timeout=ANSWER_SECONDS_MAX,
    ) as response:
        read = messages(response)
        next(read)
        position = register(address)
        for message in read:
            assert "data" not in message
            if int(message["id"]) >= position:
                break


async def test_a_closed_feed_ends_its_streams(approvals: Approvals) -> None:
    feed = Feed(approvals.store)
    stream = event_stream(feed, Subscription(caller_by_headers(LEADER), FeedCriteria(), 0, SSE, LedgerEpochs()))
    assert await anext(stream)
    feed.horizon.close()
    assert [piece async for piece in stream if piece.startswith(b":")] == []
    assert feed.horizon.followers == 0
