"""Backups hold what they say: whatever is killed, restored to any second, with any person erased."""

from __future__ import annotations

import asyncio
import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import psycopg

from domain.access.state import stream_of
from domain.core.personal import CONTACT, person_id
from domain.legal_person.registration import RegisterLegalPerson
from domain.legal_person.state import Contact, Particulars, PersonKind
from domain.legal_person.state import stream_of as legal_person_stream
from infrastructure.ledger.approvals import Approvals
from infrastructure.postgres.binaries import Account, supplied
from infrastructure.postgres.embedded import EmbeddedPostgres
from infrastructure.postgres.lock import is_held
from infrastructure.privacy.folder_keystore import FolderKeystore
from scripts.server.catching_up import catch_up
from tests.backups import Installation, files_in, files_of_backup, files_with
from tests.conftest import reachable_folder
from tests.examples import MANAGER, USCC
from tests.infrastructure.backup.test_declare import OwnServer
from tests.proofs.proof import Budget, Proof, RefutedError

KILLS, INSTANTS = 20, 12
RECOVERY_SECONDS_MAX = 300.0
SECONDS_TO_KILL_MAX = 12.0  # a backup or restore of a small ledger takes some seconds
PROGRAM_SECONDS_MAX = 600.0  # seconds, but on a busy machine
CONTACT_TEXT = "139-0000-0000"
SHOWN = ("诸葛孔明先生", "139-4444-3333")  # of a contact whom views show
RECORDED = "SELECT seq, recorded_at FROM ledger.event ORDER BY seq"
EPOCH_FACTS = "SELECT count(*) FROM ledger.event WHERE type = 'ledger_restored'"


def killed(budget: Budget) -> str:
    """Kill -9 backups and restores at random moments; afterwards each database is one of the two, and whole."""
    chance = random.Random(budget.seed)
    rounds = budget.rounds(KILLS)
    with reachable_folder() as folder:
        ours = Installation(folder)
        ours.add_person("li")
        ours.run("backup", ours.backups)
        restores, unfinished = 0, 0
        for number in rounds:
            ours.add_person(f"person-{number}")
            unfinished += kill(ours, chance, "backup", ours.backups)
            taken = ours.run("backup", ours.backups)["backup"]
            require(taken["position"] == ours.head(), f"the backup holds {taken['position']} of {ours.head()}")
            kept_to = ours.head()
            ours.add_person(f"lost-{number}")
            at = instant_of(ours, kept_to)
            unfinished += kill(ours, chance, "restore", ours.backups, "--at", at.isoformat())
            head = ours.head()
            is_restored = epochs(ours) > restores
            require(head == kept_to + 1, f"the ledger ends at {head}, not at {kept_to + 1}")
            if not is_restored:
                ours.run("restore", ours.backups, "--at", at.isoformat())
            restores += 1
            if number % 2:  # every other restore finds a log of which nothing was published since the one before
                ours.end("checkpoint")
            require(epochs(ours) == restores, f"{epochs(ours)} epochs are recorded of {restores}")
            require(ours.run("verify")["fault_count"] == 0, "the ledger has faults")
            require(ours.left_over() == [], f"left over: {ours.left_over()}")
    return f"{rounds.done} of {KILLS} rounds, {unfinished} commands killed before their end, {restores} restores"


def kill(ours: Installation, chance: random.Random, *words: str | Path) -> bool:
    """Run a command, and kill it at a random moment; whether it was not done by then.

    A program of PostgreSQL that it had started goes on to its end, and no other backup begins before.
    """
    with ours.start(*words) as process:
        with suppress(TimeoutError):
            wait_until(lambda: process.poll() is not None, chance.uniform(0.5, SECONDS_TO_KILL_MAX))
        is_killed = process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate()
    wait_until(lambda: not is_held(ours.backups / "lock"), PROGRAM_SECONDS_MAX)
    return is_killed


