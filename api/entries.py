"""An entry of the ledger as it is shown: both its times, who acted by which command, its law, its place and hash."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct, structs

from domain.ledger import Actor, Role
from domain.project.complaint import ComplaintClosed, ComplaintFiled
from domain.vocabulary import AnyFact, Corrections, Entry, corrections

WHO_SEES_COMPLAINANTS = (Role.SUPERVISOR, Role.AUDITOR)
NOBODY = Actor("", "", Role.APPLICANT)

Instant = Annotated[datetime, Meta(tz=True)]


class ShownEntry(Struct, frozen=True):
    """One line of the ledger.

    *version* counts the project's entries from 1, *position* those of the whole ledger. *occurred_at* is when it
    legally happened, *recorded_at* when the system learned of it. *amended_to* and *retracted* are what later
    entries made of it: when it really happened, and that it does not count.
    """

    version: int
    position: int
    fact: AnyFact
    occurred_at: Instant
    recorded_at: Instant
    by: Actor
    command_id: UUID
    law: str
    source: str
    hash: str
    amended_to: Instant | None = None
    retracted: bool = False


def shown(entries: Sequence[Entry], to: Actor) -> list[ShownEntry]:
    """All *entries* of one project as *to* may see them.

    Who complained anonymously is for the supervision bureau and auditors alone, and for themselves.
    """
    found = corrections(entries)
    return [_shown(entry, to, found) for entry in entries]


def _shown(entry: Entry, to: Actor, found: Corrections) -> ShownEntry:
    fact, by = entry.fact, entry.recorded.by
    if to.role not in WHO_SEES_COMPLAINANTS:
        if isinstance(fact, ComplaintFiled) and fact.anonymous and fact.by != to.id:
            fact, by = structs.replace(fact, by="", contact=""), NOBODY
        elif isinstance(fact, ComplaintClosed) and by.role is not Role.SUPERVISOR and by.id != to.id:
            by = NOBODY  # whoever filed it closed it
    return ShownEntry(
        version=entry.version,
        position=entry.position,
        fact=fact,
        occurred_at=entry.occurred_at,
        recorded_at=entry.recorded_at,
        by=by,
        command_id=entry.recorded.command_id,
        law=entry.recorded.law,
        source=entry.recorded.source,
        hash=entry.hash,
        amended_to=found.amended.get(entry.version),
        retracted=entry.version in found.retracted,
    )
