"""An instant since which some thousands of projects have changed: the newest matches of a common word are among them.

A search for a word that a tenth of all projects have would put them all in order to show the newest. Which instant it
is matters for speed alone: where too few match since then, all are read. So it may be some minutes old.
"""

from __future__ import annotations

from datetime import datetime
from time import monotonic

from projections.snapshots import Cursor

PROJECTS = 5_000  # that have changed since: enough for a word that a tenth of them have
CACHED_SECONDS = 300
SINCE = """
    SELECT i.changed_at FROM views.information AS i ORDER BY i.changed_at DESC NULLS LAST OFFSET %(projects)s LIMIT 1
"""


class RecentPast:
    """The instant, cached; None where there are no more projects than that."""

    def __init__(self) -> None:
        self._since: datetime | None = None
        self._read_at: float | None = None

    async def since(self, cursor: Cursor) -> datetime | None:
        """The cached instant, read again by *cursor* once it is old."""
        if self._read_at is None or monotonic() - self._read_at > CACHED_SECONDS:
            await cursor.execute(SINCE, {"projects": PROJECTS})
            row = await cursor.fetchone()
            self._since, self._read_at = row[0] if row else None, monotonic()
        return self._since


RECENT_PAST = RecentPast()
