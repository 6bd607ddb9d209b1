"""The primary of a standby: where a server that reads from a standby writes what sign-in and its rates need.

It may be unreachable while the standby serves, or take connections and be silent. A page that needs it waits for two
seconds at most, all others in the seconds after that not at all, and reads go on.
"""

from __future__ import annotations

import os
import socket
from asyncio import get_running_loop
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from math import inf
from time import monotonic

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.conninfo import make_conninfo

from infrastructure.ledger.reader import LOOK_SECONDS, Connection, Store, is_open

CONNECTIONS_MAX = 4  # writes of sign-in are short and few
PATIENCE_SECONDS = 2.0  # for a connection and its statements together: a browser waits for them
CONNECT_SECONDS = 2  # the least that libpq takes; in the background
AGAIN_SECONDS = 5.0  # after a failure, so that not every request waits for that timeout
NOT_SET = "this server reads from a standby, and COUNTERSIGN_PRIMARY_URL names no primary"


class PrimaryAwayError(psycopg.OperationalError):
    """The primary is unreachable, so nothing can be written."""


class PrimaryConnection(Connection):
    """A connection that is given up where no answer has come by *until*, on this process's own clock."""

    until = inf

    async def wait(self, gen: PQGen[RV], interval: float = LOOK_SECONDS, timeout: float | None = None) -> RV:  # noqa: ASYNC109  psycopg's signature
        """Every wait for the server goes through here.

        To cancel a statement psycopg asks the server that is silent, and waits for ten seconds: instead the connection
        ends, as if the server had hung up.
        """
        seconds = min(PATIENCE_SECONDS, max(0.0, self.until - monotonic()))
        limit = get_running_loop().call_later(seconds, _hang_up, self.pgconn.socket)
        try:
            return await super().wait(gen, interval, timeout)
        finally:
            limit.cancel()


def _hang_up(descriptor: int) -> None:
    """End the connection of the socket *descriptor*, which stays open for who waits on it."""
    with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as connection:
        connection.shutdown(socket.SHUT_RDWR)


class PrimaryStore(Store):
    """The primary at *url*; empty: there is none, and every use raises PrimaryAwayError."""

    def __init__(self, url: str) -> None:
        bounded = make_conninfo(url, connect_timeout=CONNECT_SECONDS) if url else ""
        super().__init__(
            bounded, CONNECTIONS_MAX, patience_seconds=PATIENCE_SECONDS, connection_class=PrimaryConnection
        )
        self._again_at = 0.0

    async def open(self) -> None:
        """Begin to connect; whether it succeeds is seen with each use."""
        if self.url:
            await self.pool.open(wait=False)

    async def close(self) -> None:
        """Close all connections."""
        if self.url:
            await self.pool.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection whose statements, together with the wait for it, have PATIENCE_SECONDS.

        Raises PrimaryAwayError, also in the midst of the block.
        """
        until, connection = monotonic() + PATIENCE_SECONDS, None
        try:
            async with super().connection() as connection:
                assert isinstance(connection, PrimaryConnection)
                connection.until = until
                try:
                    yield connection
                finally:
                    connection.until = inf
        except PrimaryAwayError:
            raise
        except psycopg.OperationalError as lost:
            if connection is not None and not connection.closed:
                raise  # the primary answered
            raise self._away(lost) from lost

    async def _take(self) -> Connection:
        """A connection; those on which the primary has hung up are dropped, without looking at the others."""
        if not self.url:
            raise PrimaryAwayError(NOT_SET)
        if monotonic() < self._again_at:
            raise PrimaryAwayError("the primary did not answer a moment ago")
        while not is_open(connection := await self.pool.getconn()):
            await self.pool.putconn(connection)
        return connection

    def _away(self, failure: psycopg.OperationalError) -> PrimaryAwayError:
        self._again_at = monotonic() + AGAIN_SECONDS
        return PrimaryAwayError(f"the primary does not answer: {str(failure).strip()}")
