"""Migrations run once each, in order, also when six processes start together."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg

from infrastructure.migrate import migrate, migrations, pending


def test_all_files_are_applied_once(empty_database_url: str) -> None:
    everything = [migration.name for migration in migrations()]

    assert pending(empty_database_url) == everything
    assert migrate(empty_database_url) == everything
    assert migrate(empty_database_url) == []
    assert pending(empty_database_url) == []


def test_six_starters_apply_each_file_once(empty_database_url: str) -> None:
    with ThreadPoolExecutor(6) as starters:
        applied = [name for names in starters.map(migrate, [empty_database_url] * 6) for name in names]

    assert applied == [migration.name for migration in migrations()]


def test_a_test_database_is_up_to_date(database_url: str) -> None:
    assert pending(database_url) == []
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM schema_migration").fetchone() == (len(migrations()),)
