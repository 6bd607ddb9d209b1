"""The projector: folds the ledger into the views, in order and without gaps. One leader runs at a time."""

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
from infrastructure.leader import BlockingLeader, LeadTerms
from infrastructure.ledger.reader import CHANNEL, head_of
from infrastructure.projector.build import Building, BuildStoppedError, outdated
from infrastructure.projector.caches import are_histories
from infrastructure.projector.catch_up import BATCH_ENTRIES_MAX, RETRY_SECONDS_FIRST, FollowedView, ViewFollower
from infrastructure.projector.ledger_stream import LedgerGapError
from infrastructure.projector.rebuild import drop_leftovers_if_idle, workshop_for
from infrastructure.projector.tables import BATCH_KEY, invalidate_views_ahead, make_indexes, make_tables
from infrastructure.projector.worker_messages import LedgerRange
from infrastructure.projector.workers import follow_parallel, processes_for
from projections.histories import HISTORIES
from projections.registry import VIEWS
from projections.view import Projected

WORK, HISTORY_WORK = "projector", "historian"
LEADER_KEY = 0x436F756E_50524F4A  # advisory lock of the leading projector
HISTORY_LEADER_KEY = 0x436F756E_48495354  # of the one that follows histories
FILL_ENTRIES_MIN = 20_000  # of a ledger without views: fewer entries are folded batch by batch, without a build
ALARM_SECONDS = 60.0  # between two log lines about a damaged ledger, which needs an operator
POLL_SECONDS = 1.0  # in case a NOTIFY was missed
TERMS = LeadTerms(WORK, LEADER_KEY, POLL_SECONDS, ALARM_SECONDS)
HISTORY_TERMS = LeadTerms(HISTORY_WORK, HISTORY_LEADER_KEY, POLL_SECONDS, ALARM_SECONDS)
BUILD_LOOK_SECONDS = 0.05  # poll interval for new entries while a build runs

log = structlog.get_logger()


