"""Processes that a test may kill: started quickly, found by who leads, always gone at the end."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import monotonic, sleep

import psycopg

from infrastructure.postgres import cluster
from infrastructure.projector.projector import LEADER_KEY, Projector
from tests.effort import PATIENCE_SECONDS

LOOK_SECONDS = 0.02
LEADER = """
    SELECT split_part(a.application_name, ' ', 1) FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
    WHERE l.locktype = 'advisory' AND l.granted AND l.database = (SELECT oid FROM pg_database
          WHERE datname = current_database()) AND (l.classid::bigint << 32) + l.objid::bigint = %s
"""

# A fork server has imported the application once, so that each process is there in milliseconds.
_context = get_context("forkserver")
_context.set_forkserver_preload(["tests.faults.writer", "tests.faults.processes"])


class Processes:
    """What one test started."""

    def __init__(self) -> None:
        self._all: list[BaseProcess] = []

    def start(self, target: Callable[..., None], *args: object) -> BaseProcess:
        process = _context.Process(target=target, args=args, daemon=True)
        process.start()
        self._all.append(process)
        return process

    def end(self) -> None:
        for process in self._all:
            kill(process)


@contextmanager
def processes() -> Iterator[Processes]:
    """Start processes; none of them outlives the block."""
    started = Processes()
    try:
        yield started
    finally:
        started.end()


def kill(process: BaseProcess) -> None:
    """Kill -9, and wait until it is gone."""
    process.kill()
    process.join(PATIENCE_SECONDS)
    assert not process.is_alive()


def project(url: str) -> None:
    """Project until killed. For a process of its own."""
    Projector(url).run()


def named(url: str, name: str) -> str:
    """The address under which a process is known to the database as *name*."""
    return f"{url}{'&' if '?' in url else '?'}application_name={name}"


def leader(url: str) -> str | None:
    """The name of the projector that leads."""
    with psycopg.connect(url) as connection:
        row = connection.execute(LEADER, [LEADER_KEY]).fetchone()
    return str(row[0]) if row else None


def wait_until(happened: Callable[[], object], what: str) -> None:
    """Look again and again; a failed look because the database is away is no more than a "not yet"."""
    limit = monotonic() + PATIENCE_SECONDS
    while monotonic() < limit:
        with suppress(psycopg.OperationalError):
            if happened():
                return
        sleep(LOOK_SECONDS)
    raise AssertionError(f"not in {PATIENCE_SECONDS:.0f} seconds: {what}")


def kill_database(data: Path) -> None:
    """Kill -9 the server of a data folder and every process it has, in the middle of whatever they do."""
    server = cluster.postmaster(data / "postgres")
    assert server, f"no server runs in {data}"
    for pid in (server.pid, *_children(server.pid)):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


APPENDING = "countersign append %"  # the name of the session that takes the appends


def cut_connections(url: str, like: str = "%") -> int:
    """Have the server end the connections whose name or last query is LIKE that, except the one asking; how many."""
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND (query LIKE %s OR application_name LIKE %s)",
            [like, like],
        ).rowcount


def waiting_for_locks(url: str) -> int:
    """How many connections wait for a lock."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ).fetchone()
    return int(row[0]) if row else 0
