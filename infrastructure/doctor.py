"""`countersign doctor`: checks the installation, and says for each failed check how to fix it."""

from __future__ import annotations

import os
import shutil
import sys
import zoneinfo
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from msgspec import Struct

from infrastructure.materials.store import MaterialStore, StorageAwayError
from infrastructure.postgres.archiving import NO_ARCHIVE
from infrastructure.postgres.binaries import ELSEWHERE, PostgresUnavailableError, account_for, supplied
from infrastructure.postgres.cluster import MIB
from infrastructure.postgres.connect import VERSION_MIN, connect_url
from infrastructure.postgres.embedded import EmbeddedPostgres
from infrastructure.postgres.migrate import MigrationRefusedError, pending
from infrastructure.postgres.roles import LOGIN, powers_of
from infrastructure.privacy.current import keystore_of
from infrastructure.privacy.keystore import KeystoreError
from infrastructure.privacy.missing_keys import count_keys
from infrastructure.settings import SettingRefusedError, Settings, unknown, without_password
from infrastructure.verifier.guards import guard_faults

PYTHON_MIN = (3, 11)
DISK_FREE_GIB_MIN = 4  # twice the embedded server's max_wal_size
CLOCK_APART_MAX = timedelta(seconds=2)  # statutory days end at an instant, on which both clocks should agree
ZONE = "Asia/Shanghai"
DURABLE = {"fsync": ("on",), "full_page_writes": ("on",), "synchronous_commit": ("on", "remote_apply")}
GIB = 1024 * MIB
BUFFERS_FOR_IDS = 2  # times the size of the index of command ids: other pages need room as well
ARCHIVER = """
    SELECT last_archived_time AT TIME ZONE 'UTC', last_failed_wal,
           last_failed_time > coalesce(last_archived_time, '-infinity') FROM pg_stat_archiver
"""
# The index of command ids, each of which is looked up in a page of its own, and what the server keeps in memory.
IDS_IN_MEMORY = """
    SELECT coalesce(pg_relation_size(to_regclass('ledger.command_pkey')), 0),
        pg_size_bytes(current_setting('shared_buffers'))
"""
NEWEST = """
    SELECT max(last.recorded_at)
    FROM (SELECT recorded_at FROM ledger.event ORDER BY seq DESC LIMIT 10000) AS last
"""
GOOD = ""
UNREADABLE = "Free disk space where there is none; where files are damaged or missing, restore a backup."


class Check(Struct, frozen=True):
    """The result of one check: *detail* and *remedy* are sentences for the operator; *remedy* is empty if *ok*."""

    name: str
    ok: bool
    detail: str
    remedy: str = GOOD


def diagnose(settings: Settings, environment: Mapping[str, str] = os.environ) -> list[Check]:
    """Run all checks. Starts the embedded server, as any command does, and changes nothing else."""
    return list(_checks(settings, environment))


def _checks(settings: Settings, environment: Mapping[str, str]) -> Iterator[Check]:
    yield _python()
    yield _settings(environment)
    yield _time_zones()
    yield _materials(settings)
    if not settings.database_url:
        yield _programs()
        yield _data_folder(settings.data)
        yield _disk(settings.data)
        yield _account(settings.data)
    try:
        url = connect_url(settings)
    except PostgresUnavailableError as failure:
        yield Check("server", ok=False, detail=failure.sentence, remedy=failure.remedy)
        return
    try:
        yield from _database(url, settings)
    except psycopg.Error as failure:
        detail = f"the database can't be read: {without_password(str(failure).strip())}"
        yield Check("database", ok=False, detail=detail, remedy=UNREADABLE)


def _database(url: str, settings: Settings) -> Iterator[Check]:
    """What the server at *url* answers. Raises psycopg's errors, after the checks before."""
    migrations = _migrations(url)
    with psycopg.connect(url, autocommit=True) as connection:
        yield _server(connection, settings.database_url or EmbeddedPostgres(settings.data).url())
        if not settings.database_url:
            yield _backup(connection)
        yield _durability(connection)
        yield _checksums(connection)
        yield _clock(connection)
        if connection.execute("SELECT to_regclass('ledger.head')").fetchone() != (None,):
            yield _memory(connection)
            yield _ledger(connection)
            yield _guards(connection, migrations)
            yield _keys(connection, settings)
            yield _login(connection, connection.info.user if settings.database_url else LOGIN)
    yield migrations


def _check(name: str, problem: bool, detail: str, remedy: str) -> Check:
    return Check(name, ok=not problem, detail=detail, remedy=remedy if problem else GOOD)


def _python() -> Check:
    wanted = ".".join(map(str, PYTHON_MIN))
    problem = sys.version_info < PYTHON_MIN
    return _check("python", problem, f"Python {sys.version.split()[0]}", f"Install Python {wanted} or newer.")


def _settings(environment: Mapping[str, str]) -> Check:
    variables = unknown(environment)
    detail = f"unknown: {', '.join(variables)}" if variables else "every COUNTERSIGN_ variable is known"
    return _check("settings", bool(variables), detail, "Correct the spelling, or remove them.")


