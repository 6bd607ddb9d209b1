"""Queries over the whole ledger for the command line: counts and positions, and projects by code."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import psycopg
from msgspec import Struct

from infrastructure.jetstream.records import PUBLICATIONS, publications
from infrastructure.ledger.reader import head_of
from infrastructure.verifier.results import Coverage, Verification, read_results

COUNTS = "SELECT c.figure, sum(c.n)::bigint FROM views.project_count AS c GROUP BY c.figure"


class PublishedStream(Struct, frozen=True):
    """A stream of JetStream that `countersign publish` has published to: up to which *position*, and how many entries
    it lacks. *trouble* is what keeps events from it.
    """

    stream: str
    position: int
    lag: int
    published_at: datetime | None
    trouble: str


class LedgerStatus(Struct, frozen=True):
    """Counts and positions. Projects and items are those that the views have taken in; *views* maps a view to its
    position. *verified* is the last verification of new entries and of the whole ledger, by the server or by
    `countersign verify`. *streams* are those of JetStream that are published to.
    """

    projects: int
    facts: int
    last_position: int
    views: dict[str, int]
    errors: dict[str, str]
    verified: dict[Coverage, Verification]
    items: int
    items_open: int
    items_done: int
    streams: list[PublishedStream] = []


def status(url: str) -> LedgerStatus:
    """The counts in one database snapshot. Facts are not read: positions are gapless, and the views keep the others."""
    with psycopg.connect(url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        head = head_of(connection)
        views = connection.execute("SELECT view, seq, error FROM views.position ORDER BY view").fetchall()
        exists = connection.execute("SELECT to_regclass('views.project_count') IS NOT NULL").fetchone() == (True,)
        counts: dict[str, int] = dict(connection.execute(COUNTS).fetchall()) if exists else {}
        verified = read_results(connection)
        streams = publications(connection.execute(PUBLICATIONS).fetchall())
    return LedgerStatus(
        projects=counts.get("projects", 0),
        facts=head,
        last_position=head,
        views={view: seq for view, seq, _ in views},
        errors={view: error for view, _, error in views if error},
        verified=verified,
        items=counts.get("items_total", 0),
        items_open=counts.get("items_open", 0),
        items_done=counts.get("items_done", 0),
        streams=[
            PublishedStream(each.stream, each.position, max(head - each.position, 0), each.published_at, each.trouble)
            for each in streams
        ],
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
