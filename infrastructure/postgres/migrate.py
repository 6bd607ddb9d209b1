"""Numbered SQL files, applied once each and in order, also when several processes start together."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from importlib.resources import files

import psycopg
import structlog
from msgspec import Struct

from infrastructure.postgres.binaries import PostgresUnavailable
from infrastructure.postgres.roles import settle_roles

LOCK_KEY = 0x436F756E7465_7273  # "Counters" in ASCII: the advisory lock that lets one process migrate at a time
TRIES_MAX = 10  # roles belong to the whole server: migrations of two databases may trip over each other there
# What an account may not do, and where it has no place to do it.
FORBIDDEN = (
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.ReadOnlySqlTransaction,
    psycopg.errors.InvalidSchemaName,
)
APPLIED = "SELECT number, name, digest FROM schema_migration"
# The file, never changed, that every database of before storage format 1 began with.
FORMER = (1, "0001_ledger.sql", "69ea398c1375752c6374fe0e3477f571acce6bc3a70496f7bd3165840d0565ad")
NAME = re.compile(r"(?P<number>\d{4})_[a-z0-9_]+\.sql")

log = structlog.get_logger()


class MigrationRefused(PostgresUnavailable):
    """The files and the database contradict each other. The sentence names the file."""


class Migration(Struct, frozen=True):
    """One numbered file. *digest* is the SHA-256 of its text, in hexadecimal."""

    number: int
    name: str
    sql: bytes
    digest: str


def migrations() -> list[Migration]:
    """All files of this release, in order. Raises MigrationRefused for a bad name or a number given twice."""
    found: dict[int, Migration] = {}
    for file in sorted(files("infrastructure").joinpath("sql").iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".sql"):
            continue
        if (match := NAME.fullmatch(file.name)) is None:
            raise MigrationRefused("migration_name", f"The file {file.name} is not named NNNN_name.sql.", "Rename it.")
        sql = file.read_bytes().replace(b"\r\n", b"\n")
        migration = Migration(int(match["number"]), file.name, sql, hashlib.sha256(sql).hexdigest())
        if other := found.get(migration.number):
            sentence = f"The files {other.name} and {file.name} have the same number."
            raise MigrationRefused("migration_number", sentence, "Give the newer one the next free number.")
        found[migration.number] = migration
    return list(found.values())


def migrate(url: str) -> list[str]:
    """Bring the database up to date and return the names of the files applied now: none if it already was.

    One transaction per file, one process at a time. Raises MigrationRefused where a file changed after it was
    applied, where the database is newer than this release, or where the account may not change it; psycopg.Error,
    noting the file, where one fails. Roles get what they need each time, also what a later release has added.
    """
    with psycopg.connect(url, autocommit=True, client_encoding="utf8") as connection:
        connection.execute("SET statement_timeout = 0; SET lock_timeout = 0; SET client_min_messages = warning")
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK_KEY])  # freed with the connection, also by kill -9
        missing = _missing(connection)
        for migration in missing:
            _apply(connection, migration)
            log.info("migrated", file=migration.name)
        settle_roles(connection)
        return [migration.name for migration in missing]


def pending(url: str) -> list[str]:
    """The names of the files the database has not seen. Changes nothing, waits for nobody."""
    with psycopg.connect(url, autocommit=True, client_encoding="utf8") as connection:
        return [migration.name for migration in _missing(connection)]


def _missing(connection: psycopg.Connection) -> list[Migration]:
    """The files that are not applied yet. Raises as `unapplied` does."""
    rows: list[tuple[int, str, str]] = []
    if connection.execute("SELECT to_regclass('schema_migration')").fetchone() != (None,):
        rows = connection.execute(APPLIED).fetchall()
    return unapplied(rows)


def unapplied(rows: Iterable[tuple[int, str, str]]) -> list[Migration]:
    """The files that *rows*, what APPLIED finds, do not name, once it is sure that the others are the files we have.

    Raises MigrationRefused where they are not.
    """
    applied = {number: (name, digest) for number, name, digest in rows}
    ours = migrations()
    newest = max(applied, default=-1)
    if applied.get(FORMER[0]) == FORMER[1:]:
        raise MigrationRefused(
            "database_of_format_0",
            "This database was made before storage format 1, which no migration leads to.",
            "Write its facts to a file with `countersign export-facts FILE`, and bring them into a new, empty database"
            " with `countersign import-facts FILE`: another COUNTERSIGN_DATA or DATABASE_URL. The old one is left as it"
            " is. docs/database.md tells more.",
        )
    for migration in ours:
        name, digest = applied.get(migration.number, (migration.name, migration.digest))
        if (name, digest) != (migration.name, migration.digest):
            sentence = f"The file {migration.name} is not what this database was built with ({name}): it was edited."
            raise MigrationRefused("migration_edited", sentence, "Put it back, and make the change in a new file.")
        if migration.number not in applied and migration.number < newest:
            sentence = f"The file {migration.name} is new, but this database is already at {applied[newest][0]}."
            raise MigrationRefused("migration_late", sentence, "Give it a number above that.")
    if unknown := sorted(applied.keys() - {migration.number for migration in ours}):
        sentence = f"A newer Countersign has changed this database ({applied[unknown[-1]][0]})."
        raise MigrationRefused("migration_newer", sentence, "Start that release, or restore a backup made before it.")
    return [migration for migration in ours if migration.number not in applied]


def _apply(connection: psycopg.Connection, migration: Migration) -> None:
    record = "INSERT INTO schema_migration (number, name, digest) VALUES (%s, %s, %s)"
    for tries in range(1, TRIES_MAX + 1):
        try:
            with connection.transaction():
                connection.execute(migration.sql)
                connection.execute(record, [migration.number, migration.name, migration.digest])
        except FORBIDDEN as failure:
            raise _forbidden(connection.info.user, migration, failure) from failure
        except psycopg.Error as failure:
            if tries < TRIES_MAX and _met_a_neighbour(failure):
                continue
            failure.add_note(f"in the migration {migration.name}")
            raise
        else:
            return


def _forbidden(user: str, migration: Migration, failure: psycopg.Error) -> MigrationRefused:
    """What an administrator of somebody else's server has to grant."""
    if isinstance(failure, psycopg.errors.ReadOnlySqlTransaction):
        remedy = "Name a server that takes changes, no standby, where default_transaction_read_only is off."
    elif isinstance(failure, psycopg.errors.InvalidSchemaName):
        remedy = f"Let the account's search_path name a schema: ALTER ROLE {user} SET search_path = public."
    else:
        remedy = (
            f"Run `countersign migrate` with a DATABASE_URL that names the database's owner, then serve as {user}; or"
            f" have an administrator make {user} the owner, ALTER ROLE {user} CREATEROLE and, where the server knows"
            f" the role countersign_app already, GRANT countersign_app TO {user}."
        )
    said = failure.diag.message_primary or str(failure)
    return MigrationRefused("migration_forbidden", f"{migration.name} can't be applied by {user}: {said}.", remedy)


def _met_a_neighbour(failure: psycopg.Error) -> bool:
    """Whether another database's migration touched the same row of a catalogue that the whole server shares."""
    if isinstance(failure, psycopg.errors.UniqueViolation):
        return failure.diag.schema_name == "pg_catalog"
    return "concurrently" in str(failure)  # "tuple concurrently updated" has no SQLSTATE of its own
