"""Whom each case belongs to: rows of projects, of items and of their files, for the filter of rows by access."""

from __future__ import annotations

from msgspec import Struct, field

from domain.access.cases import PARTIES, consulted, project_case
from domain.messages import Entry
from domain.project.materials.attachment import MaterialAttached
from domain.project.state.project import Project
from projections.view import Facts, Rows, Table, facts_of

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


class PartyCount(Struct):
    """How many facts about parties a project has: that it changed is all the rows need beside the project.

    *files*: every file that was ever attached, with its item; a detached one stays in the history.
    """

    facts: int = 0
    files: dict[tuple[str, str], int] = field(default_factory=dict)  # by item and digest, with the entry's version


class AccessView:
    """The fold."""

    name: str = "access"
    version: int = 2
    tables: tuple[Table, ...] = (PROJECT_ACCESS, ITEM_ACCESS, FILE_ACCESS)
    follows: Facts = facts_of((*PARTIES, MaterialAttached))

    def start(self) -> PartyCount:
        return PartyCount()

    def fold(self, state: PartyCount, entry: Entry, project: Project) -> None:  # noqa: ARG002  the view's form
        state.facts += isinstance(entry.fact, PARTIES)
        if isinstance(entry.fact, MaterialAttached):
            for item in entry.fact.items:
                state.files.setdefault((item, entry.fact.digest), entry.version)

    def rows(self, state: PartyCount, project: Project) -> Rows:
        if not state.facts:
            return {}
        case = project_case(project)
        items = [(project.id, code, item.department, consulted(item)) for code, item in project.items.items()]
        return {
            "access_project": [(project.id, case.uscc, case.manager, sorted(case.departments))],
            "access_item": items,
            "access_file": [(project.id, *file, version) for file, version in state.files.items()],
        }
