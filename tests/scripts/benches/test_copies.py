"""Rows spread over the copies of a zone are those that the projector makes of them; what has no rule is left to it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.sql import SQL

from domain.examples.story import STORY
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.tables import make_tables
from infrastructure.projector.view_digest import view_digests
from projections.histories import EVERY_VIEW
from projections.view import SCHEMA, Table
from scripts.benches.copies.multiply import Multiplier, copied_id
from scripts.benches.copies.spread import spread
from scripts.benches.copies.zone import bytes_of, copies_for
from scripts.benches.database import NoRoomError, require_room
from scripts.server.catching_up import catch_up
from scripts.simulation.simulate import SimulationPlan, simulate
from tests.conftest import database_in

PROJECT, OTHER = UUID(int=7), UUID(int=8)
COPIES = 3
PLAN = SimulationPlan(projects=10, seed=11, until=date(2026, 6, 1), begin=date(2025, 3, 3), processes=1)
INDEXES = """
    SELECT schemaname, tablename, indexname, indexdef FROM pg_indexes
    WHERE schemaname IN ('ledger', 'views') ORDER BY 1, 2, 3
"""
READABLE = """
    SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = 'views'::regnamespace AND c.relkind = 'r'
    AND has_table_privilege('countersign_app', c.oid, 'SELECT') ORDER BY 1
"""


class NamingView:
    """A view of projects whose rows have the id of their project in a text."""

    name, version = "naming", 1
    tables: tuple[Table, ...] = (Table("named", (("project", "uuid"), ("address", "text NOT NULL")), key=1),)


def content(url: str) -> tuple[dict[str, str], list[object]]:
    """The digest of every table of every view; and the indexes of views and ledger, positions, and who reads."""
    with psycopg.connect(url, autocommit=True) as connection:
        digests = {of.table: of.sha256 for view in EVERY_VIEW for of in view_digests(connection, view, SCHEMA)}
        positions = "SELECT view, version, seq, error FROM views.position ORDER BY 1"
        return digests, [connection.execute(SQL(query)).fetchall() for query in (INDEXES, READABLE, positions)]


@contextmanager
def multiplied(base: str, server_url: str, template: str) -> Iterator[tuple[str, Multiplier]]:
    """A database with copies of the ledger *base*, without views."""
    with database_in(server_url, template) as url:
        multiplier = Multiplier(base, COPIES)
        assert multiplier.write(url) == multiplier.facts
        yield url, multiplier


def require_alike(base: str, server_url: str, template: str) -> None:
    """Spread rows equal those of a projector, table by table."""
    catch_up(base)
    with (
        multiplied(base, server_url, template) as (folded, _),
        multiplied(base, server_url, template) as (url, multiplier),
    ):
        catch_up(folded)
        assert spread(base, url, multiplier) == []
        digests, others = content(folded)
        spread_digests, spread_others = content(url)
        assert {table for table in digests if digests[table] != spread_digests[table]} == set()
        assert spread_others == others
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT to_regnamespace('spreading')").fetchone() == (None,)


async def tell(url: str) -> None:
    """The whole story in one project, and its beginning in another."""
    async with Approvals(url) as approvals:
        for nth, step in enumerate(STORY):
            await approvals.handle(PROJECT, step.dated, step.by, uuid4())
            if nth < 3:
                await approvals.handle(OTHER, step.dated, step.by, uuid4())


def test_rows_spread_over_copies_are_those_of_a_projector(
    database_url: str, server_url: str, migrated_template: str
) -> None:
    asyncio.run(tell(database_url))
    require_alike(database_url, server_url, migrated_template)
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM views.voice WHERE command IS NOT NULL").fetchone() != (0,)


@pytest.mark.long
def test_rows_of_a_simulated_zone_are_spread_as_a_projector_makes_them(
    database_url: str, server_url: str, migrated_template: str
) -> None:
    asyncio.run(simulate(database_url, PLAN))
    require_alike(database_url, server_url, migrated_template)


def test_a_view_whose_texts_name_projects_is_left_to_the_projector(
    database_url: str, server_url: str, migrated_template: str
) -> None:
    asyncio.run(tell(database_url))
    view = NamingView()
    with psycopg.connect(database_url) as connection:
        make_tables(connection, view)
        connection.execute("INSERT INTO views.named VALUES (%s, %s)", [PROJECT, f"/pages/projects/{PROJECT}"])
        connection.execute("INSERT INTO views.position (view, version, seq) SELECT 'naming', 1, seq FROM ledger.head")
    with multiplied(database_url, server_url, migrated_template) as (url, multiplier):
        assert spread(database_url, url, multiplier, [view]) == ["naming"]
        with psycopg.connect(database_url) as base, psycopg.connect(url) as connection:
            assert connection.execute("SELECT to_regclass('views.named')").fetchone() == (None,)
            base.execute("UPDATE views.named SET address = ''")
        assert spread(database_url, url, multiplier, [view]) == []
        with psycopg.connect(url) as connection:
            projects = {project for (project,) in connection.execute("SELECT project FROM views.named")}
    assert projects == {copied_id(PROJECT, number) for number in range(COPIES)}


def test_views_that_are_behind_are_not_spread(database_url: str, server_url: str, migrated_template: str) -> None:
    asyncio.run(tell(database_url))
    with (
        multiplied(database_url, server_url, migrated_template) as (url, multiplier),
        pytest.raises(RuntimeError, match=r"have not caught up: .*clocks, "),
    ):
        spread(database_url, url, multiplier)


def test_what_fails_is_raised_and_leaves_nothing_behind(
    database_url: str, server_url: str, migrated_template: str
) -> None:
    asyncio.run(tell(database_url))
    catch_up(database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute("DROP TABLE views.waiting")
    with multiplied(database_url, server_url, migrated_template) as (url, multiplier):
        with pytest.raises(psycopg.errors.UndefinedTable):
            spread(database_url, url, multiplier)
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT to_regnamespace('spreading')").fetchone() == (None,)
            assert connection.execute("SELECT FROM views.position WHERE view = 'waiting'").fetchone() is None


def test_what_has_no_room_is_not_begun() -> None:
    require_room(1)
    with pytest.raises(NoRoomError, match=r"1,000,000,000 GB are needed in .*: set TMPDIR"):
        require_room(1e18)
    assert bytes_of(10_000_000, past=False) < 25e9


def test_the_number_of_copies_follows_from_the_facts_of_projects(database_url: str) -> None:
    asyncio.run(tell(database_url))
    with psycopg.connect(database_url) as connection:
        (facts,) = connection.execute("SELECT count(*) FROM ledger.event").fetchone() or (0,)
    assert [copies_for(database_url, wanted) for wanted in (1, facts, 5 * facts)] == [1, 1, 5]
