"""Migrations run once each, in order, also when six processes start together; what contradicts them is refused."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from importlib.resources import files
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from infrastructure.postgres.migrate import FORMER, MigrationRefusedError, migrate, migrations, pending
from tests.conftest import database_in

TABLE = "0000_schema_migration.sql"
RACE = """
DO $$ BEGIN
    CREATE ROLE countersign_test_race NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
ALTER ROLE countersign_test_race SET work_mem = '4MB';
GRANT countersign_test_race TO CURRENT_USER;
"""

Write = Callable[[str, str], None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes a file into a folder of migrations that stands in for ours, and begins with our 0000."""
    folder = tmp_path / "sql"
    folder.mkdir()
    (folder / TABLE).write_bytes(migrations()[0].sql)
    monkeypatch.setattr("infrastructure.postgres.migrate.files", lambda package: tmp_path)

    def write(name: str, sql: str) -> None:
        (folder / name).write_text(sql)

    return write


@pytest.fixture
def databases(server_url: str) -> Iterator[list[str]]:
    with ExitStack() as stack:
        yield [stack.enter_context(database_in(server_url)) for _ in range(4)]


def refusal(url: str) -> str:
    with pytest.raises(MigrationRefusedError) as refused:
        migrate(url)
    return f"{refused.value.code}: {refused.value.sentence}"


def test_our_own_files_are_applied_once(empty_database_url: str) -> None:
    everything = [migration.name for migration in migrations()]

    assert everything[0] == TABLE
    assert pending(empty_database_url) == everything
    assert migrate(empty_database_url) == everything
    assert migrate(empty_database_url) == []
    assert pending(empty_database_url) == []


# Storage format 1. A file of it is never edited: change what it made in a new one.
FIRST_SET = {
    "0000_schema_migration.sql": "05afa9be4fd47c081647e261b349d82ad9cd2bf0d44504a15237b54171b7c143",
    "0001_ledger.sql": "2551311eee60f73f71b1d4670d19063ae0bcb083c3a265ce5f5f439ed2ff3e11",
    "0002_append.sql": "91fbc71312aa54050201463114d5033393eab0f0483dfbcc1138e9f1f5eb5c28",
    "0003_views.sql": "0d6765174957ccc54d635e90b6603bfafe1aa192c1d35613cf42deb781763ffa",
    "0004_watch.sql": "7d677e731598ece3afc9993ed5bbd2bf92ea56528342e51766ba0b4a4ad9a991",
    "0005_process.sql": "62efd3c94916118ae4dabfa1bfc43e8e9fdb3db20a33a462160175ef561a1285",
}


def test_the_first_set_is_what_it_was() -> None:
    assert {file.name: file.digest for file in migrations() if file.name in FIRST_SET} == FIRST_SET


def test_a_database_of_before_format_1_is_refused_with_the_way_to_move(empty_database_url: str) -> None:
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute(migrations()[0].sql)
        record = "INSERT INTO schema_migration (number, name, digest) VALUES (%s, %s, %s)"
        connection.execute(record, [0, TABLE, migrations()[0].digest])
        connection.execute(record, FORMER)
    with pytest.raises(MigrationRefusedError) as refused:
        migrate(empty_database_url)
    assert refused.value.code == "database_of_format_0"
    assert "export-facts" in refused.value.remedy
    assert "import-facts" in refused.value.remedy


def test_a_test_database_is_up_to_date(database_url: str) -> None:
    assert pending(database_url) == []


def test_six_processes_apply_each_file_once(empty_database_url: str) -> None:
    with ProcessPoolExecutor(6, mp_context=multiprocessing.get_context("spawn")) as starters:
        applied = [name for names in starters.map(migrate, [empty_database_url] * 6) for name in names]

    assert applied == [migration.name for migration in migrations()]


def test_a_new_file_is_applied_after_the_others(empty_database_url: str, write: Write) -> None:
    write("0002_one.sql", "CREATE TABLE one (); CREATE TABLE two (); -- 100 %s")
    assert migrate(empty_database_url) == [TABLE, "0002_one.sql"]

    write("0010_ten.sql", "DROP TABLE one; DROP TABLE two")
    assert pending(empty_database_url) == ["0010_ten.sql"]
    assert migrate(empty_database_url) == ["0010_ten.sql"]


def test_a_failing_file_changes_nothing_and_is_named(empty_database_url: str, write: Write) -> None:
    write("0001_good.sql", "CREATE TABLE good ()")
    write("0002_bad.sql", "CREATE TABLE half (); CREATE TABLE good ()")

    with pytest.raises(psycopg.errors.DuplicateTable) as failure:
        migrate(empty_database_url)

    assert failure.value.__notes__ == ["in the migration 0002_bad.sql"]
    assert pending(empty_database_url) == ["0002_bad.sql"]
    with psycopg.connect(empty_database_url) as connection:
        assert connection.execute("SELECT to_regclass('half'), to_regclass('good')").fetchone() == (None, "good")


