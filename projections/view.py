"""Read models (views): protocol, tables, and the fold of a project's entries into rows.

A view has a small state per project (or other aggregate), folds entries into it, and converts it to rows. The
projector writes the changed rows; a rebuild writes all. Rows hold instants, never values that change with time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain, compress
from operator import is_not
from typing import Any, Generic, Literal, LiteralString, Protocol, TypeAlias, TypeVar
from uuid import UUID

from msgspec import Struct, field, structs
from psycopg.sql import SQL, Composed, Identifier

from domain.as_of import settled
from domain.core.ledger import Fact
from domain.messages import FACTS, Entry, corrections, register_of
from domain.privacy.erasure import PersonErased
from domain.project.application.correction import EntryAmended, EntryRetracted
from domain.project.state.project import Project
from domain.streams import AggregateKind, kind_of

S = TypeVar("S")

Row = tuple[Any, ...]

Rows = Mapping[str, Sequence[Row]]  # by table

Facts: TypeAlias = frozenset[type[Fact]]

EVERY_FACT: Facts = frozenset(FACTS.values())

SETS_OF_VIEWS_MAX = 64  # folded together; a process uses a handful


def facts_of(*sorts: Iterable[type[Fact]]) -> Facts:
    """The set of all these facts, for a view to follow.

    Folds look for `type(fact)`: to see that a Struct is no instance of another's class takes five times as long, as
    msgspec's classes have a metaclass.
    """
    return frozenset(chain(*sorts))


class Table(Struct, frozen=True):
    """One table of a view. The first *key* columns identify a row; the very first is the project.

    A *summed* table has no project column: each project's rows are its contributions to the last column, a number.
    """

    name: str
    columns: tuple[tuple[str, LiteralString], ...]  # name and type
    key: int
    indexes: tuple[LiteralString, ...] = ()  # indexed columns, such as "(department, stage)"
    summed: bool = False

    @property
    def names(self) -> list[Identifier]:
        return [Identifier(name) for name, _ in self.columns]


class Projected(Protocol):
    """What a projector keeps up to date: a view, or the history of one. See `View` for *version*."""

    name: str
    version: int
    tables: tuple[Table, ...]


class View(Projected, Protocol, Generic[S]):
    """One read model. *version* is increased with every change of its tables or fold: it is then rebuilt.

    It covers projects or, if it has a `kind`, the aggregates of that kind, which are then meant by "project". It gets
    only entries of the facts it *follows*, as no other can change its state.
    """

    follows: Facts

    def start(self) -> S:
        """The initial state, of a project without entries."""

    def fold(self, state: S, entry: Entry, project: Any, /) -> None:
        """Apply one entry of a fact it follows to *state*; *project* already includes it."""

    def rows(self, state: S, project: Any, /) -> Rows:
        """The project's rows, by table."""


def kind_followed(view: View[Any]) -> AggregateKind | None:
    """The kind of aggregate of *view*; None: projects."""
    kind: AggregateKind | None = getattr(view, "kind", None)
    return kind


class WrittenRows(Struct):
    """The rows of one project as last written, by table: those of summed tables, its contributions, in *sums*.

    *given* are the contributions as the view has given them, to know them again where it caches them.
    """

    rows: dict[str, tuple[Row, ...]] = field(default_factory=dict)
    sums: dict[str, frozenset[Row]] = field(default_factory=dict)
    given: dict[str, Sequence[Row]] = field(default_factory=dict)


class Folded(Struct):
    """A project, the state of each view by name, and the rows as last *written*.

    *touched* are the views that were given an entry since: the rows of the others are as written.
    """

    project: Any  # or another aggregate, known to the views with a state here
    states: dict[str, Any]
    written: WrittenRows = field(default_factory=WrittenRows)
    touched: set[str] = field(default_factory=set)


