"""PostgreSQL runs as root's deputy or as an ordinary user, and says what keeps it from either."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from infrastructure.postgres import binaries as programs
from infrastructure.postgres import cluster
from infrastructure.postgres.binaries import PostgresUnavailableError
from infrastructure.postgres.embedded import EmbeddedPostgres, ServerStatus
from tests.effort import chosen
from tests.infrastructure.postgres.servers import PROCESS_SECONDS_MAX, SERVER, fetch_value, pid_of, python

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account")


@pytest.fixture
def closed(folder: Path) -> Iterator[Path]:
    """A folder that only root may enter, as `mktemp -d` makes it; nothing in it outlives the test."""
    path = folder / "closed"
    path.mkdir(mode=0o700)
    yield path
    for data in (path, path / "data"):
        EmbeddedPostgres(data).stop()


@AS_ROOT
@pytest.mark.parametrize("name", chosen(["."], [".", "data"]))
def test_a_folder_that_only_root_may_enter_holds_a_database_all_the_same(closed: Path, name: str) -> None:
    """The server works in a folder that it could not go to."""
    server = EmbeddedPostgres(closed / name)
    with psycopg.connect(server.start(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
        connection.execute("SET debug_parallel_query = on")
        assert connection.execute("SELECT sum(number) FROM kept").fetchone() == (7,)
    sockets = cluster.postmaster_file(server.folder)
    assert sockets
    assert Path(sockets.socket_folder).stat().st_mode & 0o077 == 0
    assert closed.stat().st_mode & 0o777 == 0o700, "nothing was opened to anybody"
    assert EmbeddedPostgres(closed / name).start() == server.url(), "another process finds it"

    os.kill(pid_of(server.data), signal.SIGKILL)
    again = EmbeddedPostgres(closed / name)
    assert fetch_value(again.start(), "SELECT number FROM kept") == 7
    again.stop()
    assert again.status() is ServerStatus.STOPPED
    assert "database system is shut down" in "".join(
        log.read_text() for log in (again.folder / "postgres-log").glob("*.log")
    )


@AS_ROOT
def test_programs_are_copied_elsewhere_for_a_folder_that_only_root_may_enter(
    closed: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel, shared = programs.supplied(), folder / "shared"
    for name in (programs.PACKAGE, f"{programs.PACKAGE}.libs"):
        shutil.copytree(wheel.parents[2] / name, closed / "wheel" / name, copy_function=os.symlink)
    monkeypatch.setattr(programs, "supplied", lambda: closed / "wheel" / wheel.relative_to(wheel.parents[2]))
    monkeypatch.setattr(programs, "SHARED", shared)
    (shared / "older").mkdir(parents=True)

    assert fetch_value(EmbeddedPostgres(closed / "data", throw_away=True).start(), "SELECT 1") == 1
    assert Path(f"/proc/{pid_of(closed / 'data')}/exe").readlink().is_relative_to(shared)
    assert (shared / "older").exists(), "another data folder may be using it"


@AS_ROOT
def test_where_a_process_cannot_name_the_folder_it_is_in_the_closed_one_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infrastructure.postgres.embedded.HERE", folder / "no proc")
    closed = folder / "closed"
    closed.mkdir(mode=0o700)

    with pytest.raises(PostgresUnavailableError, match=rf"may not enter {closed}\. Set COUNTERSIGN_DATA") as refusal:
        EmbeddedPostgres(closed / "data").start()
    assert refusal.value.code == "data_folder"


@AS_ROOT
def test_programs_out_of_reach_are_copied(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = programs.supplied()
    closed = data.parent / "closed"
    closed.mkdir(mode=0o700)
    for name in (programs.PACKAGE, f"{programs.PACKAGE}.libs"):
        shutil.copytree(wheel.parents[2] / name, closed / name, copy_function=os.symlink)
    monkeypatch.setattr(programs, "supplied", lambda: closed / wheel.relative_to(wheel.parents[2]))

    assert fetch_value(EmbeddedPostgres(data, throw_away=True).start(), "SELECT 1") == 1
    assert Path(f"/proc/{pid_of(data)}/exe").readlink().is_relative_to(data / "programs")


def as_user(uid: int, code: str) -> str:
    """What *code* prints when a process that was root imports everything and then becomes *uid*."""
    become = f"import os; os.setgroups([]); os.setgid({uid}); os.setuid({uid})"
    imports = "import fcntl, pwd, psycopg; from pathlib import Path; from infrastructure.postgres.embedded import *"
    with python(f"{imports}; {become}; {code}") as process:
        output, errors = process.communicate(timeout=PROCESS_SECONDS_MAX)
    return output + errors


@AS_ROOT
def test_an_ordinary_user_needs_no_root(folder: Path) -> None:
    unprivileged = programs.Account(65534, 65534)
    if not unprivileged.may_enter(programs.supplied()):
        pytest.skip("this environment's packages are closed to ordinary users")
    os.chown(folder, unprivileged.uid, unprivileged.gid)
    data = str(folder / "data")

    output = as_user(unprivileged.uid, f"url = {SERVER.format(data)}.start(); print(psycopg.connect(url).info.user)")

    assert output == "countersign\n"
    assert (folder / "data" / "postgres").stat().st_uid == unprivileged.uid
    assert fetch_value(EmbeddedPostgres(folder / "data", throw_away=True).start(), "SELECT 1") == 1, (
        "root may use it too"
    )


@AS_ROOT
@pytest.mark.parametrize(
    ("uid", "own", "sentence"),
    [(4242, True, "initdb wants to know the name of the account number 4242"), (65534, False, "Permission denied")],
)
def test_an_ordinary_user_learns_what_is_missing(folder: Path, uid: int, own: bool, sentence: str) -> None:
    if own:
        os.chown(folder, uid, uid)

    output = as_user(uid, f"{SERVER.format(str(folder / 'data'))}.start()")

    assert sentence in output
    assert "PostgresUnavailableError" in output