def test_an_account_that_may_not_change_the_database_is_refused_with_its_needs(empty_database_url: str) -> None:
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        statement = SQL("ALTER DATABASE {} SET default_transaction_read_only = on")
        connection.execute(statement.format(Identifier(connection.info.dbname)))

    with pytest.raises(
        MigrationRefusedError, match=r"0000_schema_migration\.sql can't be applied by .*read-only"
    ) as refusal:
        migrate(empty_database_url)

    assert "no standby" in refusal.value.remedy


def test_an_account_that_may_only_give_the_role_away_takes_it(database_url: str) -> None:
    """PostgreSQL 16 and later let the creator of a role grant it, and not act as it."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        if connection.info.server_version < 160000:
            pytest.skip("there a member may act as the role")
        script = files("infrastructure").joinpath("sql", "format_1", "0001_ledger.sql").read_text(encoding="utf-8")
        script = script[script.index("DO $$ BEGIN\n    IF current_setting") : script.index("CREATE SCHEMA ledger")]
        connection.execute("DROP ROLE IF EXISTS countersign_test_creator")
        connection.execute("CREATE ROLE countersign_test_creator CREATEROLE")
        connection.execute(
            "GRANT countersign_app TO countersign_test_creator WITH ADMIN TRUE, SET FALSE, INHERIT FALSE"
        )
        may = "SELECT pg_has_role('countersign_app', 'SET')"
        connection.execute("SET SESSION AUTHORIZATION countersign_test_creator")
        before = connection.execute(may).fetchone()
        connection.execute(script.encode())
        after = connection.execute(may).fetchone()
        connection.execute("RESET SESSION AUTHORIZATION")
        connection.execute("DROP OWNED BY countersign_test_creator; DROP ROLE countersign_test_creator")
    assert (before, after) == ((False,), (True,))


def test_an_edited_file_is_named(empty_database_url: str, write: Write) -> None:
    write("0001_one.sql", "SELECT 1")
    migrate(empty_database_url)
    write("0001_one.sql", "SELECT 2")

    assert "migration_edited: The file 0001_one.sql is not what" in refusal(empty_database_url)


def test_line_ends_are_no_edit(empty_database_url: str, write: Write) -> None:
    write("0001_one.sql", "SELECT 1;\nSELECT 2;\n")
    migrate(empty_database_url)
    write("0001_one.sql", "SELECT 1;\r\nSELECT 2;\r\n")

    assert migrate(empty_database_url) == []


def test_a_file_that_comes_too_late_is_named(empty_database_url: str, write: Write) -> None:
    write("0002_two.sql", "SELECT 2")
    migrate(empty_database_url)
    write("0001_one.sql", "SELECT 1")

    assert "migration_late: The file 0001_one.sql is new, but this database is already at 0002" in refusal(
        empty_database_url
    )


def test_a_database_of_a_newer_release_is_left_alone(empty_database_url: str, write: Write, tmp_path: Path) -> None:
    write("0001_one.sql", "SELECT 1")
    migrate(empty_database_url)
    (tmp_path / "sql" / "0001_one.sql").unlink()

    assert (
        refusal(empty_database_url) == "migration_newer: A newer Countersign has changed this database (0001_one.sql)."
    )


@pytest.mark.parametrize(("name", "code"), [("1_x.sql", "migration_name"), ("0000_twice.sql", "migration_number")])
def test_names_and_numbers_are_checked(empty_database_url: str, write: Write, name: str, code: str) -> None:
    write(name, "SELECT 1")

    assert refusal(empty_database_url).startswith(code)


def test_databases_of_one_server_may_migrate_together(databases: list[str], write: Write) -> None:
    """Roles belong to the server: two databases that make the same one meet in its catalogues."""
    write("0001_role.sql", RACE)
    with ThreadPoolExecutor(4) as starters:
        applied = list(starters.map(migrate, databases))

    assert applied == [[TABLE, "0001_role.sql"]] * 4
    with psycopg.connect(databases[0]) as connection:
        connection.execute("DROP ROLE countersign_test_race")


@pytest.mark.parametrize(
    ("made", "what"),
    [
        ("CREATE SCHEMA ledger", "schema ledger"),
        ("CREATE TABLE schema_migration (version text)", "table schema_migration"),
    ],
)
def test_a_database_of_another_program_is_left_as_it_is(empty_database_url: str, made: str, what: str) -> None:
    with psycopg.connect(empty_database_url) as connection:
        connection.execute(made.encode())
    assert refusal(empty_database_url) == f"database_foreign: This database has a {what} that Countersign did not make."
    with psycopg.connect(empty_database_url) as connection:
        assert connection.execute("SELECT to_regnamespace('views')").fetchone() == (None,)