def wait_until(holds: Callable[[], bool], seconds: float) -> None:
    """Wait until *holds*. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.01)


def instants(budget: Budget) -> str:
    """Restore to random instants of a ledger with a restore in its past: each holds what was recorded by then."""
    chance = random.Random(budget.seed)
    with reachable_folder() as folder:
        ours = Installation(folder)
        history = [recorded(ours, f"first-{number}") for number in range(3)]
        ours.run("backup", ours.backups)
        history += [recorded(ours, f"second-{number}") for number in range(3)]
        ours.run("backup", ours.backups)
        back_to, _ = history[4]
        ours.run("restore", ours.backups, "--at", instant_of(ours, back_to).isoformat())
        require(ours.head() == back_to + 1, f"restored to {ours.head()}, not to {back_to} and the fact of it")
        ours.end("checkpoint")
        since = [recorded(ours, f"third-{number}") for number in range(2)]
        report = ours.run("backup", ours.backups)["backup"]
        require(report["note"] == "the first one since a restore", report["note"])
        since += [recorded(ours, f"fourth-{number}") for number in range(2)]
        ours.run("backup", ours.backups)
        known = history[3:5] + since  # behind the first backup, of the history that counts
        rounds = budget.rounds(INSTANTS)
        for number in rounds:
            position, at = chance.choice(known) if number else known[-1]  # behind every transaction that is archived
            ledger = ours.run("restore", ours.backups, "--rehearse", "--at", at.isoformat())["ledger"]
            require(ledger["position"] == position, f"at {at} it ends at {ledger['position']}, not at {position}")
            require(not ledger["faults"], f"at {at}: {ledger['faults']}")
            require(ours.left_over() == [], f"left over: {ours.left_over()}")
    return f"{rounds.done} of {INSTANTS} instants, on both sides of a restore"


def recorded(ours: Installation, name: str) -> tuple[int, datetime]:
    """Record something; its position, and an instant before what comes next."""
    position = ours.add_person(name)
    return position, ours.now()


def instant_of(ours: Installation, position: int) -> datetime:
    """An instant behind the entry at *position* and before the next one."""
    with psycopg.connect(ours.url()) as connection:
        rows: dict[int, datetime] = dict(connection.execute(RECORDED).fetchall())
    at, following = rows[position], rows.get(position + 1)
    return at + (following - at) / 2 if following else ours.now()


def epochs(ours: Installation) -> int:
    """How many restores the ledger has recorded."""
    with psycopg.connect(ours.url()) as connection:
        (count,) = connection.execute(EPOCH_FACTS).fetchone() or (0,)
    return int(count)


def erased(_: Budget) -> str:
    """Erase a person, and restore a later backup with keys from before: the text stays erased, the proofs hold."""
    with reachable_folder() as folder:
        ours = Installation(folder)
        keys = FolderKeystore(ours.folder / "data-keys")
        ours.add_person("wu", "--contact", CONTACT_TEXT)
        key = person_id(stream_of("wu"), CONTACT, 0)
        require(keys.find(key) is not None, "the contact was not encrypted")
        tell_of_a_person(ours)
        ours.run("backup-keys", folder / "keys-before")
        before = ours.run("backup", ours.backups)["backup"]["name"]
        require(
            set(files_with(files_of_backup(ours.backups, before), *SHOWN)) == set(SHOWN), "the search finds nothing"
        )
        ours.run("erase-person", CONTACT, "--principal", "wu", "--reasons", "on request")
        ours.run("erase-person", CONTACT, "--legal-person", USCC, "--reasons", "on request")
        require(keys.find(key) is None, "the key was not destroyed")
        ours.end("checkpoint")
        taken = ours.run("backup", ours.backups)["backup"]
        require(not holds_key(ours.backups), "a key is in the backup of the data")
        left = files_with(files_of_backup(ours.backups, taken["name"]), *SHOWN, CONTACT_TEXT)
        require(not left, f"the later backup still has the texts: {left}")
        ours.run("backup", folder / "another")
        left = files_with(files_in(folder / "another"), *SHOWN, CONTACT_TEXT)
        require(not left, f"a backup in a folder of its own still has the texts: {left}")

        ours.run("restore", ours.backups)
        ours.run("restore-keys", folder / "keys-before")
        require(keys.find(key) is None, "the key of before came back")
        require(CONTACT_TEXT not in ours.end("history", str(stream_of("wu"))), "the text can be read")
        left = files_with(files_in(ours.data / "postgres"), *SHOWN, CONTACT_TEXT)
        require(not left, f"the restored database has the texts: {left}")
        require(ours.run("verify")["fault_count"] == 0, "the ledger has faults")
        require(ours.run("replay")["differences"] == [], "the views differ from the facts")
    return "no byte of later backups has the texts, and a key that was put back was destroyed again"


def tell_of_a_person(ours: Installation) -> None:
    """Register a legal person with a contact, and let views, their dead rows and statistics have it."""

    async def work() -> None:
        async with Approvals(ours.url()) as approvals:
            stream = legal_person_stream(USCC)
            particulars = Particulars(name="Hengxin", kind=PersonKind.COMPANY, contact=Contact(*SHOWN))
            command = RegisterLegalPerson(code=USCC, particulars=particulars, source="licence")
            await approvals.handle(stream, command, MANAGER, uuid4())

    with environment(COUNTERSIGN_KEYS=str(ours.folder / "data-keys")):
        asyncio.run(work())
        catch_up(ours.url())
    with psycopg.connect(ours.url(), autocommit=True) as connection:
        connection.execute("ANALYZE")


@contextmanager
def environment(**variables: str) -> Iterator[None]:
    """The *variables* are set during the block."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def declared(_: Budget) -> str:
    """Restore a server of one's own to an instant by PostgreSQL's tools alone, and declare it."""
    with reachable_folder() as folder:
        original = EmbeddedPostgres(folder / "original")
        url, wal = original.start(), folder / "wal"
        wal.mkdir()
        wal.chmod(0o777)  # the server's account writes there
        ours = OwnServer(url, "", folder / "proof")
        ours.run(url, "log-key", "create", "--name", "approvals.example.org/own")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET archive_command = 'cp %p {wal}/%f'".encode())
            connection.execute("SELECT pg_reload_conf()")
        copied = [str(supplied() / "pg_basebackup"), "--pgdata", str(folder / "base"), "--dbname", url, "-c", "fast"]
        subprocess.run(copied, check=True, capture_output=True)
        kept_to = ours.run(url, "users", "add", "li", "li")["position"]
        with psycopg.connect(url, autocommit=True) as connection:
            (at,) = connection.execute("SELECT clock_timestamp()").fetchone() or (None,)
        lost_to = ours.run(url, "users", "add", "wang", "wang")["position"]
        ours.run(url, "checkpoint")
        archive_all(url)
        original.stop()
        server = recovered(folder / "restored", folder / "base", wal, at, original.account())
        try:
            restored = server.start()
            wait_until(lambda: not value_of(restored, "SELECT pg_is_in_recovery()"), RECOVERY_SECONDS_MAX)
            require("are gone" in ours.run(restored, "users", "add", "zhou", "zhou", status=2), "it was written on")
            report = ours.run(restored, "declare-restore", "--reasons", "disk failed")
            ledger = report["ledger"]
            named = (ledger["position"], ledger["lost_from"], ledger["lost_to"], ledger["faults"], report["epoch"])
            require(named == (kept_to, kept_to + 1, lost_to, [], 2), f"it was declared as {named}")
            ours.run(restored, "users", "add", "zhou", "zhou")
            ours.run(restored, "checkpoint")
            require(ours.run(restored, "verify")["fault_count"] == 0, "the ledger has faults")
        finally:
            server.stop()
    return f"{kept_to} entries left, positions {kept_to + 1} to {lost_to} named, and a log of the next epoch"


