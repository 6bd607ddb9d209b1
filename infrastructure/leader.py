"""Work that one process does at a time: the others are standbys, and one of them goes on when the leader is gone.

`Leader` works in an event loop, `BlockingLeader` in a thread or process of its own. Both lead, wait, log and retry
in the same way.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from typing import Any, ClassVar, TypeVar

import psycopg
import structlog
from msgspec import Struct

from infrastructure.postgres.lease import Lease
from infrastructure.privacy.keystore import KeystoreError
from infrastructure.stop_signal import StopSignal

T = TypeVar("T")

log = structlog.get_logger()


class LeadTerms(Struct, frozen=True):
    """How a kind of *work* is led: its name in the log, the *key* of its advisory lock, and its pauses.

    *poll_seconds* pass between two tries to lead, *alarm_seconds* after an error that needs an operator.
    """

    work: str
    key: int
    poll_seconds: float
    alarm_seconds: float


class LeadershipCandidate:
    """The part that both leaders share, which is all but how they wait: the lease, and the error that ended the last
    lead.
    """

    transient: ClassVar[tuple[type[Exception], ...]] = (psycopg.Error, KeystoreError)  # errors that pass by themselves

    def __init__(self, url: str, terms: LeadTerms) -> None:
        self._url, self._terms = url, terms
        self._lease = Lease(url, terms.work, terms.key)
        self.is_leader = False

    def _before(self) -> None:
        """Check whether to lead at all, before connecting. Its exceptions are passed to `_pause_after`."""
        self._lease = Lease(self._url, self._terms.work, self._terms.key)

    def _after(self) -> None:
        """Tidy up, however the lead ended."""
        self.is_leader = False

    def _pause_after(self, failure: Exception) -> float:
        """Log the *failure* that ended the lead; how many seconds to wait then."""
        if isinstance(failure, self.transient):
            log.warning("leader_disconnected", work=self._terms.work, error=str(failure).strip())
            return self._terms.poll_seconds
        log.error("leader_failed", work=self._terms.work, exc_info=failure)
        return self._terms.alarm_seconds


class Leader(LeadershipCandidate, ABC):
    """Runs in an event loop: `run` until `stop`, on the database at *url*."""

    def __init__(self, url: str, terms: LeadTerms) -> None:
        super().__init__(url, terms)
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """End `run`."""
        self._stopping.set()

    async def run(self) -> None:
        """Lead, or stand by until the leader is gone. Retries after any error, as nothing else restarts it."""
        while not self._stopping.is_set():
            try:
                self._before()
                async with await psycopg.AsyncConnection.connect(self._lease.url, autocommit=True) as connection:
                    await self._lead(connection)
            except Exception as failure:  # noqa: BLE001  `_pause_after` logs it
                await self._pause(self._pause_after(failure))
            finally:
                self._after()

    async def _lead(self, connection: psycopg.AsyncConnection[Any]) -> None:
        while not await self._take(connection):
            await self._pause(self._terms.poll_seconds)
            if self._stopping.is_set():
                return
        self.is_leader = True
        with self._lease.renewed():
            await self._work(connection)

    async def _take(self, connection: psycopg.AsyncConnection[Any]) -> bool:
        """Become the leader if there is none, or if its lease has expired."""
        return await self._lease.take_async(connection)

    @abstractmethod
    async def _work(self, connection: psycopg.AsyncConnection[Any], /) -> None:
        """Work until `stop`, while no other process does. Raises what ends the lead, for `run` to begin again.

        *connection* holds the lead: with it, it is lost.
        """

    async def _unless_stopped(self, work: Coroutine[Any, Any, T]) -> T | None:
        """The result of *work*; None where `stop` came first, which cancels it."""
        working, stopped = asyncio.create_task(work), asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait((working, stopped), return_when=asyncio.FIRST_COMPLETED)
            return working.result() if working.done() else None
        finally:
            working.cancel()
            stopped.cancel()
            await asyncio.gather(working, stopped, return_exceptions=True)

    async def _pause(self, seconds: float) -> None:
        """Wait for *seconds*, or until `stop`."""
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return


class BlockingLeader(LeadershipCandidate, ABC):
    """Runs in a thread or process of its own: `run` until `stop`, on the database at *url*."""

    def __init__(self, url: str, terms: LeadTerms) -> None:
        super().__init__(url, terms)
        self._stopping = StopSignal()

    def stop(self) -> None:
        """End `run`, from any thread."""
        self._stopping.set()

    def run(self) -> None:
        """Lead, or stand by until the leader is gone. Retries after any error, as nothing else restarts it."""
        while not self._stopping.is_set():
            try:
                self._before()
                with psycopg.connect(self._lease.url, autocommit=True) as connection:
                    self._lead(connection)
            except Exception as failure:  # noqa: BLE001  `_pause_after` logs it
                self._stopping.wait(self._pause_after(failure))
            finally:
                self._after()

    def _lead(self, connection: psycopg.Connection[Any]) -> None:
        while not self._lease.take(connection):
            self._stopping.wait(self._terms.poll_seconds)
            if self._stopping.is_set():
                return
        self.is_leader = True
        with self._lease.renewed():
            self._work(connection)

    @abstractmethod
    def _work(self, connection: psycopg.Connection[Any], /) -> None:
        """Work until `stop`, while no other process does. Raises what ends the lead, for `run` to begin again.

        *connection* holds the lead: with it, it is lost.
        """
