"""Spreads the rows of views: what they have of a base is copied for every copy of a project that a `Multiplier` writes.

Copies differ in their ids alone, and so do their rows: PostgreSQL makes these many times as fast as a fold would. The
rule is read off the tables. Of each project's rows the first column becomes the id of the copy, any other id that of
the copied command, and a position that of the copied entry. Sums of projects are multiplied. What is not about projects
stays as it is, but for positions. A view that the rule does not cover, such as one whose texts name projects, is left
to the projector.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg.sql import SQL, Composable, Identifier, Literal

from infrastructure.calendar.view_laws import by_law_now
from infrastructure.ledger.reader import head_of
from infrastructure.projector.tables import make_indexes, make_tables
from projections.histories import EVERY_VIEW
from projections.view import SCHEMA, Projected, Table
from scripts.benches.copies.multiply import Multiplier

AT_ONCE = 2  # views that are spread in parallel: the server has a process for each connection
WORK_MEMORY = "256MB"  # to sort the rows of an index
SPREADING = "spreading"  # the schema of what is needed meanwhile
BY_NUMBER: Mapping[str, LiteralString] = {  # what ids and positions are in copy *number*
    "uuid": "spreading.copied_id(t.{0}, k.number)",
    "bigint": """coalesce(
        (SELECT p.first + k.number * p.step FROM spreading.place AS p WHERE p.seq = t.{0}), t.{0}
    )""",
}
TEXTS = {"text", "text[]", "tsvector"}  # the same as well, as long as none names its project
PLAIN = {"integer", "boolean", "date", "timestamptz", "integer[]", "timestamptz[]"}  # the same in every copy
PREPARED: LiteralString = """
    CREATE SCHEMA spreading;
    CREATE UNLOGGED TABLE spreading.copy (project uuid, number integer, id uuid);
    CREATE UNLOGGED TABLE spreading.place (seq bigint, first bigint, step integer);
    -- As copied_id of the Multiplier.
    CREATE FUNCTION spreading.copied_id(id uuid, number integer) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
        SELECT CASE WHEN number = 0 THEN id ELSE
            (overlay(overlay(hex PLACING '8' FROM 13) PLACING translate(
                substr(hex, 17, 1), '0123456789abcdef', '89ab89ab89ab89ab') FROM 17))::uuid END
        FROM md5(uuid_send(id) || convert_to(' ' || number, 'UTF8')) AS hex
    $$;
"""
SORTED: LiteralString = """
    CREATE UNLOGGED TABLE spreading.project AS TABLE spreading.copy ORDER BY id;
    ALTER TABLE spreading.place ADD PRIMARY KEY (seq);
    ANALYZE spreading.place, spreading.project;
"""
SPREAD = SQL("""
    INSERT INTO {target} ({names}) SELECT {values} FROM spreading.project AS k
    CROSS JOIN LATERAL (SELECT * FROM {source} AS b WHERE b.{project} = k.project OFFSET 0) AS t
""")
ONCE = SQL("INSERT INTO {target} ({names}) SELECT {values} FROM {source} AS t CROSS JOIN (SELECT 0 AS number) AS k")
Progress = Callable[[int, int], None]


class UnspreadableError(Exception):
    """A table has a column that the rule does not cover."""


class Spreading:
    """Views that are spread by some threads, until all are done, or a thread fails or is stopped."""

    def __init__(self, base: str, url: str, views: Sequence[Projected], copies: int, progress: Progress) -> None:
        self.left: list[str] = []  # to the projector
        self._base, self._url, self._copies, self._progress = base, url, copies, progress
        self._waiting, self._number, self._done = deque(views), len(views), 0
        self._running: list[psycopg.Connection[Any]] = []
        self._lock = threading.Lock()

    def run(self) -> None:
        """Spread all views. Raises what a thread raises."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            try:
                for ended in as_completed([pool.submit(self._work) for _ in range(AT_ONCE)]):
                    ended.result()
            except BaseException:  # no thread goes on with what is given up
                self._stop()
                raise

    def _stop(self) -> None:
        with self._lock:
            self._waiting.clear()
            for connection in self._running:
                connection.cancel()

    def _work(self) -> None:
        with psycopg.connect(self._base) as source, psycopg.connect(self._url, autocommit=True) as target:
            target.execute(SQL("SET maintenance_work_mem = {}").format(WORK_MEMORY))
            with self._lock:
                self._running.append(target)
            while view := self._next():
                try:
                    with target.transaction():
                        _spread_view(source, target, view, self._copies)
                except UnspreadableError:
                    self.left.append(view.name)
                with self._lock:
                    self._done += 1
                    self._progress(self._done, self._number)

    def _next(self) -> Projected | None:
        with self._lock:
            return self._waiting.popleft() if self._waiting else None


def spread(
    base: str,
    url: str,
    multiplier: Multiplier,
    views: Sequence[Projected] = EVERY_VIEW,
    progress: Progress = lambda _done, _of: None,
) -> list[str]:
    """Fill *views* at *url*, whose ledger *multiplier* has written, with what those at *base* make of its copies.

    The views at *base* have caught up. Returns the names of the views that are left to the projector. *progress* is
    called with (views done, views in all).
    """
    with psycopg.connect(base) as connection:
        views = by_law_now(connection, views)
        _require_current(connection, views)
    spreading = Spreading(base, url, views, multiplier.copies, progress)
    with _prepared(url, multiplier):
        spreading.run()
    return sorted(spreading.left)


