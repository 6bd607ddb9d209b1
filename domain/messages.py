"""Every command and every fact there is, by aggregate; the ledger's entry; and the fold of a project's entries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias, get_args
from uuid import UUID

from msgspec import Struct

from domain.access.messages import DepartmentsFact, PrincipalFact
from domain.calendar.messages import CalendarFact
from domain.catalogue.messages import CatalogueFact
from domain.core.context import Context
from domain.core.ledger import Command, CommandOrigin, Fact, Recorded, Refused
from domain.epochs.restore import LedgerRestored
from domain.flow.messages import FlowFact
from domain.legal_person.messages import PersonFact
from domain.privacy.erasure import ErasePerson, PersonErased
from domain.project.application.correction import EntryAmended, EntryRetracted
from domain.project.application.registration import RegisterProject
from domain.project.messages import AdoptionCommand, AdoptionFact, ProjectCommand, ProjectFact, SystemCommand
from domain.project.rules import require_registered
from domain.project.state.project import FactNote, Project
from domain.project.supervision.rescission import as_it_was
from domain.retention.removal import RecordsRemoved

# The unions of each aggregate are in domain/<aggregate>/messages.py, streams of aggregates other than projects in
# domain/streams.py.
AnyCommand = ProjectCommand | AdoptionCommand
if TYPE_CHECKING:
    # Not a union: code that matches a fact names its class, and mypy, comparing each of a hundred classes with each
    # other wherever the union is used, would take more than twice as long.
    AnyFact: TypeAlias = Fact
else:
    AnyFact = (
        ProjectFact
        | AdoptionFact
        | CalendarFact
        | PersonFact
        | CatalogueFact
        | FlowFact
        | PrincipalFact
        | DepartmentsFact
        | LedgerRestored
        | PersonErased
        | RecordsRemoved
    )
SOURCE_SEPARATOR = ":"  # between register, case and event in the source of an imported entry


class Entry(Struct, frozen=True, gc=False):
    """One line of the ledger: a fact, when it legally happened, when the system learned of it, and how.

    *version* counts the project's entries from 1; *position* and *hash* are the whole ledger's, given on storing.
    """

    stream: UUID
    version: int
    occurred_at: datetime
    recorded_at: datetime
    fact: AnyFact
    recorded: Recorded
    position: int = 0
    hash: str = ""


class Corrections(Struct, frozen=True):
    """Which entries no longer count, and when the amended ones legally happened, both by version."""

    retracted: set[int]
    amended: dict[int, datetime]


def tag_of(message: type[Command | Fact] | Command | Fact) -> str:
    """The stored name of a command or fact, e.g. "item_accepted"."""
    return message.__struct_config__.tag  # type: ignore[return-value]  # all our tags are chosen texts


COMMANDS: dict[str, type[Command]] = {tag_of(command): command for command in get_args(AnyCommand)}
SYSTEM_COMMANDS: dict[str, type[Command]] = {
    tag_of(command): command for command in get_args(SystemCommand | ErasePerson)
}
FACTS: dict[str, type[Fact]] = {tag_of(fact): fact for fact in get_args(AnyFact)}


def require_happened(context: Context) -> None:
    """Refuse what is still to come."""
    if context.at > context.now:
        raise Refused(
            "in-the-future",
            f"this can't have happened at {context.at.isoformat()}: that is still to come",
            remedy="leave occurred_at out, or give a time that has passed",
        )


def require_recorded(origin: CommandOrigin, now: datetime) -> None:
    """Refuse what an importer says another system will learn: the ledger would run ahead of every clock."""
    if origin.recorded_at is not None and origin.recorded_at > now:
        raise Refused(
            "in-the-future",
            f"this can't have been recorded at {origin.recorded_at.isoformat()}: that is still to come",
            remedy="leave out when it was recorded, or give a time that has passed",
        )


def decide(
    command: AnyCommand | SystemCommand | ErasePerson, project: Project, context: Context
) -> tuple[AnyFact, ...]:
    """The facts that follow from *command*; Refused where a rule forbids it or its time is still to come."""
    require_happened(context)
    if not isinstance(command, RegisterProject):
        require_registered(project)
    if project.signals:
        project = as_it_was(project, getattr(command, "item", ""), context)
    facts: tuple[Any, ...] = command.decide(project, context)
    return facts


CORRECTING = (EntryAmended, EntryRetracted)
REPLAYED = (EntryRetracted, PersonErased)  # what they change only a replay shows


def corrections(entries: Sequence[Entry]) -> Corrections:
    """The effect of the corrections among *entries* (of one project, in version order). A correction may itself be
    corrected, always by a later entry; so they are applied from the last one back.
    """
    retracted: set[int] = set()
    amended: dict[int, datetime] = {}
    for entry in reversed([entry for entry in entries if type(entry.fact) in CORRECTING]):
        if entry.version in retracted:
            continue
        match entry.fact:
            case EntryRetracted(version=version):
                retracted.add(version)
            case EntryAmended(version=version, new_occurred_at=new_occurred_at):
                amended.setdefault(version, new_occurred_at)
    return Corrections(retracted, amended)


def replay(project_id: UUID, entries: Iterable[Entry]) -> Project:
    """Rebuild a project from its entries in version order: retracted ones are noted but have no effect."""
    entries = entries if isinstance(entries, list | tuple) else list(entries)
    project = Project(project_id, retracted=corrections(entries).retracted)
    for entry in entries:
        if entry.version not in project.retracted:
            entry.fact.apply(project)
        _note(project, entry)
    return project


def follow(project: Project, entry: Entry) -> bool:
    """Apply one new entry to *project*. False, with *project* unchanged, if only a replay yields the new state."""
    if entry.version != project.version + 1 or type(entry.fact) in REPLAYED:
        return False
    entry.fact.apply(project)
    _note(project, entry)
    return True


def register_of(entry: Entry) -> str:
    """The register whose log *entry* was imported from, the first part of its source; empty where it was not imported.

    A project belongs to the register of its first entry, whatever is added later.
    """
    return entry.recorded.source.partition(SOURCE_SEPARATOR)[0]


def _note(project: Project, entry: Entry) -> None:
    fact = entry.fact
    if entry.version == 1:
        project.register = register_of(entry)
    note = FactNote(tag_of(fact), getattr(fact, "item", ""), entry.recorded.actor, entry.occurred_at)
    project.notes[entry.version] = note
    project.version = entry.version
