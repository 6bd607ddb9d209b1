"""The table of access for commands to projects, judged on the state that a command will be decided on."""

from __future__ import annotations

from collections.abc import Callable

from domain.access.cases import command_cases
from domain.access.decision import AccessCase, may, may_all
from domain.access.principal import Caller
from domain.access.table import TABLE, Relation
from domain.core.ledger import Refused
from domain.messages import AnyCommand, tag_of
from domain.project.application.registration import RegisterProject
from domain.project.state.project import Project
from domain.streams import State

# Relations to the project as a whole, for which its departments, dozens of them, need not be gathered.
OF_WHOLE = {Relation.ZONE, Relation.OWN_PROJECT, Relation.OWN_ENTERPRISE, Relation.OWNER}

Allowed = Callable[[State], None]  # raises Refused where the command must not reach the rules


def command_allowed(caller: Caller, command: AnyCommand) -> Allowed:
    """The check that *caller* may do *command*: 404 for a project that he may not know of, else 403."""
    action = tag_of(command)

    is_of_whole = TABLE[action].roles.get(caller.role) in OF_WHOLE and not isinstance(command, RegisterProject)

    def check(state: State) -> None:
        project = state if isinstance(state, Project) else Project(state.id)
        if is_of_whole and may(caller, action, AccessCase(project.id, project.uscc, project.manager)).allowed:
            return
        judged = may_all(caller, action, command_cases(project, command))
        if judged.allowed:
            return
        if not judged.visible:
            raise Refused(
                "project-unknown", "there is no such project that you may see", remedy="check the id of the project"
            )
        sentence = f"{judged.reason.en} ({caller.role})"
        raise Refused("access-denied", sentence, remedy=judged.remedy.en, rule=judged.rule)

    return check
