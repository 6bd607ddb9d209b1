"""Erasures on a PostgreSQL of one's own, of every version installed: no later copy by its tools has the texts."""

from __future__ import annotations

import asyncio
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from msgspec import json
from psycopg.conninfo import make_conninfo

from domain.core.personal import CONTACT
from scripts.server.catching_up import catch_up
from tests.backups import files_in, files_with
from tests.conftest import reachable_folder
from tests.infrastructure.backup.test_erased import (
    OF_A_PRINCIPAL,
    PRINCIPAL,
    PROJECT,
    TEXTS,
    record_persons,
    write_beside,
)
from tests.infrastructure.privacy.test_erasure import USCC
from tests.proofs.operating.installation import Installation
from tests.proofs.proof import ROOT, Budget, Proof, RefutedError, SkippedError

INSTALLED = Path("/usr/lib/postgresql")  # where Debian puts every version
OLDEST = 15
GUIDE = ROOT / "docs/how-to/use-your-own-database.md"
BLOCK = re.compile(r"```sql [^\n]*\n(.*?)```", re.DOTALL)
ACCOUNT, OWNER, DATABASE = "postgres", "countersign_owner", "countersign"
GRANT, REVOKE = f"GRANT pg_read_all_stats TO {OWNER}", f"REVOKE pg_read_all_stats FROM {OWNER}"
REASONS = ("--reasons", "on request")
ERASED = (
    (CONTACT, "--project", str(PROJECT)),
    ("complainant:c1", "--project", str(PROJECT)),
    (CONTACT, "--legal-person", USCC),
    (CONTACT, "--principal", PRINCIPAL),
)


class ForeignServer:
    """A server by the *programs* of another installation, in a *folder* that its account owns; on a socket alone."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self.folder, self._data = programs, folder, folder / "data"
        self._account = ACCOUNT if os.geteuid() == 0 else None  # no server of PostgreSQL runs as root

    def start(self) -> None:
        """Make the cluster, and return once it listens."""
        self.folder.mkdir()
        if self._account:
            shutil.chown(self.folder, self._account)
        self.run("initdb", "-D", self._data, "-U", ACCOUNT, "-A", "trust", "-E", "UTF8", "--locale", "C")
        options = f"-k {self.folder} -c listen_addresses= -c fsync=off"
        self.run("pg_ctl", "start", "-w", "-D", self._data, "-l", self.folder / "log", "-o", options)

    def stop(self) -> None:
        """Stop it, if it ever started."""
        if (self._data / "postmaster.pid").exists():
            self.run("pg_ctl", "stop", "-m", "immediate", "-w", "-D", self._data)

    def run(self, program: str, *words: str | Path) -> str:
        """What one of its programs prints. Raises RefutedError."""
        command = [str(self._programs / program), *map(str, words)]
        groups: list[str] | None = [] if self._account else None
        ended = subprocess.run(
            command, user=self._account, extra_groups=groups, cwd="/", stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        if ended.returncode:
            raise RefutedError(f"{program} ended with {ended.returncode}: {ended.stdout[-1000:]}")
        return ended.stdout

    def url(self, account: str = ACCOUNT, database: str = ACCOUNT) -> str:
        """The address for *account*."""
        return f"postgresql://{account}@/{database}?host={self.folder}"

    def statement(self, text: str, database: str = ACCOUNT) -> None:
        """Run a statement as the administrator of the server."""
        with psycopg.connect(self.url(database=database), autocommit=True) as connection:
            connection.execute(text.encode())

    def copied(self, name: str) -> list[Path]:
        """The files of a copy of the whole cluster, as its own tools make it."""
        place = self.folder / name
        self.run("pg_basebackup", "-D", place, "-X", "stream", "-c", "fast", "-d", make_conninfo(self.url()))
        return files_in(place)


@contextmanager
def foreign(programs: Path) -> Iterator[tuple[ForeignServer, Installation]]:
    """A server with the owner and the database of the guide, and an installation that migrated it."""
    with reachable_folder() as folder, pytest.MonkeyPatch.context() as patch:
        server, zone = ForeignServer(programs, folder / "foreign"), Installation(folder)
        try:
            server.start()
            (block,) = (text for text in BLOCK.findall(GUIDE.read_text("utf-8")) if "CREATE DATABASE" in text)
            for statement in filter(str.strip, block.split(";")):
                server.statement(statement)
            zone.environment["DATABASE_URL"] = server.url(OWNER, DATABASE)
            patch.setenv("COUNTERSIGN_KEYS", zone.environment["COUNTERSIGN_KEYS"])
            zone.run("migrate")
            yield server, zone
        finally:
            server.stop()


def erase(server: ForeignServer, zone: Installation) -> None:
    """Erase four persons as the guide says; refuted where a later copy holds a text. Raises RefutedError."""
    url = zone.environment["DATABASE_URL"]
    zone.run("users", "add", PRINCIPAL, PRINCIPAL, "--contact", OF_A_PRINCIPAL)
    asyncio.run(record_persons(url))
    catch_up(url)
    write_beside(url)
    texts = files_with(server.copied("before"), *TEXTS)
    if set(texts) != set(TEXTS) - {OF_A_PRINCIPAL}:
        raise RefutedError(f"the search does not find what is there: {sorted(texts)}")
    for words in ERASED:
        zone.run("erase-person", *words, *REASONS)
    server.statement(REVOKE)
    refused = zone.fails("clear-erased")
    if GRANT not in " ".join(refused.split()):
        raise RefutedError(f"an account that does not see others is not told what to grant: {refused}")
    server.statement(GRANT)
    cleared = json.decode(zone.run("clear-erased", "--json"))
    if cleared["erasures"] != len(ERASED):
        raise RefutedError(f"not every erasure is cleared: {cleared}")
    if not cleared["segment_begun"]:  # which only an administrator may do, as the command says
        server.statement("SELECT pg_switch_wal()")
    texts = files_with(server.copied("after"), *TEXTS)
    if texts:
        raise RefutedError(f"a copy after the erasure holds {texts}")
    verified = json.decode(zone.run("verify", "--json"))
    if verified["fault_count"]:
        raise RefutedError(f"the ledger has faults: {verified}")


def erased_everywhere(_budget: Budget) -> str:
    """Each version in turn."""
    programs = {int(path.name): path / "bin" for path in INSTALLED.glob("[0-9]*") if (path / "bin/initdb").exists()}
    versions = sorted(version for version in programs if version >= OLDEST)
    if not versions:
        raise SkippedError("no PostgreSQL of another maker: on Debian, apt-get install postgresql")
    if os.geteuid() == 0 and ACCOUNT not in {account.pw_name for account in pwd.getpwall()}:
        raise SkippedError(f"there is no account {ACCOUNT} to run a server as")
    seen = []
    for version in versions:
        with foreign(programs[version]) as (server, zone):
            erase(server, zone)
            seen.append(server.run("postgres", "--version").strip())
    return f"{len(ERASED)} persons erased on each of: {', '.join(seen)}"


PROOFS = (Proof("foreign", "on a PostgreSQL of one's own no copy after an erasure holds the texts", erased_everywhere),)
