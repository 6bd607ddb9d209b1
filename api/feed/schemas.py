"""Events as the feed sends them: CloudEvents 1.0, alone, in a page, or as lines and messages of a stream."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct, convert, json, structs, to_builtins

from api.web.entries import Instant, ShownEntry, shown
from domain.access.principal import Caller
from domain.messages import AnyFact, Entry, tag_of
from domain.streams import BY_FACT
from infrastructure.feed.epochs import LedgerEpochs
from infrastructure.feed.reader import FeedEvent, FeedPage
from infrastructure.privacy.cipher import MARKED_FACTS, replace_personal_texts
from projections.feedback.redaction import LEFT_OUT

TYPE_PREFIX, TYPE_SUFFIX = "org.countersign.", ".v1"
SUBJECT_CHARACTERS_MAX = 500

_encode = json.Encoder(decimal_format="string").encode


class CloudEvent(Struct, frozen=True):
    """One entry of the ledger as an event (CloudEvents 1.0). *id* is its position, after a restore with zone and epoch.

    *type* is the fact's name, as in `org.countersign.item_accepted.v1`; *subject* the item it is about, or null; *time*
    when it was recorded, *occurredat* when it legally happened. *version* counts the entries of *source*. Where the
    caller may know that it happened, but not what it holds, *withheld* is true, *data* null, actor and hash empty.
    """

    id: str
    source: str
    type: str
    time: Instant
    subject: str | None
    occurredat: Instant
    version: int
    actor: str
    correlationid: UUID | None
    hash: str
    withheld: bool
    data: AnyFact | None
    specversion: str = "1.0"
    datacontenttype: str = "application/json"


class EventPage(Struct, frozen=True):
    """Events in the order of their positions. *next* is the `after` of the next request, also where there are none.

    *cursor* is the same as a text that also distinguishes positions that a restore gave a second time. *more*: there is
    more to read at once.
    """

    events: list[CloudEvent]
    next: int
    cursor: str
    more: bool


def event_page(page: FeedPage, to: Caller, epochs: LedgerEpochs) -> EventPage:
    """*page* as *to* may see it."""
    return EventPage(events_of(page, to, epochs), page.next, epochs.name(page.next), page.more)


def events_of(page: FeedPage, to: Caller, epochs: LedgerEpochs) -> list[CloudEvent]:
    """The events of *page*, those about complaints as *to* may see them."""
    contexts = page.context
    return [
        _event(event, to, contexts.get(event.entry.stream, ()), epochs.name(event.entry.position))
        for event in page.events
    ]


def _event(event: FeedEvent, to: Caller, context: Sequence[Entry], name: str) -> CloudEvent:
    entry = event.entry
    (line,) = shown([entry], to, context, contacts=True, traced=event.readable)  # the feed's query has judged that
    item = getattr(entry.fact, "item", "")
    return CloudEvent(
        id=name,
        source=source_of(entry),
        type=event_type(tag_of(entry.fact)),
        time=entry.recorded_at,
        subject=item[:SUBJECT_CHARACTERS_MAX] if isinstance(item, str) and item else None,
        occurredat=entry.occurred_at,
        version=entry.version,
        actor=line.actor.id if event.readable else "",
        correlationid=line.correlation if event.readable else None,
        hash=entry.hash if _is_whole(event, line) else "",
        withheld=not event.readable,
        data=line.fact if event.readable else None,
    )


def _is_whole(event: FeedEvent, line: ShownEntry) -> bool:
    """Whether nothing was left out: with the hash a guess of what was could be checked."""
    return event.readable and line.command_id is not None


def source_of(entry: Entry) -> str:
    """The path of what the entry is about: /projects/{id}, or /calendars/{id} and the like."""
    kind = BY_FACT.get(type(entry.fact))
    return f"/{kind.name if kind else 'project'}s/{entry.stream}"


def event_type(tag: str) -> str:
    """The CloudEvents type of the fact with the stored name *tag*."""
    return f"{TYPE_PREFIX}{tag}{TYPE_SUFFIX}"


def tag_in(text: str) -> str:
    """The stored name of the fact meant by *text*: the name itself, or its CloudEvents type."""
    return text.removeprefix(TYPE_PREFIX).removesuffix(TYPE_SUFFIX)


def encoded(value: object) -> bytes:
    """*value* in JSON."""
    return _encode(value)


def rendered(page: FeedPage, to: Caller, epochs: LedgerEpochs) -> list[bytes]:
    """Each event of *page* as a body of its own, as *to* may see it."""
    return [_encode(event) for event in events_of(page, to, epochs)]


def rendered_to_stay(page: FeedPage, to: Caller, epochs: LedgerEpochs) -> list[bytes]:
    """The same without personal texts: for a place where an erasure does not reach what was sent."""
    return [_encode(without_personal_texts(event)) for event in events_of(page, to, epochs)]


def without_personal_texts(event: CloudEvent) -> CloudEvent:
    """*event* with LEFT_OUT in place of each text that is stored encrypted, and then without the hash."""
    fact: Any = event.data
    if type(fact) not in MARKED_FACTS:
        return event
    content = to_builtins(fact)
    if not replace_personal_texts(fact, content, LEFT_OUT):
        return event
    return structs.replace(event, data=convert(content, type(fact)), hash="")


def lines_of(events: Sequence[CloudEvent]) -> bytes:
    """The events as newline-delimited JSON."""
    return b"".join(_encode(event) + b"\n" for event in events)


def last_line(after: int, cursor: str) -> bytes:
    """The line that ends a listing: where to go on."""
    return _encode({"next": after, "cursor": cursor}) + b"\n"


def messages_of(events: Sequence[CloudEvent]) -> bytes:
    """The events as server-sent events, each with its id."""
    return b"".join(
        b"id: %b\nevent: %b\ndata: %b\n\n" % (event.id.encode(), event.type.encode(), _encode(event))
        for event in events
    )


def position_message(cursor: str) -> bytes:
    """A server-sent message without data: the client takes its id, and dispatches no event."""
    return b"id: %b\n\n" % cursor.encode()
