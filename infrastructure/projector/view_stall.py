"""Whether the views follow: since when the one furthest behind has not moved, though the ledger is ahead of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import monotonic

from msgspec import Struct


class Still(Struct, frozen=True):
    """The views have not moved for so many *seconds*."""

    since: datetime
    seconds: float


class Standstill:
    """Looked at now and then, by whoever asks for readiness. Says rather too little than too much: what moved and
    stood again between two looks counts from the second.
    """

    def __init__(self) -> None:
        self._position, self._since = -1, 0.0

    def look(self, position: int, head: int) -> Still | None:
        """For how long the views were seen at *position* with the ledger, now at *head*, ahead; None if it isn't.

        Positions only grow: what is not taken in at the second look has waited since the first.
        """
        if position >= head:
            self._position = -1
            return None
        if position != self._position:
            self._position, self._since = position, monotonic()
        seconds = monotonic() - self._since
        return Still(datetime.now(UTC) - timedelta(seconds=seconds), seconds)
