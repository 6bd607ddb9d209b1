"""Who acts at the command line, and how a command to a principal is carried out there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, TypeVar
from uuid import UUID, uuid4

import typer
from msgspec import Struct, ValidationError, convert, json, to_builtins

from api.web.problems import Problem
from api.web.request_body import require_plain_texts
from domain.access.messages import PrincipalCommand
from domain.access.state import stream_of
from domain.core.ledger import Actor, Role
from domain.messages import tag_of
from infrastructure.access.directory import LedgerDirectory
from infrastructure.identity.changes import announce_change
from infrastructure.ledger.approvals import Approvals
from scripts.console import fail, settings
from scripts.server import database

T = TypeVar("T")

OPERATOR = Actor("operator", "", Role.SYSTEM)  # the account that runs the command, without --as
As = Annotated[
    str, typer.Option("--as", help="the administrator who does this; left out, it is recorded as the system's act")
]
GRANTED = [role.value for role in Role if role is not Role.SYSTEM]  # the system acts without a grant
ROLE_HELP = f"a role: {', '.join(GRANTED)}"
Until = Annotated[str, typer.Option(help="until before this instant, e.g. 2026-12-31T00:00+08:00")]
Reasons = Annotated[str, typer.Option(help="why")]


class PrincipalReceipt(Struct, frozen=True):
    """What was recorded of a principal, and at which position."""

    principal: str
    facts: tuple[str, ...]
    position: int


def with_ledger(work: Callable[[Approvals, LedgerDirectory], Awaitable[T]]) -> T:
    """Run *work* on the ledger of the settings."""
    chosen = settings()
    url = database.ready(chosen)

    async def run() -> T:
        async with database.opened(url, chosen) as approvals:
            return await work(approvals, LedgerDirectory(approvals.store, approvals.clock))

    return asyncio.run(run())


def carried_out(command: PrincipalCommand, person: str, *further: PrincipalCommand) -> PrincipalReceipt:
    """*command* and *further* ones, recorded as acts of *person*, or of the system where that is empty.

    Raises Refused. Servers of the ledger look again at once.
    """
    commands = [_checked(each) for each in (command, *further)]

    async def work(approvals: Approvals, directory: LedgerDirectory) -> PrincipalReceipt:
        by, facts, position = await acting(directory, person, approvals.clock()), list[str](), 0
        for each in commands:
            answer = await approvals.handle(stream_of(each.principal), each, by, uuid4())
            facts += answer.receipt.facts
            position = answer.receipt.position
        await announce_change(approvals.store)
        return PrincipalReceipt(command.principal, tuple(facts), position)

    return with_ledger(work)


def _checked(command: PrincipalCommand) -> PrincipalCommand:
    """*command*, within the limits of its schema and of texts: those of what is sent over the interface."""
    try:
        require_plain_texts(command, json.encode(command))
        return convert(to_builtins(command), type(command))
    except ValidationError as error:
        fail(f"{tag_of(command)} can't be taken: {error}.")
    except Problem as problem:
        fail(f"{tag_of(command)} can't be taken: {problem.detail}; {problem.remedy}.")


async def acting(
    directory: LedgerDirectory, person: str, at: datetime, roles: Sequence[Role] = (Role.ADMINISTRATOR,)
) -> Actor:
    """*person* in one of *roles*: ends the command line where there is no such grant."""
    if not person:
        return OPERATOR
    grants = await directory.grants_of(person, at)
    grant = next((grant for grant in grants if grant.role in roles), None)
    if grant is None:
        wanted = " or ".join(role.with_article for role in roles)
        fail(f"{person} holds no grant as {wanted}. `countersign grants list {person}` lists the grants.")
    return Actor(person, grant.over, grant.role)


def instant(text: str) -> datetime | None:
    """The instant in *text*, None where it is empty; ends the command line where it is none, or has no zone."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        fail(f"{text} is no instant. Write 2026-12-31T00:00+08:00.")
    if at.tzinfo is None:
        fail(f"{text} has no offset from UTC. Write 2026-12-31T00:00+08:00.")
    return at


def after_hours(at: datetime, hours: int) -> datetime:
    """The instant so many hours after *at*."""
    return at + timedelta(hours=hours)


def granted_role(text: str) -> Role:
    """The role in *text*. Raises typer.BadParameter where it is none that is granted."""
    if text not in GRANTED:
        raise typer.BadParameter(f"{text} is no role that is granted. Choose one of {', '.join(GRANTED)}.")
    return Role(text)


def identifier(text: str) -> UUID:
    """The UUID in *text*; ends the command line where it is none."""
    try:
        return UUID(text)
    except ValueError:
        fail(f"{text} is no id: that is a UUID, as `countersign grants list` and the page of a project show it.")