class Change(Struct):
    """The changes of one table: rows to insert, rows to update, keys to delete.

    For a summed table all are *inserts*, to be added, or *subtracted*. Of the table of a history, *closes* are keys of
    its base table with the instants at which their last versions end, and *rewritten* are projects all of whose rows
    are replaced.
    """

    inserts: list[Row]
    updates: list[Row] = field(default_factory=list)
    deletes: list[Row] = field(default_factory=list)
    closes: list[Row] = field(default_factory=list)
    rewritten: list[UUID] = field(default_factory=list)
    subtracted: list[Row] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not any((self.inserts, self.updates, self.deletes, self.closes, self.rewritten, self.subtracted))

    @classmethod
    def of(cls, parts: Iterable[Change]) -> Change:
        """The combined changes of one table for different projects."""
        whole = cls([])
        for part in parts:
            whole.inserts += part.inserts
            whole.updates += part.updates
            whole.deletes += part.deletes
            whole.closes += part.closes
            whole.rewritten += part.rewritten
        return whole


CORRECTIONS = (EntryAmended, EntryRetracted)

REFOLDED = (*CORRECTIONS, PersonErased)  # change earlier entries: the whole history is folded again


def fold(views: Sequence[View[Any]], project_id: UUID, entries: Sequence[Entry]) -> Folded:
    """The states after a project's whole history, in version order, of the views of its kind.

    Retracted entries are left out, amended ones carry their new time, as if they had always been correct.
    """
    kind, settled = kind_of(entries), corrections(entries)
    project = kind.state(project_id) if kind else Project(project_id, retracted=settled.retracted)
    folded = Folded(project, {view.name: view.start() for view in views if kind_followed(view) is kind})
    folded.touched.update(folded.states)  # also where no entry is left: what was written has to go
    if settled.retracted or settled.amended:
        entries = [
            structs.replace(entry, occurred_at=settled.amended[entry.version])
            if entry.version in settled.amended
            else entry
            for entry in entries
            if entry.version not in settled.retracted
        ]
    take(views, folded, entries)
    return folded


def fold_at(
    views: Sequence[View[Any]], project_id: UUID, entries: Iterable[Entry], t: datetime, known: datetime
) -> Folded:
    """The views' states at *t*, as known at *known*, with the corrections known then."""
    recorded = [entry for entry in entries if entry.recorded_at <= known]
    project = Project(project_id, retracted=corrections(recorded).retracted)
    folded = Folded(project, {view.name: view.start() for view in views})
    take(views, folded, settled(recorded, t, known))
    return folded


def take(views: Sequence[View[Any]], folded: Folded, entries: Iterable[Entry]) -> None:
    """Fold further entries, none of them a correction, into existing states."""
    project, states = folded.project, folded.states
    followers = followers_among(tuple(view for view in views if view.name in states))
    bound: dict[type[Fact], list[tuple[Callable[..., None], Any]]] = {}  # the folds and states of the views by fact
    for entry in entries:
        fact = entry.fact
        fact.apply(project)
        project.version = entry.version
        if entry.version == 1 and isinstance(project, Project):
            project.register = register_of(entry)
        kind = type(fact)
        if kind not in bound:
            bound[kind] = [(fold_one, states[name]) for name, fold_one in followers[kind]]
        for fold_one, state in bound[kind]:
            fold_one(state, entry, project)
    folded.touched.update(name for kind in bound for name, _ in followers[kind])


class Followers(dict[type[Any], tuple[tuple[str, Callable[..., None]], ...]]):
    """By fact: the names and folds of the views that follow it; a cache filled on first use."""

    def __init__(self, views: Sequence[View[Any]]) -> None:
        super().__init__()
        self._views = views

    def __missing__(self, fact: type[Any]) -> tuple[tuple[str, Callable[..., None]], ...]:
        followers = self[fact] = tuple((view.name, view.fold) for view in self._views if fact in view.follows)
        return followers


@lru_cache(maxsize=SETS_OF_VIEWS_MAX)
def followers_among(views: tuple[View[Any], ...]) -> Followers:
    """The followers among *views*, by fact."""
    return Followers(views)


def changes(view: View[Any], folded: Folded) -> dict[str, Change]:
    """The changes of *view* since the last write, which are then taken as written."""
    out: dict[str, Change] = {}
    if view.name not in folded.touched:
        return out
    folded.touched.discard(view.name)
    rows = view.rows(folded.states[view.name], folded.project)
    for table in view.tables:
        current = rows.get(table.name, ())
        change = (sum_changes if table.summed else row_changes)(folded.written, table, current)
        if change is not None:
            out[table.name] = change
    return out