def _require_current(connection: psycopg.Connection[Any], views: Sequence[Projected]) -> None:
    """Raise RuntimeError unless all *views* are at the end of the ledger, of which they are the base."""
    live = connection.execute("SELECT view, version, seq FROM views.position WHERE error IS NULL").fetchall()
    head = head_of(connection)
    if behind := {(view.name, view.version, head) for view in views} - set(live):
        raise RuntimeError(f"views of the base have not caught up: {', '.join(sorted(name for name, *_ in behind))}")


@contextmanager
def _prepared(url: str, multiplier: Multiplier) -> Iterator[None]:
    """The tables of all copies of projects, and of where the copies of entries are; dropped afterwards."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(PREPARED)
        with connection.cursor() as cursor:
            with cursor.copy("COPY spreading.copy FROM STDIN") as copy:
                for row in multiplier.projects():
                    copy.write_row(row)
            with cursor.copy("COPY spreading.place FROM STDIN") as copy:
                for place in multiplier.places():
                    copy.write_row((place.seq, place.first, place.step))
        connection.execute(SORTED)
        try:
            yield
        finally:
            connection.execute("DROP SCHEMA spreading CASCADE")


def _spread_view(
    source: psycopg.Connection[Any], target: psycopg.Connection[Any], view: Projected, copies: int
) -> None:
    """Make the tables of *view*, with all rows, then their indexes. Raises UnspreadableError."""
    make_tables(target, view)
    for table in view.tables:
        taken = Identifier(SPREADING, f"of_{table.name}")
        target.execute(SQL("CREATE UNLOGGED TABLE {} (LIKE {})").format(taken, Identifier(SCHEMA, table.name)))
        _take(source, target, table, taken)
        if getattr(view, "kind", None) is not None:
            statement, values = ONCE, _values(table)
        elif table.summed:
            statement, values = ONCE, _sums(table, copies)
        else:
            statement, values = SPREAD, [SQL("k.id"), *_values(table)[1:]]
            _require_no_names(target, table, taken)
            target.execute(SQL("CREATE INDEX ON {} ({})").format(taken, table.names[0]))
            target.execute(SQL("ANALYZE {}").format(taken))
        query = statement.format(
            target=Identifier(SCHEMA, table.name),
            names=SQL(", ").join(table.names),
            values=SQL(", ").join(values),
            source=taken,
            project=table.names[0],
        )
        target.execute(query)
        target.execute(SQL("DROP TABLE {}").format(taken))
    make_indexes(target, view)
    target.execute(
        "INSERT INTO views.position (view, version, seq, rebuilt) VALUES (%s, %s, %s, 1)",
        [view.name, view.version, head_of(target)],
    )


def _take(source: psycopg.Connection[Any], target: psycopg.Connection[Any], table: Table, into: Identifier) -> None:
    """Copy the rows of *table* at the base to the table *into*."""
    out_of = SQL("COPY {} TO STDOUT (FORMAT binary)").format(Identifier(SCHEMA, table.name))
    with source.cursor() as reading, target.cursor() as writing:
        copy_in = SQL("COPY {} FROM STDIN (FORMAT binary)").format(into)
        with reading.copy(out_of) as rows, writing.copy(copy_in) as copy:
            for block in rows:
                copy.write(block)


def _sums(table: Table, times: int) -> list[Composable]:
    """The values of a summed *table* for so many *times* its projects."""
    if any("uuid" in kind for _, kind in table.columns):
        raise UnspreadableError(f"{table.name} sums up by an id")
    *keys, number = table.names
    return [*(SQL("t.{}").format(key) for key in keys), SQL("t.{} * {}").format(number, Literal(times))]


def _values(table: Table) -> list[Composable]:
    """The values of a copied row of *table*. Raises UnspreadableError."""
    kinds = [_kind_of(name, kind.removesuffix(" NOT NULL")) for name, kind in table.columns]
    if unknown := {*kinds} - {*BY_NUMBER} - TEXTS - PLAIN:
        raise UnspreadableError(f"{table.name} has columns of type {', '.join(sorted(unknown))}")
    return [SQL(BY_NUMBER.get(kind, "t.{0}")).format(name) for name, kind in zip(table.names, kinds, strict=True)]


def _kind_of(name: str, kind: str) -> str:
    """The type of a column; other whole numbers than positions are the same in every copy."""
    return "integer" if kind == "bigint" and name != "position" else kind


def _require_no_names(target: psycopg.Connection[Any], table: Table, taken: Identifier) -> None:
    """Raise UnspreadableError if a text of a row *taken* names its project."""
    texts = [Identifier(name) for name, kind in table.columns if kind.removesuffix(" NOT NULL") in TEXTS]
    names = SQL(" OR ").join(SQL("strpos(t.{}::text, t.{}::text) > 0").format(text, table.names[0]) for text in texts)
    query = SQL("SELECT FROM {} AS t WHERE {} LIMIT 1").format(taken, names)
    if texts and target.execute(query).fetchone() is not None:
        raise UnspreadableError(f"{table.name} has texts that name projects")
