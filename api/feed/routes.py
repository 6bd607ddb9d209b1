"""GET /v1/events: the ledger's entries in order, as JSON, lines, server-sent events or a CloudEvents batch."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from time import monotonic
from typing import Annotated, cast
from uuid import UUID

from litestar import Controller, MediaType, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter
from litestar.response import Stream
from msgspec import Struct

from api.feed.schemas import (
    EventPage,
    encoded,
    event_page,
    events_of,
    last_line,
    lines_of,
    messages_of,
    position_message,
    tag_in,
)
from api.guard.admission import Holds, always, holds_of
from api.route_access import ACCESS
from api.web.http_request import HttpRequest, best_media_type
from api.web.identity import caller_of, require_once
from api.web.parameters import POSITION_MAX, Department, position_lost
from api.web.problems import Problem, unauthorized
from domain.access.principal import Caller
from domain.epochs.state import FIRST_EPOCH, loss_of
from infrastructure.feed.epochs import LedgerEpochs
from infrastructure.feed.reader import FEED_TYPES, Feed, FeedCriteria, FeedPage

EVENTS, EVENTS_MAX = 100, 1_000
TYPES_MAX = 100
WAIT_SECONDS_MAX = 60
HEARTBEAT_SECONDS = 15.0  # proxies close connections on which nothing is sent for a minute
STREAM_SECONDS_MAX = 300.0  # then the client connects again: what it may see is looked up once a connection
FOLLOWERS_MAX = 2_000
LAST_EVENT_ID = "Last-Event-ID"
ID_CHARACTERS_MAX = 64
EVENT_ID = re.compile(r"(?:(?P<zone>[A-Z]{2,6})(?:\.(?P<epoch>[1-9][0-9]{0,8}))?:)?(?P<position>[0-9]{1,18})", re.ASCII)
JSON, NDJSON, SSE, BATCH = (
    "application/json",
    "application/x-ndjson",
    "text/event-stream",
    "application/cloudevents-batch+json",
)
RETRY = b"retry: 2000\n\n"  # milliseconds until a client connects again
HEARTBEAT = b": \n\n"

AfterPosition = Annotated[
    int | None,
    QueryParameter(
        ge=0,
        le=POSITION_MAX,
        description="Events after this position: the `next` of the page before; 0: from the first.",
    ),
]
LastEventId = Annotated[
    str | None,
    QueryParameter(
        name="lastEventId",
        max_length=ID_CHARACTERS_MAX,
        description="Events after the one with this id, under the name that HTTP feeds have for it.",
    ),
]
FeedCursor = Annotated[
    str | None,
    QueryParameter(
        max_length=ID_CHARACTERS_MAX,
        description="The `cursor` of the page before: unlike `after` it can't be mistaken for a position that a restore"
        " of the ledger gave a second time.",
    ),
]
OfTypes = Annotated[
    list[str] | None,
    QueryParameter(
        name="type", max_items=TYPES_MAX, description="A fact's name or the event's type; may be given several times."
    ),
]
InProject = Annotated[UUID | None, QueryParameter(description="Events of this project alone.")]
Wait = Annotated[
    int,
    QueryParameter(ge=0, le=WAIT_SECONDS_MAX, description="Where there is nothing new, wait for it so many seconds."),
]
EventLimit = Annotated[int, QueryParameter(ge=1, le=EVENTS_MAX, description="Events at most.")]


class Subscription(Struct, frozen=True):
    """Who reads the feed, what of it, from where on, and in what form; *holds*: whether it still may."""

    caller: Caller
    criteria: FeedCriteria
    after: int
    media_type: str
    epochs: LedgerEpochs
    holds: Holds = always


async def subscription(
    request: HttpRequest,
    feed: NamedDependency[Feed],
    *,
    after: AfterPosition = None,
    cursor: FeedCursor = None,
    last_event_id: LastEventId = None,
    of_types: OfTypes = None,
    project: InProject = None,
    department: Department = "",
) -> Subscription:
    """The subscription that a request asks for. Raises Problem invalid-parameter, position-lost."""
    caller = caller_of(request.scope)
    epochs, head = await feed.epochs(), await feed.head()
    require_once(request.scope["headers"], {LAST_EVENT_ID.lower().encode()})
    header = request.headers.get(LAST_EVENT_ID)
    named = {LAST_EVENT_ID: header, "cursor": cursor, "lastEventId": last_event_id}
    name, text = next(((name, text) for name, text in named.items() if text is not None), ("after", str(after or 0)))
    position = position_in(text, epochs, head, name)
    criteria = FeedCriteria(frozenset(type_of(name) for name in of_types or ()), project, department)
    media_type = best_media_type(request.headers.getall("accept", []), (JSON, NDJSON, SSE, BATCH))
    return Subscription(caller, criteria, position, media_type, epochs, holds_of(request.scope))


def position_in(text: str, epochs: LedgerEpochs, head: int, parameter: str) -> int:
    """The position named by *text*, the id of an event or a cursor. Raises Problem.

    A number alone, and after the zone as in a webhook's id, is a position of the first epoch: in later ones ids and
    cursors have zone and epoch in them.
    """
    match = EVENT_ID.fullmatch(text)
    epoch = int(match["epoch"] or FIRST_EPOCH) if match else 0
    if match is None or epoch > epochs.current or match["zone"] not in (None, epochs.zone):
        raise not_a_position(parameter)
    position = int(match["position"])
    if point := loss_of(position, epoch, epochs.restores):
        raise position_lost(position, point, epochs)
    if position > head:
        raise Problem(
            "invalid-parameter",
            f"{parameter}: the ledger ends at position {head}, before {position}",
            remedy="begin at 0, or at a position that this server gave as `next`",
            parameter=parameter,
        )
    return position


def not_a_position(parameter: str) -> Problem:
    """The problem of a parameter, or of the header Last-Event-ID, that names no position."""
    remedy = "send the id of the last event that came, or the `cursor` of the page before, or leave it out"
    if parameter == LAST_EVENT_ID:
        sentence = f"the header {parameter} is no position of the feed"
        return Problem("invalid-header", sentence, remedy=remedy, header=parameter)
    return Problem("invalid-parameter", f"{parameter}: no position of the feed", remedy=remedy, parameter=parameter)


def type_of(text: str, parameter: str = "type") -> str:
    """The stored name of a fact. Raises Problem where none of the feed's has it: waiting for it would not end."""
    tag = tag_in(text)
    if tag not in FEED_TYPES:
        raise Problem(
            "invalid-parameter",
            f"{parameter}: no event of the feed is of the type {text[:64]}",
            remedy="docs/reference/programs/facts.md lists the facts of projects, calendars, catalogues and flows",
            parameter=parameter,
        )
    return tag


