"""The client: retries with the same key, positions carried along, cursors, signatures, verbs of the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
import stamina
from msgspec import json
from standardwebhooks import Webhook
from typer.testing import CliRunner

from infrastructure.webhooks.signing import shown, signed_headers
from scripts import cli
from scripts.client import (
    AsyncCountersignClient,
    ClientError,
    CountersignClient,
    ProblemError,
    SignatureError,
    verified,
)
from scripts.client.protocol import BatchCommand, takes_after
from tests.api.client import REGISTER
from tests.api.web.test_openapi_contract import document
from tests.infrastructure.webhooks.receiver import Receiver
from tests.scripts.client.program import served_to_program

PROJECT = UUID("0193f0a2-7c00-7000-8000-000000000c11")
RECEIPT = {"project": str(PROJECT), "position": 7, "version": 2, "facts": ["item_submitted"]}
Answer = Callable[[httpx2.Request], httpx2.Response]
__all__ = ["document"]


@pytest.fixture(autouse=True)
def without_pauses() -> Iterator[None]:
    """Retries follow at once."""
    with stamina.set_testing(True, attempts=8):
        yield


def client_of(*answers: Answer) -> tuple[CountersignClient, list[httpx2.Request]]:
    """A client to which each request gets the next of *answers*, and the requests."""
    requests: list[httpx2.Request] = []
    waiting = iter(answers)

    def handle(request: httpx2.Request) -> httpx2.Response:
        requests.append(request)
        return next(waiting)(request)

    return CountersignClient("http://zone", "cs_live_x", transport=httpx2.MockTransport(handle)), requests


def ok(_: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(200, json=RECEIPT)


def busy(_: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(503, json={"code": "busy", "detail": "later"}, headers={"Retry-After": "0"})


def too_many(_: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(429, json={"code": "too-many-requests", "detail": "slowly"})


def lost(request: httpx2.Request) -> httpx2.Response:
    message = "connection reset"
    raise httpx2.ReadError(message, request=request)


def refused(_: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(409, json={"code": "already-submitted", "detail": "no", "remedy": "wait"})


def test_a_command_is_sent_again_with_the_same_key() -> None:
    client, requests = client_of(busy, too_many, lost, ok)
    receipt = client.command(PROJECT, {"command": "submit_item", "item": "land", "renews": None}, if_match=1)

    assert (receipt.position, receipt.facts) == (7, ["item_submitted"])
    assert len({request.headers["idempotency-key"] for request in requests}) == 1
    assert [request.headers["if-match"] for request in requests] == ['"1"'] * 4
    assert requests[0].headers["authorization"] == "Bearer cs_live_x"
    assert json.decode(requests[0].content) == {"command": "submit_item", "item": "land"}


def test_a_refusal_is_raised_at_once_with_its_code() -> None:
    client, requests = client_of(refused)
    with pytest.raises(ProblemError) as raised:
        client.command(PROJECT, {"command": "submit_item", "item": "land"})

    assert (raised.value.code, raised.value.status, raised.value.remedy) == ("already-submitted", 409, "wait")
    assert len(requests) == 1


def test_what_stays_away_is_an_error_of_the_client() -> None:
    client, requests = client_of(*[lost] * 8)
    with pytest.raises(ClientError, match="can't be reached"):
        client.get("/v1/me")
    assert len(requests) == 8


@pytest.mark.parametrize("body", [b"<html>", b"[1"])
def test_something_else_at_the_address_is_an_error_of_the_client(body: bytes) -> None:
    client, _ = client_of(lambda _: httpx2.Response(200, content=body))
    with pytest.raises(ClientError, match="is it Countersign"):
        client.get("/v1/me")


def test_reads_wait_for_the_last_command() -> None:
    client, requests = client_of(ok, ok, ok, ok)
    client.command(PROJECT, {"command": "submit_item", "item": "land"})
    client.get("/v1/clocks", department="land", mode=None)
    client.get("/v1/law/packs")
    client.get("/v1/clocks", after=3)

    queries = [dict(request.url.params) for request in requests[1:]]
    assert queries == [{"department": "land", "after": "7"}, {}, {"after": "3"}]


def test_pages_follow_the_cursors() -> None:
    pages = [{"rows": [1], "next": "a"}, {"rows": [2], "next": "b"}, {"rows": [3], "next": None}]
    client, requests = client_of(*[lambda _, page=page: httpx2.Response(200, json=page) for page in pages])

    assert [page["rows"] for page in client.pages("/v1/clocks", limit=1)] == [[1], [2], [3]]
    assert [request.url.params.get("cursor") for request in requests] == [None, "a", "b"]


def test_a_batch_keeps_the_keys_of_its_lines_when_it_is_sent_again() -> None:
    answer = json.encode({"line": 1, "status": 200, "receipt": RECEIPT}) + b"\n"
    client, requests = client_of(busy, lambda _: httpx2.Response(200, content=answer))
    answers = client.batch([BatchCommand(PROJECT, {"command": "submit_item", "item": "land"})])

    assert [each["status"] for each in answers] == [200]
    assert requests[0].content == requests[1].content
    assert json.decode(requests[0].content)["key"]
    assert client.position == 7


def test_which_addresses_take_a_position_is_as_the_document_says(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        if "get" in item:
            listed = [p for p in item["get"]["parameters"] if p["name"] == "after" and "receipt" in p["description"]]
            own_way = path.startswith(("/v1/materials/", "/v1/supervision/departments/"))
            assert takes_after(path) == (bool(listed) and not own_way), path


@pytest.mark.parametrize("change", ["body", "id", "timestamp", "signature", "secret", "old", "missing"])
def test_a_forged_webhook_is_refused(change: str) -> None:
    key, now = b"k" * 32, datetime.now(UTC)
    body = b'{"id": "1"}'
    headers = signed_headers([b"o" * 32, key], "BDA:1", now, body)
    secret = shown(key)
    assert verified(secret, headers, body) == {"id": "1"}
    assert Webhook(secret).verify(body, headers) == {"id": "1"}
    if change == "old":
        headers = signed_headers([key], "BDA:1", now - timedelta(minutes=6), body)
    elif change == "missing":
        del headers["webhook-id"]
    elif change == "body":
        body += b" "
    elif change == "secret":
        secret = shown(b"x" * 32)
    else:
        headers[f"webhook-{change}"] = "1"
    with pytest.raises(SignatureError):
        verified(secret, headers, body)


@pytest.fixture
def site(database_url: str) -> Iterator[tuple[str, str]]:
    """A served zone with its projector, and the key of a manager's program."""
    with served_to_program(database_url, "wang", ("commands:*", "read:*", "feed")) as opened:
        yield opened


