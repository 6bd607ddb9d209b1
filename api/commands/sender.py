"""Carrying out commands to a project as their sender may: each by itself, or several of them, all or none."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from contextlib import AsyncExitStack
from typing import TypeVar
from uuid import UUID

from msgspec import Struct

from api.commands.deadlines import deadlines
from api.commands.if_match import carry_out_on, on_version
from api.commands.materials import attachable
from api.commands.project_codes import project_code_claimed
from api.guard.judging import Allowed, command_allowed
from api.web.problems import Problem
from domain.access.principal import Caller
from domain.core.ledger import CommandOrigin, Refused
from domain.messages import AnyCommand
from domain.project.application.registration import registered_code
from domain.project.materials.attachment import AttachMaterial
from infrastructure.ledger.approvals import Approvals, CommandAnswer
from infrastructure.ledger.atomic.sequence import CommandInSequence, CommandSequence, SequenceRefusedError
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
            key, allowed = self._admission(sent)
            if isinstance(sent.command, AttachMaterial):
                allowed = await self._with_file(sent.command, sent.project, key, allowed, judged_first=True)
            code = registered_code(sent.command)
            carrying_out = self._claiming(code, sent, key, allowed) if code else self._decided(sent, key, allowed)
            answer = await in_time(carrying_out)
        except BaseException as error:
            self.approvals.counts.refused(error)
            raise
        self.approvals.counts.answered(repeated=answer.repeated)
        return answer

    def _admission(self, sent: ProjectCommand) -> tuple[UUID, Allowed]:
        """The id of the command *sent*, and the check that its sender may do it."""
        return command_id_of(self.caller.id, sent.key), command_allowed(self.caller, sent.command)

    async def _with_file(
        self, command: AttachMaterial, project: UUID, key: UUID, allowed: Allowed, *, judged_first: bool
    ) -> Allowed:
        """The check, that the file which *command* attaches is stored, too.

        A repeat gets its first answer, whatever has become of the file. *judged_first*: the sender is judged on the
        state of now before a file is looked for. Raises Refused.
        """
        if await self.approvals.store.first_answer(key) is not None:
            return allowed
        if judged_first:  # neither an answer of the storage nor its time may tell a stranger what is stored
            allowed(await self.approvals.state(project))
        return await attachable(self.materials, command, allowed)

    async def _claiming(self, code: str, sent: ProjectCommand, key: UUID, allowed: Allowed) -> CommandAnswer:
        """Carry out a command once the *code* that it registers a project under is claimed."""
        async with project_code_claimed(self.approvals, sent.project, code, self.caller):
            return await self._decided(sent, key, allowed)

    def _decided(self, sent: ProjectCommand, key: UUID, allowed: Allowed) -> Awaitable[CommandAnswer]:
        """Carry out a command, on the version that it is for."""
        approvals, caller, origin = self.approvals, self.caller, self.origin
        if sent.if_match is None:
            return approvals.handle(sent.project, sent.command, caller.actor, key, origin, allowed=allowed)
        return carry_out_on(sent.if_match, approvals, sent.project, sent.command, caller, key, origin, allowed)

    async def carry_out_together(self, commands: Sequence[ProjectCommand]) -> list[CommandAnswer]:
        """Carry out *commands*, all to one project, or none of them. Raises SequenceRefusedError, and as above."""
        by = self.caller.actor
        sequence: list[CommandInSequence] = []
        for sent in commands:
            key, allowed = self._admission(sent)
            if isinstance(sent.command, AttachMaterial):
                # Those before it may register the project, or give it to the sender: judged in its turn.
                allowed = await self._with_file(sent.command, sent.project, key, allowed, judged_first=False)
            sequence.append(CommandInSequence(on_version(sent.command, sent.if_match), key, allowed))
        return await in_time(
            self._claimed_together(commands, CommandSequence(commands[0].project, sequence, by, self.origin))
        )

    async def _claimed_together(
        self, commands: Sequence[ProjectCommand], sequence: CommandSequence
    ) -> list[CommandAnswer]:
        """Carry out a sequence once the codes that its *commands* register projects under are claimed."""
        async with AsyncExitStack() as claims:
            for index, sent in enumerate(commands):
                code = registered_code(sent.command)
                if not code:
                    continue
                try:
                    await claims.enter_async_context(
                        project_code_claimed(self.approvals, sent.project, code, self.caller)
                    )
                except Refused as taken:
                    raise SequenceRefusedError(index, taken) from taken
            return await self.approvals.handle_together(sequence)


async def in_time(answer: Awaitable[T]) -> T:
    """The *answer* of the ledger, unless it takes longer than ANSWER_SECONDS_MAX. Raises Problem outcome-unknown."""
    under_way = deadlines()
    task = under_way.begin(ANSWER_SECONDS_MAX)
    try:
        return await answer
    except (TimeoutError, asyncio.CancelledError) as ended:
        is_late = isinstance(ended, TimeoutError) or under_way.is_late(task)
        raise outcome_unknown(is_late=is_late) from ended
    finally:
        under_way.end(task)


def outcome_unknown(*, is_late: bool) -> Problem:
    """No answer came in time: the command may have been stored, or not.

    A server that is stopping, and has waited long enough, cancels what is under way.
    """
    return Problem(
        "outcome-unknown",
        f"the ledger did not answer within {ANSWER_SECONDS_MAX:.0f} seconds"
        if is_late
        else "this process ended before the ledger answered",
        remedy="send the very same command again, with the same Idempotency-Key",
        headers={"Retry-After": "5"},
    )