READING = {"subscription": Provide(subscription)}


class FeedRoutes(Controller):
    """Nothing is ever removed from the feed: a subscriber may begin at 0, or come back after any time."""

    path = "/events"
    opt = {ACCESS: "feed"}  # noqa: RUF012  litestar's own spelling
    tags = ("feed",)
    dependencies = READING

    @get("/", operation_id="list_events", summary="What happened after a position")
    async def list_events(
        self,
        subscription: NamedDependency[Subscription],
        feed: NamedDependency[Feed],
        wait: Wait = 0,
        limit: EventLimit = EVENTS,
    ) -> EventPage:
        """A page in JSON, or `Accept: application/cloudevents-batch+json`.

        `application/x-ndjson` is all there is, one event per line, and at last a line with `next`. `text/event-stream`
        goes on as things happen, with the position as id; `Last-Event-ID` says where to go on. A position moves on
        over what the caller may not see. The feed ends where the views of access have come to, milliseconds behind.
        """
        if subscription.media_type in (NDJSON, SSE):
            if subscription.media_type == SSE:
                _require_room(feed)
            headers = {"Content-Type": subscription.media_type, **UNBUFFERED}
            streamed = STREAMED[subscription.media_type](feed, subscription)
            return cast("EventPage", Stream(streamed, headers=headers))
        page = await page_of(feed, subscription, wait, limit)
        answer = event_page(page, subscription.caller, subscription.epochs)
        is_batch = subscription.media_type == BATCH
        body = encoded(answer.events if is_batch else answer)
        headers = {"Link": f'</v1/events?cursor={answer.cursor}>; rel="next"'}
        media_type = BATCH if is_batch else MediaType.JSON
        return cast("EventPage", Response(body, media_type=media_type, headers=headers))


