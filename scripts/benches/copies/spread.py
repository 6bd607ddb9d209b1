"""Spreads the rows of views: what they have of a base is copied for every copy of a project that a `Multiplier` writes.

Copies differ in their ids alone, and so do their rows: PostgreSQL makes these many times as fast as a fold would. The
rule is read off the tables. Of each project's rows the first column becomes the id of the copy, any other id that of
the copied command, a position that of the copied entry, and texts name the copy where they named the project. Sums of
projects are multiplied. What is not about projects stays as it is. A view with a table that the rule does not cover is
left to the projector.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from infrastructure.calendar.view_laws import by_law_now
from infrastructure.ledger.reader import head_of
from infrastructure.projector.tables import make_indexes, make_tables
from projections.histories import EVERY_VIEW
from projections.history.fold import History
from projections.view import SCHEMA, Projected, Table, kind_followed
from scripts.benches.copies.multiply import Multiplier

AT_ONCE = 2  # views that are spread in parallel: the server has a process for each connection
WORK_MEMORY = "256MB"  # to sort the rows of an index
SPREADING = "spreading"  # the schema of what is needed meanwhile
ID, POSITION, TEXTS, WORDS = "uuid", "bigint", ("text", "text[]"), "tsvector"
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
    CREATE FUNCTION spreading.copied_position(at bigint, number integer) RETURNS bigint LANGUAGE sql STABLE AS $$
        SELECT coalesce((SELECT p.first + number * p.step FROM spreading.place AS p WHERE p.seq = at), at)
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
    is_of_projects = isinstance(view, History) or kind_followed(view) is None  # type: ignore[arg-type]
    make_tables(target, view)
    for table in view.tables:
        taken, into = Identifier(SPREADING, f"of_{table.name}"), Identifier(SCHEMA, table.name)
        target.execute(SQL("CREATE UNLOGGED TABLE {} (LIKE {})").format(taken, into))
        _take(source, target, table, taken)
        values = _sums(table, copies if is_of_projects else 1) if table.summed else _values(target, table, taken)
        is_copied = is_of_projects and not table.summed
        if is_copied:
            target.execute(SQL("CREATE INDEX ON {} ({})").format(taken, table.names[0]))
            target.execute(SQL("ANALYZE {}").format(taken))
        else:
            values[0] = SQL("t.{}").format(table.names[0])
        names = SQL(", ").join(table.names)
        statement = (SPREAD if is_copied else ONCE).format(
            target=into, names=names, values=SQL(", ").join(values), source=taken, project=table.names[0]
        )
        target.execute(statement)
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
    if any(ID in kind for _, kind in table.columns):
        raise UnspreadableError(f"{table.name} sums up by an id")
    *keys, number = table.names
    return [*(SQL("t.{}").format(key) for key in keys), SQL("t.{} * {}").format(number, Literal(times))]


def _values(target: psycopg.Connection[Any], table: Table, taken: Identifier) -> list[Composable]:
    """The values of a copied row of *table*, whose rows at the base are those *taken*. Raises UnspreadableError."""
    kinds = [kind.removesuffix(" NOT NULL") for _, kind in table.columns]
    if unknown := {*kinds} - {ID, POSITION, WORDS, *TEXTS} - PLAIN:
        raise UnspreadableError(f"{table.name} has columns of type {', '.join(sorted(unknown))}")
    project, *_ = table.names
    naming = _naming(target, table, kinds, taken)
    values = list[Composable]()
    for name, kind in zip(table.names, kinds, strict=True):
        own = SQL("t.{}").format(name)
        if kind == WORDS and name in naming:
            raise UnspreadableError(f"{table.name} has words that name the project")
        if name == project:
            values.append(SQL("k.id"))
        elif kind == ID:
            values.append(SQL("spreading.copied_id({}, k.number)").format(own))
        elif kind == POSITION:
            values.append(SQL("spreading.copied_position({}, k.number)").format(own))
        elif name in naming:
            values.append(_renamed(own, project, kind))
        else:
            values.append(own)
    return values


def _renamed(own: Composed, project: Identifier, kind: str) -> Composed:
    """The text *own*, or a list of texts, with the id of the copy in place of that of the *project*."""
    return SQL("replace({}::text, t.{}::text, k.id::text)::{}").format(own, project, SQL(kind))  # type: ignore[arg-type]


def _naming(target: psycopg.Connection[Any], table: Table, kinds: Sequence[str], taken: Identifier) -> list[Identifier]:
    """The columns of texts, or of words, that name the project in some row *taken*."""
    names = [name for name, kind in zip(table.names, kinds, strict=True) if kind in (*TEXTS, WORDS)]
    project = table.names[0]
    checks = [
        SQL("coalesce(bool_or(strpos(t.{}::text, t.{}::text) > 0), false)").format(name, project) for name in names
    ]
    if not names:
        return []
    row = target.execute(SQL("SELECT {} FROM {} AS t").format(SQL(", ").join(checks), taken)).fetchone()
    return [name for name, is_named in zip(names, row or (), strict=True) if is_named]
