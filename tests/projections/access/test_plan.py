"""The filter of rows is cheap: many rows are read in the order of the list, and few are looked up by an index."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Composed

from domain.access.principal import Caller, PrincipalKind
from domain.core.ledger import Role
from projections.access.predicate import AccessColumns, predicate
from projections.progress.rows import PROJECTS
from tests.infrastructure.projector.test_projector import project_all

PROJECT_ROWS = 20_000
VALUES = {
    "project": "gen_random_uuid()",
    "changed_at": "now() - (n * 7919 % 20011) * interval '1 minute'",  # in another order than they are stored
    "register": "''",
    "uscc": "'uscc' || n % 5000",
    "manager": "'manager' || n % 100",
    "departments": "ARRAY['everywhere'] || CASE WHEN n % 1000 = 0 THEN ARRAY['rare'] ELSE ARRAY[]::text[] END",
}
EMPTY = {"text": "'x'", "text[]": "'{}'", "timestamptz": "now()", "boolean": "false", "integer": "1", "bigint": "1"}
PARTIES = """
    INSERT INTO views.access_project SELECT project, uscc, manager, departments FROM views.project
"""
LISTED = (
    "SELECT p.* FROM views.project AS p WHERE p.register = '' AND {} ORDER BY p.changed_at DESC, p.project LIMIT 100"
)


@pytest.fixture(scope="module")
def connection(shared_database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """So many projects, whose departments, enterprises and managers are spread evenly."""
    project_all(shared_database_url)
    with psycopg.connect(shared_database_url, autocommit=True) as opened:
        columns = ", ".join(VALUES.get(name) or EMPTY[kind.split()[0]] for name, kind in PROJECTS.columns)
        opened.execute(
            f"INSERT INTO views.project SELECT {columns} FROM generate_series(1, {PROJECT_ROWS}) AS n".encode()
        )
        opened.execute(PARTIES)
        opened.execute("VACUUM (ANALYZE) views.project, views.access_project")
        yield opened


def filtered(role: Role, over: str = "", person: str = "li", *, parties: bool = False) -> Composed:
    """The list, for this reader."""
    caller, columns = Caller(person, "", PrincipalKind.PERSON, role, over), AccessColumns("p", parties=parties)
    return SQL(LISTED).format(predicate(caller, "read:progress", columns))


def plan(connection: psycopg.Connection[Any], role: Role, over: str = "", person: str = "li") -> str:
    rows = connection.execute(SQL("EXPLAIN {}").format(filtered(role, over, person)), {})
    return "\n".join(line for (line,) in rows)


def blocks_read(connection: psycopg.Connection[Any], query: Composed) -> int:
    """The blocks that the list reads: that does not depend on how busy the machine is."""
    explained = connection.execute(SQL("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {}").format(query), {}).fetchall()
    ((((whole,),),),) = (explained,)
    top = whole["Plan"]
    return int(top["Shared Hit Blocks"]) + int(top["Shared Read Blocks"])


def test_who_sees_most_reads_in_the_order_of_the_list(connection: psycopg.Connection[Any]) -> None:
    shown = plan(connection, Role.OFFICER, "everywhere")
    assert "changed_at" in shown
    assert "Sort" not in shown
    assert "Seq Scan" not in shown


@pytest.mark.parametrize(
    ("role", "over", "person", "column"),
    [
        (Role.OFFICER, "rare", "li", "departments"),
        (Role.APPLICANT, "uscc7", "li", "uscc"),
        (Role.PROJECT_MANAGER, "", "manager7", "manager"),
    ],
)
def test_who_sees_few_finds_them_by_an_index(
    connection: psycopg.Connection[Any], role: Role, over: str, person: str, column: str
) -> None:
    shown = plan(connection, role, over, person)
    assert f"access_project_{column}_idx" in shown
    assert "Seq Scan" not in shown


def test_who_sees_everything_pays_nothing(connection: psycopg.Connection[Any]) -> None:
    assert "access_project" not in plan(connection, Role.LEADER)


@pytest.mark.parametrize(
    ("role", "over", "person"),
    [
        (Role.OFFICER, "everywhere", "li"),
        (Role.OFFICER, "rare", "li"),
        (Role.APPLICANT, "uscc7", "li"),
        (Role.PROJECT_MANAGER, "", "manager7"),
    ],
)
def test_a_list_with_its_own_access_columns_reads_no_more_than_without_a_filter(
    connection: psycopg.Connection[Any], role: Role, over: str, person: str
) -> None:
    whole = blocks_read(connection, filtered(Role.LEADER))
    assert blocks_read(connection, filtered(role, over, person, parties=True)) <= 1.5 * whole
