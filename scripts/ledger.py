"""Queries over the whole ledger for the command line: counts and positions, and projects by code."""

from __future__ import annotations

from uuid import UUID

import psycopg
from msgspec import Struct

from infrastructure.ledger.reader import head_of


class LedgerStatus(Struct, frozen=True):
    """Counts and positions. *source_events* are distinct imported events; *views* maps a view to its position."""

    projects: int
    source_events: int
    facts: int
    commands: int
    last_position: int
    views: dict[str, int]
    errors: dict[str, str]
    items: int
    items_open: int
    items_done: int


def status(url: str) -> LedgerStatus:
    """Count everything in one database snapshot."""
    with psycopg.connect(url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        counts = connection.execute(
            """
            SELECT count(*) FILTER (WHERE type = 'project_registered'), count(*),
                   count(DISTINCT convert_from(meta, 'UTF8')::jsonb ->> 'source')
                   FILTER (WHERE convert_from(meta, 'UTF8')::jsonb ->> 'source' ~ '[^:]$')
            FROM ledger.event
            """
        ).fetchone() or (0, 0, 0)
        head = head_of(connection)
        commands = connection.execute("SELECT count(*) FROM ledger.command").fetchone() or (0,)
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
    return LedgerStatus(
        projects=counts[0],
        source_events=counts[2],
        facts=counts[1],
        commands=commands[0],
        last_position=head,
        views={view: seq for view, seq, _ in views},
        errors={view: error for view, _, error in views if error},
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
