"""Materials named by a command have to be stored before it."""

from __future__ import annotations

from uuid import UUID

from domain.messages import AnyCommand
from domain.project.materials.attachment import AttachMaterial
from infrastructure.ledger.approvals import Approvals
from infrastructure.materials.store import MaterialStore


async def require_stored(approvals: Approvals, materials: MaterialStore, command: AnyCommand, key: UUID) -> None:
    """Refuse to attach a file that is not stored, or is not what is said of it; a repeat gets its first answer.

    Raises UnfitMediaError: material-not-stored, -differs, -type-unknown, -type-mismatch; StorageAwayError.
    """
    if not isinstance(command, AttachMaterial):
        return
    if await approvals.store.first_answer(key) is None:
        await materials.require(command.digest, command.size, command.media_type)
