"""恢复 restore: a backup was put in place; the positions behind it are given a second time, in a new epoch."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused, Role
from domain.core.rules import require_role
from domain.core.types import Line, Text
from domain.epochs.state import EPOCHS_STREAM, AnyEpochs, Epochs, RestorePoint

NOTE_CHARACTERS_MAX = 64_000  # a checkpoint with a dozen cosignatures by ML-DSA-44

SignedCheckpoint = Annotated[str, Meta(max_length=NOTE_CHARACTERS_MAX)]


class RecordRestore(Command, frozen=True, tag="record_restore"):
    """Record that the ledger was restored to its entry *kept_to*, and that entries up to *lost_to* are lost.

    *log* is the name of the transparency log that ended with it, *checkpoint* the last one it published, as a signed
    note with its cosignatures; both are empty where no log was written. *restored_to*: the instant that was asked for.
    *epoch_before* is the last epoch that is known, though the restore may have taken away what says so.
    """

    kept_to: int
    lost_to: int
    epoch_before: int = 0
    log: Line = ""
    checkpoint: SignedCheckpoint = ""
    restored_to: datetime | None = None
    reasons: Text = ""

    def decide(self, state: Epochs, context: Context) -> tuple[Fact, ...]:
        require_role(context.by, "record a restore", Role.SYSTEM)
        if state.id != EPOCHS_STREAM:
            raise Refused(
                "wrong-stream",
                "a restore is recorded in a stream of its own",
                remedy=f"send it to {EPOCHS_STREAM}",
            )
        if not 0 <= self.kept_to <= self.lost_to:
            raise Refused(
                "restore-range",
                f"positions up to {self.kept_to} can't be left of a ledger of {self.lost_to}",
                remedy="give the last position that is left, and the last one that there was",
            )
        fact = LedgerRestored(
            epoch=max(state.current, self.epoch_before) + 1,
            kept_to=self.kept_to,
            lost_to=self.lost_to,
            log=self.log,
            checkpoint=self.checkpoint,
            restored_to=self.restored_to,
            reasons=self.reasons,
        )
        return (fact,)


class LedgerRestored(Fact, frozen=True, tag="ledger_restored"):
    """恢复: epoch number *epoch* of the ledger begins behind *kept_to*; entries from there to *lost_to* are lost.

    *log* ended with the epoch before; *checkpoint* is the last that it published, as a signed note.
    """

    epoch: int
    kept_to: int
    lost_to: int
    log: str = ""
    checkpoint: str = ""
    restored_to: datetime | None = None
    reasons: str = ""

    def apply(self, state: AnyEpochs) -> None:
        state.restores.append(RestorePoint(self.epoch, self.kept_to, self.lost_to))
