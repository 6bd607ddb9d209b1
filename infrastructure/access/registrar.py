"""Registers principals with a first grant, as facts: the first administrator, and the people of a simulated zone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4, uuid5

from msgspec import Struct

from domain.access.grants import GiveGrant
from domain.access.messages import PrincipalCommand
from domain.access.principal import PrincipalKind
from domain.access.registration import RegisterPrincipal
from domain.access.state import stream_of
from domain.core.ledger import Actor, Refused, Role
from infrastructure.access.directory import LedgerDirectory
from infrastructure.ledger.approvals import Approvals, CommandAnswer

REGISTRAR = Actor("principal-registrar", "", Role.SYSTEM)  # who registers those that no administrator can


class NewPrincipal(Struct, frozen=True):
    """A person or program to register in one role, with a grant over each of *overs*."""

    principal: str
    name: str
    role: Role
    overs: tuple[str, ...] = ("",)
    kind: PrincipalKind = PrincipalKind.PERSON


class PrincipalRegistrar(LedgerDirectory):
    """The directory of the ledger, in which the first administrator can be registered."""

    def __init__(self, approvals: Approvals) -> None:
        super().__init__(approvals.store, approvals.clock)
        self._approvals = approvals

    async def administrators(self, at: datetime) -> Sequence[str]:
        """The principals that hold a grant as administrator at *at*."""
        return [
            person.principal
            for person in await self.all_principals()
            if any(grant.role is Role.ADMINISTRATOR and grant.holds(at) for grant in person.grants.values())
        ]

    async def appoint(self, principal: str, name: str, at: datetime) -> bool:
        """Register *principal* as an administrator; False where one of that id is registered already."""
        del at  # the ledger has a clock of its own
        try:
            await handled(self._approvals, RegisterPrincipal(principal=principal, name=name), uuid4())
        except Refused as refused:
            if refused.code != "principal-registered":
                raise
            return False
        await handled(self._approvals, GiveGrant(principal=principal, role=Role.ADMINISTRATOR), uuid4())
        return True


async def enter(approvals: Approvals, new: NewPrincipal) -> list[CommandAnswer]:
    """Register *new* and give the grants, once and for all; one who is registered already gets the grants alone."""
    stream, answers = stream_of(new.principal), list[CommandAnswer]()
    register = RegisterPrincipal(principal=new.principal, name=new.name, kind=new.kind)
    try:
        answers.append(await handled(approvals, register, uuid5(stream, f"register {new.kind} {new.name}")))
    except Refused as refused:
        if refused.code != "principal-registered":
            raise
    for over in new.overs:
        grant = GiveGrant(principal=new.principal, role=new.role, over=over)
        answers.append(await handled(approvals, grant, uuid5(stream, f"grant {new.role} {over}")))
    return answers


async def handled(approvals: Approvals, command: PrincipalCommand, key: UUID) -> CommandAnswer:
    """The answer to *command*, recorded as the system's act."""
    return await approvals.handle(stream_of(command.principal), command, REGISTRAR, key)
