"""Folds and decides streams of any aggregate: the first entry of a stream says of which, and a command fits one kind
only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeAlias, get_args
from uuid import UUID

from msgspec import Struct

from domain import messages as vocabulary
from domain.access.departments import Departments
from domain.access.messages import DepartmentsCommand, DepartmentsFact, PrincipalCommand, PrincipalFact
from domain.access.state import Principal
from domain.calendar.messages import CalendarCommand, CalendarFact
from domain.calendar.state import Calendar
from domain.catalogue.messages import CatalogueCommand, CatalogueFact
from domain.catalogue.state import Catalogue
from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused
from domain.epochs.restore import LedgerRestored, RecordRestore
from domain.epochs.state import Epochs
from domain.flow.messages import FlowCommand, FlowFact
from domain.flow.state import Flow
from domain.legal_person.messages import PersonCommand, PersonFact
from domain.legal_person.state import LegalPerson
from domain.messages import AnyCommand, AnyFact, Entry, tag_of
from domain.privacy.erasure import ErasePerson, PersonErased
from domain.project.messages import SystemCommand
from domain.project.state.project import Project
from domain.retention.removal import RecordRemoval, RecordsRemoved, Retention

State: TypeAlias = Project | Calendar | Catalogue | Flow | LegalPerson | Principal | Departments | Epochs | Retention
EveryCommand: TypeAlias = (
    AnyCommand
    | SystemCommand
    | CalendarCommand
    | PersonCommand
    | CatalogueCommand
    | FlowCommand
    | PrincipalCommand
    | DepartmentsCommand
    | RecordRestore
    | RecordRemoval
    | ErasePerson
)

PROJECT = "project"


class AggregateKind(Struct, frozen=True):
    """A kind of aggregate other than the project: its state, its commands and its facts.

    *state* is made from the stream's id, and has a `version` and a `law` (empty where it runs under none).
    """

    state: type[Any]
    commands: tuple[type[Command], ...]
    facts: tuple[type[Fact], ...]

    @property
    def name(self) -> str:
        """As the ledger names it, e.g. "legal_person"."""
        return spelled_out(self.state, "_")

    @property
    def by_tag(self) -> dict[str, type[Command]]:
        """Its commands by their stored names."""
        return {tag_of(command): command for command in self.commands}


CALENDAR = AggregateKind(Calendar, get_args(CalendarCommand), get_args(CalendarFact))
LEGAL_PERSON = AggregateKind(LegalPerson, get_args(PersonCommand), get_args(PersonFact))
CATALOGUE = AggregateKind(Catalogue, get_args(CatalogueCommand), get_args(CatalogueFact))
FLOW = AggregateKind(Flow, (FlowCommand,), (FlowFact,))
PRINCIPAL = AggregateKind(Principal, get_args(PrincipalCommand), get_args(PrincipalFact))
DEPARTMENTS = AggregateKind(Departments, (DepartmentsCommand,), (DepartmentsFact,))
EPOCHS = AggregateKind(Epochs, (RecordRestore,), (LedgerRestored,))
RETENTION = AggregateKind(Retention, (RecordRemoval,), (RecordsRemoved,))
KINDS = (CALENDAR, LEGAL_PERSON, CATALOGUE, FLOW, PRINCIPAL, DEPARTMENTS, EPOCHS, RETENTION)
BY_COMMAND = {command: kind for kind in KINDS for command in kind.commands}
BY_FACT = {fact: kind for kind in KINDS for fact in kind.facts}


def kind_named_by(first: type[Fact]) -> str:
    """The name of the kind of aggregate whose stream begins with a fact of this type."""
    kind = BY_FACT.get(first)
    return kind.name if kind else PROJECT


def kind_of(entries: Sequence[Entry]) -> AggregateKind | None:
    """The kind of aggregate that *entries*, of one stream, are of; None for a project, and for an empty stream."""
    return BY_FACT.get(type(entries[0].fact)) if entries else None


def of_project(entries: Sequence[Entry]) -> bool:
    """Whether *entries*, of one stream, are a project's."""
    return kind_of(entries) is None


def replay(stream: UUID, entries: Sequence[Entry]) -> State:
    """The state folded from the entries of one stream, in version order; that of a new project if there are none."""
    kind = kind_of(entries)
    if kind is None:
        return vocabulary.replay(stream, entries)
    state: State = kind.state(stream)
    for entry in entries:
        _apply(state, entry)
    return state


def follow(state: State, entry: Entry) -> bool:
    """Apply one new entry to *state*. False, with *state* unchanged, if only a replay yields the new state."""
    if isinstance(state, Project):
        return type(entry.fact) not in BY_FACT and vocabulary.follow(state, entry)
    if entry.version != state.version + 1 or isinstance(entry.fact, PersonErased):
        return False
    _apply(state, entry)
    return True


def _apply(state: State, entry: Entry) -> None:
    entry.fact.apply(state)  # a stream holds facts of its own aggregate alone
    state.version = entry.version


def decide(command: EveryCommand, state: State, context: Context) -> tuple[AnyFact, ...]:
    """The facts that follow from *command*; Refused where a rule forbids it, or where it is for another kind."""
    kind, untyped = BY_COMMAND.get(type(command)), command
    if kind is None and isinstance(state, Project):
        return vocabulary.decide(untyped, state, context)  # type: ignore[arg-type]  # no other kind's, so a project's
    if isinstance(command, ErasePerson) and isinstance(state, LegalPerson | Principal):
        vocabulary.require_happened(context)
        return command.decide(state, context)
    if kind is None:
        raise _misdirected(state)
    if not state.version:
        state = kind.state(state.id)
    if not isinstance(state, kind.state):
        raise _misdirected(state)
    vocabulary.require_happened(context)
    decided: Any = untyped.decide(state, context)
    facts: tuple[AnyFact, ...] = decided
    return facts


def _misdirected(state: State) -> Refused:
    return Refused(
        "wrong-stream",
        f"{state.id} is a {spelled_out(type(state), ' ')}, to which this command does not apply",
        remedy="check the id it was sent to",
    )


def spelled_out(state: type[Any], between: str) -> str:
    """The name of a kind of aggregate in lower case, with *between* between its words."""
    return re.sub("(?<=[a-z])(?=[A-Z])", between, state.__name__).lower()
