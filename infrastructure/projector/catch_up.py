"""Catches views up with the ledger in batches, double-buffered: one is written while the next is read and folded.

A batch is one transaction of rows and position. States folded ahead are discarded when the batch before them was not
written. When a batch fails, it is bisected to find the view and the entry, and only that view stops.
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
from infrastructure.projector.caches import cache_for
from infrastructure.projector.ledger_stream import LedgerGapError
from projections.view import Projected

BATCH_ENTRIES_MAX = 16_000  # some ten megabytes; a project's rows are made once a batch, so that smaller ones cost more
FEW_ROWS_MAX = 50  # of a table: up to this, one statement is faster than COPY, which costs a round trip
BATCHES_MAX = 3  # per step: a rebuild has to wait for this many
RETRY_SECONDS_FIRST = 60.0  # before a stopped view is retried: a full disk or a lost lock may be temporary
RETRY_SECONDS_MAX = 900.0  # a fact that no fold of this release can handle needs the next release
READ = SQL("WHERE seq > {} ORDER BY seq LIMIT {}")

log = structlog.get_logger()


class FollowedView(Struct):
    """The position of one view. After an *error* it is stopped until *retry_at*; *failures* counts the retries."""

    view: Projected
    seq: int
    error: str | None = None
    retry_at: float = 0.0
    failures: int = 0

    def halt(self, error: str) -> bool:
        """Stop with exponential backoff while the error stays the same. Returns whether the *error* is new."""
        is_new = error != self.error
        self.failures = 1 if is_new else self.failures + 1
        pause = min(RETRY_SECONDS_FIRST * 2 ** (self.failures - 1), RETRY_SECONDS_MAX)
        self.error, self.retry_at = error, monotonic() + pause
        return is_new

    @property
    def stopped(self) -> bool:
        """Whether the view has an error and its retry is not due yet."""
        return self.error is not None and monotonic() < self.retry_at


class LedgerSpan(Struct, frozen=True):
    """The views furthest behind, all at *seq*, and the position *until* which they can be advanced together."""

    behind: list[FollowedView]
    seq: int
    until: int | None

    @property
    def views(self) -> list[Projected]:
        return [followed.view for followed in self.behind]

    def limit(self, seq: int) -> int:
        """The maximum number of entries of a batch that begins after position *seq*."""
        return BATCH_ENTRIES_MAX if self.until is None else min(BATCH_ENTRIES_MAX, self.until - seq)


class ViewFollower:
    """Advances *views* through the ledger at *url*, each from its own position."""

    def __init__(self, url: str, views: Sequence[FollowedView] = ()) -> None:
        self._url, self._followed = url, views
        self._cache = cache_for([followed.view for followed in views])
        self._halted: dict[str, tuple[list[str], Exception]] = {}  # names of the views, by error message
        self.law_may_differ = False

    def step(self, connection: psycopg.Connection[Any], should_stop: Callable[[], bool]) -> int:
        """Advance the views furthest behind by up to BATCHES_MAX batches; returns the number of entries folded.

        Raises LedgerGapError if a position is missing.
        """
        span = self.span()
        if span is None:
            return 0
        try:
            self._follow(connection, span, should_stop)
        except (psycopg.OperationalError, LedgerGapError):
            self._cache.clear()
            raise
        except Exception as failure:  # noqa: BLE001 any error of a fold is isolated by bisecting, and logged
            log.debug("batch_bisected", error=f"{type(failure).__name__}: {failure}")
            seq = span.behind[0].seq
            try:
                return self._bisect(connection, span.behind, seq, span.limit(seq)) - span.seq
            finally:
                self._log_halted()
        return span.behind[0].seq - span.seq

    def span(self) -> LedgerSpan | None:
        """The views to advance next; None if all have stopped."""
        running = [followed for followed in self._followed if not followed.stopped]
        if not running:
            return None
        seq = min(followed.seq for followed in running)
        ahead = [followed.seq for followed in running if followed.seq > seq]
        return LedgerSpan([followed for followed in running if followed.seq == seq], seq, min(ahead, default=None))

    def _follow(self, connection: psycopg.Connection[Any], span: LedgerSpan, should_stop: Callable[[], bool]) -> None:
        views, limit = span.views, span.limit(span.seq)
        batch = self._folded(connection, views, span.seq, limit)
        with ExitStack() as stack:
            writer = stack.enter_context(ThreadPoolExecutor(1))
            ahead: psycopg.Connection[Any] | None = None
            for left in reversed(range(BATCHES_MAX)):
                if batch is None:
                    break
                written = writer.submit(write, connection, batch)
                next_batch, full = None, batch.entries == limit
                try:
                    limit = span.limit(batch.last)
                    if full and limit and left and not (batch.of_law or should_stop()):
                        ahead = ahead or _read_ahead_connection(self._url, stack)
                        next_batch = self._folded(ahead, views, batch.last, limit) if ahead else None
                finally:
                    written.result()
                    self._advance(span.behind, batch)
                batch = next_batch

    def take(self, connection: psycopg.Connection[Any], span: LedgerSpan, batch: ViewBatch) -> None:
        """Write a *batch* that worker processes have folded, the next one of *span*."""
        self._cache.clear()
        write(connection, batch)
        self._advance(span.behind, batch)

    def _folded(
        self, connection: psycopg.Connection[Any], views: list[Projected], seq: int, limit: int
    ) -> ViewBatch | None:
        """The batch of at most *limit* entries after position *seq*; None if there are none."""
        histories = list(ledger_stream.histories(connection, READ.format(seq, limit)))
        if not histories:
            return None
        return folded(connection, self._cache, views, histories, seq, _last_of(histories, seq), FEW_ROWS_MAX)

    def _advance(self, behind: Sequence[FollowedView], batch: ViewBatch) -> None:
        for followed in behind:
            followed.seq, followed.error, followed.failures = batch.last, None, 0
        self.law_may_differ |= batch.of_law

    def _bisect(self, connection: psycopg.Connection[Any], behind: Sequence[FollowedView], seq: int, limit: int) -> int:
        """Advance the views at *seq* one by one, halving the batch on each failure, until one entry stops a view.

        Returns the furthest position reached.
        """
        self._cache.clear()
        if len(behind) > 1:
            return max(self._bisect(connection, [followed], seq, limit) for followed in behind)
        (followed,) = behind
        try:
            batch = self._folded(connection, [followed.view], seq, limit)
            if batch:
                write(connection, batch.as_upserts())
                self._advance(behind, batch)
        except (psycopg.OperationalError, LedgerGapError):
            raise
        except Exception as failure:  # noqa: BLE001 as above
            if limit > 1:
                return self._bisect(connection, behind, seq, limit // 2)
            self._halt(connection, followed, seq + 1, failure)
            return seq + 1
        return followed.seq

    def _halt(self, connection: psycopg.Connection[Any], followed: FollowedView, seq: int, failure: Exception) -> None:
        error = f"position {seq}: {type(failure).__name__}: {failure}"
        is_new = followed.halt(error)
        connection.execute(
            "UPDATE views.position SET error = %s, error_at = clock_timestamp() WHERE view = %s",
            [error, followed.view.name],
        )
        if is_new:
            self._halted.setdefault(error, ([], failure))[0].append(followed.view.name)
        else:
            log.info("view_still_stopped", view=followed.view.name, error=error)

    def _log_halted(self) -> None:
        """One log line per error, however many views it stopped: most entries concern all of them."""
        for error, (views, failure) in self._halted.items():
            log.error("views_stopped", views=views, error=error, exc_info=failure)
        self._halted.clear()


def _read_ahead_connection(url: str, stack: ExitStack) -> psycopg.Connection[Any] | None:
    """A second connection, closed with *stack*, to read ahead while the first one writes; None if none is available.

    All connections of the server may be in use; catching up then goes on without reading ahead.
    """
    try:
        connection = stack.enter_context(psycopg.connect(url, autocommit=True))
        connection.execute("SET timezone = 'UTC'")
    except psycopg.OperationalError as full:
        log.warning("read_ahead_unavailable", error=str(full).strip())
        return None
    return connection


def _last_of(histories: Sequence[Sequence[Entry]], seq: int) -> int:
    """The last position of the entries after *seq* in *histories*. Raises LedgerGapError if one is missing."""
    positions = sorted(entry.position for entries in histories for entry in entries)
    for expected, position in enumerate(positions, seq + 1):
        if position != expected:
            raise LedgerGapError(f"position {expected} is missing from the ledger: the next one is {position}")
    return positions[-1]
