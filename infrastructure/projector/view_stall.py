"""Detects stalled views: since when the one furthest behind has made no progress although the ledger is ahead of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import monotonic

from msgspec import Struct


class Stall(Struct, frozen=True):
    """The views have made no progress for so many *seconds*."""

    since: datetime
    seconds: float


class StallDetector:
    """Compares positions between readiness probes. It may underestimate: progress that stopped again between two
    probes counts from the second.
    """

    def __init__(self) -> None:
        self._position, self._since = -1, 0.0

    def observe(self, position: int, head: int) -> Stall | None:
        """For how long the views have been at *position* while the ledger, now at *head*, is ahead; None if it isn't.

        Positions only grow: entries that are still missing at the second probe have waited since the first.
        """
        if position >= head:
            self._position = -1
            return None
        if position != self._position:
            self._position, self._since = position, monotonic()
        seconds = monotonic() - self._since
        return Stall(datetime.now(UTC) - timedelta(seconds=seconds), seconds)
