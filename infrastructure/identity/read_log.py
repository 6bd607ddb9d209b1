"""The trace that reads of personal data leave in the security log: collected in memory, and written in batches.

A request waits for none of it. Rows are stored within a second; those that a killed process had not stored are lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from msgspec import Struct

from infrastructure.identity.security_log import SecurityEntry, SecurityEvent, SecurityLog
from projections.personal_reads import OnRead, PersonalRead, PersonalReads

FLUSH_SECONDS = 1.0
ONCE = timedelta(seconds=60)  # the same read again within this time is the same reading: pages are reloaded
ROWS_MAX = 10_000  # that wait for the database, 5 MB; what comes then is in the server's own log alone
RECENT_MAX = 50_000  # reads remembered, 20 MB

log = structlog.get_logger()


class DataReader(Struct, frozen=True):
    """Who reads: the principal, from which address, and by what: a session's method, "key" or "gateway"."""

    principal: str
    address: str = ""
    method: str = ""
    session: UUID | None = None


class ReadLog:
    """Collects reads of personal data. *running* writes them while the block runs, and the rest at its end."""

    def __init__(self, security_log: SecurityLog, clock: Callable[[], datetime]) -> None:
        self._log, self._clock = security_log, clock
        self._rows: list[SecurityEntry] = []
        self._recent: dict[tuple[DataReader, PersonalRead], datetime] = {}
        self._waiting, self._ended = asyncio.Event(), asyncio.Event()

    def reading(self, reader: Callable[[], DataReader]) -> PersonalReads:
        """Record personal data read in the block as read by *reader*."""
        return PersonalReads(self.recorder(reader))

    def recorder(self, reader: Callable[[], DataReader]) -> OnRead:
        """A function that records a read; *reader* is called only then, to say who reads."""
        return lambda read: self.add(reader(), read)

    def add(self, reader: DataReader, read: PersonalRead) -> None:
        """Record a read once a minute; a batch later it is stored."""
        now, key = self._clock(), (reader, read)
        before = self._recent.get(key)
        if before is not None and now < before + ONCE:
            return
        if len(self._recent) >= RECENT_MAX:
            self._recent = {key: at for key, at in self._recent.items() if now < at + ONCE}
            if len(self._recent) >= RECENT_MAX:
                self._recent.clear()
        self._recent[key] = now
        if len(self._rows) >= ROWS_MAX:
            log.error("personal_read_not_recorded", reader=reader, read=read)
            return
        event = SecurityEvent.PERSONAL_DATA_READ.value
        who = (reader.principal, reader.address, reader.method, reader.session)
        self._rows.append(SecurityEntry(now, event, *who, detail=read.kind, subject=read.subject))
        self._waiting.set()

    async def flush(self) -> None:
        """Store what has been collected."""
        rows, self._rows = self._rows, []
        self._waiting.clear()
        if rows:
            await self._log.add_all(rows)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Store batches during the block."""
        task = asyncio.create_task(self._write())
        try:
            yield
        finally:
            self._ended.set()
            self._waiting.set()
            await task
            await self.flush()

    async def _write(self) -> None:
        while not self._ended.is_set():
            await self._waiting.wait()
            with suppress(TimeoutError):  # further reads join the batch
                await asyncio.wait_for(self._ended.wait(), FLUSH_SECONDS)
            await self.flush()
