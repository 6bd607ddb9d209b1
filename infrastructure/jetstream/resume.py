"""Where publishing goes on: behind the stream's last message, if that is an event of this ledger and of no other."""

from __future__ import annotations

from collections.abc import Sequence

from domain.epochs.state import FIRST_EPOCH, RestorePoint, loss_of
from infrastructure.feed.epochs import LedgerEpochs
from infrastructure.jetstream.errors import StreamRefusedError
from infrastructure.jetstream.target import MESSAGE_ID, StreamTarget

OTHER_STREAM = "name another stream by COUNTERSIGN_NATS_STREAM, which is made if there is none"


class MessagePlace:
    """The place in the ledger that the id of a stream's last message names. Raises StreamRefusedError."""

    def __init__(self, id_: str, target: StreamTarget, epochs: LedgerEpochs, head: int) -> None:
        match = MESSAGE_ID.fullmatch(id_)
        if match is None:
            raise StreamRefusedError(
                f"The last message of the stream {target.stream} was not published by Countersign: {OTHER_STREAM}."
            )
        if match["zone"] != target.zone:
            raise StreamRefusedError(
                f"The stream {target.stream} holds {id_}, an event of the zone {match['zone']}, and this ledger is that"
                f" of {target.zone}: {OTHER_STREAM}."
            )
        self.position, epoch = int(match["position"]), int(match["epoch"] or FIRST_EPOCH)
        self.is_lost = loss_of(self.position, epoch, epochs.restores) is not None
        self.after = left_of(self.position, epoch, epochs.restores)
        if epoch > epochs.current or (not self.is_lost and self.position > head):
            raise StreamRefusedError(
                f"The stream {target.stream} holds {id_}, and this ledger ends at {epochs.message(head)}: the ledger"
                f" was put back to an earlier moment. Run `countersign declare-restore`, or {OTHER_STREAM}."
            )


def left_of(position: int, epoch: int, restores: Sequence[RestorePoint]) -> int:
    """The last position up to *position*, as *epoch* counted, that no restore since has taken away."""
    return min([position, *(point.kept_to for point in restores if point.epoch > epoch)])


def another_entry(id_: str, target: StreamTarget) -> StreamRefusedError:
    """The refusal of a stream whose last message is not the entry that this ledger has at that position."""
    return StreamRefusedError(
        f"The event {id_} in the stream {target.stream} is another than the one in this ledger: it comes from another"
        f" ledger of the zone {target.zone}, or from one that was restored without saying so."
        f" Run `countersign declare-restore` if it was, or {OTHER_STREAM}."
    )


def emptied(target: StreamTarget) -> StreamRefusedError:
    """The refusal of a stream whose last message was deleted, if no record says which event that was."""
    return StreamRefusedError(
        f"The stream {target.stream} does not hold its last message any more, so it can't be seen where to go on: give"
        " the position of the last event that its readers have by --after, or delete the stream, and all is published"
        " again."
    )
