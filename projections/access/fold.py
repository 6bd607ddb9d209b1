"""Whom each case belongs to: a row a project and a row an item, for the filter of rows by access."""

from __future__ import annotations

from msgspec import Struct

from domain.access.cases import consulted, project_case
from domain.messages import Entry
from domain.project.application.forwarding import ForwardedItemReceived, ItemForwarded
from domain.project.application.manager import ManagerAssigned
from domain.project.application.registration import ItemPlanned, ProjectRegistered
from domain.project.application.submission import ItemSubmitted
from domain.project.countersignature.forwarding import CountersignatureForwarded
from domain.project.countersignature.rules import CountersignatureAsked
from domain.project.flow.adoption import ItemDropped, ItemReplanned
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
PARTIES = (
    *(ProjectRegistered, ItemPlanned, ItemReplanned, ItemDropped, ManagerAssigned, ItemSubmitted),
    *(ItemForwarded, ForwardedItemReceived, CountersignatureAsked, CountersignatureForwarded),
)


class PartyCount(Struct):
    """How many facts about parties a project has: that it changed is all the rows need beside the project."""

    facts: int = 0


class AccessView:
    """The fold."""

    name: str = "access"
    version: int = 1
    tables: tuple[Table, ...] = (PROJECT_ACCESS, ITEM_ACCESS)
    follows: Facts = facts_of(PARTIES)

    def start(self) -> PartyCount:
        return PartyCount()

    def fold(self, state: PartyCount, entry: Entry, project: Project) -> None:  # noqa: ARG002  the view's form
        state.facts += isinstance(entry.fact, PARTIES)

    def rows(self, state: PartyCount, project: Project) -> Rows:
        if not state.facts:
            return {}
        case = project_case(project)
        items = [(project.id, code, item.department, consulted(item)) for code, item in project.items.items()]
        return {
            "access_project": [(project.id, case.uscc, case.manager, sorted(case.departments))],
            "access_item": items,
        }
