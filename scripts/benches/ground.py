"""The ground all measurements stand on: one throw-away server with the durable settings of an installation."""

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

CONNECTIONS_MAX = 300  # pgbench and the stock library want a connection for each client; the default is 100


class BenchDatabase:
    """A running server, and databases in it. Errors: PostgresUnavailableError."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server = server
        self.socket_folder = str(server.data / "run")

    def database(self, name: str, *, migrated: bool = False) -> str:
        """The address of the new, empty database *name*; *migrated* makes it a ledger."""
        with psycopg.connect(self._server.url(), autocommit=True) as connection:
            connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        url = self._server.url(name)
        if migrated:
            migrate(url)
        return url


def vacuum(url: str) -> None:
    """Do for the database at *url* what autovacuum would do in its own time, in the middle of some figure."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")


@contextmanager
def ground() -> Iterator[BenchDatabase]:
    """Start a server in a temporary folder; stop it and remove the folder afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="countersign-bench-"))
    folder.chmod(0o711)  # also the account that runs the server for root has to get in
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
