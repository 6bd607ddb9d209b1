"""Renders messages: each event as a sentence in the reader's language, with its subject and a link."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from api.feed.schemas import events_of
from api.html.page import PageContext
from api.html.sentences import SentenceContext, Sentences
from api.web.entries import shown
from domain.access.principal import Caller
from domain.core.ledger import Fact
from domain.messages import FACTS, tag_of
from domain.project.application.acceptance import ItemAccepted
from domain.project.application.submission import ItemSubmitted
from domain.project.application.suspension import ClockSuspended
from domain.project.materials.attachment import MaterialAttached
from domain.project.supervision.appeals import SupervisionOrdered
from infrastructure.feed.epochs import LedgerEpochs
from infrastructure.feed.reader import FeedEvent
from infrastructure.ledger.approvals import Approvals
from infrastructure.messages.inbox import InboxPage
from projections.progress.titles import ProjectTitles, names_of

# What other entries are called by in a sentence: cards by their numbers, files by their names.
NAMING: tuple[type[Fact], ...] = (
    *(fact for fact in FACTS.values() if "proof" in fact.__struct_fields__),
    *(SupervisionOrdered, MaterialAttached, ClockSuspended, ItemSubmitted, ItemAccepted),
)


class MessageLine(Struct, frozen=True):
    """One message: the event and its time, item and project, the link, and whether it was read."""

    position: int
    at: datetime
    sentence: str
    project: str
    item: str
    path: str
    is_read: bool


async def lines_of(approvals: Approvals, page: PageContext, caller: Caller, inbox: InboxPage) -> list[MessageLine]:
    """The messages of a page of the inbox. An event that the reader may not read has no content."""
    projects = list({event.entry.stream for event in inbox.page.events})
    names = await names_of(approvals.store, projects)
    entries = await approvals.entries_of(projects, *NAMING)
    sentences = {
        project: Sentences(
            page,
            project,
            SentenceContext.of(shown(entries.get(project, []), caller, inbox.page.context.get(project, ()))),
            names.of(project, page.called),
        )
        for project in projects
    }
    return list(_lines(page, caller, inbox, sentences, names))


def _lines(
    page: PageContext, caller: Caller, inbox: InboxPage, sentences: dict[UUID, Sentences], names: ProjectTitles
) -> Iterator[MessageLine]:
    for event, shown_event in zip(inbox.page.events, events_of(inbox.page, caller, LedgerEpochs()), strict=True):
        entry, item = event.entry, shown_event.subject or ""
        fact = shown_event.data
        yield MessageLine(
            position=entry.position,
            at=entry.recorded_at,
            sentence=page.words["fact"](tag_of(entry.fact)) if fact is None else sentences[entry.stream].tell(fact),
            project=names.project(entry.stream),
            item=page.called(names.item(entry.stream, item)) if item else "",
            path=path_of(event),
            is_read=entry.position in inbox.read,
        )


def path_of(event: FeedEvent) -> str:
    """The path of the page that shows the subject of an event."""
    project = f"/pages/projects/{event.entry.stream}"
    item = getattr(event.entry.fact, "item", "")
    return f"{project}/items/{item}" if isinstance(item, str) and item else project
