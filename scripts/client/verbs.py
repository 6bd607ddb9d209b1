"""Verbs of the command line for integrators: follow the feed, receive webhooks on a developer's own machine."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from secrets import token_bytes
from typing import Annotated, Any

import typer
from msgspec import json, to_builtins

from api.feed.schemas import event_type, tag_in
from domain.examples.story import fact_examples
from domain.messages import FACTS
from infrastructure.law.lawbook import law_book
from infrastructure.webhooks.addresses import AddressRefusedError, require_url
from infrastructure.webhooks.signing import shown, signed_headers
from infrastructure.webhooks.transport import SendResult, WebhookTransport
from scripts.client.asynchronous import AsyncCountersignClient
from scripts.client.errors import ClientError
from scripts.client.synchronous import CountersignClient
from scripts.console import fail, screen

EXAMPLE_LAW = "cn-licensing@2019-04-23"  # of the example story
EXAMPLE_PROJECT = "0193f0a2-7c00-7000-8000-00000000f003"
SECRET_BYTES = 32

events = typer.Typer(no_args_is_help=True, help="The feed of events.")
webhooks = typer.Typer(no_args_is_help=True, help="Webhooks on a developer's own machine.")

Server = Annotated[str, typer.Option("--server", help="Address of the server.")]
ApiKey = Annotated[str, typer.Option("--key", envvar="CS_KEY", help="Key with the scope feed; or in CS_KEY.")]
OfType = Annotated[list[str] | None, typer.Option("--type", help="Only events of this type; may be repeated.")]
After = Annotated[int, typer.Option("--after", min=0, help="Begin after this position; 0: from the first event.")]
Count = Annotated[int, typer.Option("--count", min=0, help="End after this number of events; 0: never.")]
Forward = Annotated[str, typer.Option("--forward", help="Address to post to, such as http://127.0.0.1:3000/hook.")]
LOCAL = "http://127.0.0.1:8000"


@events.command()
def tail(key: ApiKey, server: Server = LOCAL, of_type: OfType = None, after: After = 0, count: Count = 0) -> None:
    """Print events as they happen, one a line, until Ctrl-C."""
    left = count
    try:
        with CountersignClient(server, key) as client:
            for _, page in client.events(after, type=of_type):
                for event in page[: left if count else None]:
                    sys.stdout.write(json.encode(event).decode() + "\n")
                sys.stdout.flush()
                left -= len(page)
                if count and left <= 0:
                    return
    except ClientError as failure:
        fail(str(failure))


@webhooks.command()
def listen(
    forward: Forward,
    key: ApiKey,
    server: Server = LOCAL,
    of_type: OfType = None,
    after: After = 0,
    count: Count = 0,
) -> None:
    """Read the feed, and post each event to an address of this machine as the server would: no public address needed.

    Prints the secret that signs, and ends at the first event that is not taken.
    """
    secret = _secret_for(forward)
    try:
        asyncio.run(_forward_all(AsyncCountersignClient(server, key), forward, secret, of_type, after, count))
    except ClientError as failure:
        fail(str(failure))


@webhooks.command()
def trigger(
    fact: Annotated[str, typer.Argument(help="Name of a fact, such as item_accepted.")], forward: Forward
) -> None:
    """Post an example event to an address of this machine, signed; nothing is recorded."""
    tag = tag_in(fact)
    if tag not in FACTS:
        fail(f"there is no fact {fact}: docs/reference/programs/facts.md lists them")
    secret = _secret_for(forward)
    event = example_event(tag, datetime.now(UTC))
    result = asyncio.run(_forward_event(forward, secret, event))
    _report(result, event)


def example_event(tag: str, now: datetime) -> dict[str, Any]:
    """An event of the kind *tag*, with the fact of the example story."""
    example = to_builtins(fact_examples(law_book().pack(EXAMPLE_LAW))[tag])
    return {
        "specversion": "1.0",
        "id": "0",
        "source": f"/projects/{EXAMPLE_PROJECT}",
        "type": event_type(tag),
        "time": now.isoformat(),
        "subject": example.get("item"),
        "occurredat": now.isoformat(),
        "version": 1,
        "actor": "example",
        "correlationid": None,
        "hash": "",
        "withheld": False,
        "datacontenttype": "application/json",
        "data": example,
    }


def _secret_for(forward: str) -> bytes:
    """A secret for this run, printed as libraries take it. Ends the command where the address is none."""
    try:
        require_url(forward, allows_private=True)
    except AddressRefusedError as refused:
        fail(f"{refused}: {refused.remedy}")
    secret = token_bytes(SECRET_BYTES)
    screen.print(f"secret: {shown(secret)}", highlight=False, soft_wrap=True)
    return secret


async def _forward_all(
    client: AsyncCountersignClient, forward: str, secret: bytes, of_type: list[str] | None, after: int, count: int
) -> None:
    left = count
    async with client, WebhookTransport(allows_private=True) as transport:
        async for _, page in client.events(after, type=of_type):
            for event in page[: left if count else None]:
                _report(await _post(transport, forward, secret, event), event)
            left -= len(page)
            if count and left <= 0:
                return


async def _forward_event(forward: str, secret: bytes, event: dict[str, Any]) -> SendResult:
    async with WebhookTransport(allows_private=True) as transport:
        return await _post(transport, forward, secret, event)


async def _post(transport: WebhookTransport, forward: str, secret: bytes, event: dict[str, Any]) -> SendResult:
    body = json.encode(event)
    return await transport.send(
        forward, signed_headers([secret], f"local:{event['id']}", datetime.now(UTC), body), body
    )


def _report(result: SendResult, event: dict[str, Any]) -> None:
    """Print what the receiver answered; end the command where it did not take the event."""
    if not result.is_delivered:
        fail(f"{event['type']} {event['id']} was not taken: {result.error}")
    screen.print(f"{result.status} {event['type']} {event['id']}", highlight=False, soft_wrap=True)
