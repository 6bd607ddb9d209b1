"""Reads a file of running cases: one project per line, in JSON, with what happened to it in our own commands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID, uuid5

from msgspec import DecodeError, Meta, Struct, ValidationError, json, structs

from domain.core.ledger import Actor, CommandOrigin, Role
from domain.core.types import Code, Line, Name
from domain.messages import AnyCommand
from infrastructure.errors import OperatorError
from infrastructure.ledger.atomic.sequence import CommandInSequence, CommandSequence

NAMESPACE = UUID("5b0a5f0c-2f0e-4d51-8f6a-6a1f4cf0b8d2")  # permanent: a project has one id however often it is sent
ACTS_MAX = 2000  # of one project, which is stored in one transaction


class TakeOverFileError(OperatorError):
    """A line of the file can't be read. The message names the line and the field."""


class PastAct(Struct, frozen=True, forbid_unknown_fields=True):
    """What happened *at* an instant, and was done by *department*, by its command here.

    *recorded_at* is when the other register learned of it, *actor* who did it there; left out: at once, and nobody is
    named.
    """

    at: Annotated[datetime, Meta(tz=True)]
    command: AnyCommand
    department: Name = ""
    actor: Name = ""
    recorded_at: Annotated[datetime, Meta(tz=True)] | None = None


class StatedClock(Struct, frozen=True, forbid_unknown_fields=True):
    """The last day that the other register states for a running *clock* of an *item*."""

    item: Code
    due_on: date
    clock: Code = "decision"


class ProjectToTakeOver(Struct, frozen=True, forbid_unknown_fields=True):
    """One project: its *code* in the other *register*, its *acts* from registration on, and the days stated there."""

    register: Line
    code: Code
    acts: Annotated[tuple[PastAct, ...], Meta(min_length=1, max_length=ACTS_MAX)]
    clocks: tuple[StatedClock, ...] = ()

    @property
    def id(self) -> UUID:
        """The project's id here."""
        return uuid5(NAMESPACE, f"{self.register}\n{self.code}")

    def sequence(self, recorded_by: Actor) -> CommandSequence:
        """Its acts as commands here, in the order in which they happened, recorded by who takes them over."""
        ordered = sorted(self.acts, key=lambda act: act.at)  # stable
        by = Actor(self.register, "", Role.SYSTEM)
        return CommandSequence(self.id, [self._command(nth, act, recorded_by) for nth, act in enumerate(ordered)], by)

    def _command(self, number: int, act: PastAct, recorded_by: Actor) -> CommandInSequence:
        by = Actor(act.actor or self.register, act.department, Role.SYSTEM)
        command: AnyCommand = structs.replace(act.command, occurred_at=act.at)
        origin = CommandOrigin(recorded_at=act.recorded_at or act.at, recorded_by=recorded_by)
        return CommandInSequence(command, uuid5(self.id, f"act {number}"), by=by, origin=origin)


def read_projects(file: Path) -> Iterator[tuple[int, ProjectToTakeOver]]:
    """The projects in *file*, each with its line. Raises TakeOverFileError at the first that can't be read."""
    decoder = json.Decoder(ProjectToTakeOver)
    try:
        with file.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield number, decoder.decode(line)
    except (DecodeError, ValidationError, UnicodeDecodeError) as fault:
        raise TakeOverFileError(f"{file.name}, line {number}: {fault}.") from fault
    except OSError as fault:
        raise TakeOverFileError(f"{file} can't be read: {fault.strerror or fault}.") from fault
