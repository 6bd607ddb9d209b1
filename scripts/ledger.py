"""Queries over the whole ledger for the command line: counts and positions, and projects by code."""

from __future__ import annotations

from uuid import UUID

import psycopg
from msgspec import Struct

from infrastructure.ledger.reader import head_of
from infrastructure.verifier.results import Scope, Verification, read_results


class LedgerStatus(Struct, frozen=True):
    """Counts and positions. *views* maps a view to its position; *verified* is the last verification of new entries and
    of the whole ledger, by the server or by `countersign verify`.
    """

    projects: int
    facts: int
    last_position: int
    views: dict[str, int]
    errors: dict[str, str]
    verified: dict[Scope, Verification]
    items: int
    items_open: int
    items_done: int


def status(url: str) -> LedgerStatus:
    """The counts in one database snapshot. Reads a row a project, and no facts: positions are gapless."""
    with psycopg.connect(url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        head = head_of(connection)
        projects = connection.execute("SELECT count(*) FROM ledger.stream WHERE kind = 'project'").fetchone() or (0,)
        views = connection.execute("SELECT view, seq, error FROM views.position ORDER BY view").fetchall()
        exists = connection.execute("SELECT to_regclass('views.project') IS NOT NULL").fetchone() == (True,)
        items = (
            connection.execute(
                "SELECT coalesce(sum(items_total), 0)::bigint, coalesce(sum(items_open), 0)::bigint,"
                " coalesce(sum(items_done), 0)::bigint FROM views.project"
            ).fetchone()
            if exists
            else None
        )
        verified = read_results(connection)
    return LedgerStatus(
        projects=projects[0],
        facts=head,
        last_position=head,
        views={view: seq for view, seq, _ in views},
        errors={view: error for view, _, error in views if error},
        verified=verified,
        **dict(zip(("items", "items_open", "items_done"), items or (0, 0, 0), strict=True)),
    )


def projects_of(url: str, code: str) -> list[UUID]:
    """The projects registered under *code*, read from the ledger, as views may not be filled yet."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT stream FROM ledger.event WHERE type = 'project_registered'"
            " AND convert_from(data, 'UTF8')::jsonb ->> 'code' = %s",
            [code],
        ).fetchall()
    return [project for (project,) in rows]
