"""Benchmark of views: filling, catching up, rebuilding, compared with a SELECT and the library's ProjectionRunner."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any, ClassVar
from uuid import UUID

import psycopg
import uvloop
from eventsourcing.application import Application
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from eventsourcing.utils import get_topic
from msgspec import Struct

from infrastructure.ledger.mapper import EntryMapper
from infrastructure.ledger.recorder import LedgerFactory
from infrastructure.projector.projector import Projector
from infrastructure.projector.rebuild import rebuild
from projections.registry import VIEWS
from projections.view import Projected, View
from scripts.benches import commands
from scripts.benches.measure import Figure
from scripts.benches.stock import environment

CLIENTS = 32  # that write the entries to catch up with
RUNNER_CONNECTIONS = 5
SETTLE_SECONDS = 0.05
PAGE_ROWS = 5000  # larger and smaller pages are not faster
COLUMNS = "seq, stream, version, type, data, meta, occurred_at, recorded_at, hash"
READ = f"SELECT {COLUMNS} FROM ledger.event ORDER BY seq"  # noqa: S608 our own constant
READ_PAGE = f"SELECT {COLUMNS} FROM ledger.event WHERE seq > %s ORDER BY seq LIMIT %s"  # noqa: S608 our own constant


class Followed(Struct, frozen=True):
    """Speeds of some views: filling them, catching up with what a *writer* wrote, and rebuilding."""

    fill: Figure
    writer: Figure
    catch_up: Figure
    rebuild: Figure


class LedgerApplication(Application[UUID]):
    """The ledger as an application of the eventsourcing library."""

    name = "Ledger"
    env: ClassVar[dict[str, str]] = {
        "LEDGER_PERSISTENCE_MODULE": get_topic(LedgerFactory),
        "LEDGER_MAPPER_TOPIC": get_topic(EntryMapper),
    }


class ReadCount(Projection[PostgresTrackingRecorder]):
    """A minimal projection: it tracks its position, and writes no rows."""

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:  # noqa: ARG002 the library's signature
        self.view.insert_tracking(tracking)


def bare_select(url: str) -> Figure:
    """Rows per second of one SELECT, and an empty loop over its rows."""
    return _warm("bare SELECT", url, iterated)


def bare_pages(url: str) -> Figure:
    """Rows per second in psycopg's fastest way, in pages and in binary format: an upper bound for views."""
    return _warm("bare SELECT, binary pages", url, _paged)


def _warm(subject: str, url: str, read: Callable[[psycopg.Connection[Any]], int]) -> Figure:
    """Time the second of two runs: the first one loads the rows into the cache."""
    with psycopg.connect(url, autocommit=True) as connection:
        read(connection)
        began = perf_counter()
        rows = read(connection)
        return Figure(subject, 1, rows / (perf_counter() - began))


def iterated(connection: psycopg.Connection[Any]) -> int:
    """The rows of one SELECT over the whole ledger, iterated and counted."""
    return sum(1 for _ in connection.execute(READ))


def _paged(connection: psycopg.Connection[Any]) -> int:
    seq = rows = 0
    with connection.cursor(binary=True) as cursor:
        while page := cursor.execute(READ_PAGE, [seq, PAGE_ROWS]).fetchall():
            seq, rows = page[-1][0], rows + len(page)
    return rows


def catch_up(url: str, views: Sequence[Projected], subject: str) -> Figure:
    """Entries per second that the projector folds into *views* or histories, up to the end of the ledger."""
    began, entries = perf_counter(), 0
    with psycopg.connect(url, autocommit=True) as connection:
        projector = Projector(url, views)
        while not projector.take_lead(connection):
            time.sleep(SETTLE_SECONDS)  # until the server has closed the previous leader's session
        while done := projector.step(connection):
            entries += done
    return Figure(subject, 1, entries / (perf_counter() - began))


def empty(url: str) -> None:
    """Reset every view to the beginning of the ledger."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DELETE FROM views.position")


def rebuilding(url: str, views: Sequence[View[Any]], subject: str) -> Figure:
    """Entries per second of a rebuild, including the comparison with the live views, and the swap."""
    began = perf_counter()
    rebuilt = rebuild(url, views)
    if rebuilt.differences:
        raise RuntimeError(f"the rebuild differs from the live views: {rebuilt.differences}")
    return Figure(subject, 1, rebuilt.entries / (perf_counter() - began))


def followed(url: str, seconds: float) -> list[Followed]:
    """Measure the first two views, then all: filling, catching up after *seconds* of commands, rebuilding."""
    result: list[Followed] = []
    for which, views in (("two", VIEWS[:2]), ("all", VIEWS)):
        empty(url)
        names = f"{which} views"
        filled = catch_up(url, views, f"fill {names}, empty before")
        writer = uvloop.run(commands.in_process(url, CLIENTS, seconds))
        behind = catch_up(url, views, f"catch up {names}")
        result.append(Followed(filled, writer, behind, rebuilding(url, views, f"rebuild {names}")))
    return result


def library_runner(url: str, socket_folder: str, database: str, seconds: float) -> Figure:
    """Entries per second of the library's ProjectionRunner on the same ledger, with its position in *database*."""
    runner: ProjectionRunner[LedgerApplication, PostgresTrackingRecorder]
    settings = environment(socket_folder, database, RUNNER_CONNECTIONS) | {"LEDGER_URL": url}
    began = perf_counter()
    with ProjectionRunner(
        application_class=LedgerApplication,
        projection_class=ReadCount,
        view_class=PostgresTrackingRecorder,
        env=settings,
    ) as runner:
        time.sleep(seconds)
        position = runner.view.max_tracking_id(LedgerApplication.name) or 0
        elapsed = perf_counter() - began
    return Figure("ProjectionRunner", 1, position / elapsed)
