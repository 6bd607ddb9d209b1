"""UmaDB: a server for event stores with dynamic consistency boundaries, with its own storage."""

from __future__ import annotations

import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from scripts.benches.database import BenchDatabase
from scripts.benches.measure import Figure
from scripts.benches.peers.package import UMADB, PeerSkippedError, python_of, umadb_version
from scripts.benches.peers.peer import DRIVERS, Append, Peer, Task, driven

NAME = "UmaDB"
HOST = "127.0.0.1"
SERVE = "from umadb.umadb_server_cli import main; main()"
START_SECONDS_MAX, STOP_SECONDS_MAX = 30, 10
POLL_SECONDS = 0.02


@contextmanager
def opened(folder: Path, _: BenchDatabase) -> Iterator[Append]:
    """Run its server on a folder beside the database's; yields how to measure it."""
    python = str(python_of(folder))
    with tempfile.TemporaryDirectory(prefix="countersign-bench-umadb-") as data, serving(python, Path(data)) as port:

        def append(clients: int, seconds: int) -> Figure:
            return driven(
                NAME, [python, str(DRIVERS / "append_by_umadb.py")], Task(f"http://{HOST}:{port}", clients, seconds)
            )

        yield append


@contextmanager
def serving(python: str, data: Path) -> Iterator[int]:
    """Run the server until the block ends; yields its port. Raises PeerSkippedError if it does not listen."""
    with socket.create_server((HOST, 0)) as free:
        port: int = free.getsockname()[1]
    log = data / "server.log"
    command = [python, "-c", SERVE, "--listen", f"{HOST}:{port}", "--db-path", str(data)]
    with log.open("wb") as out:
        server = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        _wait(server, port, log)
        yield port
    finally:
        server.terminate()
        try:
            server.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    ends = monotonic() + START_SECONDS_MAX
    while server.poll() is None and monotonic() < ends:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            sleep(POLL_SECONDS)
        else:
            return
    raise PeerSkippedError(f"its server does not listen: {log.read_text(encoding='utf-8', errors='replace')[-200:]}")


UMADB_SERVER = Peer(
    NAME,
    umadb_version(),
    "a server of its own over gRPC, on files of its own: no PostgreSQL. Synchronous writes, what many clients send in "
    "one batch, a query of tags instead of a version. Its clients are threads of one Python process. No rules, no hash "
    "chain.",
    UMADB,
    opened,
)