def _time_zones() -> Check:
    known = ZONE in zoneinfo.available_timezones()
    detail = f"{ZONE} is {'known' if known else 'missing'}"
    return _check("time_zones", not known, detail, "Install the Python package tzdata.")


def _materials(settings: Settings) -> Check:
    """Whether files can be stored; a bucket is queried for a file that does not exist."""
    remedy = (
        "Set COUNTERSIGN_MATERIALS to a folder that can be written, or to s3://bucket/prefix with the AWS_ variables."
    )
    if "://" not in settings.materials:
        folder = Path(settings.materials).expanduser() if settings.materials else settings.data / "materials"
        return _writable("materials", folder, remedy)
    try:
        MaterialStore.of(settings).size_now("0" * 64)
    except (SettingRefusedError, StorageAwayError) as failure:
        return Check("materials", ok=False, detail=str(failure), remedy=remedy)
    return Check("materials", ok=True, detail=f"{settings.materials} answers")


def _keys(connection: psycopg.Connection[Any], settings: Settings) -> Check:
    """Whether the keys of personal data are those that this ledger was written with."""
    remedy = "Restore the keys of this ledger, and name them in COUNTERSIGN_KEYS or COUNTERSIGN_MASTER_KEY."
    try:
        with closing(keystore_of(settings)) as keys:
            counted = count_keys(connection, keys)
            is_unfinished = keys.masters().following is not None
    except KeystoreError as failure:
        return Check("keys", ok=False, detail=str(failure), remedy=remedy)
    detail = f"personal data of {counted.persons} persons, {counted.missing} of whose keys are missing"
    if is_unfinished and not counted.missing:
        detail = f"{detail}; a new master key is taking the place of the present one"
        ending = (
            "Run `countersign replace-master-key` to its end, and take COUNTERSIGN_MASTER_KEY_NEXT out of the settings."
        )
        return Check("keys", ok=False, detail=detail, remedy=ending)
    return _check("keys", counted.missing > 0, detail, remedy)


def _programs() -> Check:
    try:
        return Check("programs", ok=True, detail=f"PostgreSQL's programs are in {supplied()}")
    except PostgresUnavailableError as failure:
        return Check("programs", ok=False, detail=failure.sentence, remedy=failure.remedy)


def _existing(folder: Path) -> Path:
    """*folder*, or its nearest parent that exists and can be seen."""
    return next(place for place in (folder, *folder.parents) if os.path.lexists(place))


def _data_folder(data: Path) -> Check:
    return _writable("data_folder", data, f"Set COUNTERSIGN_DATA to a folder on a local disk. {ELSEWHERE}")


def _writable(name: str, folder: Path, remedy: str) -> Check:
    place = _existing(folder.absolute())
    problem = not place.is_dir() or not os.access(place, os.W_OK | os.X_OK)
    detail = (
        f"{folder}{'' if place == folder else ' (will be created)'}: {place} is {'not ' if problem else ''}writable"
    )
    return _check(name, problem, detail, remedy)


def _disk(data: Path) -> Check:
    place = next(folder for folder in (data.absolute(), *data.absolute().parents) if os.path.exists(folder))  # noqa: PTH110  Path.exists() raises where it may not look
    free = shutil.disk_usage(place).free / GIB
    detail = f"{free:.1f} GiB free for {data}"
    return _check("disk", free < DISK_FREE_GIB_MIN, detail, f"Free disk space: at least {DISK_FREE_GIB_MIN} GiB.")


def _account(data: Path) -> Check:
    try:
        account = account_for(data / "postgres", data)
    except (PostgresUnavailableError, PermissionError) as failure:
        return Check("account", ok=False, detail=str(failure), remedy=ELSEWHERE)
    shared = account.name == "nobody"
    detail = f"the embedded server runs as {account}" + (", an account that other programs use too" if shared else "")
    remedy = "Before the first start, add a system account named countersign; root then runs the server with it."
    return _check("account", shared, detail, remedy)


