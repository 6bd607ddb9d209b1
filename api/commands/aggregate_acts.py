"""Acts of a form on an aggregate beside the project: reviewed, then carried out once, where the table allows it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID, uuid5

from litestar.di import NamedDependency, Provide
from litestar.types import Scope
from msgspec import Struct

from api.commands.sender import in_time
from api.guard.judging import Allowed, aggregate_allowed
from api.web.error_handlers import to_problem
from api.web.form_fields import FormFields, text_form
from api.web.http_request import HttpRequest
from api.web.problems import Problem
from domain.access.decision import AccessCase, Judgement, may
from domain.access.principal import Caller
from domain.messages import Entry
from domain.streams import EveryCommand
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.atomic.sequence import CommandInSequence, CommandSequence, SequenceRefusedError
from infrastructure.ledger.sent_command import command_id_of

NOT_SENT = UUID(int=0)  # the key of commands that are only tried
STATUS_OURS_MIN = 500  # from here on something is wrong with the installation, not with the command

Build = Callable[[], Sequence[EveryCommand]]  # raises Problem with the path of the field at fault


class AggregateTarget(Struct, frozen=True):
    """The *stream* that an act is about; *case_of* and *unknown* as for `api.commands.aggregates.carry_out`."""

    stream: UUID
    case_of: Callable[[Any, Any], AccessCase] | None = None
    unknown: str = ""


class ActResult(Struct, frozen=True):
    """What an act would add after the entries *before*, or that it was done; else the *problem* it is refused with.

    *position* is that of its last fact in the ledger, 0 where it was only looked at.
    """

    before: tuple[Entry, ...] = ()
    added: tuple[Entry, ...] = ()
    problem: Problem | None = None
    position: int = 0
    is_done: bool = False

    @property
    def all_entries(self) -> tuple[Entry, ...]:
        """Those of the aggregate once the act is done."""
        return (*self.before, *self.added)


class AggregateActs:
    """The acts of one reader, whose request has this *scope*. Several commands are carried out together, or none."""

    def __init__(self, approvals: Approvals, caller: Caller, scope: Scope) -> None:
        self.approvals, self.caller, self._scope = approvals, caller, scope

    def judged(self, command: str, case: AccessCase) -> Judgement:
        """Whether the table of access lets the reader send *command*, by its stored name, about *case*."""
        return may(self.caller, command, case)

    async def review(self, target: AggregateTarget, build: Build) -> ActResult:
        """What the commands that *build* makes would add to the ledger; nothing is stored."""

        async def preview() -> ActResult:
            sequence = self._sequence(target, build(), NOT_SENT)
            seen = await self.approvals.preview_together(sequence)
            return ActResult(seen.before, seen.added)

        return await self._or_problem(preview)

    async def carry_out(self, target: AggregateTarget, build: Build, key: UUID) -> ActResult:
        """Carry the commands out, once under the *key* of their form."""

        async def send() -> ActResult:
            sequence = self._sequence(target, build(), key)
            answers = await in_time(self.approvals.handle_together(sequence))
            return ActResult(position=answers[-1].receipt.position, is_done=True)

        return await self._or_problem(send)

    async def review_or_carry_out(self, target: AggregateTarget, build: Build, fields: FormFields) -> ActResult:
        """Carry the commands out where the form's review was seen and not left to edit it; else review them."""
        if not fields.text("seen") or fields.text("edit"):
            return await self.review(target, build)
        return await self.carry_out(target, build, fields.key())

    def _sequence(self, target: AggregateTarget, commands: Sequence[EveryCommand], key: UUID) -> CommandSequence:
        by = self.caller.actor
        return CommandSequence(
            target.stream,
            [
                CommandInSequence(command, command_id_of(by.id, uuid5(key, str(nth))), self._allowed(target, command))
                for nth, command in enumerate(commands)
            ],
            by,
        )

    def _allowed(self, target: AggregateTarget, command: EveryCommand) -> Allowed:
        return aggregate_allowed(self.caller, command, target.case_of, target.unknown)

    async def _or_problem(self, work: Callable[[], Awaitable[ActResult]]) -> ActResult:
        try:
            return await work()
        except Exception as error:
            cause = error.refusal if isinstance(error, SequenceRefusedError) else error
            problem = to_problem(cause, self._scope)
            if problem.kind.status >= STATUS_OURS_MIN:
                raise
            return ActResult(problem=problem)


def aggregate_acts(
    request: HttpRequest, approvals: NamedDependency[Approvals], caller: NamedDependency[Caller]
) -> AggregateActs:
    """The acts of the reader of a page."""
    return AggregateActs(approvals, caller, request.scope)


READS_ACTS = {"aggregate_acts": Provide(aggregate_acts, sync_to_thread=False)}
TAKES_ACTS = {**READS_ACTS, "fields": Provide(text_form)}
"""Dependencies of pages that offer acts, and of those that take their forms."""
