"""What access depends on in a project and in one of its items, taken from their state."""

from __future__ import annotations

from msgspec import structs

from domain.access.decision import AccessCase
from domain.project.state.project import Item, Project


def project_case(project: Project) -> AccessCase:
    """The whole of *project*: its enterprise, its manager, and the departments that have an item in it."""
    departments = {part for item in project.items.values() for part in (item.department, *consulted(item))}
    return AccessCase(project.id, project.uscc, project.manager, frozenset(departments))


def item_case(project: Project, code: str) -> AccessCase:
    """The item *code* of *project*; that of the whole project where it has none of that code."""
    case, item = project_case(project), project.items.get(code)
    if item is None:
        return case
    return structs.replace(case, department=item.department, countersigners=frozenset(consulted(item)))


def consulted(item: Item) -> list[str]:
    """The departments beside its own that take part in the item: asked for an opinion, above it, or planned to be."""
    beside = {consultation.department for consultation in item.consultations.values()}
    beside.update(item.plan.participants)
    beside.update((item.plan.department, item.upper))
    return sorted(beside - {"", item.department})