def row_changes(written: WrittenRows, table: Table, current: Sequence[Row]) -> Change | None:
    """The change from a project's *written* rows of *table* to its *current* ones, which are then the written ones."""
    before = written.rows.get(table.name, ())
    if not (current or before):
        return None
    rows = written.rows[table.name] = tuple(current)
    replaced, removed = replacements(before, rows, slice(table.key))
    change = Change([], deletes=removed)
    for _, row, was in replaced:
        (change.inserts if was is None else change.updates).append(row)
    return None if change.is_empty else change


def replacements(
    before: Sequence[Row], rows: Sequence[Row], key: slice
) -> tuple[list[tuple[Row, Row, Row | None]], list[Row]]:
    """How *rows* differ from those *before*: each new one with its *key* and the one it replaces, and the keys removed.

    A row that equals the one before is not new.
    """
    fresh, stale = differing(before, rows)
    removed = {row[key]: row for row in stale}
    replaced = [(name, row, removed.pop(name, None)) for row in fresh for name in [row[key]]]
    return [(name, row, was) for name, row, was in replaced if was != row], list(removed)


def differing(before: Sequence[Row], rows: Sequence[Row]) -> tuple[Sequence[Row], Sequence[Row]]:
    """Those of *rows* that are other objects than all *before*, and those before that are no longer among them.

    Most are the same, mostly at the same places.
    """
    differ = [*map(is_not, rows, before)]
    fresh, stale = [*compress(rows, differ), *rows[len(differ) :]], [*compress(before, differ), *before[len(differ) :]]
    moved = set(map(id, fresh)).intersection(map(id, stale)) if fresh and stale else ()
    if not moved:
        return fresh, stale
    return [row for row in fresh if id(row) not in moved], [row for row in stale if id(row) not in moved]


def sum_changes(written: WrittenRows, table: Table, current: Sequence[Row]) -> Change | None:
    """The change of a summed *table* for a project whose contributions become the *current* ones."""
    name = table.name
    if current is written.given.get(name, ()):
        return None
    before, now = written.sums.get(name, frozenset()), frozenset(current)
    written.given[name], written.sums[name] = current, now
    return Change(list(now - before), subtracted=list(before - now)) if now != before else None


def add_rows(sums: dict[Row, int], rows: Iterable[Row], sign: Literal[1, -1] = 1) -> None:
    """Add *rows* of a summed table to *sums*, by their keys, or subtract them."""
    for row in rows:
        key = row[:-1]
        sums[key] = sums.get(key, 0) + sign * row[-1]


def count(tally: dict[S, int], keys: Iterable[S], sign: Literal[1, -1] = 1) -> None:
    """Count each of a few *keys* in *tally*, or no longer: a Counter's own methods would take several times as long."""
    for key in keys:
        tally[key] = tally.get(key, 0) + sign


def rows_of_sums(sums: Mapping[Row, int]) -> list[Row]:
    """The rows of *sums*, but for those that come to nothing."""
    return [(*key, number) for key, number in sums.items() if number]


def summed_up(parts: Iterable[Change]) -> Change:
    """The combined changes of one summed table for different projects: a row for each key, as they share most keys."""
    sums = dict[Row, int]()
    for part in parts:
        add_rows(sums, part.inserts)
        add_rows(sums, part.subtracted, -1)
    return Change(rows_of_sums(sums))


def create(schema: str, table: Table) -> list[Composed]:
    """The statements that create *table* in *schema*, without key and indexes, for a faster bulk load."""
    columns = SQL(", ").join(
        SQL("{} {}").format(Identifier(name), SQL(kind if nth >= table.key else f"{kind} NOT NULL"))
        for nth, (name, kind) in enumerate(table.columns)
    )  # else the key, made after the load, reads the whole table to see that they are
    return [SQL("CREATE TABLE {} ({})").format(Identifier(schema, table.name), columns)]


def create_indexes(schema: str, table: Table) -> list[Composed]:
    """The statements that create the key and the indexes."""
    target, key = Identifier(schema, table.name), SQL(", ").join(table.names[: table.key])
    return [
        SQL("ALTER TABLE {} ADD PRIMARY KEY ({})").format(target, key),
        *(SQL("CREATE INDEX ON {} {}").format(target, SQL(what)) for what in table.indexes),
    ]


SCHEMA = "views"

ROWS_MAX = 1000


def literal(text: str) -> str:
    """*text* escaped for a LIKE pattern."""
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
