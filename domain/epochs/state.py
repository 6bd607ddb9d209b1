"""The ledger's epochs, as far as restores began them, and what became of a position that was given out earlier."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, TypeAlias
from uuid import UUID, uuid5

from msgspec import Struct, field

NAMESPACE = UUID("5f3c9c1e-2f0d-4c0b-9a35-8f2a6f1d7be4")  # permanent: the stream is looked up by its id
EPOCHS_STREAM = uuid5(NAMESPACE, "epochs")
FIRST_EPOCH = 1


class RestorePoint(Struct, frozen=True, gc=False):
    """A restore: positions up to *kept_to* are those of before; up to *lost_to* there were others, which are lost."""

    kept_to: int
    lost_to: int
    restored_at: datetime | None = None  # when it was recorded; None where that is not asked


class Epochs(Struct):
    """The restores of the ledger, the first one first."""

    id: UUID
    version: int = 0
    restores: list[RestorePoint] = field(default_factory=list)

    law: ClassVar[str] = ""  # none of its own

    @property
    def current(self) -> int:
        """The number of the present epoch."""
        return FIRST_EPOCH + len(self.restores)


AnyEpochs: TypeAlias = Epochs | Any  # facts of all aggregates lie in one union; only this fold applies these


def epoch_of(position: int, restores: Sequence[RestorePoint]) -> int:
    """The epoch in which the entry that is now at *position* was recorded."""
    return FIRST_EPOCH + sum(restore.kept_to < position for restore in restores)


def loss_of(position: int, epoch: int, restores: Sequence[RestorePoint]) -> RestorePoint | None:
    """The restore by which the entry was lost that had *position* in *epoch*; None where it is still there."""
    return next((restore for restore in restores[epoch - FIRST_EPOCH :] if restore.kept_to < position), None)
