"""`diagnose` says what is right and what is not, and the address of the database is checked before it is used."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier, Literal

from infrastructure.doctor import Check, diagnose
from infrastructure.materials import places as material_places
from infrastructure.postgres.binaries import PostgresUnavailableError
from infrastructure.postgres.connect import MARK, connect_url, settled
from infrastructure.postgres.migrate import migrate
from infrastructure.postgres.roles import login_of
from infrastructure.settings import Settings
from tests.conftest import reachable_folder
from tests.fake_s3 import BUCKET, bucket


class Yesterday(datetime):
    """A clock that is a day late."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Yesterday:
        return super().now(tz) - timedelta(days=1)


def named(checks: list[Check]) -> dict[str, Check]:
    assert all(bool(check.remedy) is not check.ok for check in checks), checks
    return {check.name: check for check in checks}


def settings_of(url: str) -> Settings:
    return Settings.of({"DATABASE_URL": url})


def test_a_good_installation_passes_but_for_what_is_missing(empty_database_url: str) -> None:
    before = named(diagnose(settings_of(empty_database_url), {}))
    migrate(empty_database_url)
    after = named(diagnose(settings_of(empty_database_url), {}))

    assert not before["migrations"].ok
    assert "0000_schema_migration.sql" in before["migrations"].detail
    assert after["migrations"].ok
    assert after["server"].detail.startswith("PostgreSQL ")
    assert [
        name
        for name in ("python", "settings", "time_zones", "server", "clock", "memory", "ledger", "guards")
        if not after[name].ok
    ] == []


