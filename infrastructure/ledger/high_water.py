"""The highest position of the ledger that this process has seen: what shows that a database has gone back.

A standby that was behind takes over, a backup is put in the place of a damaged server: the ledger then ends earlier, or
goes on otherwise, while this process has the states of projects in memory as they were. A session can't go back without
losing its connection, so it is enough to look once after each new connection.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from psycopg import Error, OperationalError

from infrastructure.ledger.pg_binary import int8
from infrastructure.ledger.pipeline_connection import PipelineConnection, answered

ENTRY_AT = b"SELECT hash FROM ledger.event WHERE seq = $1"
STATEMENT = {"entry_at": ENTRY_AT}  # a connection has to prepare it for `reopen`

log = structlog.get_logger()


class LedgerWentBackError(OperationalError):
    """The database no longer holds what this process has seen of it. What was under way may or may not be stored."""


class HighWater:
    """Follows the highest position seen. *listeners* clear their caches where the ledger has gone back."""

    def __init__(self) -> None:
        self._seq, self._hash = 0, b""
        self.times = 0  # that the ledger has gone back
        self.listeners: list[Callable[[], object]] = []

    def note(self, seq: int, hash_: bytes) -> None:
        """The entry at *seq* was seen, with this hash."""
        if seq > self._seq:
            self._seq, self._hash = seq, hash_

    async def reopen(self, lane: PipelineConnection, on_failure: Callable[[Error], object] = lambda _: None) -> None:
        """Connect *lane* again, however long that takes, and look whether the entry is still there.

        Raises LedgerWentBackError where it is missing or differs; all listeners have cleared their caches by then.
        """
        differences: list[str] = []

        async def look() -> None:
            differences[:] = [await self._difference(lane)]

        await lane.reopen(on_failure, look)
        if difference := "".join(differences):
            self.went_back()
            raise LedgerWentBackError(f"the database has gone back: {difference}")

    async def _difference(self, lane: PipelineConnection) -> str:
        seq, hash_ = self._seq, self._hash
        if not seq:
            return ""
        answer = await answered(lane.run("entry_at", [int8(seq)]))
        if not answer.ntuples:
            return f"the entry at position {seq} is gone"
        return "" if answer.get_value(0, 0) == hash_ else f"the entry at position {seq} is a different one"

    def went_back(self) -> None:
        """Clear every cache: the ledger is not the one that was read."""
        log.critical("ledger_went_back", position=self._seq)
        self._seq, self._hash = 0, b""
        self.times += 1
        for forget in self.listeners:
            forget()
