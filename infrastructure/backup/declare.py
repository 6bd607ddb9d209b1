"""Examines a ledger that an external server's own tools restored: whether it is sound, and what is lost.

Such a restore records no fact, and positions are assigned a second time. The transparency log shows what the ledger
had.
"""

from __future__ import annotations

import psycopg
from msgspec import Struct

from domain.epochs.state import FIRST_EPOCH
from infrastructure.backup.errors import BackupError
from infrastructure.backup.restore import CHECKING, FAULTS_NAMED, RestoredLedger, difference_to_log, require_no_server
from infrastructure.backup.tools import Advance
from infrastructure.feed.epochs import last_restore
from infrastructure.proof.log import LogReader
from infrastructure.verifier.verify import verify


class KnownLoss(Struct, frozen=True):
    """What is known of the ledger before the restore: its *log*, None if it has none, and a position that it had
    reached.
    """

    log: LogReader | None
    lost_to: int = 0


def examined(url: str, loss: KnownLoss, advance: Advance) -> RestoredLedger:
    """The ledger at *url*, verified and compared. Raises BackupError where a server works on it, or nothing is lost."""
    with psycopg.connect(url, autocommit=True) as connection:
        require_no_server(connection)
    result, _ = verify(url, lambda done, of: advance(CHECKING, done, of))
    faults = [f"{fault.seq}: {fault.what}" for fault in result.faults[:FAULTS_NAMED]]
    lost_to, name = loss.lost_to, ""
    with psycopg.connect(url, autocommit=True) as connection:
        before = last_restore(connection)
        if loss.log is not None and loss.log.note is not None:
            name, lost_to = loss.log.checkpoint.origin, max(lost_to, loss.log.checkpoint.size)
            faults += difference_to_log(connection, loss.log, result.position)
    if lost_to <= result.position and not faults:
        raise BackupError(
            "nothing-lost",
            f"The ledger ends at position {result.position:,}, and nothing says that it ever had more.",
            "Where you know that it had, say from a checkpoint or a subscriber's cursor, give --lost-to.",
        )
    epoch = before.fact.epoch if before else FIRST_EPOCH
    return RestoredLedger(
        "", None, None, result.position, result.streams, result.position + 1, lost_to, epoch, name, faults
    )
