"""Folds the ledger into the views: one leader at a time, in order, without a gap, rows and position together."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import structlog
from psycopg.sql import SQL

from infrastructure.fill_processes import follow_side_by_side, processes_for
from infrastructure.fold_words import Stretch
from infrastructure.following import BATCH_ENTRIES_MAX, Following, Standing
from infrastructure.ledger_stream import GapInLedger
from infrastructure.rebuild import drop_leftovers, rebuild
from infrastructure.stopping import Stopping
from infrastructure.store import CHANNEL, head_of
from infrastructure.view_laws import by_law_now
from infrastructure.view_tables import BATCH_KEY, distrust_ahead, make_indexes, make_tables
from projections.catalogue import VIEWS
from projections.view import View

LEADER_KEY = 0x436F756E_50524F4A  # the advisory lock of whoever projects
FILL_ENTRIES_MIN = 20_000  # of a ledger whose views are empty
ALARM_SECONDS = 60.0  # a damaged ledger is told again every minute, until somebody looks
POLL_SECONDS = 1.0  # in case a NOTIFY was missed

log = structlog.get_logger()


class Stopped(Exception):  # noqa: N818 it says what happened
    """The projector was told to stop in the middle of long work, which is then for whoever leads next."""


class Projector:
    """Runs in a thread or a process of its own. `run` until `stop`; `step` once, for tests and the command line."""

    def __init__(self, url: str, views: Sequence[View[Any]] = VIEWS) -> None:
        self._url, self._views = url, tuple(views)
        self._stopping = Stopping()
        self._following = Following(url)
        self._rebuilt = 0
        self._stumbled = False  # over many entries at once
        self.is_leader = False

    def stop(self) -> None:
        self._stopping.tell()

    def run(self) -> None:
        """Lead, or stand by until the leader is gone. Whatever happens, it tries again: nobody else looks after it."""
        while not self._stopping.is_told():
            try:
                with psycopg.connect(self._url, autocommit=True) as connection:
                    self._lead(connection)
            except psycopg.OperationalError as lost:
                log.warning("the projector lost its database", error=str(lost).strip())
                self._stopping.wait(POLL_SECONDS)
            except psycopg.Error:
                log.exception("the projector stumbled")
                self._stopping.wait(POLL_SECONDS)
            except Stopped:
                log.info("the projector was stopped while it filled views")
            except GapInLedger as gap:
                log.critical("the views stand still: the ledger is damaged", error=str(gap))
                self._stopping.wait(ALARM_SECONDS)
            except Exception:
                log.exception("the views stand still")
                self._stopping.wait(ALARM_SECONDS)
            finally:
                self.is_leader = False

    def _lead(self, connection: psycopg.Connection[Any]) -> None:
        while not self._stopping.is_told() and not self.take_lead(connection):
            self._stopping.wait(POLL_SECONDS)
        connection.execute(SQL("LISTEN {}").format(CHANNEL))
        while not self._stopping.is_told():
            if self.step(connection) == 0:
                self._stopping.wait_for_news(connection, POLL_SECONDS)

    def take_lead(self, connection: psycopg.Connection[Any]) -> bool:
        """Become the leader if there is none, and find out where every view stands."""
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", [LEADER_KEY]).fetchone()
        if not (row and row[0]):
            return False
        self.is_leader = True
        self._stumbled = False  # it may have been over a database that went away
        connection.execute("SET timezone = 'UTC'")
        connection.execute("SET synchronous_commit = off")  # rows and position are lost together, and folded again
        with _no_rebuild(connection):
            drop_leftovers(connection)
            distrust_ahead(connection)
            self._begin(connection)
        return True

    def _begin(self, connection: psycopg.Connection[Any]) -> None:
        self._views = by_law_now(connection, self._views)
        self._following = Following(self._url, [self._standing(connection, view) for view in self._views])
        self._rebuilt = _rebuilt(connection)

    def _standing(self, connection: psycopg.Connection[Any], view: View[Any]) -> Standing:
        """Where *view* stands; one that is new or has changed begins at the beginning with empty tables."""
        row = connection.execute("SELECT version, seq FROM views.position WHERE view = %s", [view.name]).fetchone()
        if row and row[0] == view.version:
            # An error is tried again by whoever leads next: the release may have mended the fold.
            connection.execute("UPDATE views.position SET error = NULL, error_at = NULL WHERE view = %s", [view.name])
            return Standing(view, row[1])
        with connection.transaction():
            make_tables(connection, view)
            make_indexes(connection, view)
            connection.execute(
                "INSERT INTO views.position (view, version, seq) VALUES (%s, %s, 0)"
                " ON CONFLICT (view) DO UPDATE SET version = excluded.version, seq = 0, error = NULL, error_at = NULL",
                [view.name, view.version],
            )
        return Standing(view, 0)

    def step(self, connection: psycopg.Connection[Any]) -> int:
        """Take every running view through some batches, the furthest behind first; how many entries that were.

        Views that are empty while the ledger is long are filled at once instead, as by a rebuild; those that are far
        behind are folded by several processes.
        """
        if self._following.law_may_differ:
            self._count_anew(connection)
        if filled := self._fill(connection) or self._follow_far(connection):
            return filled
        with _no_rebuild(connection):
            if _rebuilt(connection) != self._rebuilt:
                self._begin(connection)
            return self._following.step(connection, self._stopping.is_told)

    def _count_anew(self, connection: psycopg.Connection[Any]) -> None:
        """Make the rows of every view anew whose law has changed. Until they are swapped in, the old ones stand."""
        was, self._views = self._views, by_law_now(connection, self._views)
        changed = [view for view in self._views if view not in was]
        if changed:
            rebuild(self._url, changed, compare=False, progress=self._require_running)
            log.info("counted anew by another calendar", views=[view.name for view in changed])
        self._following.law_may_differ = False

    def _fill(self, connection: psycopg.Connection[Any]) -> int:
        """Fill the empty views where there is much to fold; 0 where there is not, or where a fold stumbles.

        It is then for the steps to find out which view, and over what.
        """
        empty = self._following.empty()
        if self._stumbled or not empty or head_of(connection) < FILL_ENTRIES_MIN:
            return 0
        try:
            filled = rebuild(self._url, empty, compare=False, progress=self._require_running)
        except (psycopg.OperationalError, Stopped):
            raise
        except Exception:
            log.exception("empty views could not be filled at once: they go step by step")
            self._stumbled = True
            return 0
        with _no_rebuild(connection):
            self._begin(connection)
        return filled.entries

    def _follow_far(self, connection: psycopg.Connection[Any]) -> int:
        """Take views that are far behind to the end of the ledger; 0 where they are not, or where a fold stumbles."""
        span = None if self._stumbled else self._following.span()
        if not span:
            return 0
        views, begun, last = span.views, span.seq, min(head_of(connection), span.until or sys.maxsize)
        # A few views alone are folded before another process has started.
        processes = processes_for(views, (last - begun) * len(views) // len(VIEWS))
        if processes == 1:
            return 0
        each = BATCH_ENTRIES_MAX
        stretches = [Stretch(seq, min(seq + each, last)) for seq in range(begun, last, each)]
        try:
            with closing(follow_side_by_side(self._url, views, stretches, processes=processes)) as batches:
                for batch in batches:
                    with _no_rebuild(connection):
                        if _rebuilt(connection) != self._rebuilt or self._stopping.is_told():
                            break
                        self._following.take(connection, span, batch)
                    if batch.of_law:
                        break
        except psycopg.OperationalError:
            raise
        except Exception:
            log.exception("views that are far behind could not be taken further by several processes")
            self._stumbled = True
        return span.behind[0].seq - begun

    def _require_running(self, *_: int) -> None:
        if self._stopping.is_told():
            raise Stopped


@contextmanager
def _no_rebuild(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Wait for a rebuild under way; the next one waits until the block is done."""
    connection.execute("SELECT pg_advisory_lock_shared(%s)", [BATCH_KEY])
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute("SELECT pg_advisory_unlock_shared(%s)", [BATCH_KEY])


def _rebuilt(connection: psycopg.Connection[Any]) -> int:
    """How often the views were rebuilt."""
    row = connection.execute("SELECT coalesce(sum(rebuilt), 0)::bigint FROM views.position").fetchone()
    return int(row[0]) if row else 0
