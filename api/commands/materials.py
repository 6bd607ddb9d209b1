"""Materials named by a command have to be stored before it."""

from __future__ import annotations

from uuid import UUID

from api.web.dependencies import Parts
from domain.messages import AnyCommand
from domain.project.materials.attachment import AttachMaterial


async def require_stored(parts: Parts, command: AnyCommand, key: UUID) -> None:
    """Refuse to attach a file that is not stored, or is not what is said of it; a repeat gets its first answer.

    Raises UnfitMediaError: material-not-stored, -differs, -type-unknown, -type-mismatch; StorageAwayError.
    """
    if not isinstance(command, AttachMaterial):
        return
    if await parts.approvals.store.first_answer(key) is None:
        await parts.materials.require(command.digest, command.size, command.media_type)
