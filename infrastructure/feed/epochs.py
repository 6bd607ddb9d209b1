"""Reads the restores in the ledger, and names positions with their epoch: `<zone>.<epoch>:<position>`.

Entries of the first epoch go by their position alone, as they always did. A restore takes entries away and gives their
positions a second time; so the ids of entries behind it have the epoch in them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, LiteralString

import psycopg
from msgspec import Struct, json

from domain.epochs.restore import LedgerRestored
from domain.epochs.state import EPOCHS_STREAM, FIRST_EPOCH, RestorePoint, epoch_of
from infrastructure.ledger.reader import Store

RESTORES: LiteralString = """
    SELECT data, recorded_at FROM ledger.event WHERE stream = %s AND type = 'ledger_restored' ORDER BY version
"""
LAST_RESTORE: LiteralString = """
    SELECT data, seq, hash, recorded_at FROM ledger.event WHERE stream = %s AND type = 'ledger_restored'
    ORDER BY version DESC LIMIT 1
"""
_decoder = json.Decoder(LedgerRestored)


class LedgerEpochs(Struct, frozen=True):
    """The restores of the ledger; *zone* is the code of the area, with which ids begin."""

    restores: tuple[RestorePoint, ...] = ()
    zone: str = ""

    @property
    def current(self) -> int:
        """The number of the present epoch."""
        return self.restores[-1].epoch if self.restores else FIRST_EPOCH

    def name(self, position: int) -> str:
        """The id of the entry at *position*: the position, and in a later epoch what sets it apart."""
        epoch = epoch_of(position, self.restores)
        return str(position) if epoch == FIRST_EPOCH else f"{self.zone}.{epoch}:{position}"

    def message(self, position: int) -> str:
        """The id of the entry as a webhook has it, which always begins with the zone."""
        name = self.name(position)
        return name if ":" in name else f"{self.zone}:{name}"

    def lost(self, position: int) -> RestorePoint | None:
        """The restore by which *position* was lost, if an entry was ever there; its epoch is not known."""
        return next((point for point in self.restores if point.kept_to < position <= point.lost_to), None)


class StoredRestore(Struct, frozen=True):
    """A restore as it is in the ledger: the *fact*, and the position, hash and time of its entry."""

    fact: LedgerRestored
    position: int
    hash: bytes
    recorded_at: datetime


def last_restore(connection: psycopg.Connection[Any]) -> StoredRestore | None:
    """The last restore of the ledger of *connection*; None where there was none. Raises msgspec.DecodeError."""
    row = connection.execute(LAST_RESTORE, [EPOCHS_STREAM]).fetchone()
    return StoredRestore(decoded_restore(bytes(row[0])), row[1], bytes(row[2]), row[3]) if row else None


def decoded_restore(data: bytes) -> LedgerRestored:
    """The fact in *data*, as it is stored. Raises msgspec.DecodeError."""
    return _decoder.decode(data)


async def read_epochs(store: Store, zone: str = "") -> LedgerEpochs:
    """The epochs of the ledger at present: one look into an index."""
    async with store.cursor() as cursor:
        await cursor.execute(RESTORES, [EPOCHS_STREAM])
        rows = await cursor.fetchall()
    points = []
    for data, recorded_at in rows:
        fact = decoded_restore(bytes(data))
        points.append(RestorePoint(fact.epoch, fact.kept_to, fact.lost_to, recorded_at))
    return LedgerEpochs(tuple(points), zone)
