"""An entry of the ledger as it is shown: both its times, who acted by which command, its law, its place and hash."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar.params import QueryParameter
from msgspec import Meta, Struct

from api.web.problems import Problem
from domain.access.principal import Caller
from domain.core.ledger import Actor, Fact
from domain.messages import AnyFact, Corrections, Entry, corrections
from domain.project.state.project import Project
from domain.streams import State, of_project
from infrastructure.ledger.approvals import Approvals
from projections.personal_reads import note_fact
from projections.redaction import Redaction

PAGE_ENTRIES = 100

PAGE_ENTRIES_MAX = 1000  # about 500 kB

VERSION_MAX = 2**31 - 1  # a version is stored in four bytes

HistoryAfter = Annotated[int, QueryParameter(ge=0, le=VERSION_MAX, description="A version: what follows it.")]

HistoryLimit = Annotated[int, QueryParameter(ge=1, le=PAGE_ENTRIES_MAX, description="Entries a page.")]

Instant = Annotated[datetime, Meta(tz=True)]


class ShownEntry(Struct, frozen=True):
    """One line of the ledger.

    *version* counts the project's entries from 1, *position* those of the whole ledger. *occurred_at* is when it
    legally happened, *recorded_at* when the system learned of it. *amended_to* and *retracted* are what later
    entries made of it: when it really happened, and that it does not count. *command_id* is null where something
    was left out: with it, a guess at what that was could be checked against *hash*. *on_behalf_of*,
    *correlation* and *causation* (the id of the entry that this one follows from) are null where nothing was said.
    """

    version: int
    position: int
    fact: AnyFact
    occurred_at: Instant
    recorded_at: Instant
    by: Actor
    command_id: UUID | None
    law: str
    source: str
    hash: str
    amended_to: Instant | None = None
    retracted: bool = False
    on_behalf_of: Actor | None = None
    correlation: UUID | None = None
    causation: UUID | None = None


class StreamHistory(Struct, frozen=True):
    """Entries of what is no project, oldest first; *next* is the `after_version` of the next page."""

    entries: list[ShownEntry]
    next: int | None


def shown(
    entries: Sequence[Entry],
    to: Caller,
    context: Sequence[Entry] | None = None,
    project: Project | None = None,
    *,
    contacts: bool = False,
    traced: bool = True,
) -> list[ShownEntry]:
    """*entries* of one stream with what *to* may see of them: the table of access has rules for personal data.

    Where they are not all of it, *context* holds, of all its entries, at least the corrections and what complainants
    recorded, and *project* is its state. *contacts* as in `Redaction`. Not *traced*: what is shown of them is passed to
    `note_shown`, or turned into a sentence by `Sentences`.
    """
    context = entries if context is None else context
    corrected, redaction = corrections(context), Redaction(context, to, project, contacts=contacts)
    lines = [_shown(entry, corrected, redaction) for entry in entries]
    if traced and entries:
        note_shown(entries[0].stream, lines)
    return lines


def note_shown(stream: UUID, lines: Iterable[ShownEntry]) -> None:
    """Note what *lines*, of one stream, show of personal data, as a reader sees each of them whole."""
    for line in lines:
        note_fact(stream, line.fact)


def _shown(entry: Entry, corrected: Corrections, redaction: Callable[[Entry], tuple[AnyFact, Actor]]) -> ShownEntry:
    fact, by = redaction(entry)
    recorded: Fact = entry.fact  # two unions of every fact, compared, keep mypy busy for seconds
    whole = fact is recorded and by is entry.recorded.by
    return ShownEntry(
        version=entry.version,
        position=entry.position,
        fact=fact,
        occurred_at=entry.occurred_at,
        recorded_at=entry.recorded_at,
        by=by,
        command_id=entry.recorded.command_id if whole else None,
        law=entry.recorded.law,
        source=entry.recorded.source,
        hash=entry.hash,
        amended_to=corrected.amended.get(entry.version),
        retracted=entry.version in corrected.retracted,
        on_behalf_of=(entry.recorded.on_behalf_of or None) if whole else None,
        correlation=(entry.recorded.correlation or None) if whole else None,
        causation=entry.recorded.causation or None,
    )


async def stream_history(approvals: Approvals, state: State, to: Caller, after: int, limit: int) -> StreamHistory:
    """The entries of *state*, a catalogue say, above version *after*: *limit* of them at most."""
    entries = shown(await approvals.history(state.id, after, limit), to)
    more = bool(entries) and entries[-1].version < state.version
    return StreamHistory(entries, entries[-1].version if more else None)


async def entries_of(approvals: Approvals, project_id: UUID) -> list[Entry]:
    """The project's entries. Raises Problem project-unknown where nothing was ever recorded under this id."""
    entries = await approvals.history(project_id)
    if not entries or not of_project(entries):
        raise unknown_project(project_id)
    return entries


def unknown_project(project_id: UUID) -> Problem:
    """The problem of an id under which no project was registered."""
    return Problem(
        "project-unknown",
        f"no project is registered under {project_id}",
        remedy="check the id, or register the project with the command register_project",
    )
