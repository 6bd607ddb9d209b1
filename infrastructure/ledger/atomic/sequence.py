"""Several commands to one project, carried out together: each is decided on what those before it did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from msgspec import Struct

from domain.core.ledger import Actor, CommandOrigin, Refused
from domain.streams import EveryCommand, State
from infrastructure.ledger.sent_command import DIRECT


class CommandInSequence(Struct, frozen=True):
    """One of several commands to a project, under its own id. *allowed* may refuse it, as in `Approvals.handle`."""

    command: EveryCommand
    id: UUID
    allowed: Callable[[State], None] | None = None


class CommandSequence(Struct, frozen=True):
    """Commands to one *stream* by one actor: all are carried out, or none."""

    stream: UUID
    commands: Sequence[CommandInSequence]
    by: Actor
    origin: CommandOrigin = DIRECT


class SequenceRefusedError(Exception):
    """The command at *index* was refused, so that nothing of its sequence was stored."""

    def __init__(self, index: int, refusal: Refused) -> None:
        super().__init__(refusal.sentence)
        self.index, self.refusal = index, refusal
