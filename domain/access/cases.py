"""What access depends on in a project, an item, and what a command is about, taken from the state of the project."""

from __future__ import annotations

from msgspec import structs

from domain.access.decision import AccessCase
from domain.core.ledger import Command
from domain.project.application.registration import RegisterProject
from domain.project.state.feedback import Complaint, Evaluation
from domain.project.state.project import Item, Project
from domain.project.state.signals import Order, Signal


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


def command_cases(project: Project, command: Command) -> tuple[AccessCase, ...]:
    """What *command* to *project* is about, a case for each item it names: all of them have to be allowed."""
    if isinstance(command, RegisterProject):
        return (AccessCase(project.id, command.enterprise.uscc, command.manager),)
    subject = subject_of(project, command)
    if subject is not None:
        case = item_case(project, subject.item)
        return (structs.replace(case, department=subject.department, countersigners=frozenset()),)
    item, items = getattr(command, "item", ""), getattr(command, "items", ())
    codes = [item] if isinstance(item, str) and item else list(items)
    return tuple(item_case(project, code) for code in codes) or (project_case(project),)


def subject_of(project: Project, command: Command) -> Complaint | Evaluation | Signal | Order | None:
    """The complaint, evaluation, card or order that *command* is about; None where it is about none that is there."""
    for name, subjects in (
        ("complaint", project.complaints),
        ("evaluation", project.evaluations),
        ("card", project.signals),
        ("order", project.orders),
    ):
        subject: Complaint | Evaluation | Signal | Order | None = subjects.get(getattr(command, name, ""))
        if subject is not None:
            return subject
    return None
