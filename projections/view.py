"""What a read model is: its tables, and how a project's entries become rows of them.

A view keeps a small state a project (or a legal person, say), folds entries into it, and turns it into rows. The
projector writes the rows that changed; a rebuild writes them all. Rows hold instants and never anything that changes by
time passing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import Any, Generic, LiteralString, Protocol, TypeAlias, TypeVar
from uuid import UUID

from msgspec import Struct, field, structs
from psycopg.sql import SQL, Composed, Identifier

from domain.as_of import settled
from domain.core.ledger import Fact
from domain.messages import FACTS, Entry, corrections, register_of
from domain.project.application.correction import EntryAmended, EntryRetracted
from domain.project.state.project import Project
from domain.streams import AggregateKind, kind_of

S = TypeVar("S")

Row = tuple[Any, ...]

Rows = Mapping[str, Sequence[Row]]  # by table

Facts: TypeAlias = frozenset[type[Fact]]

EVERY_FACT: Facts = frozenset(FACTS.values())

SETS_OF_VIEWS_MAX = 64  # that are folded together: in one process a handful


def facts_of(*sorts: Iterable[type[Fact]]) -> Facts:
    """The facts of all these *sorts*, for a view to follow."""
    return frozenset(chain(*sorts))


class Table(Struct, frozen=True):
    """One table of a view. The first *key* columns identify a row; the very first is the project.

    One that is *summed* has no project: every project's rows say what it adds to the last column, a number.
    """

    name: str
    columns: tuple[tuple[str, LiteralString], ...]  # name and type
    key: int
    indexes: tuple[LiteralString, ...] = ()  # what to index, e.g. "(department, stage)"
    summed: bool = False

    @property
    def names(self) -> list[Identifier]:
        return [Identifier(name) for name, _ in self.columns]


class View(Protocol, Generic[S]):
    """One read model. *version* grows with every change of its tables or of its fold: it is then rebuilt.

    It is of projects, unless it has a `kind`: then of the aggregates of that kind, and "project" means one of these.
    It *follows* some facts, and is shown entries of these alone: no other could change its state.
    """

    name: str
    version: int
    tables: tuple[Table, ...]
    follows: Facts

    def start(self) -> S:
        """The state of a project without entries."""

    def fold(self, state: S, entry: Entry, project: Any, /) -> None:
        """Take in one entry that counts, of a fact it follows; *project* already has it."""

    def rows(self, state: S, project: Any, /) -> Rows:
        """The project's rows, by table."""


def kind_followed(view: View[Any]) -> AggregateKind | None:
    """Of what kind of aggregate *view* is; None: of projects."""
    kind: AggregateKind | None = getattr(view, "kind", None)
    return kind


class Folded(Struct):
    """A project, every view's state of it by name, and the rows as last written, by table and key."""

    project: Any  # or what else the stream is of: the views that have a state here know
    states: dict[str, Any]
    written: dict[str, dict[Row, Row]] = field(default_factory=dict)


class Change(Struct):
    """What is to be written to one table: rows whose key is new there, rows that replace others, keys of rows that go.

    Rows of a summed one are what to add: all *inserts*.
    """

    inserts: list[Row]
    updates: list[Row] = field(default_factory=list)
    deletes: list[Row] = field(default_factory=list)

    @classmethod
    def of(cls, parts: Iterable[Change]) -> Change:
        """Many changes of one table, of different projects, as one."""
        whole = cls([])
        for part in parts:
            whole.inserts += part.inserts
            whole.updates += part.updates
            whole.deletes += part.deletes
        return whole


CORRECTIONS = (EntryAmended, EntryRetracted)


def fold(views: Sequence[View[Any]], project_id: UUID, entries: Sequence[Entry]) -> Folded:
    """The states after a project's whole history, in version order, of those views that are of what it is.

    Retracted entries are left out, amended ones come at their new time: a correction is as if it had been so.
    """
    kind, settled = kind_of(entries), corrections(entries)
    project = kind.state(project_id) if kind else Project(project_id, retracted=settled.retracted)
    folded = Folded(project, {view.name: view.start() for view in views if kind_followed(view) is kind})
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
    """The views' states at *t*, by what was recorded by *known*: corrections included, and nothing later than *t*."""
    recorded = [entry for entry in entries if entry.recorded_at <= known]
    project = Project(project_id, retracted=corrections(recorded).retracted)
    folded = Folded(project, {view.name: view.start() for view in views})
    take(views, folded, settled(recorded, t, known))
    return folded


