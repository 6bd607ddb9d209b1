"""`countersign publish`: publishes every event to a stream of NATS JetStream, until it is stopped."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Annotated

import typer
import uvloop

from api.feed.schemas import rendered_to_stay
from api.web.parameters import POSITION_MAX
from infrastructure.feed.reader import Feed
from infrastructure.jetstream.client import OpenStream, opening
from infrastructure.jetstream.publisher import PublisherParts, StreamPublisher
from infrastructure.jetstream.records import PublicationRecord
from infrastructure.jetstream.target import StreamTarget
from infrastructure.ledger.approvals import Approvals
from infrastructure.settings import SettingRefusedError, Settings, variable
from scripts.console import fail, screen, settings
from scripts.server import database

CONNECTIONS_MAX = 4


def publish(
    to: Annotated[str, typer.Option(help="NATS servers; default: COUNTERSIGN_NATS_URL")] = "",
    stream: Annotated[str, typer.Option(help="the stream; default: COUNTERSIGN_NATS_STREAM")] = "",
    after: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=POSITION_MAX,
            help="the position to go on from where the stream is empty; what it holds goes first",
        ),
    ] = None,
    forget: Annotated[
        bool,
        typer.Option("--forget", help="no more publish to the stream: delete what `status` and /metrics say of it"),
    ] = False,
) -> None:
    """Publish every event to a stream of NATS JetStream, once and in order, until Ctrl-C or SIGTERM.

    Goes on where the stream ends, and comes back when the server does. Several may run: the others stand by.
    """
    settings()  # which configures the log
    overrides = {variable("nats_url"): to, variable("nats_stream"): stream}
    chosen = Settings.of(os.environ | {name: text for name, text in overrides.items() if text})
    if chosen.reader:
        raise SettingRefusedError("COUNTERSIGN_READER is true: publish from a machine that reaches the primary.")
    target, opened = StreamTarget.of(chosen), opening()
    url = database.ready(chosen)
    if forget:
        uvloop.run(_forget(url, target))
        return
    target.tls()  # refuses a wrong file now, and not only once this publisher leads
    database.require_no_way_back(url, chosen)
    sentence = f"Publishing {target.subjects} to the stream {target.stream} at {target.address}."
    screen.print(sentence, highlight=False, soft_wrap=True)
    with database.supervised_server(chosen):
        uvloop.run(_publish(url, target, opened, after))


async def _publish(url: str, target: StreamTarget, opened: OpenStream, after: int | None) -> None:
    async with Approvals(url, connections_max=CONNECTIONS_MAX) as approvals:
        publisher = StreamPublisher(parts_of(approvals, target, opened, after), url)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, publisher.stop)
        await publisher.run()
    screen.print(f"Stopped; {publisher.published} events were published.", highlight=False)


def parts_of(approvals: Approvals, target: StreamTarget, opened: OpenStream, after: int | None) -> PublisherParts:
    """The parts of a publisher on the database of *approvals*."""
    store = approvals.store
    return PublisherParts(
        Feed(store, target.zone),
        PublicationRecord(store, target.stream),
        target,
        opened,
        rendered_to_stay,
        approvals.clock,
        after,
    )


async def _forget(url: str, target: StreamTarget) -> None:
    async with Approvals(url, connections_max=CONNECTIONS_MAX) as approvals:
        known = await PublicationRecord(approvals.store, target.stream).forget()
    if not known:
        fail(f"Nothing is known of a stream {target.stream}.")
    screen.print(f"Forgotten: {target.stream}. The stream itself is as it was.", highlight=False)
