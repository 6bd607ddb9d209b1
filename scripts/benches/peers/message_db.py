"""message-db: Eventide's message store, functions of SQL that any client calls. Here the client is pgbench."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from msgspec import json

from scripts.benches.database import BenchDatabase
from scripts.benches.measure import Figure
from scripts.benches.peers.package import NPM, npm_version
from scripts.benches.peers.peer import EVENT, EVENT_TYPE, STREAM_EVENTS, Append, Peer
from scripts.benches.pgbench import run_script

NAME = "message-db"
PACKAGE = "@eventide/message-db"
DATABASE = "message_db"
SEARCH_PATH = "-c search_path=message_store,public"  # its functions call each other without a schema
# The order of its install.sh. Left out: privileges and views, which an append does not use, and the extension pgcrypto,
# which it asks for because of gen_random_uuid, a function of PostgreSQL itself since version 13.
FILES = (
    "schema/message-store",
    "tables/messages",
    "types/message",
    *(
        f"functions/{name}"
        for name in (
            "message-store-version",
            "hash-64",
            "acquire-lock",
            "category",
            "is-category",
            "id",
            "cardinal-id",
            "stream-version",
            "write-message",
            "get-stream-messages",
            "get-category-messages",
            "get-last-stream-message",
        )
    ),
    "indexes/messages-id",
    "indexes/messages-category",
    "indexes/messages-stream",
)


def sql(folder: Path) -> list[str]:
    """The statements of the package in *folder*, in the order in which they are to be run."""
    database = folder / "node_modules" / PACKAGE / "database"
    return [(database / f"{file}.sql").read_text(encoding="utf-8") for file in FILES]


def install(folder: Path, url: str) -> None:
    """Make the message store in the empty database at *url*."""
    with psycopg.connect(url, autocommit=True, options=SEARCH_PATH) as connection:
        for text in sql(folder):
            connection.execute(text.encode())


def script() -> str:
    """One append for pgbench. A client counts its own events, *n*, and so knows the version of its stream."""
    stream = f"format('project-%s-%s-%s', :random_seed::text, :client_id::text, :n / {STREAM_EVENTS})"
    data = json.encode(EVENT).decode()
    return (
        r"\set n :n + 1"
        "\n"
        f"SELECT write_message(gen_random_uuid()::varchar, {stream}, '{EVENT_TYPE}',"
        f" '{data}'::jsonb, NULL, :n % {STREAM_EVENTS} - 1);\n"
    )


@contextmanager
def opened(folder: Path, server: BenchDatabase) -> Iterator[Append]:
    """Make the store in a database of its own; yields how to measure it."""
    url = server.database(DATABASE)
    install(folder, url)

    def append(clients: int, seconds: int) -> Figure:
        return run_script(
            script(), url, clients, seconds, subject=NAME, variables={"n": -1}, environment={"PGOPTIONS": SEARCH_PATH}
        )

    yield append


MESSAGE_DB = Peer(
    NAME,
    npm_version(PACKAGE),
    "functions in the same PostgreSQL, called by pgbench (prepared), the cheapest client. A transaction an event, "
    "with a lock on the streams' category (here one) through the flush, so that positions become visible in order. "
    "No rules, no hash chain.",
    NPM,
    opened,
)
