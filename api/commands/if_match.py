"""If-Match: a command that is carried out only on the version of the project it was made for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast
from uuid import UUID

from api.guard.judging import DENIED, PROJECT_UNKNOWN, ProjectAccess
from api.web.entries import ShownEntry, shown
from api.web.problems import Problem
from domain.access.principal import Caller
from domain.core.context import Context
from domain.core.ledger import Command, CommandOrigin, Refused
from domain.messages import AnyCommand, Entry, decide, replay
from domain.project.application.registration import RegisterProject
from domain.project.state.project import Project
from domain.streams import State
from infrastructure.ledger.approvals import Approvals, CommandAnswer

CHANGES_SHOWN_MAX = 100  # of what happened since; the rest is in the history
MOVED = "version-moved"
REMEDY = "look at what changed, decide again, and send a new command with the new version"


class OnVersion(Command, frozen=True, tag="on_version"):
    """What is *wanted*, refused unless the project is at *version* when it is decided: also where two come at once."""

    wanted: AnyCommand
    version: int

    @property
    def needs_shelf(self) -> bool:  # type: ignore[override]  # what is wanted says so, not the class
        """Whether what is wanted looks into published catalogues or flows."""
        return self.wanted.needs_shelf

    @property
    def needs_calendar(self) -> bool:  # type: ignore[override]  # as above
        """Whether what is wanted looks at the published calendar."""
        return self.wanted.needs_calendar

    @property
    def needs_case_counter(self) -> bool:  # type: ignore[override]  # as above
        """Whether what is wanted may give a case number."""
        return self.wanted.needs_case_counter

    @property
    def law_named(self) -> str:
        """The law that what is wanted asks to be decided under."""
        return self.wanted.law_named

    def decide(self, project: Project, context: Context) -> tuple[Any, ...]:
        if project.version != self.version:
            raise Refused(MOVED, f"the project is at version {project.version}, not at {self.version}", remedy=REMEDY)
        return decide(self.wanted, project, context)


def on_version(command: AnyCommand, version: int | None) -> AnyCommand:
    """*command*, on the condition that the project is at *version*; as it is where that is None.

    Being registered once is condition enough for a registration at version 0.
    """
    if version is None or (version == 0 and isinstance(command, RegisterProject)):
        return command
    return cast("AnyCommand", OnVersion(wanted=command, version=version, occurred_at=command.occurred_at))


async def carry_out_on(
    version: int,
    approvals: Approvals,
    project_id: UUID,
    command: AnyCommand,
    caller: Caller,
    key: UUID,
    origin: CommandOrigin,
    allowed: Callable[[State], None],
) -> CommandAnswer:
    """As `approvals.handle`. Raises Problem version-moved, with what happened since, where the project is elsewhere."""
    try:
        conditional = on_version(command, version)
        return await approvals.handle(project_id, conditional, caller.actor, key, origin=origin, allowed=allowed)
    except Refused as refusal:
        if refusal.code in (DENIED, PROJECT_UNKNOWN):  # what changed since is not for him
            raise
        entries = await approvals.history(project_id)
        now = entries[-1].version if entries else 0
        if now == version or refusal.code == "key-reused":
            raise
        raise Problem(
            MOVED,
            f"the project is at version {now}, not at {version}",
            remedy=REMEDY,
            headers={"ETag": f'"{now}"'},
            version=now,
            changed=changed_since(version, entries, caller),
        ) from refusal


def changed_since(version: int, entries: Sequence[Entry], caller: Caller) -> list[ShownEntry]:
    """The entries above *version* that *caller* may read, and so many at most."""
    if not entries:
        return []
    project = replay(entries[0].stream, entries)
    later = [entry for entry in entries if entry.version > version][:CHANGES_SHOWN_MAX]
    return shown(ProjectAccess(caller, project).entries("read:history", later), caller, entries, project)
