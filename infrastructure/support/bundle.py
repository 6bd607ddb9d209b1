"""Makes the support bundle: a zip archive of JSON files, each complete by itself."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable
from datetime import datetime
from importlib.metadata import distributions
from typing import IO, Any, LiteralString
from zipfile import ZIP_DEFLATED, ZipFile

import psycopg
from msgspec import Struct, json

from infrastructure.doctor import diagnose
from infrastructure.proof.log import LogError
from infrastructure.proof.publisher import ProofFolder
from infrastructure.settings import Settings
from infrastructure.support.scrubbing import LogTail, scrubbed_log, scrubbed_settings
from infrastructure.verifier.verify import verify

# Checks whose sentences are made of our words and of numbers; those of the others hold paths, accounts and addresses.
PLAIN_CHECKS = frozenset({"python", "time_zones", "durability", "checksums", "clock", "memory", "ledger"})
README = """A support bundle of Countersign.

versions.json   Countersign, Python, packages, system, PostgreSQL
settings.json   numbers and choices; of texts only whether they are set
database.json   positions of ledger, views and watcher, counts of facts by kind, migrations; unread: what could not be
                read, and the kind of error
doctor.json     the checks of `countersign doctor`
verified.json   what `countersign verify` counted, where that was asked for
log.json        the end of the log, where it was given: names of events, numbers, places in the program

No project, person, enterprise, address, path, account or free text is in it.
"""
VIEWS: LiteralString = """
    SELECT v.view, v.version, v.seq, v.error IS NOT NULL, h.seq - v.seq
    FROM views.position AS v CROSS JOIN ledger.head AS h ORDER BY v.view
"""
SCALARS: dict[str, LiteralString] = {
    "head": "SELECT seq FROM ledger.head",
    "watched": "SELECT seq FROM watch.position",
    "watcher_due": "SELECT count(*) FROM watch.project WHERE look_at <= clock_timestamp()",
    "commands": "SELECT count(*) FROM ledger.command",
    "migrations": "SELECT max(number) FROM schema_migration",
    "bytes": "SELECT pg_database_size(current_database())",
    "connections": "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()",
}
VIEW_COLUMNS = ("view", "version", "position", "stopped", "lag_entries")
UNREAD = "unread"
NOWHERE = "host=/nonexistent"  # a connection that fails as one to a database that is away
FACTS: LiteralString = "SELECT type, count(*) FROM ledger.event GROUP BY type ORDER BY type"


class SupportBundleWritten(Struct, frozen=True):
    """What is in a bundle: its files, how many checks failed, and lines of the log that could not be scrubbed.

    *unread*: what of the database could not be read.
    """

    files: list[str]
    failed_checks: int
    log_lines: int
    log_lines_left_out: int
    unread: list[str] = []


def write_support_bundle(
    file: IO[bytes],
    settings: Settings,
    url: str,
    now: datetime,
    log_lines: Iterable[str] = (),
    progress: Callable[[int, int], None] | None = None,
) -> SupportBundleWritten:
    """Write the bundle to *file*. With *progress* the ledger at *url* is verified, which reads all of it.

    Help is needed most where a database is damaged, of another release or away (*url* is empty): what can't be read is
    named, and the rest is written.
    """
    tail = scrubbed_log(log_lines)
    checks = diagnose(settings)
    parts: dict[str, Any] = {
        "versions.json": {"made_at": now, **_versions()},
        "settings.json": scrubbed_settings(settings),
        "database.json": _database(url),
        "doctor.json": [
            {"name": check.name, "ok": check.ok, "detail": check.detail if check.name in PLAIN_CHECKS else ""}
            for check in checks
        ],
        "log.json": tail,
    }
    if progress is not None:
        parts["verified.json"] = _verified(settings, url, progress)
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", README)
        for name, part in parts.items():
            archive.writestr(name, json.format(json.encode(part), indent=2))
    failed = sum(not check.ok for check in checks)
    return _written(parts, failed, tail)


def _written(parts: dict[str, Any], failed: int, tail: LogTail) -> SupportBundleWritten:
    unread = [name for part in parts.values() if isinstance(part, dict) for name in part.get(UNREAD, ())]
    return SupportBundleWritten(["README.txt", *parts], failed, len(tail.lines), tail.left_out, unread)


def _versions() -> dict[str, Any]:
    """Programs and packages; of the machine its kind, not its name."""
    packages = {package.metadata["Name"]: package.version for package in distributions()}
    return {
        "countersign": packages.get("countersign", ""),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "libc": " ".join(platform.libc_ver()),
        "packages": dict(sorted(packages.items())),
    }


def _database(url: str) -> dict[str, Any]:
    read: dict[str, list[tuple[Any, ...]]] = {}
    unread: dict[str, str] = {}
    server = None
    try:
        with psycopg.connect(url or NOWHERE, autocommit=True) as connection:
            server = connection.info.parameter_status("server_version")
            for name, query in {"views": VIEWS, "facts": FACTS, **SCALARS}.items():
                try:
                    read[name] = connection.execute(query).fetchall()
                except psycopg.Error as failure:
                    unread[name] = type(failure).__name__
    except psycopg.Error as failure:
        unread["connection"] = type(failure).__name__
    scalars = {name: rows[0][0] if (rows := read.get(name)) else None for name in SCALARS}
    views = [dict(zip(VIEW_COLUMNS, row, strict=True)) for row in read.get("views", [])]
    facts: dict[str, int] = dict(read.get("facts", []))
    return {"postgresql": server, **scalars, "views": views, "facts": facts, UNREAD: unread}


def _verified(settings: Settings, url: str, progress: Callable[[int, int], None]) -> dict[str, Any]:
    """Counts alone: a fault's sentence names the entry."""
    try:
        result, _ = verify(url or NOWHERE, progress, None, ProofFolder(settings.proof_folder).read_log())
    except (psycopg.Error, LogError) as failure:
        return {UNREAD: {"verified": type(failure).__name__}}
    names = ("position", "entries", "streams", "commands", "hash", "fault_count")
    return {name: getattr(result, name) for name in names}
