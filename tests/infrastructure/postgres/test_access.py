"""Only root and the account that runs Countersign may connect to the embedded server."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from infrastructure.postgres.access import MAP
from infrastructure.postgres.binaries import account_for, programs_for
from infrastructure.postgres.embedded import EmbeddedPostgres
from tests.faults.processes import wait_until
from tests.infrastructure.postgres.servers import changed, fetch_value, pid_of

TRUST = "local all all trust\nlocal replication all trust\nhost all all 10.0.0.0/8 scram-sha-256\n"
MAPPED = f"local all all peer map={MAP}\nlocal replication all peer map={MAP}\nhost all all 10.0.0.0/8 scram-sha-256\n"


def query_as_server_account(data: Path) -> subprocess.CompletedProcess[str]:
    """What psql answers to the account that runs the server."""
    account = account_for(data / "postgres", data)
    psql = programs_for(account, data) / "psql"
    return account.run(psql, "-X", "-h", data / "run", "-U", "countersign", "-At", "-c", "SELECT 1")


def rules(data: Path) -> list[str]:
    """What pg_hba.conf says, without its comments."""
    lines = (data / "postgres" / "pg_hba.conf").read_text().splitlines()
    return [" ".join(line.split()) for line in lines if line.strip() and not line.startswith("#")]


def test_a_new_server_has_no_trust_rule(data: Path) -> None:
    assert fetch_value(EmbeddedPostgres(data, throw_away=True).start(), "SELECT session_user") == "countersign"
    assert f"local all all peer map={MAP}" in rules(data)
    assert not [rule for rule in rules(data) if "trust" in rule]
    for name in ("pg_hba.conf", "pg_ident.conf"):
        status = (data / "postgres" / name).stat()
        assert (status.st_mode & 0o077, status.st_uid) == (0, (data / "postgres").stat().st_uid)


@pytest.mark.skipif(os.geteuid() != 0, reason="the account that runs the server is only another one for root")
def test_the_account_that_runs_the_server_for_root_is_not_let_in(data: Path) -> None:
    EmbeddedPostgres(data, throw_away=True).start()
    answer = query_as_server_account(data)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "Peer authentication failed" in answer.stderr


def test_a_folder_of_an_older_release_is_closed_at_the_start(data: Path) -> None:
    ident = data / "postgres" / "pg_ident.conf"
    with changed(data / "postgres" / "pg_hba.conf", TRUST), changed(ident, "# ours\nother zhou zhou\n"):
        assert fetch_value(EmbeddedPostgres(data, throw_away=True).start(), "SELECT 1") == 1
        assert "\n".join([*rules(data), ""]) == MAPPED
        assert ident.read_text().startswith("# ours\nother zhou zhou\n"), "what others have added stays"
        before = ident.read_text()
        assert fetch_value(EmbeddedPostgres(data, throw_away=True).start(), "SELECT 1") == 1
        assert ident.read_text() == before
        EmbeddedPostgres(data).stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="the account that runs the server is only another one for root")
def test_a_server_that_runs_since_before_an_upgrade_is_closed_too(data: Path) -> None:
    EmbeddedPostgres(data, throw_away=True).start()
    with changed(data / "postgres" / "pg_hba.conf", TRUST):
        os.kill(pid_of(data), signal.SIGHUP)
        wait_until(lambda: query_as_server_account(data).returncode == 0, "every account is let in, as before")
        assert fetch_value(EmbeddedPostgres(data).start(), "SELECT 1") == 1
        wait_until(lambda: query_as_server_account(data).returncode == 2, "strangers are kept out")
