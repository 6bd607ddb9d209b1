"""Questions to the whole ledger, for the command line: where it stands, whether its chains hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
from msgspec import Struct

from domain.law.calendar import CalendarBook, decode_books
from domain.law.general_vectors import check_pack_vectors
from domain.law.vectors import check_vectors
from infrastructure.chain import Fault, Verifier
from infrastructure.lawbook import law_book
from infrastructure.store import walk

CALENDARS = "calendars.json"  # beside a file of vectors


class Status(Struct, frozen=True):
    """How much there is. *source_events* are distinct imported events; *views* maps a view to its position."""

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


class Verified(Struct, frozen=True):
    """What a walk along every chain found."""

    entries: int
    streams: int
    faults: list[Fault]


def status(url: str) -> Status:
    """Counted in one snapshot, in the database."""
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
        head = connection.execute("SELECT seq FROM ledger.head").fetchone() or (0,)
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
    return Status(
        projects=counts[0],
        source_events=counts[2],
        facts=counts[1],
        commands=commands[0],
        last_position=head[0],
        views={view: seq for view, seq, _ in views},
        errors={view: error for view, _, error in views if error},
        **dict(zip(("items", "items_open", "items_done"), items or (0, 0, 0), strict=True)),
    )


def verify(url: str, progress: Callable[[int, int], None]) -> Verified:
    """Recompute every hash; also find missing positions, versions out of order, and a tail that was cut off."""
    verifier = Verifier()
    with psycopg.connect(url, autocommit=True) as connection:
        head, answered = connection.execute(
            "SELECT h.seq, (SELECT coalesce(max(c.seq), 0) FROM ledger.command AS c) FROM ledger.head AS h"
        ).fetchone() or (0, 0)
        for rows in walk(connection):
            verifier.take(rows)
            progress(verifier.seq, head)
            if verifier.seq >= head:
                break
    if head == 0:
        verifier.faults.append(Fault(0, "the ledger is empty: nothing could be verified"))
    if verifier.seq < head:
        verifier.finish(head, answered)
    return Verified(verifier.seq, len(verifier.heads), verifier.faults)


def vector_mismatches(file: Path, calendars: Path | None) -> list[str]:
    """Every vector of *file* that the clocks do not reproduce, a line each."""
    beside = calendars or file.with_name(CALENDARS)
    books: dict[str, CalendarBook] = dict(law_book().calendars())
    if calendars or beside.exists():
        books |= decode_books(beside.read_bytes())
    with file.open(encoding="utf-8") as lines:
        return [
            f"{m.vector} at {m.t.isoformat() if m.t else '-'}: {m.path} expected {m.expected}, got {m.got}"
            for m in check_vectors(lines, books)
        ]


def pack_mismatches(file: Path) -> list[str]:
    """The same for vectors of other laws."""
    with file.open(encoding="utf-8") as lines:
        return [f"{m.id}: expected {m.expected}, computed {m.computed}" for m in check_pack_vectors(lines)]
