"""Carrying out commands to a project as their sender may: each by itself, or several of them, all or none."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from contextlib import AsyncExitStack
from typing import TypeVar
from uuid import UUID

from msgspec import Struct

from api.commands.if_match import carry_out_on, on_version
from api.commands.materials import require_stored
from api.commands.project_codes import code_claimed
from api.guard.judging import Allowed, command_allowed
from api.web.problems import Problem
from domain.access.principal import Caller
from domain.core.ledger import CommandOrigin
from domain.messages import AnyCommand
from infrastructure.ledger.approvals import Approvals, CommandAnswer
from infrastructure.ledger.atomic.sequence import CommandInSequence, CommandSequence
from infrastructure.ledger.sent_command import command_id_of
from infrastructure.materials.store import MaterialStore

T = TypeVar("T")

ANSWER_SECONDS_MAX = 30.0  # a command takes milliseconds; a client that waited this long retries with the same key


class ProjectCommand(Struct, frozen=True):
    """A *command* to *project* under the idempotency *key*, on the version *if_match*; None: on any."""

    project: UUID
    command: AnyCommand
    key: UUID
    if_match: int | None


class ProjectCommandSender(Struct, frozen=True):
    """Who sends commands, and what they are carried out with."""

    approvals: Approvals
    materials: MaterialStore
    caller: Caller
    origin: CommandOrigin

    async def carry_out(self, sent: ProjectCommand) -> CommandAnswer:
        """Carry out one command, and count it. Raises whatever the error handlers translate to problems."""
        try:
            answer = await self._carry_out(sent)
        except BaseException as error:
            self.approvals.counts.refused(error)
            raise
        self.approvals.counts.answered(repeated=answer.repeated)
        return answer

    async def _carry_out(self, sent: ProjectCommand) -> CommandAnswer:
        approvals, command, by = self.approvals, sent.command, self.caller.actor
        key = command_id_of(by.id, sent.key)
        allowed = command_allowed(self.caller, command)
        await require_stored(approvals, self.materials, sent.project, command, key, allowed)
        return await in_time(self._claimed(sent, key, allowed))

    async def _claimed(self, sent: ProjectCommand, key: UUID, allowed: Allowed) -> CommandAnswer:
        """Carry out a command once the code that it registers a project under is claimed."""
        approvals, command, caller, origin = self.approvals, sent.command, self.caller, self.origin
        async with code_claimed(approvals, sent.project, command, caller):
            if sent.if_match is None:
                return await approvals.handle(sent.project, command, caller.actor, key, origin, allowed=allowed)
            return await carry_out_on(sent.if_match, approvals, sent.project, command, caller, key, origin, allowed)

    async def carry_out_together(self, commands: Sequence[ProjectCommand]) -> list[CommandAnswer]:
        """Carry out *commands*, all to one project, or none of them. Raises SequenceRefusedError, and as above."""
        approvals, by = self.approvals, self.caller.actor
        sequence: list[CommandInSequence] = []
        for sent in commands:
            key = command_id_of(by.id, sent.key)
            allowed = command_allowed(self.caller, sent.command)
            await require_stored(approvals, self.materials, sent.project, sent.command, key, allowed)
            sequence.append(CommandInSequence(on_version(sent.command, sent.if_match), key, allowed))
        return await in_time(
            self._claimed_together(commands, CommandSequence(commands[0].project, sequence, by, self.origin))
        )

    async def _claimed_together(
        self, commands: Sequence[ProjectCommand], sequence: CommandSequence
    ) -> list[CommandAnswer]:
        """Carry out a sequence once the codes that its *commands* register projects under are claimed."""
        async with AsyncExitStack() as claims:
            for sent in commands:
                claimed = code_claimed(self.approvals, sent.project, sent.command, self.caller)
                await claims.enter_async_context(claimed)
            return await self.approvals.handle_together(sequence)


async def in_time(answer: Awaitable[T]) -> T:
    """The *answer* of the ledger, unless it takes longer than ANSWER_SECONDS_MAX. Raises Problem outcome-unknown."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            return await answer
    except (TimeoutError, asyncio.CancelledError) as late:
        raise outcome_unknown(late) from late


def outcome_unknown(late: BaseException) -> Problem:
    """No answer came in time: the command may have been stored, or not.

    A server that is stopping, and has waited long enough, cancels what is under way.
    """
    ended = isinstance(late, asyncio.CancelledError)
    return Problem(
        "outcome-unknown",
        "this process ended before the ledger answered"
        if ended
        else f"the ledger did not answer within {ANSWER_SECONDS_MAX:.0f} seconds",
        remedy="send the very same command again, with the same Idempotency-Key",
        headers={"Retry-After": "5"},
    )
