"""GET /live: notifies an open page that something changed, so that it reloads its own address.

A message says how much changed and where, never what: the page that is asked for next is judged as every read.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from time import monotonic
from typing import Annotated, cast
from uuid import UUID

from litestar import Controller, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter
from litestar.response import Stream
from msgspec import Struct, json

from api.feed.routes import FOLLOWERS_MAX, HEARTBEAT, HEARTBEAT_SECONDS, SSE, STREAM_SECONDS_MAX, UNBUFFERED
from api.guard.admission import Holds, always, holds_of
from api.html.live import LIVE
from api.route_access import ACCESS
from api.web.http_request import HttpRequest, best_media_type
from api.web.identity import caller_of
from api.web.parameters import POSITION_MAX, Department
from api.web.problems import Problem
from api.web.zones import zone_of
from domain.access.principal import Caller
from domain.messages import tag_of
from infrastructure.feed.reader import Feed, FeedCriteria, FeedPage
from infrastructure.ledger.approvals import DEFAULT_LAW, Approvals

CHANGES_MAX = 200  # events of one message: more are "200 or more" to people, and further messages to pages
TOGETHER_SECONDS = 1.0  # what happens within a second makes one message
JSON = "application/json"

After = Annotated[int, QueryParameter(ge=0, le=POSITION_MAX, description="The position that the page shows.")]
InProject = Annotated[UUID | None, QueryParameter(description="Changes in this project alone.")]


class LiveMessage(Struct, frozen=True):
    """What changed up to position *to*: how many events, their kinds, and in which items of which projects."""

    to: int
    changes: int
    kinds: list[str]
    projects: dict[str, list[str]]


class LiveReader(Struct, frozen=True):
    """Who has a page open, of what, and since which position; *streams*: whether messages are to go on.

    *holds*: whether the session or key is still accepted.
    """

    caller: Caller
    criteria: FeedCriteria
    after: int
    streams: bool
    holds: Holds = always


async def live_reader(
    request: HttpRequest,
    page_feed: NamedDependency[Feed],
    after: After = 0,
    project: InProject = None,
    department: Department = "",
) -> LiveReader:
    """The reader of a page. A position beyond the ledger, of one restored to an earlier time, counts as its end."""
    position = min(after, await page_feed.head()) if after else await page_feed.horizon.look()
    criteria = FeedCriteria(frozenset(), project, department)
    streams = best_media_type(request.headers.getall("accept", []), (JSON, SSE)) == SSE
    return LiveReader(caller_of(request.scope), criteria, position, streams, holds_of(request.scope))


class LiveRoutes(Controller):
    """For the script of the pages: judged as the feed is, and what it names are projects of the feed's reader."""

    opt = {ACCESS: "feed"}  # noqa: RUF012  litestar's own spelling
    dependencies = {"live_reader": Provide(live_reader)}  # noqa: RUF012

    @get(LIVE, include_in_schema=False)
    async def live(
        self,
        live_reader: NamedDependency[LiveReader],
        page_feed: NamedDependency[Feed],
        approvals: NamedDependency[Approvals],
    ) -> Response[bytes]:
        """Server-sent events: `facts`, `lag` (entries the views lack), `day` (at midnight); else one message."""
        if not live_reader.streams:
            page = await page_feed.page(live_reader.caller, live_reader.criteria, live_reader.after, CHANGES_MAX)
            return Response(json.encode(message_of(page)), media_type=JSON, headers={"Cache-Control": "no-store"})
        if page_feed.horizon.followers >= FOLLOWERS_MAX:
            raise Problem(
                "busy",
                f"{FOLLOWERS_MAX} pages are open and live already",
                remedy="reload the page to see what is new",
                headers={"Retry-After": "30"},
            )
        messages = live_messages(page_feed, live_reader, approvals.clock)
        return cast("Response[bytes]", Stream(messages, headers={"Content-Type": SSE, **UNBUFFERED}))


def message_of(page: FeedPage) -> LiveMessage:
    """What *page* holds, without saying what it is."""
    projects: dict[str, set[str]] = {}
    for event in page.events:
        item = getattr(event.entry.fact, "item", "")
        projects.setdefault(str(event.entry.stream), set()).update([item] if isinstance(item, str) and item else ())
    kinds = {tag_of(event.entry.fact) for event in page.events}
    items = {project: sorted(names) for project, names in projects.items()}
    return LiveMessage(page.next, len(page.events), sorted(kinds), items)


async def live_messages(feed: Feed, reader: LiveReader, clock: Callable[[], datetime]) -> AsyncIterator[bytes]:
    """What happens after the reader's position, until the connection is to be made again."""
    after, until, lag = reader.after, monotonic() + STREAM_SECONDS_MAX, 0
    zone = zone_of(DEFAULT_LAW)
    today = clock().astimezone(zone).date()
    yield HEARTBEAT  # the answer begins at once, so that the page knows that it is connected
    page = await feed.page(reader.caller, reader.criteria, after, CHANGES_MAX)
    async with feed.horizon.following():
        while monotonic() < until and not feed.horizon.closed and await reader.holds():
            if page.events:
                yield _message("facts", page.next, json.encode(message_of(page)))
                await asyncio.sleep(TOGETHER_SECONDS)
            after = page.next
            if not page.more and not await feed.horizon.beyond(after, HEARTBEAT_SECONDS):
                yield HEARTBEAT
                if (now := clock().astimezone(zone).date()) != today:
                    today = now
                    yield _message("day", after, now.isoformat().encode())
                if feed.horizon.lag != lag:
                    lag = feed.horizon.lag
                    yield _message("lag", after, b"%d" % lag)
                continue
            read = feed.page if page.more else feed.new_page
            page = await read(reader.caller, reader.criteria, after, CHANGES_MAX)


def _message(kind: str, position: int, data: bytes) -> bytes:
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (position, kind.encode(), data)
