"""What the tests of the embedded server share: asking it, finding it, starting it from other processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from infrastructure.postgres import cluster

CHECKOUT = Path(__file__).parents[3]
PROCESS_SECONDS_MAX = 60
SERVER = "EmbeddedPostgres(Path({!r}), throw_away=True)"
START = f"from infrastructure.postgres.embedded import EmbeddedPostgres, Path; print({SERVER}.start())"


@contextmanager
def changed(file: Path, text: str) -> Iterator[None]:
    before = file.read_bytes()
    file.write_text(text)
    try:
        yield
    finally:
        file.write_bytes(before)


def fetch_value(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row and row[0]


def python(code: str) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", code], cwd=CHECKOUT, stdout=pipe, stderr=pipe, text=True)


def pid_of(data: Path) -> int:
    server = cluster.postmaster(data / "postgres")
    assert server
    return server.pid
