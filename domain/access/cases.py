"""Derives cases for the table of access from a project's state: the project, its items, and what a command is about."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TypeAlias

from msgspec import structs

from domain.access.decision import AccessCase
from domain.core.ledger import Command, Fact
from domain.project.application.forwarding import ForwardedItemReceived, ItemForwarded
from domain.project.application.manager import ManagerAssigned
from domain.project.application.registration import ItemPlanned, ProjectRegistered, RegisterProject
from domain.project.application.submission import ItemSubmitted
from domain.project.countersignature.forwarding import CountersignatureForwarded, CountersignatureRecalled
from domain.project.countersignature.request import ItemCountersigned
from domain.project.countersignature.rules import CountersignatureAsked
from domain.project.external.results import ExternalResultRecorded
from domain.project.flow.adoption import ItemDropped, ItemReplanned
from domain.project.state.feedback import Complaint, Evaluation
from domain.project.state.project import Item, Project
from domain.project.state.signals import Order, Signal

# Facts that change whose a project or an item is: an answer may be all there is of a request that was retracted, and a
# result from outside may begin an application.
PARTIES = (
    *(ProjectRegistered, ItemPlanned, ItemReplanned, ItemDropped, ManagerAssigned, ItemSubmitted),
    *(ItemForwarded, ForwardedItemReceived, CountersignatureAsked, CountersignatureForwarded),
    *(ItemCountersigned, CountersignatureRecalled, ExternalResultRecorded),
)

Subject: TypeAlias = Complaint | Evaluation | Signal | Order
SUBJECTS = {  # by the field that names one, where a project has them
    "complaint": "complaints",
    "evaluation": "evaluations",
    "card": "signals",
    "order": "orders",
}


def project_case(project: Project) -> AccessCase:
    """The whole of *project*: its enterprise, its manager, and the departments that have an item in it."""
    departments = {part for item in project.items.values() for part in (item.department, *consulted(item))}
    return AccessCase(project.id, project.uscc, project.manager, frozenset(departments))


def parties_case(project: Project) -> AccessCase:
    """The project without its departments, which are dozens: enough to judge its enterprise and its manager."""
    return AccessCase(project.id, project.uscc, project.manager)


def item_case(project: Project, code: str, whole: AccessCase | None = None) -> AccessCase:
    """The item *code* of *project*; the *whole* project (None: its `project_case`) where it has no such item."""
    case, item = whole or project_case(project), project.items.get(code)
    if item is None:
        return case
    return structs.replace(case, department=item.department, countersigners=frozenset(consulted(item)))


def consulted(item: Item) -> list[str]:
    """The departments beside its own that take part in the item: asked for an opinion, above it, or planned to be."""
    if not (item.consultations or item.plan.participants or item.upper):
        return []
    beside = {consultation.department for consultation in item.consultations.values()}
    beside.update(item.plan.participants)
    beside.update((item.plan.department, item.upper))
    return sorted(beside - {"", item.department})


def subject_case(project: Project, subject: Subject, whole: AccessCase | None = None) -> AccessCase:
    """The complaint, evaluation, card or order *subject* of *project*: its own department handles it."""
    case = item_case(project, subject.item, whole)
    return structs.replace(case, department=subject.department, countersigners=frozenset())


def cases_in(project: Project) -> Iterator[AccessCase]:
    """Every case in *project*: first the project, then its items, complaints, evaluations, cards and orders."""
    yield project_case(project)
    yield from (item_case(project, code) for code in project.items)
    for subjects in (project.complaints, project.evaluations, project.signals, project.orders):
        yield from (subject_case(project, subject) for subject in subjects.values())


def command_cases(project: Project, command: Command) -> tuple[AccessCase, ...]:
    """The cases of *command* to *project*, one for each item it names: access to every one of them is required."""
    if isinstance(command, RegisterProject):
        return (AccessCase(project.id, command.enterprise.uscc, command.manager),)
    return cases_named(project, command)


def cases_named(project: Project, command: Command | Fact, whole: AccessCase | None = None) -> tuple[AccessCase, ...]:
    """The cases of a command to *project*, or of a fact in it: one for each item it names, else the *whole*."""
    whole = whole or project_case(project)
    subject = subject_of(project, command)
    if subject is not None:
        return (subject_case(project, subject, whole),)
    item, items = getattr(command, "item", ""), getattr(command, "items", ())
    codes = [item] if isinstance(item, str) and item else list(items)
    return tuple([item_case(project, code, whole) for code in codes]) or (whole,)


def subject_of(project: Project, command: Command | Fact) -> Subject | None:
    """The complaint, evaluation, card or order that *command* is about; None where it is about none that is there."""
    for name in subjects_named(type(command)):
        subject: Subject | None = getattr(project, SUBJECTS[name]).get(getattr(command, name))
        if subject is not None:
            return subject
    return None


@cache
def subjects_named(message: type[Command | Fact]) -> tuple[str, ...]:
    """The fields by which commands or facts of this type name a complaint, an evaluation, a card or an order."""
    return tuple(name for name in SUBJECTS if name in message.__struct_fields__)
