"""Commands that a page sends for its reader, many at a time: each has a result, so that one refusal stops no other."""

from __future__ import annotations

from litestar.di import NamedDependency
from litestar.types import Scope
from msgspec import Struct

from api.commands.sender import ProjectCommand, ProjectCommandSender
from api.guard.judging import PROJECT_UNKNOWN, command_allowed
from api.web.error_handlers import to_problem
from api.web.http_request import HttpRequest
from api.web.problems import Problem
from domain.access.principal import Caller
from infrastructure.ledger.approvals import Approvals, CommandPreview
from infrastructure.ledger.sent_command import DIRECT
from infrastructure.materials.store import MaterialStore

STATUS_OURS_MIN = 500  # from here on something is wrong with the installation, not with the command


class CommandResult(Struct, frozen=True):
    """What came of one command: the *problem* it was refused with; None where it was carried out, or would be.

    *repeated*: it had been carried out before, with the same key. *stage*: that of its item, where it was refused.
    *preview*: what it would add, where it was only tried.
    """

    problem: Problem | None = None
    repeated: bool = False
    stage: str = ""
    preview: CommandPreview | None = None

    @property
    def is_done(self) -> bool:
        """Whether it was carried out, or would be."""
        return self.problem is None

    @property
    def is_hidden(self) -> bool:
        """Whether the reader may not know of what it is about."""
        return self.problem is not None and self.problem.kind.code == PROJECT_UNKNOWN


class PageSender:
    """Sends the commands of the reader of a page, whose request has this *scope*."""

    def __init__(self, sender: ProjectCommandSender, scope: Scope) -> None:
        self._sender, self._scope = sender, scope

    async def carry_out(self, sent: ProjectCommand) -> CommandResult:
        """Carry *sent* out. Raises what is no answer to the command, such as a database that is away."""
        try:
            answer = await self._sender.carry_out(sent)
        except Exception as error:  # noqa: BLE001  the answer to one command of many; what is not is raised again
            return await self._refused(error, sent)
        return CommandResult(repeated=answer.repeated)

    async def try_out(self, sent: ProjectCommand) -> CommandResult:
        """The result that *sent* would have, its effect with it; nothing is stored."""
        caller, approvals = self._sender.caller, self._sender.approvals
        allowed = command_allowed(caller, sent.command)
        try:
            preview = await approvals.preview(sent.project, sent.command, caller.actor, allowed=allowed)
        except Exception as error:  # noqa: BLE001  as above
            return await self._refused(error, sent)
        return CommandResult(preview=preview)

    async def _refused(self, error: Exception, sent: ProjectCommand) -> CommandResult:
        problem = to_problem(error, self._scope)
        if problem.kind.status >= STATUS_OURS_MIN:
            raise error
        if problem.kind.code == PROJECT_UNKNOWN:
            return CommandResult(problem)
        project = await self._sender.approvals.project(sent.project)
        item = project.items.get(getattr(sent.command, "item", ""))
        return CommandResult(problem, stage=item.stage.value if item else "")


def page_sender(
    request: HttpRequest,
    approvals: NamedDependency[Approvals],
    materials: NamedDependency[MaterialStore],
    caller: NamedDependency[Caller],
) -> PageSender:
    """The sender of the commands of a form."""
    return PageSender(ProjectCommandSender(approvals, materials, caller, DIRECT), request.scope)
