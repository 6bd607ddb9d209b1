"""Programs of others that are known to mislead, a pooler and a wrong clock. Skipped where they are not installed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infrastructure.postgres.binaries import PostgresUnavailableError, account_for
from infrastructure.postgres.connect import connect_url
from infrastructure.postgres.embedded import EmbeddedPostgres
from infrastructure.postgres.migrate import migrate
from infrastructure.settings import Settings
from tests.conftest import reachable_folder
from tests.faults.processes import wait_until
from tests.infrastructure.postgres.servers import CHECKOUT, pid_of

PGBOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
FAKETIME = shutil.which("faketime")
PORT = 6432  # of its Unix socket, in a folder of its own
PROCESS_SECONDS_MAX = 60
SEND = """
import asyncio, sys
from uuid import uuid4
from domain.examples.story import MANAGER
from domain.project.application.registration import Enterprise, RegisterProject
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.clock_check import ClockWrongError

async def send() -> str:
    async with Approvals(sys.argv[1]) as approvals:
        command = RegisterProject(name="Fab 2", enterprise=Enterprise("Hengxin"), manager="wang")
        try:
            await approvals.handle(uuid4(), command, MANAGER, uuid4())
        except ClockWrongError as wrong:
            return str(wrong)
        return "stored"

print(asyncio.run(send()))
"""


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    """A server that lets in the account which runs it: a pooler does not run as root either."""
    with reachable_folder() as folder:
        server = EmbeddedPostgres(folder / "data", throw_away=True)
        migrate(server.start())
        account = account_for(server.folder)
        with (server.folder / "pg_ident.conf").open("a") as idents:
            idents.write(f'countersign "{account.name}" countersign\n')
        os.kill(pid_of(server.data), signal.SIGHUP)
        yield server


@pytest.fixture
def pooled(server: EmbeddedPostgres, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of PgBouncer in transaction mode before the server, with one more setting."""
    account = account_for(server.folder)
    with reachable_folder() as folder:
        place = folder / "pooler"
        place.mkdir(mode=0o700)
        (place / "users.txt").write_text('"countersign" ""\n')
        settings = {
            "listen_addr": "",
            "listen_port": PORT,
            "unix_socket_dir": place,
            "auth_type": "trust",
            "auth_file": place / "users.txt",
            "pool_mode": "transaction",
            "logfile": place / "log",
        }
        lines = ["[databases]", f"* = host={server.data / 'run'}", "[pgbouncer]"]
        lines += [f"{name} = {value}" for name, value in settings.items()]
        (place / "pgbouncer.ini").write_text("\n".join([*lines, str(request.param), ""]))
        if os.geteuid() == 0:
            for path in (place, *place.iterdir()):
                os.chown(path, account.uid, account.gid)
        assert PGBOUNCER
        with subprocess.Popen([PGBOUNCER, "-q", str(place / "pgbouncer.ini")], **account.options()) as pooler:
            try:
                wait_until((place / f".s.PGSQL.{PORT}").exists, "the pooler listens")
                yield f"postgresql://countersign@/countersign?host={place}&port={PORT}"
            finally:
                pooler.terminate()


@pytest.mark.skipif(not PGBOUNCER, reason="PgBouncer is not installed: apt-get install pgbouncer")
@pytest.mark.parametrize(
    ("pooled", "message"),
    [
        ("", "unsupported startup parameter"),
        ("ignore_startup_parameters = options", r"countersign\.session is missing"),
    ],
    indirect=["pooled"],
    ids=["as it comes", "as its guides recommend"],
)
def test_pgbouncer_in_transaction_mode_is_refused(pooled: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(PostgresUnavailableError, match=message) as refusal:
        connect_url(Settings(data=tmp_path, database_url=pooled))
    assert "no pooler" in refusal.value.remedy


@pytest.mark.skipif(not FAKETIME, reason="libfaketime is not installed: apt-get install faketime")
@pytest.mark.parametrize(("by", "message"), [("+90d", "ahead of the database's"), ("-1d", "behind the database's")])
def test_a_process_whose_clock_is_wrong_stores_nothing(server: EmbeddedPostgres, by: str, message: str) -> None:
    assert FAKETIME
    command = [FAKETIME, "-f", by, sys.executable, "-c", SEND, server.url()]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, cwd=CHECKOUT, timeout=PROCESS_SECONDS_MAX
    )
    assert message in done.stdout.splitlines()[-1]
