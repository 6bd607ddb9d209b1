"""Compares this machine's clock with the database's, by which everything is decided.

A wrong clock has legal effect: statutory periods start on the wrong day, and deadlines are warned of that have not
come. So all processes of an installation go by one clock. Where two clocks differ by more than networks and NTP
explain, either may be wrong, and no fact is dated by them. Where both are one, as on a single machine, they can't
differ: there the clock may be wrong if it is set ahead by days while the server runs. A restart confirms it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from time import clock_gettime, monotonic, time

import psycopg
import structlog

if sys.platform == "linux":
    from time import CLOCK_BOOTTIME as UPTIME
else:
    from time import CLOCK_MONOTONIC as UPTIME

LOOK_SECONDS = 2.0
APART_MAX = timedelta(seconds=2)  # the deadline watcher pauses beyond
REFUSED_MAX = timedelta(minutes=1)  # no command is taken beyond
SET_AHEAD_MAX = timedelta(hours=24)  # since the start of the server: no command is taken beyond
JUMP_SECONDS = 1.0  # between wall clock and monotonic clock: then compare again before the next command
ALARM_SECONDS = 60.0  # between two lines in the log
NOTHING = timedelta()

Clock = Callable[[], Awaitable[tuple[datetime, datetime | None]]]  # also says when the newest entry was recorded

log = structlog.get_logger()


class ClockWrongError(Exception):
    """The clocks of this machine and its database are too far apart to date a fact. Nothing was stored."""


utc_now: Callable[[], datetime] = partial(datetime.now, UTC)  # no function of ours: read twice with every command


class ClockCheck:
    """Compares this *machine*'s clock with the *database*'s. Without one nothing is compared, as in simulations."""

    def __init__(self, database: Clock, machine: Callable[[], datetime] | None = utc_now) -> None:
        self._database, self._machine = database, machine
        self._offset = NOTHING  # of this machine's clock
        self._steady = time() - monotonic()  # changes when the machine's clock is set, or the machine was asleep
        self._booted_at = booted_at()
        self._logged_at = -ALARM_SECONDS
        self.trouble = ""  # why the deadline watcher pauses
        self.refusal = ""  # why no command is taken
        self.note = ""  # what an operator should know of the clocks

    def now(self) -> datetime:
        """The database's time, as far as it is known without asking."""
        now = (self._machine or utc_now)()
        return now - self._offset if self._offset else now

    @property
    def has_jumped(self) -> bool:
        """Whether this machine's clock was set since the last look."""
        return self._machine is not None and abs(time() - monotonic() - self._steady) > JUMP_SECONDS

    @property
    def is_doubtful(self) -> bool:
        """Whether `require_right` has to be called: it would raise, or has to compare the clocks again first."""
        return bool(self.refusal) or self.has_jumped

    async def require_right(self) -> None:
        """Raises ClockWrongError where the time is too uncertain to date a fact by, and psycopg's errors."""
        await self.look_if_set()
        if self.refusal:
            raise ClockWrongError(self.refusal)

    async def look_if_set(self) -> None:
        """Compare where this machine's clock was set since the last look. Raises psycopg's errors."""
        if self.has_jumped:
            await self.look()

    async def keep_looking(self) -> None:
        """Compare every LOOK_SECONDS. While the database is unreachable, the last comparison counts."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except psycopg.Error as away:
                log.debug("clock_not_compared", error=str(away).strip())

    async def look(self) -> None:
        """Compare once. Raises psycopg's errors."""
        if self._machine is None:
            return
        steady = time() - monotonic()
        if self.has_jumped:  # nothing else shows it where the database has the same clock
            log.warning("clock_set", seconds=round(steady - self._steady))
        self._steady = steady
        before = self._machine()
        database_at, newest = await self._database()
        after = self._machine()
        # Between the two moments here the database had its own: any offset that allows for that is right.
        self._offset = min(max(self._offset, before - database_at), after - database_at)
        self._judge(database_at, newest)

    def _judge(self, database_at: datetime, newest: datetime | None) -> None:
        apart = abs(self._offset)
        self.trouble = self.refusal = self.note = ""
        if apart > APART_MAX:
            where = "ahead of" if self._offset > NOTHING else "behind"
            server_at = database_at + self._offset
            self.note = self.trouble = (
                f"this server's clock is {apart.total_seconds():,.0f} s {where} the database's:"
                f" {_shown(server_at)} here, {_shown(database_at)} there"
            )
            self.refusal = self.trouble if apart > REFUSED_MAX else ""
        elif (ahead := timedelta(seconds=booted_at() - self._booted_at)) > SET_AHEAD_MAX:
            self.note = self.trouble = self.refusal = (
                f"this machine's clock was set ahead since the server was started, from {_shown(database_at - ahead)}"
                f" to {_shown(database_at)}: restart the server if that is right"
            )
        elif newest is not None and newest - database_at > APART_MAX:
            self.note = (
                f"the newest fact was recorded at {_shown(newest)},"
                f" but the database's clock is at {_shown(database_at)}"
            )
        if self.note and monotonic() - self._logged_at >= ALARM_SECONDS:
            self._logged_at = monotonic()
            log.error("clock_wrong", note=self.note, commands_refused=bool(self.refusal))


def booted_at() -> float:
    """When this machine was started, in seconds since 1970, by its present clock: later where that was set ahead."""
    return time() - clock_gettime(UPTIME)


def _shown(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