UNBUFFERED = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # the latter for nginx


async def page_of(feed: Feed, subscribed: Subscription, wait: int, limit: int) -> FeedPage:
    """The next page; where it is empty, what happens within *wait* seconds."""
    page = await feed.page(subscribed.caller, subscribed.criteria, subscribed.after, limit)
    until = monotonic() + wait
    if page.events or page.more or not wait:
        return page
    _require_room(feed)
    async with feed.horizon.following():
        while not page.events and not page.more and (left := until - monotonic()) > 0:
            if not await feed.horizon.beyond(page.next, left):
                break
            page = await feed.new_page(subscribed.caller, subscribed.criteria, page.next, limit)
    if not await subscribed.holds():
        raise ended_meanwhile()
    return page


def ended_meanwhile() -> Problem:
    """The problem of one whose key or session was ended while it waited."""
    return unauthorized(
        "credential-invalid",
        "the key, token or session was ended, or acts for another, while the request waited",
        error="invalid_token",
        remedy="sign in again, or send a key that is accepted",
    )


async def listing(feed: Feed, subscribed: Subscription) -> AsyncIterator[bytes]:
    """All events up to the present horizon, a page in memory at a time; up to where its reader is accepted no more."""
    after, end = subscribed.after, await feed.horizon.look()
    more = True
    while more and await subscribed.holds():
        page = await feed.page(subscribed.caller, subscribed.criteria, after, EVENTS_MAX)
        yield lines_of(events_of(page, subscribed.caller, subscribed.epochs))
        after, more = page.next, page.more and page.next < end
    yield last_line(after, subscribed.epochs.name(after))


async def event_stream(feed: Feed, subscribed: Subscription) -> AsyncIterator[bytes]:
    """Server-sent events: what there is, then what happens, until the connection is to be made again.

    Whether the reader is still accepted is checked before anything is sent, and with each heartbeat.
    """
    after, until = subscribed.after, monotonic() + STREAM_SECONDS_MAX
    yield RETRY
    page = await feed.page(subscribed.caller, subscribed.criteria, after, EVENTS_MAX)
    async with feed.horizon.following():
        while await subscribed.holds():
            events = events_of(page, subscribed.caller, subscribed.epochs)
            if messages := messages_of(events):
                yield messages
            if page.next > (page.events[-1].entry.position if page.events else after):
                yield position_message(subscribed.epochs.name(page.next))
            after = page.next
            if monotonic() > until or feed.horizon.closed:
                return
            if page.more:
                page = await feed.page(subscribed.caller, subscribed.criteria, after, EVENTS_MAX)
                continue
            while not await feed.horizon.beyond(after, HEARTBEAT_SECONDS):
                if monotonic() > until or feed.horizon.closed or not await subscribed.holds():
                    return
                yield HEARTBEAT
            page = await feed.new_page(subscribed.caller, subscribed.criteria, after, EVENTS_MAX)


STREAMED = {NDJSON: listing, SSE: event_stream}


def _require_room(feed: Feed) -> None:
    """Refuse to wait where too many do already."""
    if feed.horizon.followers >= FOLLOWERS_MAX:
        raise Problem(
            "busy",
            f"{FOLLOWERS_MAX} subscribers wait for events already",
            remedy="ask again without `wait`, in some seconds",
            headers={"Retry-After": "5"},
        )
