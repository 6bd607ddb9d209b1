"""The story of a restore: a tested example of what the command line records when a backup is put in place."""

from __future__ import annotations

from uuid import UUID

from domain.core.context import Context
from domain.core.ledger import Actor, Recorded, Role
from domain.epochs.restore import RecordRestore
from domain.epochs.state import EPOCHS_STREAM
from domain.examples.people import moment
from domain.law.packs.pack import Pack
from domain.messages import Entry
from domain.streams import decide, replay

OPERATOR = Actor("operator", "", Role.SYSTEM)
RESTORE = RecordRestore(
    kept_to=5310,
    lost_to=5342,
    log="approvals.example.org/bda/1f2e3d4c",
    restored_to=moment("2026-07-15 10:00"),
    reasons="服务器磁盘损坏（示例）",
)


def epoch_entries(law: Pack) -> list[Entry]:
    """The entries of the story."""
    at = moment("2026-07-15 14:00")
    facts = decide(RESTORE, replay(EPOCHS_STREAM, ()), Context(OPERATOR, at, at, law))
    recorded = Recorded(OPERATOR, UUID(int=1), law.name)
    return [Entry(EPOCHS_STREAM, 1, at, at, fact, recorded) for fact in facts]
