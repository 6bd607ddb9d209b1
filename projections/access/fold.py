"""Whom each case belongs to: rows of projects, of items and of their files, for the filter of rows by access."""

from __future__ import annotations

from msgspec import Struct, field

from domain.access.cases import PARTIES, consulted, project_case
from domain.messages import Entry
from domain.project.materials.attachment import MaterialAttached
from domain.project.state.project import Project
from projections.view import Facts, Row, Rows, Table, facts_of

PROJECT_ACCESS = Table(
    "access_project",
    (
        ("project", "uuid"),
        ("uscc", "text NOT NULL"),  # of its enterprise; empty: not known
        ("manager", "text NOT NULL"),
        ("departments", "text[] NOT NULL"),  # with an item in it
    ),
    key=1,
    indexes=("(manager)", "(uscc)", "USING gin (departments)"),
)
ITEM_ACCESS = Table(
    "access_item",
    (
        ("project", "uuid"),
        ("item", "text"),
        ("department", "text NOT NULL"),  # that handles it
        ("countersigners", "text[] NOT NULL"),  # departments that take part in it besides
    ),
    key=2,
    indexes=("(department)", "USING gin (countersigners)"),
)
FILE_ACCESS = Table(
    "access_file",
    (
        ("project", "uuid"),
        ("item", "text"),
        ("digest", "text"),  # of a file that is, or once was, attached to the item
        ("version", "integer NOT NULL"),  # of the entry that attached it first
    ),
    key=3,
    indexes=("(digest)",),
)


class AccessState(Struct):
    """The rows of one project's items and of the project, cached until a fact changes whose they are.

    *files*: every file that was ever attached, with its item; a detached one stays in the history.
    """

    has_parties: bool = False
    items: dict[str, Row] = field(default_factory=dict)
    project: list[Row] = field(default_factory=list)
    files: dict[tuple[str, str], int] = field(default_factory=dict)  # by item and digest, with the entry's version


class AccessView:
    """The fold."""

    name: str = "access"
    version: int = 2
    tables: tuple[Table, ...] = (PROJECT_ACCESS, ITEM_ACCESS, FILE_ACCESS)
    follows: Facts = facts_of((*PARTIES, MaterialAttached))

    def start(self) -> AccessState:
        return AccessState()

    def fold(self, state: AccessState, entry: Entry, project: Project) -> None:
        fact = entry.fact
        if type(fact) is MaterialAttached:
            for item in fact.items:
                state.files.setdefault((item, fact.digest), entry.version)
            return
        state.has_parties = True
        code = getattr(fact, "item", "")
        row = state.items.get(code)
        if row is None or code not in project.items:  # the plan has changed, or all of the project
            state.items.clear()
            state.project.clear()
        elif row != (now := item_row(project, code)):
            state.items[code] = now
            state.project.clear()

    def rows(self, state: AccessState, project: Project) -> Rows:
        if not state.has_parties:
            return {}
        if not state.items:
            state.items = {code: item_row(project, code) for code in project.items}
        if not state.project:
            case = project_case(project)
            state.project = [(project.id, case.uscc, case.manager, sorted(case.departments))]
        return {
            "access_project": state.project,
            "access_item": [*state.items.values()],
            "access_file": [(project.id, *file, version) for file, version in state.files.items()],
        }


def item_row(project: Project, code: str) -> Row:
    """The row of the item *code*: its department, and those that take part in it besides."""
    item = project.items[code]
    return project.id, code, item.department, consulted(item)
