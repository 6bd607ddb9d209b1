"""Views: catching up and rebuilding, beside a bare SELECT of the same rows and the library's ProjectionRunner."""

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
from projections.view import View
from scripts.benches import commands
from scripts.benches.measure import Figure
from scripts.benches.stock import environment

CLIENTS = 32  # whose commands the views are behind by
RUNNER_CONNECTIONS = 5
SETTLE_SECONDS = 0.05
PAGE_ROWS = 5000  # more or less of them are not read any faster
COLUMNS = "seq, stream, version, type, data, meta, occurred_at, recorded_at, hash"
READ = f"SELECT {COLUMNS} FROM ledger.event ORDER BY seq"  # noqa: S608 our own constant
READ_PAGE = f"SELECT {COLUMNS} FROM ledger.event WHERE seq > %s ORDER BY seq LIMIT %s"  # noqa: S608 our own constant


class Followed(Struct, frozen=True):
    """How fast some views get to where the ledger is: from nothing, from a while ago, and once more from nothing."""

    fill: Figure
    catch_up: Figure
    rebuild: Figure


class LedgerApplication(Application[UUID]):
    """The ledger as any application of the library sees it."""

    name = "Ledger"
    env: ClassVar[dict[str, str]] = {
        "LEDGER_PERSISTENCE_MODULE": get_topic(LedgerFactory),
        "LEDGER_MAPPER_TOPIC": get_topic(EntryMapper),
    }


class ReadCount(Projection[PostgresTrackingRecorder]):
    """The least a projection can do: follow its position, without a row of its own."""

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:  # noqa: ARG002 the library's signature
        self.view.insert_tracking(tracking)


def bare_select(url: str) -> Figure:
    """Rows a second as anybody would read them: one SELECT, and a loop over its rows that does nothing."""
    return _warm("bare SELECT", url, _iterated)


def bare_pages(url: str) -> Figure:
    """Rows a second in the quickest way that psycopg has, a page at a time in binary form; no view can be faster."""
    return _warm("bare SELECT, binary pages", url, _paged)


def _warm(subject: str, url: str, read: Callable[[psycopg.Connection[Any]], int]) -> Figure:
    """The second of two times: the first one brings the rows into memory."""
    with psycopg.connect(url, autocommit=True) as connection:
        read(connection)
        began = perf_counter()
        rows = read(connection)
        return Figure(subject, 1, rows / (perf_counter() - began))


def _iterated(connection: psycopg.Connection[Any]) -> int:
    return sum(1 for _ in connection.execute(READ))


def _paged(connection: psycopg.Connection[Any]) -> int:
    seq = rows = 0
    with connection.cursor(binary=True) as cursor:
        while page := cursor.execute(READ_PAGE, [seq, PAGE_ROWS]).fetchall():
            seq, rows = page[-1][0], rows + len(page)
    return rows


def catch_up(url: str, views: Sequence[View[Any]], subject: str) -> Figure:
    """Entries a second that the projector folds into *views*, from where they stand to the end of the ledger."""
    began, entries = perf_counter(), 0
    with psycopg.connect(url, autocommit=True) as connection:
        projector = Projector(url, views)
        while not projector.take_lead(connection):
            time.sleep(SETTLE_SECONDS)  # the server ends the session before this one when it gets round to it
        while done := projector.step(connection):
            entries += done
    return Figure(subject, 1, entries / (perf_counter() - began))


def empty(url: str) -> None:
    """Let every view begin again at the beginning."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DELETE FROM views.position")


def rebuilding(url: str, views: Sequence[View[Any]], subject: str) -> Figure:
    """Entries a second of a rebuild: folded anew, compared with the live views, swapped."""
    began = perf_counter()
    rebuilt = rebuild(url, views)
    if rebuilt.differences:
        raise RuntimeError(f"the rebuild differs from the live views: {rebuilt.differences}")
    return Figure(subject, 1, rebuilt.entries / (perf_counter() - began))


def followed(url: str, seconds: float) -> list[Followed]:
    """The first two views alone, then all, each filled, behind by so many *seconds* of commands, and rebuilt."""
    found: list[Followed] = []
    for which, views in (("two", VIEWS[:2]), ("all", VIEWS)):
        empty(url)
        names = f"{which} views"
        filled = catch_up(url, views, f"fill {names}, empty before")
        uvloop.run(commands.in_process(url, CLIENTS, seconds))
        behind = catch_up(url, views, f"catch up {names}")
        found.append(Followed(filled, behind, rebuilding(url, views, f"rebuild {names}")))
    return found


def library_runner(url: str, socket_folder: str, database: str, seconds: float) -> Figure:
    """Entries a second of the library's ProjectionRunner on the same ledger, its position kept in *database*."""
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