class Projector(BlockingLeader):
    """Runs in a separate thread or process: `run` until `stop`. Tests and the command line call `step`.

    Histories are followed by a projector of their own, so that current rows never wait for them.
    """

    transient = (psycopg.OperationalError,)  # what else PostgreSQL says of a fold is logged whole

    def __init__(self, url: str, views: Sequence[Projected] = VIEWS) -> None:
        super().__init__(url, HISTORY_TERMS if are_histories(views) else TERMS)
        self._views = tuple(views)
        self._following = ViewFollower(url)
        self._building: Building | None = None
        self._outdated: list[Projected] = []  # views that need a build
        self._unbuildable: dict[str, float] = {}  # views whose build failed, and when it is retried
        self._rebuilt = 0
        self._parallel_failed = False  # then batches are folded in this process

    def _after(self) -> None:
        super()._after()
        self._leave_building()

    def _pause_after(self, failure: Exception) -> float:
        if isinstance(failure, BuildStoppedError):
            log.info("view_build_stopped")
            return 0.0
        if isinstance(failure, LedgerGapError):
            log.critical("ledger_damaged", error=str(failure))
            return ALARM_SECONDS
        pause = super()._pause_after(failure)
        return POLL_SECONDS if isinstance(failure, psycopg.Error) else pause

    def _work(self, connection: psycopg.Connection[Any], /) -> None:
        self._begin_leading(connection)
        connection.execute(SQL("LISTEN {}").format(CHANNEL))
        while not self._stopping.is_set():
            if self.step(connection) == 0:
                self._stopping.wait_for_notify(connection, POLL_SECONDS)

    def take_lead(self, connection: psycopg.Connection[Any]) -> bool:
        """Become the leader if there is none, and load the position of every view."""
        if not self._lease.take(connection):
            return False
        self._begin_leading(connection)
        return True

    def catch_up(self, connection: psycopg.Connection[Any]) -> None:
        """As the leader, bring every view to the end of the ledger."""
        with self._lease.renewed():
            while self.step(connection):
                pass

    def _begin_leading(self, connection: psycopg.Connection[Any]) -> None:
        self.is_leader = True
        self._parallel_failed = False  # the cause may have been a lost database
        self._unbuildable.clear()
        connection.execute("SET timezone = 'UTC'")
        connection.execute("SET synchronous_commit = off")  # rows and position are lost together, and folded again
        with _no_rebuild(connection):
            drop_leftovers_if_idle(connection, workshop_for(self._views))
            invalidate_views_ahead(connection)
            self._begin(connection)

    def _begin(self, connection: psycopg.Connection[Any]) -> None:
        """Follow every view from its position; list those whose rows another version made, for a build."""
        self._views = by_law_now(connection, self._views)
        self._outdated = outdated(connection, self._views)
        if self._outdated and _is_new(connection, self._views):
            for view in self._outdated:
                _make_empty(connection, view)
            self._outdated = []
        current = [view for view in self._views if view not in self._outdated]
        self._following = ViewFollower(self._lease.url, [_followed(connection, view) for view in current])
        self._rebuilt = _rebuild_count(connection, self._views)

    def step(self, connection: psycopg.Connection[Any]) -> int:
        """Advance the running views by some batches, those furthest behind first; returns the number of entries.

        Outdated views are built in the background meanwhile; views far behind are folded by several processes. Raises
        BuildStoppedError if the projector is stopped before a build is done.
        """
        while True:
            if self._following.law_may_differ:
                self._compare_laws(connection)
            if self._building is not None and self._building.done():
                if built := self._take_over(connection, self._building):
                    return built
                continue  # it failed: its views are now built one by one, or folded batch by batch
            self._begin_building()
            if followed := self._follow_far(connection) or self._follow(connection):
                return followed
            if self._building is None:
                return 0
            if self._stopping.is_set():
                self._leave_building()
                raise BuildStoppedError
            self._building.done(BUILD_LOOK_SECONDS)

    def _follow(self, connection: psycopg.Connection[Any]) -> int:
        with _no_rebuild(connection):
            if _rebuild_count(connection, self._views) != self._rebuilt:
                self._begin(connection)
            return self._following.step(connection, self._stopping.is_set)

    def _compare_laws(self, connection: psycopg.Connection[Any]) -> None:
        """Mark views as outdated whose calendar a notice has changed. The old rows are followed until the build."""
        self._views = by_law_now(connection, self._views)
        self._outdated = outdated(connection, self._views)
        if self._outdated:
            log.info("view_calendar_changed", views=[view.name for view in self._outdated])
        self._following.law_may_differ = False

    def _begin_building(self) -> None:
        """Start a build of the outdated views unless one is running; a view whose build failed is built alone."""
        now = monotonic()
        due = [view for view in self._outdated if self._unbuildable.get(view.name, 0.0) <= now]
        if self._building is None and due:
            views = next(([view] for view in due if view.name in self._unbuildable), due)
            self._building = Building(self._lease.url, views)

    def _take_over(self, connection: psycopg.Connection[Any], building: Building) -> int:
        """Follow the built views from now on; returns the number of entries folded, 0 if the build failed."""
        self._building = None
        try:
            built = building.result()
        except (psycopg.OperationalError, BuildStoppedError, LedgerGapError):
            raise
        except Exception as failure:
            log.exception("view_build_failed", views=building.names)
            self._isolate(connection, building.views, failure)
            return 0
        for name in building.names:
            self._unbuildable.pop(name, None)
        with _no_rebuild(connection):
            self._begin(connection)
        log.info("views_built", views=building.names, position=built.position)
        return built.entries

    def _isolate(self, connection: psycopg.Connection[Any], views: Sequence[Projected], failure: Exception) -> None:
        """After a failed build, schedule each view alone to find the faulty one.

        The faulty view keeps serving its old rows, with the error in its position; one without rows is followed from
        the beginning, batch by batch.
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
        """Advance views that are far behind with several processes; 0 if they are not far behind, or on failure."""
        span = None if self._parallel_failed else self._following.span()
        if not span:
            return 0
        views, begun, last = span.views, span.seq, min(head_of(connection), span.until or sys.maxsize)
        # With few views, this process has folded the entries before another one would have started.
        processes = processes_for(views, (last - begun) * len(views) // len(VIEWS))
        if processes == 1:
            return 0
        size = BATCH_ENTRIES_MAX
        ranges = [LedgerRange(seq, min(seq + size, last)) for seq in range(begun, last, size)]
        try:
            with closing(follow_parallel(self._lease.url, views, ranges, processes=processes)) as batches:
                for batch in batches:
                    with _no_rebuild(connection):
                        rebuilt = _rebuild_count(connection, self._views)
                        if rebuilt != self._rebuilt or self._stopping.is_set():
                            break
                        self._following.take(connection, span, batch)
                    if batch.of_law:
                        break
        except psycopg.OperationalError:
            raise
        except Exception:
            log.exception("parallel_catch_up_failed")
            self._parallel_failed = True
        return span.behind[0].seq - begun


def historian(url: str) -> Projector:
    """The projector of the histories."""
    return Projector(url, HISTORIES)


@contextmanager
def _no_rebuild(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Block rebuilds: waits for a running one, and the next one waits for the end of the block."""
    connection.execute("SELECT pg_advisory_lock_shared(%s)", [BATCH_KEY])
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute("SELECT pg_advisory_unlock_shared(%s)", [BATCH_KEY])


def _rebuild_count(connection: psycopg.Connection[Any], views: Sequence[Projected]) -> int:
    """How often *views* were rebuilt, to notice a rebuild by another process."""
    query = "SELECT coalesce(sum(rebuilt), 0)::bigint FROM views.position WHERE view = ANY(%s)"
    row = connection.execute(query, [_names(views)]).fetchone()
    return int(row[0]) if row else 0


def _is_new(connection: psycopg.Connection[Any], views: Sequence[Projected]) -> bool:
    """Whether the database has none of *views* yet and its ledger is short."""
    query = "SELECT EXISTS (SELECT FROM views.position WHERE view = ANY(%s))"
    made = connection.execute(query, [_names(views)]).fetchone() == (True,)
    return not made and head_of(connection) < FILL_ENTRIES_MIN


def _names(views: Sequence[Projected]) -> list[str]:
    return [view.name for view in views]


def _make_empty(connection: psycopg.Connection[Any], view: Projected) -> None:
    """Reset *view* to position 0, with empty tables."""
    with connection.transaction():
        make_tables(connection, view)
        make_indexes(connection, view)
        connection.execute(
            "INSERT INTO views.position (view, version, seq) VALUES (%s, %s, 0)"
            " ON CONFLICT (view) DO UPDATE SET version = excluded.version, seq = 0, error = NULL, error_at = NULL",
            [view.name, view.version],
        )


def _followed(connection: psycopg.Connection[Any], view: Projected) -> FollowedView:
    """*view* at its stored position. Errors are cleared: a new leader retries, as a new release may fix the fold."""
    row = connection.execute(
        "UPDATE views.position SET error = NULL, error_at = NULL WHERE view = %s RETURNING seq", [view.name]
    ).fetchone()
    return FollowedView(view, row[0] if row else 0)
