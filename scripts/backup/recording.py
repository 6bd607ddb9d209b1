"""Records a restore in the recovered ledger, and begins the log of the new epoch."""

from __future__ import annotations

import asyncio
from datetime import datetime
from uuid import uuid4

import psycopg

from domain.core.ledger import Actor, Role
from domain.epochs.restore import RecordRestore
from domain.epochs.state import EPOCHS_STREAM, Epochs
from infrastructure.backup.restore import RestoredLedger
from infrastructure.law.lawbook import law_book
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.clock_check import utc_now
from infrastructure.proof.epochs import begin_epoch
from infrastructure.proof.publisher import ProofFolder
from infrastructure.proof.restore_statement import RestoreStatement
from infrastructure.settings import Settings

OPERATOR = Actor("operator", "", Role.SYSTEM)


def command_of(ledger: RestoredLedger, proofs: ProofFolder, at: datetime | None, reasons: str) -> RecordRestore:
    """The command that records the restore."""
    restored = proofs.restored()
    last_epoch = RestoreStatement.parse(restored.statement.text).epoch if restored else 0
    return RecordRestore(
        kept_to=ledger.position,
        lost_to=max(ledger.lost_to, ledger.position),
        epoch_before=max(ledger.epoch_before, last_epoch),
        log=ledger.log,
        checkpoint=str(proofs.read_log().note or ""),
        restored_to=at,
        reasons=reasons,
    )


def recorded(url: str, chosen: Settings, command: RecordRestore) -> int:
    """Record the restore in the restored ledger at *url*, before anything else is; the number of the new epoch."""

    async def record() -> int:
        async with Approvals(url, laws=law_book(), cases=chosen.area) as approvals:
            await approvals.handle(EPOCHS_STREAM, command, OPERATOR, uuid4())
            state = await approvals.state(EPOCHS_STREAM)
            assert isinstance(state, Epochs), "the restore was recorded on it"
            return state.current

    return asyncio.run(record())


def new_log(url: str, proofs: ProofFolder) -> str:
    """Begin the transparency log of the new epoch, where the one of before knows lost entries; its name."""
    with psycopg.connect(url, autocommit=True) as connection:
        keys = begin_epoch(proofs, connection, utc_now())
    return keys.name if keys else ""
