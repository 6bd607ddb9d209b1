"""Whether facts can be appended now: learned from the last append, and once that failed, from one that is undone."""

from __future__ import annotations

from datetime import UTC, datetime
from time import monotonic
from uuid import uuid4

from msgspec import Struct
from psycopg import Error, OperationalError, errors

from infrastructure.ledger.append_batch import APPEND, HASH_BYTES, AppendItem, Row, parameters
from infrastructure.ledger.pipeline_connection import PipelineConnection

STEADY_SECONDS = 5.0  # without a failure, before appends count as mended: on a disk almost full some succeed
SILENT_SECONDS_MAX = 10.0  # for one batch; thousands of facts take a second on a slow disk
# What the server can't do for any caller. Other errors are about one batch, and say nothing about the next.
OF_THE_SERVER = (OperationalError, errors.ReadOnlySqlTransaction, errors.InsufficientPrivilege)


class Trouble(Struct, frozen=True):
    """Why nothing can be appended, and since when that is known."""

    since: datetime
    error: str


class Health:
    """The health of one process's committer. *sent_at*, on the monotonic clock, is of the batch under way."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._trouble: Trouble | None = None
        self._failed_at = 0.0
        self.sent_at: float | None = None

    def works(self) -> None:
        self._trouble = None

    def fails(self, failure: Exception) -> None:
        if isinstance(failure, OF_THE_SERVER):
            since = self._trouble.since if self._trouble else datetime.now(UTC)
            self._trouble = Trouble(since, str(failure).strip().partition("\n")[0])
            self._failed_at = monotonic()

    async def trouble(self, *, doubted: bool = False) -> Trouble | None:
        """Why an append would fail now; None where the last one did not, unless *doubted*, or where it is mended.

        Clients that are refused send no more commands, so that no append would show that it is over.
        """
        if self.sent_at is not None and (silent := monotonic() - self.sent_at) > SILENT_SECONDS_MAX:
            return self._trouble or Trouble(datetime.now(UTC), f"an append had no answer for {silent:.0f} s")
        if doubted or self._trouble:
            try:
                await rehearse(self._url)
            except Error as failure:
                self.fails(failure)
            else:
                if monotonic() - self._failed_at >= STEADY_SECONDS:
                    self.works()
        return self._trouble


async def rehearse(url: str) -> None:
    """Append a fact to a stream of its own, and undo that. Raises psycopg's errors, as an append would."""
    row = Row(1, b"rehearsal", b"{}", b"{}", 0, 0, bytes(HASH_BYTES))
    item = AppendItem(uuid4(), (row,), uuid4(), bytes(HASH_BYTES), b"{}")
    lane = PipelineConnection(url, {"begin": b"BEGIN", "append": APPEND, "undo": b"ROLLBACK"})
    try:
        await lane.open()
        await lane.run("begin", [])
        await lane.run("append", parameters([item]))
        await lane.run("undo", [])
    finally:
        lane.close()
