"""Several commands to one project, carried out together: each is decided on what those before it did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from msgspec import Struct, UnsetType, structs

from domain.core.ledger import Actor, CommandOrigin, Refused
from domain.streams import EveryCommand, State
from infrastructure.ledger.sent_command import DIRECT, SentCommand, sent_command


class CommandInSequence(Struct, frozen=True):
    """One of several commands to a project, under its own id. *allowed* may refuse it, as in `Approvals.handle`.

    *by* and *origin* differ from those of the sequence where they are given.
    """

    command: EveryCommand
    id: UUID
    allowed: Callable[[State], None] | None = None
    by: Actor | None = None
    origin: CommandOrigin | None = None


class CommandSequence(Struct, frozen=True):
    """Commands to one *stream*: all are carried out, or none."""

    stream: UUID
    commands: Sequence[CommandInSequence]
    by: Actor
    origin: CommandOrigin = DIRECT

    def sent(self, now: datetime) -> list[SentCommand]:
        """Its commands as they came in at *now*."""
        return [
            sent_command(self.stream, each.command, each.by or self.by, each.id, each.origin or self.origin, now)
            for each in self.commands
        ]

    def traced(self, traceparents: Sequence[str | UnsetType]) -> Self:
        """The same, each command in the trace that its *traceparent* names."""
        commands = [
            structs.replace(each, origin=structs.replace(each.origin or self.origin, traceparent=traceparent))
            for each, traceparent in zip(self.commands, traceparents, strict=True)
        ]
        return structs.replace(self, commands=commands)


class SequenceRefusedError(Exception):
    """The command at *index* was refused, so that nothing of its sequence was stored."""

    def __init__(self, index: int, refusal: Refused) -> None:
        super().__init__(refusal.sentence)
        self.index, self.refusal = index, refusal
