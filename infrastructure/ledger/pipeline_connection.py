"""One database connection that the event loop drives itself: prepared statements out, their rows back.

libpq's non-blocking calls through psycopg.pq, without the cursor in between: that costs a third of the time,
and the committer has a batch to send some thousand times a second. In pipeline mode the server goes on with the next
statement at once; each is a transaction of its own, and fails alone.
"""

from __future__ import annotations

import asyncio
import os
from bisect import bisect
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from random import random
from secrets import token_hex
from select import POLLIN, poll

import structlog
from psycopg import AsyncConnection, Error, OperationalError, errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.errors import Diagnostic
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGconn, PGresult

CONNECT_SECONDS_MAX = 10  # per address; a server that is not there at all does not even refuse
READY_SECONDS_MAX = 30.0  # from being connected to being ready, which takes milliseconds; one that is frozen never is
RECONNECT_SECONDS_MAX = 2.0
RECONNECT_SECONDS_FIRST = 0.05
ALWAYS = (b"SET ROLE countersign_app", b"SET client_min_messages = warning", b"SET timezone = 'UTC'")
# Former sessions of a connection: their statements are sent again, so they must not go on holding locks.
END_FORMER = (
    b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    b" WHERE application_name = current_setting('application_name') AND pid <> pg_backend_pid()"
)
WAIT_FOR_STANDBY = "SyncRepWaitForLSN"  # the server's function that waits: messages come in every language
# Plans made on tables that were analyzed while they were empty or small would look through all streams for each batch,
# until the next ANALYZE: they are made again when the ledger has grown to so many facts.
REPLANNED_AT = (64, 512, 4096, 32_768)
REPLAN = {"replan": b"DISCARD PLANS"}  # to be among the statements of a connection that appends
_FINE = {ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK}
_FATAL = {"FATAL", "PANIC"}  # what the server says before it hangs up

log = structlog.get_logger()


class ConnectionLostError(OperationalError):
    """The connection is gone. Whether the statement under way was carried out is unknown."""


class NotConnectedError(ConnectionLostError):
    """There was no connection, so nothing was sent."""


class NotReplicatedError(ConnectionLostError):
    """Committed, but the wait for the standby was cut short: a failover may lose it. To be sent again, as if lost."""


