"""The story of a removal: a tested example of what is recorded when expired records outside the ledger are deleted."""

from __future__ import annotations

from uuid import UUID

from domain.core.context import Context
from domain.core.ledger import Actor, Recorded, Role
from domain.examples.people import moment
from domain.law.packs.pack import Pack
from domain.messages import Entry
from domain.retention.removal import RETENTION_STREAM, RecordRemoval, RemovedRecords
from domain.streams import decide, replay

SERVERS = Actor("retention", "", Role.SYSTEM)
REMOVAL = RecordRemoval(
    removed=(
        RemovedRecords("sessions", "unused for 30 minutes, or after 12 hours", moment("2026-07-15 01:30"), 41),
        RemovedRecords("security_log", "180 days", moment("2026-01-16 02:00"), 1260),
    )
)


def retention_entries(law: Pack) -> list[Entry]:
    """The entries of the story."""
    at = moment("2026-07-15 02:00")
    facts = decide(REMOVAL, replay(RETENTION_STREAM, ()), Context(SERVERS, at, at, law))
    recorded = Recorded(SERVERS, UUID(int=1), law.name)
    return [Entry(RETENTION_STREAM, 1, at, at, fact, recorded) for fact in facts]
