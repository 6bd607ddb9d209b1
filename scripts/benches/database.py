"""The temporary database server of a benchmark run, with the durable settings of an installation."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier

from infrastructure.postgres.embedded import EmbeddedPostgres
from infrastructure.postgres.migrate import migrate

CONNECTIONS_MAX = 300  # pgbench and the plain library need one per client; the default is 100


class BenchDatabase:
    """A running server, and databases in it. Raises PostgresUnavailableError."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server = server
        self.socket_folder = str(server.data / "run")

    def database(self, name: str, *, migrated: bool = False) -> str:
        """Create the empty database *name*, with the ledger's tables if *migrated*; returns its URL."""
        with psycopg.connect(self._server.url(), autocommit=True) as connection:
            connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        url = self._server.url(name)
        if migrated:
            migrate(url)
        return url


def vacuum(url: str) -> None:
    """Vacuum the database at *url*, which autovacuum would do at random times."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")


@contextmanager
def temporary_server() -> Iterator[BenchDatabase]:
    """Start a server in a temporary folder; stop it and remove the folder afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="countersign-bench-"))
    folder.chmod(0o711)  # the account that runs the server for root must be able to enter
    server = EmbeddedPostgres(folder / "server")
    try:
        with psycopg.connect(server.start(), autocommit=True) as connection:
            connection.execute(SQL("ALTER SYSTEM SET max_connections = {}").format(CONNECTIONS_MAX))
            connection.execute("ALTER SYSTEM SET autovacuum = off")  # see vacuum
        server.stop()
        server.start()
        yield BenchDatabase(server)
    finally:
        server.stop()
        shutil.rmtree(folder)
