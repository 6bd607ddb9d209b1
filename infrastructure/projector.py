"""Folds the ledger into the views: one leader at a time, in order, without a gap, rows and position together."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
import structlog
from msgspec import Struct
from psycopg.sql import SQL

from domain.streams import CALENDAR, kind_of
from domain.vocabulary import Entry
from infrastructure import ledger_stream
from infrastructure.ledger_stream import Raw, entry_of
from infrastructure.rebuild import rebuild
from infrastructure.stopping import Stopping
from infrastructure.store import CHANNEL
from infrastructure.view_laws import by_law_now
from infrastructure.view_tables import BATCH_KEY, make_indexes, make_tables, write
from projections.catalogue import VIEWS
from projections.view import CORRECTIONS, Folded, View, changes, fold, kind_followed, take

LEADER_KEY = 0x436F756E_50524F4A  # the advisory lock of whoever projects
BATCH_ENTRIES_MAX = 5000
PROJECTS_KEPT_MAX = 20_000  # folded states in memory; one that is not there is folded from its entries again
ALARM_SECONDS = 60.0  # a damaged ledger is told again every minute, until somebody looks
POLL_SECONDS = 1.0  # in case a NOTIFY was missed
VIEWS_CHANNEL = "countersign_views"
READ = SQL("WHERE seq > {} ORDER BY seq LIMIT {}")
READ_STREAMS = SQL("WHERE stream = ANY({}) AND seq <= {} ORDER BY stream, version")

log = structlog.get_logger()


class GapInLedger(Exception):  # noqa: N818 it says what was found
    """A position is missing: the ledger was damaged, and no view may pass it by."""


class Standing(Struct):
    """How far one view has come; *error* says why it goes no further."""

    view: View[Any]
    seq: int
    error: str | None = None


class Projector:
    """Runs in a thread or a process of its own. `run` until `stop`; `step` once, for tests and the command line."""

    def __init__(self, url: str, views: Sequence[View[Any]] = VIEWS) -> None:
        self._url, self._views = url, tuple(views)
        self._stopping = Stopping()
        self._kept: OrderedDict[UUID, Folded] = OrderedDict()
        self._kept_of: list[View[Any]] = []  # the views whose states are kept, as far as these have come together
        self._standings: list[Standing] = []
        self._rebuilt = 0
        self._law_may_differ = False
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
        connection.execute("SET timezone = 'UTC'")
        with _no_rebuild(connection):
            self._begin(connection)
        return True

    def _begin(self, connection: psycopg.Connection[Any]) -> None:
        self._kept.clear()
        self._views = by_law_now(connection, self._views)
        self._standings = [self._standing(connection, view) for view in self._views]
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
        """Take every running view through one batch, the furthest behind first; how many entries that were."""
        if self._law_may_differ:
            self._count_anew(connection)
        with _no_rebuild(connection):
            if _rebuilt(connection) != self._rebuilt:
                self._begin(connection)
            return self._step(connection)

    def _count_anew(self, connection: psycopg.Connection[Any]) -> None:
        """Make the rows of every view anew whose law has changed. Until they are swapped in, the old ones stand."""
        was, self._views = self._views, by_law_now(connection, self._views)
        changed = [view for view in self._views if view not in was]
        if changed:
            rebuild(self._url, changed)
            log.info("counted anew by another calendar", views=[view.name for view in changed])
        self._law_may_differ = False

    def _step(self, connection: psycopg.Connection[Any]) -> int:
        running = [standing for standing in self._standings if standing.error is None]
        if not running:
            return 0
        seq = min(standing.seq for standing in running)
        behind = [standing for standing in running if standing.seq == seq]
        others = [standing.seq for standing in running if standing.seq > seq]
        limit = min([BATCH_ENTRIES_MAX, *[other - seq for other in others]])
        rows = list(ledger_stream.rows(connection, READ.format(seq, limit)))
        if not rows:
            return 0
        _require_contiguous(seq, rows)
        self._advance(connection, behind, rows)
        return len(rows)

    def _advance(self, connection: psycopg.Connection[Any], behind: list[Standing], rows: list[Raw]) -> None:
        try:
            self._project(connection, behind, rows)
        except psycopg.OperationalError:
            raise
        except Exception as failure:  # noqa: BLE001 whatever a fold stumbles over stops it, and is told
            self._kept.clear()
            if len(behind) == 1 and len(rows) == 1:
                self._halt(connection, behind[0], rows[0][0], failure)
            elif len(behind) == 1:
                self._advance(connection, behind, rows[: len(rows) // 2])
            else:
                for standing in behind:
                    self._advance(connection, [standing], rows)

    def _project(self, connection: psycopg.Connection[Any], behind: list[Standing], rows: list[Raw]) -> None:
        views = [standing.view for standing in behind]
        if views != self._kept_of:
            self._kept.clear()
            self._kept_of = views
        last = rows[-1][0]
        touched = self._fold(connection, views, rows)
        with connection.transaction():
            for view in views:
                for name, change in merged([changes(view, folded) for folded in touched]).items():
                    write(connection, next(t for t in view.tables if t.name == name), change)
            connection.execute(
                "UPDATE views.position SET seq = %s WHERE view = ANY(%s)", [last, [view.name for view in views]]
            )
            connection.execute("SELECT pg_notify(%s, %s)", [VIEWS_CHANNEL, str(last)])
        for standing in behind:
            standing.seq = last

    def _fold(self, connection: psycopg.Connection[Any], views: list[View[Any]], rows: list[Raw]) -> list[Folded]:
        """The states of every project touched, after *rows*."""
        by_project: dict[UUID, list[Entry]] = {}
        for row in rows:
            by_project.setdefault(row[1], []).append(entry_of(row))
        followed = [kind_followed(view) for view in views]
        kinds = {stream: kind_of(entries) for stream, entries in by_project.items()}
        for stream, kind in kinds.items():
            self._law_may_differ |= kind is CALENDAR  # a notice may have been applied
            if kind not in followed:
                del by_project[stream]
        whole: list[UUID] = []
        for project, entries in by_project.items():
            folded = self._kept.get(project)
            if any(isinstance(entry.fact, CORRECTIONS) for entry in entries):
                whole.append(project)  # a correction reaches back: fold anew, over the rows already written
            elif folded is not None:
                take(views, folded, entries)
            elif entries[0].version <= 1:
                self._kept[project] = fold(views, project, entries)
            else:
                whole.append(project)
        self._fold_whole(connection, views, whole, rows[0][0] - 1, rows[-1][0])
        touched = [self._kept[project] for project in by_project]
        for project in by_project:
            self._kept.move_to_end(project)
        while len(self._kept) > max(PROJECTS_KEPT_MAX, len(by_project)):
            self._kept.popitem(last=False)
        return touched

    def _fold_whole(
        self, connection: psycopg.Connection[Any], views: list[View[Any]], projects: list[UUID], before: int, last: int
    ) -> None:
        """Fold whole histories: the rows as they stand at *before* become the written ones, then up to *last*."""
        if not projects:
            return
        histories: dict[UUID, list[Entry]] = {}
        for row in ledger_stream.rows(connection, READ_STREAMS.format(projects, last)):
            histories.setdefault(row[1], []).append(entry_of(row))
        for project, entries in histories.items():
            old = self._kept.get(project)
            if old is None:
                told = [entry for entry in entries if entry.position <= before]
                old = fold(views, project, told)
                for view in views if told else ():  # of what nothing was told, nothing was written
                    changes(view, old)
            new = fold(views, project, entries)
            new.written = old.written
            self._kept[project] = new

    def _halt(self, connection: psycopg.Connection[Any], standing: Standing, seq: int, failure: Exception) -> None:
        standing.error = f"position {seq}: {type(failure).__name__}: {failure}"
        connection.execute(
            "UPDATE views.position SET error = %s, error_at = clock_timestamp() WHERE view = %s",
            [standing.error, standing.view.name],
        )
        log.error("a view stopped", view=standing.view.name, position=seq, exc_info=failure)


@contextmanager
def _no_rebuild(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Wait for a rebuild under way; the next one waits until the block is done."""
    connection.execute("SELECT pg_advisory_lock_shared(%s)", [BATCH_KEY])
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute("SELECT pg_advisory_unlock_shared(%s)", [BATCH_KEY])


def merged(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The changes of many projects, a table's all in one."""
    out: dict[str, Any] = {}
    for part in parts:
        for name, change in part.items():
            if name in out:
                out[name].upserts.extend(change.upserts)
                out[name].deletes.extend(change.deletes)
            else:
                out[name] = change
    return out


def _rebuilt(connection: psycopg.Connection[Any]) -> int:
    """How often the views were rebuilt."""
    row = connection.execute("SELECT coalesce(sum(rebuilt), 0)::bigint FROM views.position").fetchone()
    return int(row[0]) if row else 0


def _require_contiguous(seq: int, rows: Sequence[Raw]) -> None:
    for expected, row in enumerate(rows, seq + 1):
        if row[0] != expected:
            raise GapInLedger(f"position {expected} is missing from the ledger: the next one is {row[0]}")
