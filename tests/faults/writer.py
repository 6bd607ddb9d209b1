"""A process that sends commands as fast as it can, and keeps a journal of what it sent and what it was answered."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from uuid import UUID, uuid4

from msgspec import Struct

from domain.core.ledger import Actor
from domain.examples.story import MANAGER, STORY
from domain.messages import AnyCommand
from domain.project.application.note import NoteStep
from infrastructure.ledger.approvals import Approvals

LIVES = 16  # projects whose stories one process sends at the same time
SHARED = tuple(UUID(int=n) for n in range(1, 5))  # projects that every writer adds to, so that they are in each
NOTE_EVERY = 5  # other's way: one command in so many is a note on one of them


class Sent(Struct, frozen=True):
    """A command that can be made again from a line of the journal. *position* is 0 until it is answered."""

    key: UUID
    project: UUID
    step: int
    position: int = 0

    @property
    def command(self) -> AnyCommand:
        """The *step* of the story; any other number is a note."""
        return STORY[self.step].dated if 0 <= self.step < len(STORY) else NoteStep(activity=f"note {self.step}")

    @property
    def by(self) -> Actor:
        return STORY[self.step].by if 0 <= self.step < len(STORY) else MANAGER

    def line(self) -> bytes:
        return f"{self.key} {self.project} {self.step} {self.position}\n".encode()


def read(journal: Path) -> list[Sent]:
    """The lines of a journal, in their order."""
    lines = [line.split() for line in journal.read_text().splitlines()]
    return [Sent(UUID(key), UUID(project), int(step), int(position)) for key, project, step, position in lines]


def write(url: str, journal: str, commands_max: int | None = None) -> None:
    """Send until killed, or until *commands_max* commands were answered. For a process of its own."""
    asyncio.run(_write(url, journal, commands_max))


async def _write(url: str, journal: str, commands_max: int | None) -> None:
    file = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT)  # unbuffered: a killed process loses no line
    numbers = iter(range(commands_max)) if commands_max else count()
    async with Approvals(url) as approvals, asyncio.TaskGroup() as lives:
        for _ in range(LIVES):
            lives.create_task(_live(approvals, file, numbers))


async def _live(approvals: Approvals, journal: int, numbers: Iterator[int]) -> None:
    """Send one story after the other. Nothing is caught: whatever the application does not mend ends the process."""
    project, step = uuid4(), 0
    for number in numbers:
        if number % NOTE_EVERY == 0:
            sent = Sent(uuid4(), SHARED[number // NOTE_EVERY % len(SHARED)], -1 - number)
        else:
            sent = Sent(uuid4(), project, step)
            step += 1
            if step == len(STORY):
                project, step = uuid4(), 0
        os.write(journal, sent.line())
        answer = await approvals.handle(sent.project, sent.command, sent.by, sent.key)
        os.write(journal, Sent(sent.key, sent.project, sent.step, answer.receipt.position).line())
