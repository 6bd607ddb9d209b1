"""Materials named by a command have to be stored before it."""

from __future__ import annotations

from uuid import UUID

from api.guard.judging import Allowed
from domain.project.materials.attachment import AttachMaterial
from infrastructure.ledger.approvals import Approvals
from infrastructure.materials.store import MaterialStore


async def require_stored(
    approvals: Approvals,
    materials: MaterialStore,
    project_id: UUID,
    command: AttachMaterial,
    key: UUID,
    allowed: Allowed,
) -> None:
    """As `require_attachable`; a repeat gets its first answer."""
    if await approvals.store.first_answer(key) is None:
        await require_attachable(approvals, materials, project_id, command, allowed)


async def require_attachable(
    approvals: Approvals, materials: MaterialStore, project_id: UUID, command: AttachMaterial, allowed: Allowed
) -> None:
    """Refuse to attach a file that is not stored, or is not what is said of it.

    Raises Refused as *allowed* does; StorageAwayError; UnfitMediaError: material-not-stored, -differs, -type-unknown,
    -type-mismatch.
    """
    allowed(await approvals.state(project_id))  # before the answer shows whether a file is stored
    await materials.require(command.digest, command.size, command.media_type)
