"""Reference measurement by pgbench: one row of 100 bytes inserted per transaction, with as many clients.

The prepared protocol is the fastest; pgbench's default, the simple protocol, parses the statement each time.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Literal, TypeAlias

import psycopg

from infrastructure.postgres.binaries import supplied
from scripts.benches.measure import Figure

TABLE = "CREATE TABLE line (id bigserial PRIMARY KEY, body bytea NOT NULL)"
INSERT = f"INSERT INTO line (body) VALUES ('\\x{'5a' * 100}');\n"  # noqa: S608  our own constant
MICROSECONDS = 1e-6
Protocol: TypeAlias = Literal["prepared", "simple"]
LATENCY_COLUMN = 2  # of a line in pgbench's log: client, transaction, microseconds, ...


def prepare(url: str) -> None:
    """Create the table that `insert` fills."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TABLE)


def insert(url: str, clients: int, seconds: int, protocol: Protocol = "prepared") -> Figure:
    """Single-row inserts per second with *clients* connections, for whole *seconds*."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "insert.sql")
        script.write_text(INSERT)
        options = ["-n", "-M", protocol, "-f", str(script), "-c", str(clients), "-j", "2", "-T", str(seconds), "-l"]
        command = [str(supplied() / "pgbench"), *options, url]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
        logs = [log.read_text().splitlines() for log in Path(folder).glob("pgbench_log.*")]
    latencies = [int(line.split()[LATENCY_COLUMN]) * MICROSECONDS for log in logs for line in log]
    return Figure.of(f"pgbench, {protocol}", clients, float(seconds), latencies)
