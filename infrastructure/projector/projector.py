"""Folds the ledger into the views: one leader at a time, in order, without a gap, rows and position together."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from time import monotonic
from typing import Any

import psycopg
import structlog
from psycopg.sql import SQL

from infrastructure.calendar.view_laws import by_law_now
from infrastructure.ledger.reader import CHANNEL, head_of
from infrastructure.postgres.lease import Lease
from infrastructure.projector.build import Building, BuildStoppedError, outdated
from infrastructure.projector.catch_up import BATCH_ENTRIES_MAX, RETRY_SECONDS_FIRST, FollowedView, ViewFollower
from infrastructure.projector.ledger_stream import LedgerGapError
from infrastructure.projector.rebuild import clear_away
from infrastructure.projector.tables import BATCH_KEY, distrust_ahead, make_indexes, make_tables
from infrastructure.projector.worker_messages import LedgerStretch
from infrastructure.projector.workers import follow_side_by_side, processes_for
from infrastructure.stop_signal import StopSignal
from projections.registry import VIEWS
from projections.view import View

WORK = "projector"
LEADER_KEY = 0x436F756E_50524F4A  # the advisory lock of whoever projects
FILL_ENTRIES_MIN = 20_000  # of a ledger without any views: fewer are folded step by step, in tables that are there
ALARM_SECONDS = 60.0  # a damaged ledger is told again every minute, until somebody looks
POLL_SECONDS = 1.0  # in case a NOTIFY was missed
BUILD_LOOK_SECONDS = 0.05  # between two looks for new entries, while views are built beside the live ones

log = structlog.get_logger()


class Projector:
    """Runs in a thread or a process of its own. `run` until `stop`; `step` once, for tests and the command line."""

    def __init__(self, url: str, views: Sequence[View[Any]] = VIEWS) -> None:
        self._url, self._views = url, tuple(views)
        self._stopping = StopSignal()
        self._lease = Lease(url, WORK, LEADER_KEY)
        self._following = ViewFollower(url)
        self._building: Building | None = None
        self._outdated: list[View[Any]] = []  # to be built beside what there is of them
        self._unbuildable: dict[str, float] = {}  # views that a build stumbled over, and when they are tried again
        self._rebuilt = 0
        self._stumbled = False  # over many entries at once
        self.is_leader = False

    def stop(self) -> None:
        self._stopping.tell()

    def run(self) -> None:
        """Lead, or stand by until the leader is gone. Whatever happens, it tries again: nobody else looks after it."""
        while not self._stopping.is_told():
            self._lease = Lease(self._url, WORK, LEADER_KEY)
            try:
                with psycopg.connect(self._lease.url, autocommit=True) as connection:
                    self._lead(connection)
            except psycopg.OperationalError as lost:
                log.warning("the projector lost its database", error=str(lost).strip())
                self._stopping.wait(POLL_SECONDS)
            except psycopg.Error:
                log.exception("the projector stumbled")
                self._stopping.wait(POLL_SECONDS)
            except BuildStoppedError:
                log.info("the projector was stopped while it filled views")
            except LedgerGapError as gap:
                log.critical("the views stand still: the ledger is damaged", error=str(gap))
                self._stopping.wait(ALARM_SECONDS)
            except Exception:
                log.exception("the views stand still")
                self._stopping.wait(ALARM_SECONDS)
            finally:
                self.is_leader = False
                self._leave_building()

    def _lead(self, connection: psycopg.Connection[Any]) -> None:
        while not self._lease.take(connection):
            self._stopping.wait(POLL_SECONDS)
            if self._stopping.is_told():
                return
        with self._lease.renewed():
            self._begin_leading(connection)
            connection.execute(SQL("LISTEN {}").format(CHANNEL))
            while not self._stopping.is_told():
                if self.step(connection) == 0:
                    self._stopping.wait_for_news(connection, POLL_SECONDS)

    def take_lead(self, connection: psycopg.Connection[Any]) -> bool:
        """Become the leader if there is none, and find out where every view stands."""
        if not self._lease.take(connection):
            return False
        self._begin_leading(connection)
        return True

    def catch_up(self, connection: psycopg.Connection[Any]) -> None:
        """Having taken the lead, take every view to the end of the ledger."""
        with self._lease.renewed():
            while self.step(connection):
                pass

    def _begin_leading(self, connection: psycopg.Connection[Any]) -> None:
        self.is_leader = True
        self._stumbled = False  # it may have been over a database that went away
        self._unbuildable.clear()
        connection.execute("SET timezone = 'UTC'")
        connection.execute("SET synchronous_commit = off")  # rows and position are lost together, and folded again
        with _no_rebuild(connection):
            clear_away(connection)
            distrust_ahead(connection)
            self._begin(connection)

    def _begin(self, connection: psycopg.Connection[Any]) -> None:
        """Follow every view from where it stands; those whose rows another version made are built beside them."""
        self._views = by_law_now(connection, self._views)
        self._outdated = outdated(connection, self._views)
        if self._outdated and _is_new(connection):
            for view in self._outdated:
                _make_empty(connection, view)
            self._outdated = []
        others = [view for view in self._views if view not in self._outdated]
        self._following = ViewFollower(self._lease.url, [_standing(connection, view) for view in others])
        self._rebuilt = _rebuilt(connection)

    def step(self, connection: psycopg.Connection[Any]) -> int:
        """Take every running view through some batches, the furthest behind first; how many entries that were.

        Views whose rows another version made are built beside them meanwhile; those that are far behind are folded by
        several processes. Raises Stopped where it is told to stop before a build is done.
        """
        while True:
            if self._following.law_may_differ:
                self._compare_laws(connection)
            if self._building is not None and self._building.done():
                if built := self._take_over(connection, self._building):
                    return built
                continue  # it stumbled: what is left of it is tried alone, or step by step
            self._begin_building()
            if followed := self._follow_far(connection) or self._follow(connection):
                return followed
            if self._building is None:
                return 0
            if self._stopping.is_told():
                self._leave_building()
                raise BuildStoppedError
            self._building.done(BUILD_LOOK_SECONDS)

    def _follow(self, connection: psycopg.Connection[Any]) -> int:
        with _no_rebuild(connection):
            if _rebuilt(connection) != self._rebuilt:
                self._begin(connection)
            return self._following.step(connection, self._stopping.is_told)

    def _compare_laws(self, connection: psycopg.Connection[Any]) -> None:
        """Have views made anew whose calendar a notice has changed. Until they are, the old ones are followed."""
        self._views = by_law_now(connection, self._views)
        self._outdated = outdated(connection, self._views)
        if self._outdated:
            log.info("counted by another calendar from now on", views=[view.name for view in self._outdated])
        self._following.law_may_differ = False

    def _begin_building(self) -> None:
        """Begin to build what is outdated, unless a build is under way; what one has stumbled over before alone."""
        now = monotonic()
        wanted = [view for view in self._outdated if self._unbuildable.get(view.name, 0.0) <= now]
        if self._building is None and wanted:
            alone = next(([view] for view in wanted if view.name in self._unbuildable), wanted)
            self._building = Building(self._lease.url, alone)

    def _take_over(self, connection: psycopg.Connection[Any], building: Building) -> int:
        """Go on with what was built; of how many entries that was made, 0 where the build has stumbled."""
        self._building = None
        try:
            built = building.result()
        except (psycopg.OperationalError, BuildStoppedError, LedgerGapError):
            raise
        except Exception as failure:
            log.exception("views could not be built", views=building.names)
            self._stumble(connection, building.views, failure)
            return 0
        for name in building.names:
            self._unbuildable.pop(name, None)
        with _no_rebuild(connection):
            self._begin(connection)
        log.info("views were built", views=building.names, position=built.position)
        return built.entries

    def _stumble(self, connection: psycopg.Connection[Any], views: Sequence[View[Any]], failure: Exception) -> None:
        """Find out over which view a build stumbles, by trying each alone. One without rows then goes step by step.

        The old rows of one that has some go on answering, and say so.
        """
        if len(views) > 1:
            self._unbuildable |= dict.fromkeys((view.name for view in views), 0.0)
            return
        (view,) = views
        self._unbuildable[view.name] = monotonic() + RETRY_SECONDS_FIRST
        error = f"version {view.version} can't be built: {type(failure).__name__}: {failure}"
        stopped = connection.execute(
            "UPDATE views.position SET error = %s, error_at = clock_timestamp() WHERE view = %s", [error, view.name]
        )
        if stopped.rowcount == 0:
            with _no_rebuild(connection):
                _make_empty(connection, view)
                self._begin(connection)

    def _leave_building(self) -> None:
        if self._building is not None:
            self._building.stop()
            self._building = None

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
        stretches = [LedgerStretch(seq, min(seq + each, last)) for seq in range(begun, last, each)]
        try:
            with closing(follow_side_by_side(self._lease.url, views, stretches, processes=processes)) as batches:
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


def _is_new(connection: psycopg.Connection[Any]) -> bool:
    """Whether no view was ever made here, and there is not much to fold."""
    made = connection.execute("SELECT EXISTS (SELECT FROM views.position)").fetchone() == (True,)
    return not made and head_of(connection) < FILL_ENTRIES_MIN


def _make_empty(connection: psycopg.Connection[Any], view: View[Any]) -> None:
    """Begin *view* at the beginning, with empty tables."""
    with connection.transaction():
        make_tables(connection, view)
        make_indexes(connection, view)
        connection.execute(
            "INSERT INTO views.position (view, version, seq) VALUES (%s, %s, 0)"
            " ON CONFLICT (view) DO UPDATE SET version = excluded.version, seq = 0, error = NULL, error_at = NULL",
            [view.name, view.version],
        )


def _standing(connection: psycopg.Connection[Any], view: View[Any]) -> FollowedView:
    """Where *view* stands. An error is tried again by whoever leads next: the release may have mended the fold."""
    row = connection.execute(
        "UPDATE views.position SET error = NULL, error_at = NULL WHERE view = %s RETURNING seq", [view.name]
    ).fetchone()
    return FollowedView(view, row[0] if row else 0)
