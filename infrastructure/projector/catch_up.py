"""Take views through the ledger: while the server writes one batch, the next one is read and folded.

A batch is one transaction: its rows and the position they stand for. What was folded ahead is forgotten when the batch
before it was not written. A view that stumbles is found by taking the batch apart, and stops alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from time import monotonic
from typing import Any

import psycopg
import structlog
from msgspec import Struct
from psycopg.sql import SQL

from domain.messages import Entry
from infrastructure.projector import ledger_stream
from infrastructure.projector.batch import ViewBatch, folded, write
from infrastructure.projector.fold_cache import FoldCache
from infrastructure.projector.ledger_stream import LedgerGapError
from projections.view import View

BATCH_ENTRIES_MAX = 5000
FEW_ROWS_MAX = 50  # of a table: one statement is then quicker than COPY, whose answer has to be waited for
BATCHES_MAX = 10  # in one go: a rebuild waits for so many
RETRY_SECONDS_FIRST = 60.0  # until a view that stopped is tried again: a full disk or a lost lock may be over
RETRY_SECONDS_MAX = 900.0  # a fact that no fold of this release takes stays one until the next release
READ = SQL("WHERE seq > {} ORDER BY seq LIMIT {}")

log = structlog.get_logger()


class FollowedView(Struct):
    """How far one view has come; *error* says why it goes no further until *retry_at*, after so many *failures*."""

    view: View[Any]
    seq: int
    error: str | None = None
    retry_at: float = 0.0
    failures: int = 0

    def halt(self, error: str) -> bool:
        """Stop for a while, twice as long after every failure at the same position; whether the *error* is new."""
        is_new = error != self.error
        self.failures = 1 if is_new else self.failures + 1
        pause = min(RETRY_SECONDS_FIRST * 2 ** (self.failures - 1), RETRY_SECONDS_MAX)
        self.error, self.retry_at = error, monotonic() + pause
        return is_new

    @property
    def stopped(self) -> bool:
        """Whether it is not yet time to try again."""
        return self.error is not None and monotonic() < self.retry_at


class LedgerSpan(Struct, frozen=True):
    """The views that stand furthest behind, and up to where they may be taken together: to where another stands."""

    behind: list[FollowedView]
    seq: int
    until: int | None

    @property
    def views(self) -> list[View[Any]]:
        return [standing.view for standing in self.behind]

    def limit(self, seq: int) -> int:
        """How many entries there may be in the batch after position *seq*."""
        return BATCH_ENTRIES_MAX if self.until is None else min(BATCH_ENTRIES_MAX, self.until - seq)


class ViewFollower:
    """Some views on their way through the ledger at *url*, from where they stand."""

    def __init__(self, url: str, standings: Sequence[FollowedView] = ()) -> None:
        self._url, self._standings = url, standings
        self._kept = FoldCache()
        self._halted: dict[str, tuple[list[str], Exception]] = {}  # by what it is told as: the views, and the failure
        self.law_may_differ = False

    def step(self, connection: psycopg.Connection[Any], told_to_stop: Callable[[], bool]) -> int:
        """Take the views that are furthest behind through some batches; how many entries that were.

        Raises LedgerGapError where a position is missing.
        """
        span = self.span()
        if span is None:
            return 0
        try:
            self._follow(connection, span, told_to_stop)
        except (psycopg.OperationalError, LedgerGapError):
            self._kept.forget()
            raise
        except Exception as failure:  # noqa: BLE001 whatever a fold stumbles over stops it, and is told
            log.debug("a batch is taken apart", error=f"{type(failure).__name__}: {failure}")
            seq = span.behind[0].seq
            try:
                return self._take_apart(connection, span.behind, seq, span.limit(seq)) - span.seq
            finally:
                self._tell_halted()
        return span.behind[0].seq - span.seq

    def span(self) -> LedgerSpan | None:
        """The views to be taken next; None where all have stopped."""
        running = [standing for standing in self._standings if not standing.stopped]
        if not running:
            return None
        seq = min(standing.seq for standing in running)
        others = [standing.seq for standing in running if standing.seq > seq]
        return LedgerSpan([standing for standing in running if standing.seq == seq], seq, min(others, default=None))

    def _follow(self, connection: psycopg.Connection[Any], span: LedgerSpan, told_to_stop: Callable[[], bool]) -> None:
        views, limit = span.views, span.limit(span.seq)
        batch = self._folded(connection, views, span.seq, limit)
        with ExitStack() as stack:
            writer = stack.enter_context(ThreadPoolExecutor(1))
            ahead: psycopg.Connection[Any] | None = None
            for left in reversed(range(BATCHES_MAX)):
                if batch is None:
                    break
                written = writer.submit(write, connection, batch)
                following, full = None, batch.entries == limit
                try:
                    limit = span.limit(batch.last)
                    if full and limit and left and not (batch.of_law or told_to_stop()):
                        ahead = ahead or _reading(self._url, stack)
                        following = self._folded(ahead, views, batch.last, limit) if ahead else None
                finally:
                    written.result()
                    self._stand(span.behind, batch)
                batch = following

    def take(self, connection: psycopg.Connection[Any], span: LedgerSpan, batch: ViewBatch) -> None:
        """Write a *batch* that others have folded, the next one of *span*."""
        self._kept.forget()
        write(connection, batch)
        self._stand(span.behind, batch)

    def _folded(
        self, connection: psycopg.Connection[Any], views: list[View[Any]], seq: int, limit: int
    ) -> ViewBatch | None:
        """At most so many entries after position *seq*, folded; None where there are none."""
        histories = list(ledger_stream.histories(connection, READ.format(seq, limit)))
        if not histories:
            return None
        return folded(connection, self._kept, views, histories, seq, _last_of(histories, seq), FEW_ROWS_MAX)

    def _stand(self, behind: Sequence[FollowedView], batch: ViewBatch) -> None:
        for standing in behind:
            standing.seq, standing.error, standing.failures = batch.last, None, 0
        self.law_may_differ |= batch.of_law

    def _take_apart(
        self, connection: psycopg.Connection[Any], behind: Sequence[FollowedView], seq: int, limit: int
    ) -> int:
        """Take the views that stand at *seq* further, each by itself and by half as much where it stumbles.

        The furthest position that was reached.
        """
        self._kept.forget()
        if len(behind) > 1:
            return max(self._take_apart(connection, [standing], seq, limit) for standing in behind)
        (standing,) = behind
        try:
            batch = self._folded(connection, [standing.view], seq, limit)
            if batch:
                write(connection, batch.mended())
                self._stand(behind, batch)
        except (psycopg.OperationalError, LedgerGapError):
            raise
        except Exception as failure:  # noqa: BLE001 as above
            if limit > 1:
                return self._take_apart(connection, behind, seq, limit // 2)
            self._halt(connection, standing, seq + 1, failure)
            return seq + 1
        return standing.seq

    def _halt(self, connection: psycopg.Connection[Any], standing: FollowedView, seq: int, failure: Exception) -> None:
        error = f"position {seq}: {type(failure).__name__}: {failure}"
        is_new = standing.halt(error)
        connection.execute(
            "UPDATE views.position SET error = %s, error_at = clock_timestamp() WHERE view = %s",
            [error, standing.view.name],
        )
        if is_new:
            self._halted.setdefault(error, ([], failure))[0].append(standing.view.name)
        else:
            log.info("a view can't go on yet", view=standing.view.name, error=error)

    def _tell_halted(self) -> None:
        """One line for what stopped views, however many: most entries are of interest to all of them."""
        for error, (views, failure) in self._halted.items():
            log.error("views stopped", views=views, error=error, exc_info=failure)
        self._halted.clear()


def _reading(url: str, stack: ExitStack) -> psycopg.Connection[Any] | None:
    """A connection to read by while another one writes, as long as *stack*; None where there is none to be had.

    All may be taken. Whoever gave up the one he has for that would not get it back.
    """
    try:
        connection = stack.enter_context(psycopg.connect(url, autocommit=True))
        connection.execute("SET timezone = 'UTC'")
    except psycopg.OperationalError as full:
        log.warning("no connection to read ahead by", error=str(full).strip())
        return None
    return connection


def _last_of(histories: Sequence[Sequence[Entry]], seq: int) -> int:
    """The last position of the entries after *seq* in *histories*. Raises LedgerGapError where one is missing."""
    positions = sorted(entry.position for entries in histories for entry in entries)
    for expected, position in enumerate(positions, seq + 1):
        if position != expected:
            raise LedgerGapError(f"position {expected} is missing from the ledger: the next one is {position}")
    return positions[-1]
