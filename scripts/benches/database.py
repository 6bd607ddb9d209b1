"""The temporary database server of a benchmark run, with the durable settings of an installation."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGTERM, signal
from typing import NoReturn

import psycopg
from psycopg.sql import SQL, Identifier

from infrastructure.postgres.embedded import EmbeddedPostgres
from infrastructure.postgres.migrate import migrate

CONNECTIONS_MAX = 300  # pgbench and the plain library need one per client; the default is 100
GIGABYTE = 10**9


# Of a server whose databases are made first: what is lost in a crash is made again, and nothing reads its log.
HASTY = {"wal_level": "minimal", "max_wal_senders": "0", "archive_mode": "off", "summarize_wal": "off"}


class NoRoomError(Exception):
    """The disk has too little room for the databases."""


class BenchDatabase:
    """A running server, and databases in it. Raises PostgresUnavailableError."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self.server = server
        self.socket_folder = str(server.data / "run")

    def make_durable(self) -> None:
        """Go on with the durable settings of an installation, after databases were made in haste."""
        self.server.stop()
        os.sync()  # what was written in haste: neither a measured commit nor the end of the server waits for it
        self.server = EmbeddedPostgres(self.server.data)
        self.server.start()

    def database(self, name: str, *, migrated: bool = False) -> str:
        """Create the empty database *name*, with the ledger's tables if *migrated*; returns its URL."""
        with psycopg.connect(self.server.url(), autocommit=True) as connection:
            connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        url = self.server.url(name)
        if migrated:
            migrate(url)
        return url


def vacuum(url: str) -> None:
    """Vacuum the database at *url*, which autovacuum would do at random times.

    What that changed is written to the disk, gigabytes of a large one: no measured commit waits behind it.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")
    os.sync()


def require_room(wanted: float) -> None:
    """Raise NoRoomError unless so many bytes are free where temporary servers are."""
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    if free < wanted:
        raise NoRoomError(
            f"{wanted / GIGABYTE:,.0f} GB are needed in {folder}, and {free / GIGABYTE:,.0f} are free:"
            " set TMPDIR to a folder with more, or measure less"
        )


@contextmanager
def temporary_server(*, in_haste: bool = False) -> Iterator[BenchDatabase]:
    """Start a server in a temporary folder; stop it and remove the folder afterwards, whatever happens.

    *in_haste*: it is not durable until `make_durable`.
    """
    folder = Path(tempfile.mkdtemp(prefix="countersign-bench-"))
    folder.chmod(0o711)  # the account that runs the server for root must be able to enter
    server = EmbeddedPostgres(folder / "server", throw_away=in_haste, settings=HASTY if in_haste else {})
    database = BenchDatabase(server)
    try:
        with terminable():
            with psycopg.connect(server.start(), autocommit=True) as connection:
                connection.execute(SQL("ALTER SYSTEM SET max_connections = {}").format(CONNECTIONS_MAX))
                connection.execute("ALTER SYSTEM SET autovacuum = off")  # see vacuum
            server.stop()
            server.start()
            yield database
    finally:
        try:
            database.server.stop()
        finally:
            shutil.rmtree(folder)


@contextmanager
def terminable() -> Iterator[None]:
    """SIGTERM ends the process as Ctrl-C does, so that what is temporary is removed."""
    if threading.current_thread() is not threading.main_thread():  # which alone may set a handler
        yield
        return
    before = signal(SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal(SIGTERM, before)


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt
