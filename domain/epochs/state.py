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
    """A restore, which began *epoch*: positions up to *kept_to* are those of before, those up to *lost_to* were lost.

    Numbers of epochs may be left out: a restore to before an earlier one takes the fact of that one away.
    """

    epoch: int
    kept_to: int
    lost_to: int
    restored_at: datetime | None = None  # when it was recorded; None where that is not needed


class Epochs(Struct):
    """The restores of the ledger, the first one first."""

    id: UUID
    version: int = 0
    restores: list[RestorePoint] = field(default_factory=list)

    law: ClassVar[str] = ""  # none of its own

    @property
    def current(self) -> int:
        """The number of the present epoch."""
        return self.restores[-1].epoch if self.restores else FIRST_EPOCH


AnyEpochs: TypeAlias = Epochs | Any  # facts of all aggregates lie in one union; only this fold applies these


def epoch_of(position: int, restores: Sequence[RestorePoint]) -> int:
    """The epoch in which the entry that is now at *position* was recorded."""
    return next((restore.epoch for restore in reversed(restores) if restore.kept_to < position), FIRST_EPOCH)


def loss_of(position: int, epoch: int, restores: Sequence[RestorePoint]) -> RestorePoint | None:
    """The restore by which the entry was lost that had *position* in *epoch*; None where it is still there."""
    is_known = epoch == FIRST_EPOCH or any(restore.epoch == epoch for restore in restores)
    later = (restore for restore in restores if restore.epoch > epoch)
    return next((restore for restore in later if restore.kept_to < position or not is_known), None)
