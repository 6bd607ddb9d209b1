"""Reference measurement by pgbench: one row of 100 bytes inserted per transaction, with as many clients.

The prepared protocol is the fastest; pgbench's default, the simple protocol, parses the statement each time.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeAlias

import psycopg

from infrastructure.postgres.binaries import supplied
from scripts.benches.measure import Figure

TABLE = "CREATE TABLE line (id bigserial PRIMARY KEY, body bytea NOT NULL)"
INSERT = f"INSERT INTO line (body) VALUES ('\\x{'5a' * 100}');\n"  # noqa: S608  our own constant
MICROSECONDS = 1e-6
Protocol: TypeAlias = Literal["prepared", "simple"]
NO_VARIABLES: Mapping[str, int] = {}
NO_ENVIRONMENT: Mapping[str, str] = {}
LATENCY_COLUMN = 2  # of a line in pgbench's log: client, transaction, microseconds, ...


def prepare(url: str) -> None:
    """Create the table that `insert` fills."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TABLE)


def insert(url: str, clients: int, seconds: int, protocol: Protocol = "prepared") -> Figure:
    """Single-row inserts per second with *clients* connections, for whole *seconds*."""
    return run_script(INSERT, url, clients, seconds, subject=f"pgbench, {protocol}", protocol=protocol)


def run_script(
    script: str,
    url: str,
    clients: int,
    seconds: int,
    *,
    subject: str,
    protocol: Protocol = "prepared",
    variables: Mapping[str, int] = NO_VARIABLES,
    environment: Mapping[str, str] = NO_ENVIRONMENT,
) -> Figure:
    """Runs of *script* per second with *clients* connections, for whole *seconds*.

    *variables* are those of the script, with their first values, for each client.
    Raises subprocess.CalledProcessError if a statement fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "script.sql")
        file.write_text(script)
        options = ["-n", "-M", protocol, "-f", str(file), "-c", str(clients), "-j", "2", "-T", str(seconds), "-l"]
        options += [word for name, value in variables.items() for word in ("-D", f"{name}={value}")]
        command = [str(supplied() / "pgbench"), *options, url]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, env=os.environ | environment)
        logs = [log.read_text().splitlines() for log in Path(folder).glob("pgbench_log.*")]
    latencies = [int(line.split()[LATENCY_COLUMN]) * MICROSECONDS for log in logs for line in log]
    return Figure.of(subject, clients, float(seconds), latencies)