def _server(connection: psycopg.Connection, url: str) -> Check:
    version = connection.info.server_version
    detail = f"PostgreSQL {version // 10_000}.{version % 10_000} at {without_password(url)}"
    return _check("server", version // 10_000 < VERSION_MIN, detail, f"Upgrade it to {VERSION_MIN} or newer.")


def _backup(connection: psycopg.Connection) -> Check:
    """Whether the archive of the log that `countersign backup` set up takes what the server writes."""
    if _shown(connection, "archive_command") in ("", "(disabled)", NO_ARCHIVE):
        return Check("backup", ok=True, detail="none is set up: `countersign backup FOLDER` takes the first one")
    archived, failed, is_failing = connection.execute(ARCHIVER).fetchone() or (None, None, False)
    last = f"the log was last archived at {archived:%Y-%m-%d %H:%M:%S} UTC" if archived else "nothing was archived yet"
    detail = f"{last}, and fails since: {failed}" if is_failing else last
    remedy = "See the server's log for the reason, such as a full disk; run `countersign backup` once it is fixed."
    return _check("backup", bool(is_failing), detail, remedy)


def _durability(connection: psycopg.Connection) -> Check:
    values = {name: _shown(connection, name) for name in DURABLE}
    wrong = [f"{name} = {values[name]}" for name, good in DURABLE.items() if values[name] not in good]
    detail = ", ".join(wrong) or "acknowledged commits survive a power cut"
    return _check("durability", bool(wrong), detail, "Set them to on: acknowledged facts must not be lost.")


def _shown(connection: psycopg.Connection, name: str) -> str:
    row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    return row[0] if row else ""


def _checksums(connection: psycopg.Connection) -> Check:
    query = "SELECT coalesce(sum(checksum_failures), 0)::int FROM pg_stat_database"
    failures = (connection.execute(query).fetchone() or (0,))[0]
    missing = _shown(connection, "data_checksums") != "on"
    detail = "switched off" if missing else f"{failures} damaged pages"
    remedy = "Restore a backup and replace the disk." if failures else "Stop the server and run pg_checksums --enable."
    return _check("checksums", missing or failures > 0, detail, remedy)


def _clock(connection: psycopg.Connection) -> Check:
    """Compare this machine's clock with the server's and with the newest fact: a clock set back misdates facts."""
    (server_time,) = connection.execute("SELECT clock_timestamp()").fetchone() or (datetime.now(UTC),)
    newest = server_time
    if connection.execute("SELECT to_regclass('ledger.event')").fetchone() != (None,):
        newest = (connection.execute(NEWEST).fetchone() or (None,))[0] or server_time
    now = datetime.now(UTC)
    apart = abs(now - server_time)
    behind = newest > now + CLOCK_APART_MAX
    detail = f"{now:%Y-%m-%d %H:%M:%S} UTC, {apart.total_seconds():.1f} s from the server's"
    detail += f", but the newest fact is of {newest.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if behind else ""
    return _check(
        "clock", behind or apart > CLOCK_APART_MAX, detail, "Synchronize the clocks by NTP (chrony, timesyncd)."
    )


def _memory(connection: psycopg.Connection) -> Check:
    """Whether the index that every command looks its id up in fits into half of the server's memory for pages."""
    index, buffers = connection.execute(IDS_IN_MEMORY).fetchone() or (0, 0)
    needed = BUFFERS_FOR_IDS * index
    wanted = next(size for size in (2**n for n in range(24)) if size * MIB >= needed)
    return _check(
        "memory",
        needed > buffers,
        f"shared_buffers is {buffers // MIB:,} MiB, and the index of command ids {index // MIB:,} MiB",
        f"Set shared_buffers to {wanted} MB or more in postgresql.conf, if the machine has four times as much memory,"
        " and start the server again: commands take twice as long where their ids are not looked up in memory.",
    )


def _ledger(connection: psycopg.Connection) -> Check:
    """Compare the head row with the last entry: they differ only if the tables were edited."""
    head, last = connection.execute(
        "SELECT (SELECT h.seq FROM ledger.head AS h), (SELECT coalesce(max(e.seq), 0) FROM ledger.event AS e)"
    ).fetchone() or (None, 0)
    detail = f"the last entry is {last:,}"
    detail += "" if head == last else f", but the head row {'is missing' if head is None else f'says {head:,}'}"
    remedy = "Run `countersign verify` to see what was changed, and restore a backup."
    return _check("ledger", head != last, detail, remedy)


def _guards(connection: psycopg.Connection, migrations: Check) -> Check:
    """Triggers, functions, grants and constraints that keep facts from being changed; only the owner can drop them."""
    if not migrations.ok:
        return Check("guards", ok=False, detail="not checked: migrations are not all applied", remedy=migrations.remedy)
    faults = [fault.what for fault in guard_faults(connection)]
    detail = ", ".join(faults) or "facts and commands can only be added"
    remedy = "Run `countersign verify`, find out who changed this, and restore what the migrations made."
    return _check("guards", bool(faults), detail, remedy)


def _login(connection: psycopg.Connection, account: str) -> Check:
    powers = powers_of(connection, account)
    what = "is a superuser" if powers.superuser else "owns the ledger" if powers.owner else "only reads and appends"
    remedy = (
        "Serve with a login of its own, as docs/reference/operation/database.md says; "
        "the owner is needed for `countersign migrate`."
    )
    return _check("login", powers.too_many, f"{account}, which serves, {what}", remedy)


def _migrations(url: str) -> Check:
    try:
        missing = pending(url)
    except MigrationRefusedError as failure:
        return Check("migrations", ok=False, detail=failure.sentence, remedy=failure.remedy)
    detail = f"to be applied: {', '.join(missing)}" if missing else "the database is up to date"
    return _check(
        "migrations", bool(missing), detail, "Run `countersign migrate`; `countersign serve` does it by itself."
    )