async def used(address: str, key: str, project: UUID) -> None:
    """Use the asynchronous client for a command, pages and events."""
    async with AsyncCountersignClient(address, key) as client:
        receipt = await client.command(project, {"command": "submit_item", "item": "land"})
        assert receipt.facts == ["item_submitted"]
        pages = [page async for page in client.pages("/v1/clocks")]
        assert pages[0]["clocks"]
        async for _, events in client.events(0):
            assert [event["type"].split(".")[2] for event in events][:1] == ["project_registered"]
            break


def test_both_clients_work_with_a_server_and_verbs_follow_it(site: tuple[str, str]) -> None:
    address, key = site
    project = uuid4()
    with CountersignClient(address, key) as client:
        client.command(project, REGISTER)
        assert [row["item"] for row in client.get(f"/v1/projects/{project}/progress")["items"]] == ["land", "site-plan"]
        assert client.check(project, {"command": "submit_item", "item": "land"})["facts"]
    asyncio.run(used(address, key, project))

    options = ["--server", address, "--key", key, "--count", "1"]
    tailed = CliRunner().invoke(cli.cli, ["events", "tail", *options])
    assert json.decode(tailed.stdout)["source"] == f"/projects/{project}"
    receiver = Receiver()
    try:
        listened = CliRunner().invoke(cli.cli, ["webhooks", "listen", *options, "--forward", receiver.url])
        triggered = CliRunner().invoke(cli.cli, ["webhooks", "trigger", "item_accepted", "--forward", receiver.url])
    finally:
        receiver.stop()
    assert (listened.exit_code, triggered.exit_code) == (0, 0), listened.output + triggered.output
    forwarded, example = receiver.received
    assert forwarded.event["source"] == f"/projects/{project}"
    assert example.event["type"] == "org.countersign.item_accepted.v1"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["webhooks", "trigger", "nothing", "--forward", "http://127.0.0.1:1/"], "there is no fact nothing"),
        (["webhooks", "trigger", "item_accepted", "--forward", "nowhere"], "is not https"),
        (["webhooks", "trigger", "item_accepted", "--forward", "http://127.0.0.1:1/"], "was not taken"),
    ],
)
def test_a_verb_that_can_not_do_it_says_why(words: list[str], sentence: str) -> None:
    result = CliRunner().invoke(cli.cli, words)
    assert result.exit_code == 2
    assert sentence in " ".join(result.output.split())
