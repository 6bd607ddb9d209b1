"""POST /v1/principals/{principal}/commands and /v1/departments/commands: what is granted, and how departments merge."""

from __future__ import annotations

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from api.commands.aggregates import AggregateReceipt, carry_out
from api.commands.targets import TO_DEPARTMENTS, TO_PRINCIPALS
from api.guard.judging import PRINCIPAL_UNKNOWN
from api.route_access import ACCESS, COMMANDS
from api.web.command_request import CommandRequest
from domain.access.decision import AccessCase
from domain.access.departments import DEPARTMENTS_STREAM
from domain.access.grants import AppointAgent, DismissAgent
from domain.access.messages import PrincipalCommand
from domain.access.state import stream_of
from domain.core.types import CODE_CHARACTERS_MAX


class AccessCommands(Controller):
    """Every command is judged by the table of access before its own rules."""

    opt = {ACCESS: COMMANDS}  # noqa: RUF012  litestar's own spelling
    path = "/"
    tags = ("access",)

    @post(
        "/principals/{principal:str}/commands",
        operation_id=TO_PRINCIPALS.operation,
        status_code=200,
        summary="Register a person or program, grant roles, issue keys, name agents and deputies",
    )
    async def post_principal_command(
        self, command_request: NamedDependency[CommandRequest], principal: FromPath[str]
    ) -> AggregateReceipt:
        """Carry out one command on the principal with this id, once and for all under its Idempotency-Key."""
        stream = stream_of(principal[:CODE_CHARACTERS_MAX])
        answer = await carry_out(
            command_request, stream, TO_PRINCIPALS, case_of=principal_case, unknown=PRINCIPAL_UNKNOWN
        )
        return AggregateReceipt.of(principal, answer)

    @post(
        "/departments/commands",
        operation_id=TO_DEPARTMENTS.operation,
        status_code=200,
        summary="Merge departments",
    )
    async def post_departments_command(self, command_request: NamedDependency[CommandRequest]) -> AggregateReceipt:
        """Let the officers of one department do the work of another as well, from a day on."""
        answer = await carry_out(command_request, DEPARTMENTS_STREAM, TO_DEPARTMENTS)
        return AggregateReceipt.of("departments", answer)


def principal_case(_: object, command: PrincipalCommand) -> AccessCase:
    """The subject of *command*: the principal, and the enterprise an agent acts for."""
    enterprise = command.enterprise if isinstance(command, AppointAgent | DismissAgent) else ""
    return AccessCase(principal=command.principal, uscc=enterprise)
