"""The primary of a standby: where a server that reads from a standby writes what sign-in and its rates need.

It may be unreachable while the standby serves: every such write then fails at once, without waiting for the timeout of
a pool, and reads go on.
"""

from __future__ import annotations

from time import monotonic

import psycopg

from infrastructure.ledger.reader import Connection, Store

CONNECTIONS_MAX = 4  # writes of sign-in are short and few
PATIENCE_SECONDS = 2.0  # for a connection: a browser waits for it
AGAIN_SECONDS = 5.0  # after a failure, so that not every request waits for that timeout
NOT_SET = "this server reads from a standby, and COUNTERSIGN_PRIMARY_URL names no primary"


class PrimaryAwayError(psycopg.OperationalError):
    """The primary is unreachable, so nothing can be written."""


class PrimaryStore(Store):
    """The primary at *url*; empty: there is none, and every use raises PrimaryAwayError."""

    def __init__(self, url: str) -> None:
        super().__init__(url, CONNECTIONS_MAX, patience_seconds=PATIENCE_SECONDS)
        self._again_at = 0.0

    async def open(self) -> None:
        """Begin to connect; whether it succeeds is seen with each use."""
        if self.url:
            await self.pool.open(wait=False)

    async def close(self) -> None:
        """Close all connections."""
        if self.url:
            await self.pool.close()

    async def _take(self) -> Connection:
        if not self.url:
            raise PrimaryAwayError(NOT_SET)
        if monotonic() < self._again_at:
            raise PrimaryAwayError("the primary did not answer a moment ago")
        try:
            return await super()._take()
        except psycopg.OperationalError as away:
            self._again_at = monotonic() + AGAIN_SECONDS
            raise PrimaryAwayError(f"the primary does not answer: {away}") from away
