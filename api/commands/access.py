"""The table of access for commands to projects, judged on the state that a command will be decided on."""

from __future__ import annotations

from collections.abc import Callable

from domain.access.cases import command_cases
from domain.access.decision import may_all
from domain.access.principal import Caller
from domain.core.ledger import Refused
from domain.messages import AnyCommand, tag_of
from domain.project.state.project import Project
from domain.streams import State

Allowed = Callable[[State], None]  # raises Refused where the command must not reach the rules


def command_allowed(caller: Caller, command: AnyCommand) -> Allowed:
    """The check that *caller* may do *command*: 404 for a project that he may not know of, else 403."""
    action = tag_of(command)

    def check(state: State) -> None:
        project = state if isinstance(state, Project) else Project(state.id)
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
