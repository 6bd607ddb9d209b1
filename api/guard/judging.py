"""Judging a request by the table of access: one project in the path, a list, a command, an entry of a history."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct, structs

from api.web.problems import Problem
from domain.access.cases import cases_in, cases_named, command_cases, item_case, parties_case
from domain.access.decision import NO_CASE, AccessCase, Judgement, allows, may, may_all, may_somewhere
from domain.access.principal import Caller
from domain.core.ledger import Command, Refused
from domain.messages import AnyCommand, Entry, tag_of
from domain.project.application.registration import RegisterProject
from domain.project.state.project import Project
from domain.streams import State
from projections.scope import Scope

PROJECT_UNKNOWN, PERSON_UNKNOWN, PRINCIPAL_UNKNOWN = "project-unknown", "person-unknown", "principal-unknown"
DENIED = "access-denied"
HIDDEN = {
    PROJECT_UNKNOWN: ("there is no such project that you may see", "check the id of the project"),
    PERSON_UNKNOWN: ("there is no such legal person that you may see", "check the code"),
    PRINCIPAL_UNKNOWN: ("there is no such principal that you may see", "check the id of the principal"),
}

Allowed = Callable[[State], None]  # raises Refused where the command must not reach the rules


def require_allowed(judged: Judgement, unknown: str, caller: Caller, error: type[Problem | Refused] = Problem) -> None:
    """Raise *error* where the table says no: 404 with the code *unknown* for what the caller may not even know of.

    Without such a code it is known to all, and the answer is 403. A command is judged with Refused as *error*:
    a repeat of what was allowed once gets its first answer.
    """
    if judged.allowed:
        return
    if unknown and not judged.visible:
        sentence, remedy = HIDDEN[unknown]
        raise error(unknown, sentence, remedy=remedy)
    raise error(DENIED, denied(judged, caller), remedy=judged.remedy.en, rule=judged.rule)


def hidden(unknown: str) -> Problem:
    """The problem of what does not exist, which is also that of what the caller may not even know of."""
    sentence, remedy = HIDDEN[unknown]
    return Problem(unknown, sentence, remedy=remedy)


def denied(judged: Judgement, caller: Caller) -> str:
    """Why the table says no, in a sentence."""
    return f"{judged.reason.en} ({caller.role})"


def require_somewhere(caller: Caller, action: str) -> None:
    """Raise Problem access-denied where *caller* may do *action* on nothing at all: a list would always be empty."""
    require_allowed(may_somewhere(caller, action), "", caller)


class ProjectAccess(Struct, frozen=True):
    """What *caller* may do in *project*, on the whole of it and on its items."""

    caller: Caller
    project: Project

    @property
    def scope(self) -> Scope:
        """What the caller may read, of whatever register: for queries about this project."""
        return Scope.of_any_register(self.caller)

    def may(self, action: str) -> Judgement:
        """Whether *action* is allowed on the whole of the project, or on a part of it: else why not."""
        judged = [may(self.caller, action, case) for case in cases_in(self.project)]
        return next((judgement for judgement in judged if judgement.allowed), judged[0])

    def on_item(self, action: str, item: str) -> bool:
        """Whether *action* is allowed on the item."""
        return may(self.caller, action, item_case(self.project, item)).allowed

    def on_department(self, action: str, item: str, department: str) -> bool:
        """Whether *action* is allowed on a complaint, a card or the like about *item*, which *department* handles."""
        return self.judged(action, item, department).allowed

    def judged(self, action: str, item: str, department: str) -> Judgement:
        """The same, with why not."""
        case = structs.replace(item_case(self.project, item), department=department, countersigners=frozenset())
        return may(self.caller, action, case)

    def entries(self, action: str, entries: Sequence[Entry]) -> list[Entry]:
        """Those of *entries* on which *action* is allowed: about the items that they name, or about the whole."""
        if may(self.caller, action).allowed:
            return list(entries)
        return [entry for entry in entries if self._entry(action, entry)]

    def versions(self, action: str, entries: Sequence[Entry], wanted: set[int]) -> set[int]:
        """Those of the versions *wanted* whose entry the caller may do *action* on."""
        return wanted & {entry.version for entry in self.entries(action, entries)}

    def _entry(self, action: str, entry: Entry) -> bool:
        return may_all(self.caller, action, cases_named(self.project, entry.fact)).allowed


def command_allowed(caller: Caller, command: AnyCommand) -> Allowed:
    """The check that *caller* may do *command*, made on the state of the project that it will be decided on."""
    action = tag_of(command)
    unknown = "" if isinstance(command, RegisterProject) else PROJECT_UNKNOWN  # what is new hides nothing

    def check(state: State) -> None:
        project = state if isinstance(state, Project) else Project(state.id)
        if unknown:  # the departments of all its items take long to gather: what is allowed without them is allowed
            parties = parties_case(project)
            if allows(caller, action, parties):  # as its manager or enterprise, so on whichever of its items
                return
            if all(allows(caller, action, case) for case in cases_named(project, command, parties)):
                return
        require_allowed(may_all(caller, action, command_cases(project, command)), unknown, caller, Refused)

    return check


def aggregate_allowed(
    caller: Caller, command: Command, case_of: Callable[[Any, Any], AccessCase] | None, unknown: str
) -> Allowed:
    """The same of a *command* to what is no project; *case_of* is what it is about, by the state and the command."""
    action = tag_of(command)

    def check(state: State) -> None:
        judged = may(caller, action, case_of(state, command) if case_of else NO_CASE)
        require_allowed(judged, unknown, caller, Refused)

    return check


def project_of(path_params: dict[str, Any]) -> UUID | None:
    """The project in the path of a request."""
    project: UUID | None = path_params.get("project_id")
    return project
