"""Database migrations: numbered SQL files, each applied once and in order, also by concurrent processes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

import psycopg
import structlog
from msgspec import Struct

from infrastructure.postgres.binaries import PostgresUnavailableError
from infrastructure.postgres.errors import FORBIDDEN
from infrastructure.postgres.roles import settle_roles

LOCK_KEY = 0x436F756E7465_7273  # "Counters" in ASCII: the advisory lock that lets one process migrate at a time
TRIES_MAX = 10  # roles belong to the whole server, so that migrations of two databases may conflict
APPLIED = "SELECT number, name, digest FROM schema_migration"
# A schema that the first migrations make: without a list of what was applied it is another program's.
TAKEN = """
    SELECT nspname FROM pg_namespace
    WHERE nspname IN ('ledger', 'views', 'watch', 'process', 'identity', 'privacy', 'webhook') ORDER BY nspname
"""
# The file, never changed, that every database of before storage format 1 began with.
FORMER = (1, "0001_ledger.sql", "69ea398c1375752c6374fe0e3477f571acce6bc3a70496f7bd3165840d0565ad")
NAME = re.compile(r"(?P<number>\d{4})_[a-z0-9_]+\.sql")

log = structlog.get_logger()


class MigrationRefusedError(PostgresUnavailableError):
    """The files do not match the database. The sentence names the file."""


class Migration(Struct, frozen=True):
    """A migration file. *digest* is the SHA-256 of its text, in hexadecimal."""

    number: int
    name: str
    sql: bytes
    digest: str


def migrations() -> list[Migration]:
    """All files of this release, in order. Raises MigrationRefusedError for an invalid name or a duplicate number."""
    by_number: dict[int, Migration] = {}
    for file in sorted(_files(files("infrastructure").joinpath("sql")), key=lambda file: file.name):
        if not file.name.endswith(".sql"):
            continue
        if (match := NAME.fullmatch(file.name)) is None:
            raise MigrationRefusedError(
                "migration_name", f"The file {file.name} is not named NNNN_name.sql.", "Rename it."
            )
        sql = file.read_bytes().replace(b"\r\n", b"\n")
        migration = Migration(int(match["number"]), file.name, sql, hashlib.sha256(sql).hexdigest())
        if other := by_number.get(migration.number):
            sentence = f"The files {other.name} and {file.name} have the same number."
            raise MigrationRefusedError("migration_number", sentence, "Give the newer one the next free number.")
        by_number[migration.number] = migration
    return list(by_number.values())


def _files(folder: Traversable) -> Iterator[Traversable]:
    """The files in *folder* and in those below it, such as the first set of storage format 1."""
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _files(entry)
        else:
            yield entry


def migrate(url: str) -> list[str]:
    """Apply pending files, and return their names.

    One transaction per file, one process at a time. Raises MigrationRefusedError if a file changed after it was
    applied, if the database is newer than this release or another program's, or if the account may not change it;
    psycopg.Error, with a note of the file, if one fails. Grants of the roles are updated each time.
    """
    with psycopg.connect(url, autocommit=True, client_encoding="utf8") as connection:
        connection.execute("SET statement_timeout = 0; SET lock_timeout = 0; SET client_min_messages = warning")
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK_KEY])  # released with the connection
        missing = _missing(connection)
        for migration in missing:
            _apply(connection, migration)
            log.info("migration_applied", file=migration.name)
        settle_roles(connection)
        return [migration.name for migration in missing]


def pending(url: str) -> list[str]:
    """The names of the files that are not applied. Changes nothing, and does not wait for a lock."""
    with psycopg.connect(url, autocommit=True, client_encoding="utf8") as connection:
        return [migration.name for migration in _missing(connection)]


def _missing(connection: psycopg.Connection) -> list[Migration]:
    """The files that are not applied yet. Raises as `unapplied` does."""
    if connection.execute("SELECT to_regclass('schema_migration')").fetchone() != (None,):
        try:
            return unapplied(connection.execute(APPLIED).fetchall())
        except psycopg.errors.UndefinedColumn as failure:
            raise _foreign("table schema_migration") from failure
    if taken := connection.execute(TAKEN).fetchone():
        raise _foreign(f"schema {taken[0]}")
    return unapplied([])


def _foreign(what: str) -> MigrationRefusedError:
    return MigrationRefusedError(
        "database_foreign",
        f"This database has a {what} that Countersign did not make.",
        "Let DATABASE_URL name a database of its own, which is empty; or, if it is Countersign's, let the account's"
        " search_path name the schema in which schema_migration is.",
    )


def unapplied(rows: Iterable[tuple[int, str, str]]) -> list[Migration]:
    """The files that are not among *rows*, the result of APPLIED.

    Raises MigrationRefusedError if the rows do not match the files of this release.
    """
    applied = {number: (name, digest) for number, name, digest in rows}
    ours = migrations()
    newest = max(applied, default=-1)
    if applied.get(FORMER[0]) == FORMER[1:]:
        raise MigrationRefusedError(
            "database_of_format_0",
            "This database was made before storage format 1, which no migration leads to.",
            "Write its facts to a file with `countersign export-facts FILE`, and bring them into a new, empty database"
            " with `countersign import-facts FILE`: another COUNTERSIGN_DATA or DATABASE_URL. The old one is left as it"
            " is. See docs/reference/operation/database.md.",
        )
    for migration in ours:
        name, digest = applied.get(migration.number, (migration.name, migration.digest))
        if (name, digest) != (migration.name, migration.digest):
            sentence = f"The file {migration.name} is not what this database was built with ({name}): it was edited."
            raise MigrationRefusedError("migration_edited", sentence, "Put it back, and make the change in a new file.")
        if migration.number not in applied and migration.number < newest:
            sentence = f"The file {migration.name} is new, but this database is already at {applied[newest][0]}."
            raise MigrationRefusedError("migration_late", sentence, "Give it a number above that.")
    if unknown := sorted(applied.keys() - {migration.number for migration in ours}):
        sentence = f"A newer Countersign has changed this database ({applied[unknown[-1]][0]})."
        raise MigrationRefusedError(
            "migration_newer", sentence, "Start that release, or restore a backup made before it."
        )
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
            if tries < TRIES_MAX and _is_catalog_conflict(failure):
                continue
            failure.add_note(f"in the migration {migration.name}")
            raise
        else:
            return


def _forbidden(user: str, migration: Migration, failure: psycopg.Error) -> MigrationRefusedError:
    """The refusal if privileges are missing: what an administrator of the server has to grant."""
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
    reason = failure.diag.message_primary or str(failure)
    return MigrationRefusedError(
        "migration_forbidden", f"{migration.name} can't be applied by {user}: {reason}.", remedy
    )


def _is_catalog_conflict(failure: psycopg.Error) -> bool:
    """Whether another database's migration changed the same row of a system catalog shared by the whole server."""
    if isinstance(failure, psycopg.errors.UniqueViolation):
        return failure.diag.schema_name == "pg_catalog"
    return "concurrently" in str(failure)  # "tuple concurrently updated" has no SQLSTATE of its own
