"""Emmett: event sourcing for Node.js, with its store on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.benches.database import BenchDatabase
from scripts.benches.measure import Figure
from scripts.benches.peers.package import NPM, npm_version, program
from scripts.benches.peers.peer import DRIVERS, Append, Peer, Task, driven

NAME = "Emmett"
PACKAGE = "@event-driven-io/emmett-postgresql"
DATABASE = "emmett"


@contextmanager
def opened(folder: Path, server: BenchDatabase) -> Iterator[Append]:
    """Give it a database of its own, in which it makes its tables; yields how to measure it."""
    node = program("node", "nodejs")
    url = server.database(DATABASE)

    def append(clients: int, seconds: int) -> Figure:
        return driven(NAME, [node, str(DRIVERS / "append_by_emmett.mjs"), str(folder)], Task(url, clients, seconds))

    yield append


EMMETT = Peer(
    NAME,
    npm_version(PACKAGE),
    "a library in one process of Node.js, on the same PostgreSQL, a connection a client. A transaction an event "
    "(BEGIN, a function, COMMIT); nothing keeps positions in the order of commits. No rules, no hash chain.",
    NPM,
    opened,
)
