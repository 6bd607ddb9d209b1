"""The verifier of a served ledger: new entries every minute, the whole of it at intervals. One leader at a time.

New entries are verified from the last checkpoint on, in time that does not grow with the ledger. An old entry that was
changed shows in the next verification of the whole, which takes a fifth of one core at most.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import psycopg
import structlog

from infrastructure.leader import BlockingLeader, LeadTerms
from infrastructure.ledger.reader import head_of
from infrastructure.proof.log import LogError, LogReader
from infrastructure.verifier.results import Coverage, read_checkpoint, read_results, store, store_whole
from infrastructure.verifier.verify import Verified, verify

WORK = "verifier"
LEADER_KEY = 0x436F756E_56657269  # advisory lock of the verifying process
NEW_SECONDS = 60.0  # between two verifications of new entries
STANDBY_SECONDS = 5.0
ALARM_SECONDS = 60.0  # between two log lines about a verification that could not be carried out
TERMS = LeadTerms(WORK, LEADER_KEY, STANDBY_SECONDS, ALARM_SECONDS)
REST = 4.0  # of each second of work, in seconds: a verification of the whole leaves the machine to others
REST_SECONDS_MAX = 1.0  # after each page of entries, however long a busy machine took for it

log = structlog.get_logger()


class VerificationStoppedError(Exception):
    """The verifier was stopped in the middle of a verification."""


class LedgerVerifier(BlockingLeader):
    """Runs in a process of its own: `run` until `stop`. Tests call `step`."""

    def __init__(self, url: str, logs: Path, clock: Callable[[], datetime], every: timedelta) -> None:
        """*logs* is the folder of the transparency log; the whole ledger is verified *every* so often."""
        super().__init__(url, TERMS)
        self._logs, self._clock, self._every = logs, clock, every
        self._faults = 0  # in the last result that was logged
        self._new_at = 0.0  # when new entries were last verified, monotonic

    def _work(self, connection: psycopg.Connection[Any], /) -> None:
        with suppress(VerificationStoppedError):
            while not self._stopping.is_set():
                self.step(connection)
                self._stopping.wait(NEW_SECONDS)

    def step(self, connection: psycopg.Connection[Any]) -> None:
        """Verify the whole ledger if that is due, else what came since. An empty ledger is left alone.

        Raises VerificationStoppedError, psycopg's errors.
        """
        if head_of(connection) == 0:
            return
        whole = read_results(connection).get(Coverage.WHOLE)
        if whole is None or self._clock() - whole.verified_at >= self._every:
            self._verify_whole(connection)
        else:
            self._verify_new(connection)

    def _verify_whole(self, connection: psycopg.Connection[Any]) -> None:
        """Verify everything, at leisure; new entries in between as usual."""
        self._new_at = monotonic()
        begun = self._new_at

        def rest(_position: int, _last: int) -> None:
            nonlocal begun
            self._stopping.wait(min(REST * (monotonic() - begun), REST_SECONDS_MAX))
            if self._stopping.is_set():
                raise VerificationStoppedError
            if monotonic() - self._new_at >= NEW_SECONDS:
                self._verify_new(connection)
            begun = monotonic()

        earlier = read_checkpoint(connection, Coverage.NEW)
        verified, checkpoint = verify(self._url, rest, earlier, self._log())
        store_whole(connection, verified, checkpoint, self._clock())
        self._report(Coverage.WHOLE, verified)

    def _verify_new(self, connection: psycopg.Connection[Any]) -> None:
        self._new_at = monotonic()
        if since := read_checkpoint(connection, Coverage.NEW):
            verified, checkpoint = verify(self._url, self._stop_early, None, self._log(), since=since)
            store(connection, Coverage.NEW, verified, checkpoint, self._clock())
            self._report(Coverage.NEW, verified)

    def _stop_early(self, _position: int, _last: int) -> None:
        if self._stopping.is_set():
            raise VerificationStoppedError

    def _log(self) -> LogReader | None:
        """The transparency log; None where it can't be read, which the publisher reports."""
        try:
            return LogReader(self._logs)
        except LogError:
            return None

    def _report(self, scope: Coverage, verified: Verified) -> None:
        """Log a result that differs from the one before."""
        if verified.fault_count != self._faults:
            self._faults = verified.fault_count
            first = verified.faults[0].what if verified.faults else ""
            level = log.critical if first else log.info
            level("ledger_verified", scope=scope, faults=verified.fault_count, first=first)
