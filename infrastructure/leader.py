"""Work that one process does at a time: the others stand by, and one of them goes on when the leader is gone."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod

import psycopg
import structlog
from msgspec import Struct

from infrastructure.postgres.lease import Lease
from infrastructure.privacy.keystore import KeystoreError

log = structlog.get_logger()


class LeadTerms(Struct, frozen=True):
    """How a kind of *work* is led: its name in the log, the *key* of its advisory lock, and its pauses.

    *poll_seconds* pass between two tries to lead, *alarm_seconds* after an error that needs an operator.
    """

    work: str
    key: int
    poll_seconds: float
    alarm_seconds: float


class Leader(ABC):
    """Runs in an event loop: `run` until `stop`, on the database at *url*."""

    def __init__(self, url: str, terms: LeadTerms) -> None:
        self._url, self._terms = url, terms
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """End `run`."""
        self._stopping.set()

    async def run(self) -> None:
        """Lead, or stand by until the leader is gone. Retries after any error, as nothing else restarts it."""
        while not self._stopping.is_set():
            lease = Lease(self._url, self._terms.work, self._terms.key)
            try:
                async with await psycopg.AsyncConnection.connect(lease.url, autocommit=True) as connection:
                    await self._lead(connection, lease)
            except (psycopg.Error, KeystoreError) as lost:
                log.warning("leader_disconnected", work=self._terms.work, error=str(lost).strip())
                await self._pause(self._terms.poll_seconds)
            except Exception:
                log.exception("leader_failed", work=self._terms.work)
                await self._pause(self._terms.alarm_seconds)

    async def _lead(self, connection: psycopg.AsyncConnection[object], lease: Lease) -> None:
        while not await lease.take_async(connection):
            await self._pause(self._terms.poll_seconds)
            if self._stopping.is_set():
                return
        with lease.renewed():
            await self._work()

    @abstractmethod
    async def _work(self) -> None:
        """Work until `stop`, while no other process does. Raises what ends the lead, for `run` to begin again."""

    async def _pause(self, seconds: float) -> None:
        """Wait for *seconds*, or until `stop`."""
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return