def test_a_head_row_that_is_not_the_ledgers_is_found(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE ledger.head SET seq = 7")
        moved = named(diagnose(settings_of(database_url), {}))["ledger"]
        connection.execute("DELETE FROM ledger.head")
        lost = named(diagnose(settings_of(database_url), {}))["ledger"]

    assert (moved.ok, moved.detail) == (False, "the last entry is 0, but the head row says 7")
    assert (lost.ok, lost.detail) == (False, "the last entry is 0, but the head row is missing")


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        (
            "ALTER TABLE ledger.event DISABLE TRIGGER append_only",
            "the trigger append_only of ledger.event is switched off",
        ),
        ("DROP TRIGGER append_only ON ledger.command", "the trigger append_only of ledger.command is missing"),
        ("GRANT UPDATE ON ledger.event TO countersign_app", "countersign_app has UPDATE on ledger.event"),
        (
            "ALTER TABLE ledger.event DROP CONSTRAINT event_stream_version",
            "the constraint event_stream_version of the ledger is missing",
        ),
        ("GRANT INSERT ON ledger.command TO PUBLIC", "PUBLIC has INSERT on ledger.command"),
    ],
)
def test_a_ledger_whose_facts_could_be_changed_is_found(database_url: str, change: str, detail: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(change.encode())
    guards = named(diagnose(settings_of(database_url), {}))["guards"]
    assert (guards.ok, guards.detail) == (False, detail)


def test_guards_are_not_compared_before_all_migrations_are_applied(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("DELETE FROM schema_migration WHERE number = (SELECT max(number) FROM schema_migration)")
    guards = named(diagnose(settings_of(database_url), {}))["guards"]

    assert (guards.ok, guards.detail) == (False, "not checked: migrations are not all applied")


def test_an_account_with_more_rights_than_serving_needs_is_found(database_url: str) -> None:
    owner = named(diagnose(settings_of(database_url), {}))["login"]
    login = named(diagnose(settings_of(login_of(database_url)), {}))["login"]
    assert (owner.ok, "is a superuser" in owner.detail) == (False, True)
    assert (login.ok, login.detail) == (True, "countersign_service, which serves, only reads and appends")


def test_a_database_that_may_lose_facts_is_found(empty_database_url: str) -> None:
    durability = named(diagnose(settings_of(empty_database_url), {}))["durability"]

    assert not durability.ok
    assert "fsync = off" in durability.detail, "the tests' own server throws everything away"


def test_memory_too_small_for_the_ids_of_commands_is_found(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    enough = named(diagnose(settings_of(database_url), {}))["memory"]
    monkeypatch.setattr("infrastructure.doctor.BUFFERS_FOR_IDS", 1_000_000)
    small = named(diagnose(settings_of(database_url), {}))["memory"]

    assert (enough.ok, enough.detail) == (True, small.detail)
    assert not small.ok
    assert small.remedy.startswith("Set shared_buffers to 8192 MB or more in postgresql.conf")


def test_a_clock_set_back_is_found(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infrastructure.doctor.datetime", Yesterday)

    clock = named(diagnose(settings_of(database_url), {}))["clock"]

    assert not clock.ok
    assert "s from the server's" in clock.detail


def test_a_misspelt_variable_is_found(empty_database_url: str) -> None:
    checks = named(diagnose(settings_of(empty_database_url), {"COUNTERSIGN_PROT": "80"}))

    assert checks["settings"].detail == "unknown: COUNTERSIGN_PROT"


def test_what_keeps_the_embedded_server_from_starting_is_the_last_finding() -> None:
    with reachable_folder() as folder:
        (folder / "file").write_text("")
        checks = diagnose(Settings(data=folder / "file" / "data"), {})

    assert [check.name for check in checks[-2:]] == ["account", "server"]
    assert not named(checks)["data_folder"].ok
    assert "can't be used" in named(checks)["server"].detail


def test_an_unwritable_storage_place_is_detected(
    empty_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(material_places, "S3_RETRY", {"max_retries": 0})
    (tmp_path / "file").write_text("")

    def materials_check(place: str) -> Check:
        settings = Settings(data=tmp_path, database_url=empty_database_url, materials=place)
        return named(diagnose(settings, {}))["materials"]

    with bucket() as held:
        for name, value in held.environment.items():
            monkeypatch.setenv(name, value)
        good = [materials_check(""), materials_check(str(tmp_path / "new")), materials_check(f"s3://{BUCKET}/zone")]
        held.failing = {"HEAD"}
        bad = [
            materials_check(str(tmp_path / "file" / "kept")),
            materials_check("gs://materials"),
            materials_check(f"s3://{BUCKET}/zone"),
        ]

    assert [check.ok for check in (*good, *bad)] == [True] * 3 + [False] * 3


def shown(url: str, names: Iterable[str]) -> list[str]:
    with psycopg.connect(url) as connection:
        rows = [connection.execute("SELECT current_setting(%s)", [name]).fetchone() for name in names]
    return [row[0] for row in rows if row]


def test_what_was_set_for_others_holds_in_no_session_of_ours(empty_database_url: str) -> None:
    theirs = {
        "default_transaction_isolation": "serializable",
        "statement_timeout": "1",
        "lock_timeout": "1",
        "datestyle": "SQL, DMY",
        "client_encoding": "latin1",
        "synchronous_commit": "off",
    }
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        for name, value in theirs.items():
            statement = SQL("ALTER DATABASE {} SET {} = {}")
            connection.execute(statement.format(Identifier(connection.info.dbname), Identifier(name), Literal(value)))

    url = connect_url(settings_of(empty_database_url))

    assert shown(url, theirs) == ["read committed", "0", "0", "ISO, MDY", "UTF8", "on"]
    assert shown(settled(f"{url} options='-c statement_timeout=7s'"), ["statement_timeout"]) == ["7s"]


def only_marked(url: str, *more: str) -> str:
    """*url* with none of our options but the one that shows whether options are passed on at all."""
    message = [str(conninfo_to_dict(url).get("options", "")), *(option for option in more if MARK in option)]
    return make_conninfo(url, options=" ".join(message))


def test_a_pooler_that_passes_no_settings_on_is_refused(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infrastructure.postgres.connect.settled", only_marked)
    alter = SQL("ALTER DATABASE {} SET {} = {}")
    for name, value in (("synchronous_commit", "off"), ("lock_timeout", "7s")):
        with psycopg.connect(empty_database_url, autocommit=True) as connection:
            database, setting = Identifier(connection.info.dbname), Identifier(name)
            connection.execute(alter.format(database, setting, Literal(value)))

        with pytest.raises(PostgresUnavailableError, match=f"{name} is {value}") as refusal:
            connect_url(settings_of(f"{empty_database_url}&options=-c%20datestyle%3DISO%20-c%20extra_float_digits%3D1"))
        assert "no pooler" in refusal.value.remedy


def test_a_pooler_whose_defaults_are_what_we_ask_for_is_refused(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PgBouncer with ignore_startup_parameters = options, which its guides recommend."""
    monkeypatch.setattr("infrastructure.postgres.connect.settled", lambda url, *_: settled(url))
    with pytest.raises(PostgresUnavailableError, match=r"countersign\.session is missing") as refusal:
        connect_url(settings_of(empty_database_url))
    assert (refusal.value.code, "no pooler" in refusal.value.remedy) == ("database_options", True)


@pytest.mark.parametrize(
    ("message", "remedy"),
    [
        ("FATAL:  sorry, too many clients already", "max_connections"),
        ("FATAL:  unsupported startup parameter: options", "no pooler"),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.1"', "pg_hba.conf"),
        ("Connection refused", "that the server runs"),
        (
            'missing "=" after "mysql://a/b" in connection info string\n',
            r"string\. Write it as postgresql://user:password@",
        ),
    ],
)
def test_a_failed_connection_is_reported_with_its_remedy(
    message: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise psycopg.OperationalError(message)

    monkeypatch.setattr("infrastructure.postgres.connect.SERVER_SECONDS_MAX", 0)
    monkeypatch.setattr(psycopg, "connect", refuse)
    with pytest.raises(PostgresUnavailableError, match=remedy):
        connect_url(settings_of("postgresql:///x?host=/nowhere"))


def test_without_a_name_the_embedded_server_is_started() -> None:
    with reachable_folder() as folder:
        url = connect_url(Settings(data=folder / "data"))
        with psycopg.connect(url) as connection:
            assert connection.info.dbname == "countersign"


def test_an_address_that_leads_nowhere_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("infrastructure.postgres.connect.SERVER_SECONDS_MAX", 0)

    with pytest.raises(PostgresUnavailableError, match=r"No connection to postgresql://li:\*\*\*@") as refusal:
        connect_url(settings_of(f"postgresql://li:geheim@/x?host={tmp_path}"))
    assert refusal.value.code == "database_url"
    assert "geheim" not in str(refusal.value)


def test_an_old_server_is_refused(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infrastructure.postgres.connect.VERSION_MIN", 99)

    with pytest.raises(PostgresUnavailableError, match="Countersign needs 99 or newer") as refusal:
        connect_url(settings_of(empty_database_url))
    assert refusal.value.code == "database_version"


def test_a_database_of_another_encoding_is_refused(server_url: str, empty_database_url: str) -> None:
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS test_ascii")
        connection.execute(
            "CREATE DATABASE test_ascii TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C'"
        )
        name = empty_database_url.partition("?")[0].rpartition("/")[2]
        try:
            with pytest.raises(PostgresUnavailableError, match="has the encoding SQL_ASCII"):
                connect_url(settings_of(empty_database_url.replace(name, "test_ascii")))
        finally:
            connection.execute("DROP DATABASE test_ascii WITH (FORCE)")


def test_a_link_that_leads_nowhere_is_a_failed_check(tmp_path: Path) -> None:
    link = tmp_path / "data"
    link.symlink_to(tmp_path / "none")
    checks = named(diagnose(Settings(data=link), {}))
    assert not checks["data_folder"].ok
    assert (checks["disk"].detail.endswith(f"free for {link}"), checks["server"].ok) == (True, False)


def test_a_database_that_can_not_be_read_is_a_failed_check(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(_: str) -> list[str]:
        raise psycopg.errors.DiskFull("could not write init file: No space left on device")

    monkeypatch.setattr("infrastructure.doctor.pending", damaged)
    checks = named(diagnose(settings_of(database_url), {}))
    assert checks["python"].ok, "what was checked before is shown"
    assert "No space left on device" in checks["database"].detail
