"""Materials named by a command have to be stored before it."""

from __future__ import annotations

from api.guard.judging import Allowed
from domain.core.ledger import Refused
from domain.project.materials.attachment import AttachMaterial
from domain.streams import State
from infrastructure.materials.media import UnfitMediaError
from infrastructure.materials.store import MaterialStore


async def attachable(materials: MaterialStore, command: AttachMaterial, allowed: Allowed) -> Allowed:
    """*allowed*, which then also refuses a file that is not stored, or is not what is said of it.

    In this order: strangers must not learn whether a file is stored. Judge them before, too, where the project is
    known: this looks for the file. Raises StorageAwayError.
    """
    try:
        await materials.require(command.digest, command.size, command.media_type)
    except UnfitMediaError as unfit:
        refusal = Refused(unfit.code, unfit.sentence, remedy=unfit.remedy)
    else:
        return allowed

    def check(state: State) -> None:
        allowed(state)
        raise refusal

    return check