def archive_all(url: str) -> None:
    """Let the archive have everything up to now."""
    last = value_of(url, "SELECT pg_walfile_name(pg_switch_wal() - 1)")
    archived = f"SELECT coalesce(last_archived_wal >= '{last}', false) FROM pg_stat_archiver"
    wait_until(lambda: bool(value_of(url, archived)), RECOVERY_SECONDS_MAX)


def recovered(data: Path, base: Path, wal: Path, at: object, account: Account) -> EmbeddedPostgres:
    """A server run by *account*, whose start recovers *base* and the segments in *wal* up to the instant *at*."""
    settings = {
        "archive_command": "",
        "restore_command": f"cp {wal}/%f %p",
        "recovery_target_time": str(at),
        "recovery_target_action": "promote",
    }
    server = EmbeddedPostgres(data, settings=settings)
    data.mkdir(mode=0o711)
    shutil.copytree(base, server.folder)
    (server.folder / "recovery.signal").touch()
    if os.geteuid() == 0:
        for path in (server.folder, *server.folder.rglob("*")):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
    server.folder.chmod(0o700)
    return server


def value_of(url: str, query: str) -> object:
    """What a query answers."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row and row[0]


def holds_key(folder: Path) -> bool:
    """Whether a file below *folder* is named like a key of a person, or as the private keys are."""
    pattern = re.compile(r"master\.key|private-keys|[0-9a-f-]{36}\.key")
    return any(pattern.fullmatch(file.name) for file in folder.rglob("*"))


def require(holds: object, sentence: str) -> None:
    if not holds:
        raise RefutedError(sentence)


PROOFS = (
    Proof("own-tools", "a restore by PostgreSQL's own tools is declared before anything is written", declared),
    Proof("kills", "a killed backup or restore leaves the old database or the new one, whole", killed, share=2),
    Proof("seconds", "a restore holds exactly what was recorded by the instant asked for", instants),
    Proof("erasures", "who was erased stays erased, whatever backup is restored", erased),
)
