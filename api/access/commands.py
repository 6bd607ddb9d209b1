"""POST /v1/principals/{principal}/commands and /v1/departments/commands: what is granted, and how departments merge."""

from __future__ import annotations

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from api.access.routes import caller_of
from api.access.schemas import require_allowed
from api.commands.aggregates import AggregateReceipt, carry_out
from api.commands.targets import TO_DEPARTMENTS, TO_PRINCIPALS
from api.web.command_request import CommandRequest
from domain.access.decision import NO_CASE, AccessCase, may
from domain.access.departments import DEPARTMENTS_STREAM
from domain.access.grants import AppointAgent, DismissAgent
from domain.access.messages import DepartmentsCommand, PrincipalCommand
from domain.access.state import stream_of
from domain.core.ledger import Actor
from domain.core.types import CODE_CHARACTERS_MAX
from domain.messages import tag_of


class AccessCommands(Controller):
    """Every command is judged by the table of access before its own rules."""

    path = "/"
    tags = ("access",)

    @post(
        "/principals/{principal:str}/commands",
        operation_id=TO_PRINCIPALS.operation,
        status_code=200,
        summary="Register a person or program, grant roles, issue keys, name agents and deputies",
    )
    async def post_principal_command(
        self, command_request: NamedDependency[CommandRequest], actor: NamedDependency[Actor], principal: FromPath[str]
    ) -> AggregateReceipt:
        """Carry out one command on the principal with this id, once and for all under its Idempotency-Key."""
        caller = caller_of(actor)

        def check(command: PrincipalCommand) -> None:
            require_allowed(may(caller, tag_of(command), case_of(command)), "principal-unknown", caller)

        stream = stream_of(principal[:CODE_CHARACTERS_MAX])
        return AggregateReceipt.of(principal, await carry_out(command_request, stream, TO_PRINCIPALS, check=check))

    @post(
        "/departments/commands",
        operation_id=TO_DEPARTMENTS.operation,
        status_code=200,
        summary="Merge departments",
    )
    async def post_departments_command(
        self, command_request: NamedDependency[CommandRequest], actor: NamedDependency[Actor]
    ) -> AggregateReceipt:
        """Let the officers of one department do the work of another as well, from a day on."""
        caller = caller_of(actor)

        def check(command: DepartmentsCommand) -> None:
            require_allowed(may(caller, tag_of(command), NO_CASE), "", caller)

        answer = await carry_out(command_request, DEPARTMENTS_STREAM, TO_DEPARTMENTS, check=check)
        return AggregateReceipt.of("departments", answer)


def case_of(command: PrincipalCommand) -> AccessCase:
    """Whom *command* is about: the principal, and the enterprise an agent acts for."""
    enterprise = command.enterprise if isinstance(command, AppointAgent | DismissAgent) else ""
    return AccessCase(principal=command.principal, uscc=enterprise)
