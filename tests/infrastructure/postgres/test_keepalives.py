"""Neither side of a database connection waits for hours for another that has vanished: what the sockets are set to."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from structlog.testing import capture_logs

from infrastructure.postgres.binaries import PostgresUnavailableError
from infrastructure.postgres.connect import SERVER_SECONDS_MAX, connect_url, settled
from infrastructure.settings import Settings

CLIENT = {
    socket.TCP_KEEPIDLE: 30,
    socket.TCP_KEEPINTVL: 10,
    socket.TCP_KEEPCNT: 3,
    socket.TCP_USER_TIMEOUT: 60_000,
}
SERVER = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "30000",
}


def pump(source: socket.socket, target: socket.socket) -> None:
    """Pass everything on, until the end."""
    while data := source.recv(65_536):
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)


@contextmanager
def over_tcp(url: str) -> Iterator[str]:
    """The address of a TCP port that leads to the Unix socket of the server at *url*, for one connection."""
    parts = conninfo_to_dict(url)
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.socket(socket.AF_UNIX) as server,
    ):
        server.connect(f"{parts['host']}/.s.PGSQL.{parts.get('port') or 5432}")

        def serve() -> None:
            client, _ = listener.accept()
            with client:
                back = Thread(target=pump, args=(server, client))
                back.start()
                pump(client, server)
                back.join()

        thread = Thread(target=serve)
        thread.start()
        try:
            yield make_conninfo(url, host="127.0.0.1", port=listener.getsockname()[1], sslmode="disable")
        finally:
            thread.join()


def options_of(connection: psycopg.Connection[tuple[object, ...]]) -> dict[int, int]:
    """What the client's own socket is set to."""
    with socket.socket(fileno=os.dup(connection.fileno())) as own:
        assert own.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        return {name: own.getsockopt(socket.IPPROTO_TCP, name) for name in CLIENT}


def test_the_client_notices_a_server_that_has_vanished(server_url: str) -> None:
    with over_tcp(server_url) as url, psycopg.connect(settled(url)) as connection:
        assert options_of(connection) == CLIENT


def test_what_the_address_sets_takes_precedence(server_url: str) -> None:
    with over_tcp(server_url) as url:
        own = make_conninfo(url, keepalives_idle=77)
        with psycopg.connect(settled(own)) as connection:
            assert options_of(connection) == CLIENT | {socket.TCP_KEEPIDLE: 77}


def test_the_server_is_asked_to_notice_a_client_that_has_vanished(server_url: str) -> None:
    """The test's server listens on a Unix socket, which shows 0 for each: what it would use is in `reset_val`."""
    with psycopg.connect(settled(server_url)) as connection:
        query = "SELECT name, reset_val FROM pg_settings WHERE name = ANY(%s) AND source = 'client'"
        assert dict(connection.execute(query, [list(SERVER)]).fetchall()) == SERVER


def test_a_server_that_is_away_is_reported_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """A verb of the command line shows these lines to whoever waits."""
    now = [0.0]
    monkeypatch.setattr("infrastructure.postgres.connect.time.monotonic", lambda: now[0])
    monkeypatch.setattr("infrastructure.postgres.connect.time.sleep", lambda pause: now.append(now.pop() + pause))
    settings = Settings(data=Path("none"), database_url="postgresql://127.0.0.1:1/none?connect_timeout=1")
    with capture_logs() as lines, pytest.raises(PostgresUnavailableError):
        connect_url(settings)
    assert now[0] > SERVER_SECONDS_MAX
    assert [line["seconds"] for line in lines] == sorted({line["seconds"] for line in lines})
    assert 2 < len(lines) < 10
