"""PostgreSQL runs as root's deputy or as an ordinary user, and says what keeps it from either."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from infrastructure import postgres_programs as programs
from infrastructure.postgres import EmbeddedPostgres
from infrastructure.postgres_programs import PostgresUnavailable
from tests.infrastructure.servers import PROCESS_SECONDS_MAX, SERVER, one, pid_of, python

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account")


@AS_ROOT
def test_a_folder_below_a_closed_one_is_named(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)

    with pytest.raises(PostgresUnavailable, match=rf"may not enter {closed}\. Set COUNTERSIGN_DATA") as refusal:
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

    assert one(EmbeddedPostgres(data, throw_away=True).start(), "SELECT 1") == 1
    assert Path(f"/proc/{pid_of(data)}/exe").readlink().is_relative_to(data / "programs")


def as_user(uid: int, code: str) -> str:
    """What *code* prints when a process that was root imports everything and then becomes *uid*."""
    become = f"import os; os.setgroups([]); os.setgid({uid}); os.setuid({uid})"
    imports = "import fcntl, pwd, psycopg; from pathlib import Path; from infrastructure.postgres import *"
    with python(f"{imports}; {become}; {code}") as process:
        output, errors = process.communicate(timeout=PROCESS_SECONDS_MAX)
    return output + errors


@AS_ROOT
def test_an_ordinary_user_needs_no_root(folder: Path) -> None:
    nobody = programs.Account(65534, 65534)
    if not nobody.may_enter(programs.supplied()):
        pytest.skip("this environment's packages are closed to ordinary users")
    os.chown(folder, nobody.uid, nobody.gid)
    data = str(folder / "data")

    output = as_user(nobody.uid, f"url = {SERVER.format(data)}.start(); print(psycopg.connect(url).info.user)")

    assert output == "countersign\n"
    assert (folder / "data" / "postgres").stat().st_uid == nobody.uid
    assert one(EmbeddedPostgres(folder / "data", throw_away=True).start(), "SELECT 1") == 1, "root may use it too"


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
    assert "PostgresUnavailable" in output