class PipelineConnection:
    """Statements are executed in the order they are sent. Raises psycopg's errors, ConnectionLostError among them."""

    def __init__(
        self, url: str, statements: dict[str, bytes], settings: Sequence[bytes] = (), *, sole: str = ""
    ) -> None:
        """*settings* are commands that are given before the *statements* are prepared.

        *sole* names a connection with a single session: a new connection terminates the previous one on the server.
        """
        self._url, self._statements, self._settings = url, statements, settings
        if sole:
            self._url = make_conninfo(url, application_name=f"{sole} {token_hex(8)}")
            self._settings = (END_FORMER, *settings)
        self.when_lost: Callable[[], object] = lambda: None  # called when the server has hung up
        self._pgconn: PGconn | None = None
        self._socket = -1  # a descriptor of our own: libpq closes its when the connection is lost, and it may be reused
        self._answers: deque[asyncio.Future[PGresult]] = deque()  # to what was sent, in its order
        self._planned = 0  # the position at which plans were made again, also where another process appends
        self._result: PGresult | None = None
        self._error: Exception | None = None
        self._warning: Exception | None = None
        self._loop = asyncio.get_running_loop()

    async def open(self) -> None:
        """Connect and prepare the statements."""
        self.close()
        pgconn = await self._connect()
        pgconn.enter_pipeline_mode()
        self._pgconn, self._socket = pgconn, os.dup(pgconn.socket)
        self._incoming = poll()
        self._incoming.register(self._socket, POLLIN)
        self._loop.add_reader(self._socket, self._readable)
        try:
            await answered(self._ask(self._make_ready))
        except BaseException:
            self.close()
            raise

    async def _connect(self) -> PGconn:
        """Through psycopg: what libpq has for it keeps every thread of the process waiting, too."""
        try:
            # Referenced, since it closes its socket when it is collected.
            self._connection = await AsyncConnection.connect(_patient(self._url), autocommit=True)
            self._connection.add_notice_handler(self._notice)
        except OperationalError as failure:
            raise ConnectionLostError(str(failure)) from failure
        return self._connection.pgconn

    def _make_ready(self, pgconn: PGconn) -> None:
        for text in (*self._settings, *ALWAYS):
            pgconn.send_query_params(text, [])
        for name, statement in self._statements.items():
            pgconn.send_prepare(name.encode(), statement)

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, as far as is known."""
        return self._pgconn is not None

    def close(self) -> None:
        """Close the connection; statements under way fail, their outcome unknown."""
        if self._pgconn is not None:
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            os.close(self._socket)
            self._pgconn.finish()
            self._pgconn = None
        self._result = self._error = self._warning = None
        while self._answers:
            _fail(self._answers.popleft(), ConnectionLostError("the connection to the database was lost"))

    def _lose(self) -> None:
        self.close()
        self.when_lost()

    async def reopen(
        self,
        on_failure: Callable[[Error], object] = lambda _: None,
        check: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        """Connect again, however long that takes, until *check* passes; *on_failure* gets every error."""
        pause = RECONNECT_SECONDS_FIRST
        while True:
            try:
                await self.open()
                if check:
                    await check()
            except Error as down:
                on_failure(down)
                log.warning("database_unreachable", error=str(down).strip(), retry_seconds=round(pause, 2))
                await asyncio.sleep(pause * (0.5 + random()))  # noqa: S311 spreads retries, no secret
                pause = min(pause * 2, RECONNECT_SECONDS_MAX)
            else:
                return

    def run(self, name: str, params: Sequence[bytes | None]) -> asyncio.Future[PGresult]:
        """Send the statement *name*; what it answers has its values in binary form. The future raises every failure."""
        formats = [Format.BINARY] * len(params)
        return self._ask(
            lambda pgconn: pgconn.send_query_prepared(
                name.encode(), params, param_formats=formats, result_format=Format.BINARY
            )
        )

    def note_growth(self, position: int) -> None:
        """Make plans again if the ledger, which ends at *position*, has outgrown them. The statements have `REPLAN`."""
        if bisect(REPLANNED_AT, self._planned) < bisect(REPLANNED_AT, position):
            self._planned = position
            self.run("replan", [])

    def _ask(self, send: Callable[[PGconn], None]) -> asyncio.Future[PGresult]:
        """What the server answers to all that *send* sends: its last result, or the first error."""
        answer: asyncio.Future[PGresult] = self._loop.create_future()
        if self._pgconn is None:
            _fail(answer, NotConnectedError("not connected to the database"))
            return answer
        self._answers.append(answer)
        try:
            send(self._pgconn)
            self._pgconn.pipeline_sync()
            self._flush()
        except OperationalError:
            self._lose()
        return answer

    def _flush(self) -> None:
        if self._pgconn is None:
            return
        if self._pgconn.flush():
            self._loop.add_writer(self._socket, self._writable)

    def _writable(self) -> None:
        if self._pgconn is not None:
            self._loop.remove_writer(self._socket)
            try:
                self._flush()
            except OperationalError:
                self._lose()

    def _readable(self) -> None:
        """Take in all that has come.

        uvloop reports a reset connection once and never again, though there may be a last message before it.
        """
        while (pgconn := self._pgconn) is not None:
            try:
                pgconn.consume_input()
            except OperationalError:
                self._lose()
                return
            self._take(pgconn)
            if not self._incoming.poll(0):
                return

    def _take(self, pgconn: PGconn) -> None:
        while self._answers and not pgconn.is_busy():
            result = pgconn.get_result()
            if result is None:
                continue  # comes after the result of each statement, before its end
            if result.status == ExecStatus.PIPELINE_SYNC:
                self._finish()
            elif result.status in _FINE:
                self._result = result
            elif self._error is None:  # what was sent with it after that is not carried out
                self._error = _failure(result)

    def _finish(self) -> None:
        answer, result, error = self._answers.popleft(), self._result, self._error or self._warning
        self._result = self._error = self._warning = None
        if result is None or error is not None:
            _fail(answer, error or ConnectionLostError("the server sent no result"))
        elif not answer.done():
            answer.set_result(result)

    def _notice(self, notice: Diagnostic) -> None:
        """What the server says beside its answers: it comes before the end of the answer that it belongs to."""
        if notice.source_function == WAIT_FOR_STANDBY:
            self._warning = NotReplicatedError(f"{notice.message_primary}: {notice.message_detail}")


async def answered(answer: asyncio.Future[PGresult]) -> PGresult:
    """*answer*, to a statement that takes milliseconds. Raises ConnectionLostError where it does not come."""
    try:
        async with asyncio.timeout(READY_SECONDS_MAX):
            return await answer
    except TimeoutError as late:
        raise ConnectionLostError(f"the server did not get ready within {READY_SECONDS_MAX:g} s") from late


def _fail(answer: asyncio.Future[PGresult], failure: Exception) -> None:
    """Fail *answer*; asyncio does not warn of the exception where it has no waiter any more."""
    if not answer.done():
        answer.set_exception(failure)
        answer.exception()


def _patient(url: str) -> str:
    """*url* with a connection timeout, unless it has one."""
    return make_conninfo(url, **{"connect_timeout": CONNECT_SECONDS_MAX} | conninfo_to_dict(url))


def _failure(result: PGresult) -> Error:
    """The error in *result*. One without a code comes from libpq, not from the server: the connection is gone."""
    error = errors.error_from_result(result)
    if not error.sqlstate or error.diag.severity_nonlocalized in _FATAL:
        return ConnectionLostError(str(error))
    return error