def take(views: Sequence[View[Any]], folded: Folded, entries: Iterable[Entry]) -> None:
    """Fold further entries, none of them a correction, into states that are there already."""
    project, states = folded.project, folded.states
    followers = followers_among(tuple(view for view in views if view.name in states))
    for entry in entries:
        fact = entry.fact
        fact.apply(project)
        project.version = entry.version
        if entry.version == 1 and isinstance(project, Project):
            project.register = register_of(entry)
        for name, fold_one in followers[type(fact)]:
            fold_one(states[name], entry, project)


class Followers(dict[type[Any], tuple[tuple[str, Callable[..., None]], ...]]):
    """By fact: the name and the fold of each of some views that follows it, looked up once."""

    def __init__(self, views: Sequence[View[Any]]) -> None:
        super().__init__()
        self._views = views

    def __missing__(self, fact: type[Any]) -> tuple[tuple[str, Callable[..., None]], ...]:
        followers = self[fact] = tuple((view.name, view.fold) for view in self._views if fact in view.follows)
        return followers


@lru_cache(maxsize=SETS_OF_VIEWS_MAX)
def followers_among(views: tuple[View[Any], ...]) -> Followers:
    """Who of *views* follows which fact."""
    return Followers(views)


def changes(view: View[Any], folded: Folded) -> dict[str, Change]:
    """The rows of *view* that differ from those written, which become the written ones."""
    out: dict[str, Change] = {}
    if view.name not in folded.states:
        return out
    rows = view.rows(folded.states[view.name], folded.project)
    for table in view.tables:
        current, old = rows.get(table.name, ()), folded.written.get(table.name, {})
        if not current and not old:
            continue
        new = {row[: table.key]: row for row in current}
        change = Change(added(old, new)) if table.summed else _replaced(old, new)
        folded.written[table.name] = new
        if change.inserts or change.updates or change.deletes:
            out[table.name] = change
    return out


def _replaced(old: Mapping[Row, Row], new: Mapping[Row, Row]) -> Change:
    """What makes of the rows of a project that were *old* those that are *new*."""
    if not old:
        return Change(list(new.values()))
    change = Change([])
    for key, row in new.items():
        was = old.get(key)
        if was is None:
            change.inserts.append(row)
        elif was is not row and was != row:
            change.updates.append(row)
    change.deletes = [key for key in old if key not in new]
    return change


def added(old: Mapping[Row, Row], new: Mapping[Row, Row]) -> list[Row]:
    """The rows to add to a summed table where a project's were *old* and are *new*."""
    changed = [(*key, row[-1] - (old[key][-1] if key in old else 0)) for key, row in new.items() if old.get(key) != row]
    return changed + [(*key, -row[-1]) for key, row in old.items() if key not in new]


def create(schema: str, table: Table) -> list[Composed]:
    """The statements that make *table* in *schema*, without key and indexes: rows come faster without."""
    columns = SQL(", ").join(SQL("{} {}").format(Identifier(name), SQL(kind)) for name, kind in table.columns)
    return [SQL("CREATE TABLE {} ({})").format(Identifier(schema, table.name), columns)]


def create_indexes(schema: str, table: Table) -> list[Composed]:
    """The statements that add the key and the indexes."""
    target, key = Identifier(schema, table.name), SQL(", ").join(table.names[: table.key])
    return [
        SQL("ALTER TABLE {} ADD PRIMARY KEY ({})").format(target, key),
        *(SQL("CREATE INDEX ON {} {}").format(target, SQL(what)) for what in table.indexes),
    ]


SCHEMA = "views"

ROWS_MAX = 1000


def literal(text: str) -> str:
    """*text* as part of a LIKE pattern that means just itself."""
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
