"""POST /v1/projects/{id}/commands/check: what a command would do, or why it would be refused; nothing is stored.

It has an address of its own: a server that did not know a parameter for it would carry the command out.
"""

from __future__ import annotations

from uuid import UUID

from litestar import post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from msgspec import Struct

from api.commands.effect import CommandEffect, effect_of
from api.commands.if_match import on_version
from api.commands.materials import attachable
from api.commands.project_codes import require_code_free
from api.guard.judging import command_allowed
from api.route_access import ACCESS, COMMANDS
from api.web.http_request import HttpRequest
from api.web.identity import caller_of, expected_version, headers_of
from api.web.problems import CHECK_COMMAND
from api.web.request_body import command_in, read_body
from domain.access.principal import Caller
from domain.messages import AnyCommand
from domain.project.application.registration import registered_code
from domain.project.materials.attachment import AttachMaterial
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import Approvals
from infrastructure.materials.store import MaterialStore


class CheckedCommand(Struct, frozen=True):
    """A command that is only tried, its sender, and the version of the project; None: the present one."""

    caller: Caller
    command: AnyCommand
    version: int | None


async def checked_command(request: HttpRequest) -> CheckedCommand:
    """The command in a request. Raises Problem where it can't be read."""
    headers = headers_of(request.scope)
    command = command_in(await read_body(headers, request.receive))
    return CheckedCommand(caller_of(request.scope), command, expected_version(headers))


@post(
    "/projects/{project_id:uuid}/commands/check",
    status_code=200,
    operation_id=CHECK_COMMAND,
    summary="What a command would do, without carrying it out",
    tags=["commands"],
    opt={ACCESS: COMMANDS},
    dependencies={"checked": Provide(checked_command)},
)
async def check_command(
    project_id: FromPath[UUID],
    checked: NamedDependency[CheckedCommand],
    approvals: NamedDependency[Approvals],
    materials: NamedDependency[MaterialStore],
    laws: NamedDependency[LawBook],
) -> CommandEffect:
    """The facts that would follow, the clocks before and after, warnings and cards that would end, items unblocked.

    Where the command would be refused, the answer is the problem that it would get. Nothing is stored, no
    Idempotency-Key is needed or used up, and no case number is given.
    """
    command, caller = checked.command, checked.caller
    allowed = command_allowed(caller, command)
    if isinstance(command, AttachMaterial):
        allowed(await approvals.state(project_id))  # before a file is looked for, as when it is carried out
        allowed = await attachable(materials, command, allowed)
    if code := registered_code(command):
        await require_code_free(approvals, project_id, code, caller)
    conditional = on_version(command, checked.version)
    preview = await approvals.preview(project_id, conditional, caller.actor, allowed=allowed)
    return effect_of(project_id, preview, laws)
