"""Leader election: an advisory lock, and a lease with a heartbeat that shows whether the leader is alive.

The lock ends with its session. A frozen process, or one whose machine has vanished, keeps its session: a standby then
sees that the lease is not renewed, and terminates all sessions of the leader, so that it can't write any more. If it
wakes up, it finds its connections closed and becomes a standby.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex
from time import monotonic
from typing import Any, LiteralString

import psycopg
import structlog
from psycopg.conninfo import conninfo_to_dict, make_conninfo

HEARTBEAT_SECONDS = 3.0
SILENT_SECONDS_MAX = 15.0  # five heartbeats: a busy machine may miss some
NAME_BYTES_MAX = 63  # of an application_name; the server cuts off what is longer
TOKEN_BYTES = 4

NAME: LiteralString = "SELECT set_config('application_name', %s, false)"
# Lock and lease in one statement, so that a process that freezes after sending it has either both or neither.
TAKE: LiteralString = """
    WITH taken AS MATERIALIZED (SELECT pg_try_advisory_lock(%(key)s) AS ours)
    INSERT INTO process.lease (work, owner, heartbeat_at)
    SELECT %(work)s, %(owner)s, clock_timestamp() FROM taken WHERE ours
    ON CONFLICT (work) DO UPDATE SET owner = excluded.owner, heartbeat_at = excluded.heartbeat_at
    RETURNING owner
"""
RENEW: LiteralString = "UPDATE process.lease SET heartbeat_at = clock_timestamp() WHERE work = %s AND owner = %s"
NO_CHANGES: LiteralString = "SELECT current_setting('transaction_read_only') = 'on'"
# A heartbeat ahead of the clock, which was set back, says as little: a living leader renews it within one heartbeat.
SILENT: LiteralString = """
    SELECT owner FROM process.lease
    WHERE work = %(work)s AND abs(extract(epoch FROM clock_timestamp() - heartbeat_at)) > %(seconds)s
"""
END: LiteralString = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = %s AND pid <> pg_backend_pid()
"""

log = structlog.get_logger()


def takes_no_changes(connection: psycopg.Connection[Any]) -> bool:
    """Whether the server takes no changes: a standby, or one set to read only."""
    return connection.execute(NO_CHANGES).fetchone() == (True,)


async def takes_no_changes_async(connection: psycopg.AsyncConnection[Any]) -> bool:
    """The same, for asyncio."""
    return await (await connection.execute(NO_CHANGES)).fetchone() == (True,)


class Lease:
    """Leadership for *work*, guarded by the advisory lock *key*."""

    def __init__(self, url: str, work: str, key: int) -> None:
        self.work, self.key = work, key
        name = str(conninfo_to_dict(url).get("application_name") or "countersign")
        ending = f" {work} {token_hex(TOKEN_BYTES)}"
        self.owner = name.encode()[: NAME_BYTES_MAX - len(ending)].decode(errors="ignore") + ending
        self.url = make_conninfo(url, application_name=self.owner)
        self._suspect, self._since = "", 0.0

    @property
    def params(self) -> dict[str, object]:
        """The parameters of TAKE and SILENT."""
        return {"work": self.work, "key": self.key, "owner": self.owner, "seconds": SILENT_SECONDS_MAX}

    def take(self, connection: psycopg.Connection[Any]) -> bool:
        """Become the leader on *connection* if there is none; terminate a leader whose lease has expired."""
        if takes_no_changes(connection):  # a standby server has no leader
            return False
        connection.execute(NAME, [self.owner])
        if connection.execute(TAKE, self.params).fetchone():
            return True
        row = connection.execute(SILENT, self.params).fetchone()
        if self.is_dead(row[0] if row else ""):
            connection.execute(END, [self._suspect])
        return False

    async def take_async(self, connection: psycopg.AsyncConnection[Any]) -> bool:
        """As `take`, for asyncio."""
        if await takes_no_changes_async(connection):
            return False
        await connection.execute(NAME, [self.owner])
        if await (await connection.execute(TAKE, self.params)).fetchone():
            return True
        row = await (await connection.execute(SILENT, self.params)).fetchone()
        if self.is_dead(row[0] if row else ""):
            await connection.execute(END, [self._suspect])
        return False

    def is_dead(self, silent: str) -> bool:
        """Whether to terminate the leader named *silent*, whose lease has expired; empty if none has.

        Only if it stays silent for another heartbeat: after a pause of the database every lease looks expired.
        """
        if silent != self._suspect:
            self._suspect, self._since = silent, monotonic()
            return False
        if not silent or monotonic() - self._since < HEARTBEAT_SECONDS:
            return False
        log.warning("silent_leader_terminated", work=self.work, leader=silent)
        return True

    @contextmanager
    def renewed(self) -> Iterator[None]:
        """Renew the lease during the block, in a thread with its own connection."""
        until = threading.Event()
        thread = threading.Thread(target=self._renew, args=(until,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            until.set()
            thread.join(HEARTBEAT_SECONDS)

    def _renew(self, until: threading.Event) -> None:
        """Renew until *until* is set, reconnecting when the connection is lost."""
        while not until.is_set():
            try:
                with psycopg.connect(self.url, autocommit=True) as connection:
                    while not until.is_set():
                        if connection.execute(RENEW, [self.work, self.owner]).rowcount == 0:
                            return  # another process has taken the lease
                        until.wait(HEARTBEAT_SECONDS)
            except psycopg.Error as failure:
                log.warning("lease_renewal_failed", work=self.work, error=str(failure).strip())
                until.wait(HEARTBEAT_SECONDS)
