"""An entry of the ledger as it is shown: both its times, who acted by which command, its law, its place and hash."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from domain.ledger import Actor, Role
from domain.vocabulary import AnyFact, Corrections, Entry, corrections
from projections.anonymity import Complainants

WHO_SEES_COMPLAINANTS = (Role.SUPERVISOR, Role.AUDITOR)

Instant = Annotated[datetime, Meta(tz=True)]


class ShownEntry(Struct, frozen=True):
    """One line of the ledger.

    *version* counts the project's entries from 1, *position* those of the whole ledger. *occurred_at* is when it
    legally happened, *recorded_at* when the system learned of it. *amended_to* and *retracted* are what later
    entries made of it: when it really happened, and that it does not count. *command_id* is null where something
    was left out: with it, whoever guesses what that was could check the guess against *hash*.
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


def shown(entries: Sequence[Entry], to: Actor) -> list[ShownEntry]:
    """All *entries* of one project as *to* may see them.

    Who complained anonymously is for the supervision bureau and auditors alone, and for themselves.
    """
    found = corrections(entries)
    complainants = None if to.role in WHO_SEES_COMPLAINANTS else Complainants(entries)
    return [_shown(entry, to, found, complainants) for entry in entries]


def _shown(entry: Entry, to: Actor, found: Corrections, complainants: Complainants | None) -> ShownEntry:
    fact, by = complainants(entry, to) if complainants else (entry.fact, entry.recorded.by)
    whole = fact is entry.fact and by is entry.recorded.by
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
        amended_to=found.amended.get(entry.version),
        retracted=entry.version in found.retracted,
    )
