"""Parses a file of running cases: one project per line (NDJSON), its past acts as commands."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator
from datetime import date, datetime
from itertools import accumulate
from pathlib import Path
from typing import Annotated
from uuid import UUID, uuid5

from msgspec import DecodeError, Meta, Struct, ValidationError, json, structs

from api.web.problems import Problem
from api.web.request_body import require_plain, require_storable, require_usable_time
from domain.core.ledger import Actor, CommandOrigin, Role
from domain.core.types import Code, Line, Name
from domain.messages import AnyCommand
from domain.project.application.registration import registered_code
from infrastructure.errors import OperatorError
from infrastructure.ledger.atomic.sequence import CommandInSequence, CommandSequence

NAMESPACE = UUID("5b0a5f0c-2f0e-4d51-8f6a-6a1f4cf0b8d2")  # permanent: a project has one id however often it is sent
ACTS_MAX = 2000  # of one project, which is stored in one transaction


class TakeOverFileError(OperatorError):
    """A line of the file can't be read. The message names the line and the field."""


class PastAct(Struct, frozen=True, forbid_unknown_fields=True):
    """One past act as a command: done by *department* *at* an instant.

    *recorded_at* is when the other register learned of it, *actor* who did it there. Defaults: *at*, and no name.
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
    def registered_code(self) -> str:
        """The project code of its registration; empty if none."""
        return next(filter(None, (registered_code(act.command) for act in self.acts)), "")

    @property
    def in_order(self) -> list[int]:
        """The indexes of its acts in the file, in chronological order."""
        return sorted(range(len(self.acts)), key=lambda place: self.acts[place].at)  # stable

    @property
    def id(self) -> UUID:
        """The project's id here."""
        return uuid5(NAMESPACE, f"{self.register}\n{self.code}")

    def id_of_act(self, number: int) -> UUID:
        """The id of the command for the act that is the *number*th in time, from 0."""
        return uuid5(self.id, f"act {number}")

    def sequence(self, recorded_by: Actor) -> CommandSequence:
        """Its acts as commands in chronological order, recorded by the operator of the migration.

        Record times never go backwards: an act is recorded no earlier than the one before it.
        """
        ordered = [self.acts[place] for place in self.in_order]
        known = list(accumulate((act.recorded_at or act.at for act in ordered), max))
        by = Actor(self.register, "", Role.SYSTEM)
        commands = [
            self._command(nth, act, CommandOrigin(recorded_at=at, recorded_by=recorded_by))
            for nth, (act, at) in enumerate(zip(ordered, known, strict=True))
        ]
        return CommandSequence(self.id, commands, by)

    def _command(self, number: int, act: PastAct, origin: CommandOrigin) -> CommandInSequence:
        by = Actor(act.actor or self.register, act.department, Role.SYSTEM)
        command: AnyCommand = structs.replace(act.command, occurred_at=act.at)
        return CommandInSequence(command, self.id_of_act(number), by=by, origin=origin)


def read_projects(file: Path) -> Iterator[tuple[int, ProjectToTakeOver]]:
    """The projects in *file*, each with its line. Raises TakeOverFileError at the first that can't be read, and where
    there is none.
    """
    decoder = json.Decoder(ProjectToTakeOver)
    number, is_empty = 1, True
    try:
        with file.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                text = line.removeprefix(BOM_UTF8) if number == 1 else line
                if text.strip():
                    project = decoder.decode(text)
                    if wrong := unstorable(project, text):
                        raise TakeOverFileError(f"{file.name}, line {number}: {wrong}.")
                    is_empty = False
                    yield number, project
    except ValidationError as fault:
        raise TakeOverFileError(f"{file.name}, line {number}: {fault}.") from fault
    except (DecodeError, UnicodeDecodeError, RecursionError) as fault:
        form = "a line is one project as JSON in UTF-8, not packed"
        raise TakeOverFileError(f"{file.name}, line {number}: {fault}; {form}.") from fault
    except OSError as fault:
        raise TakeOverFileError(f"{file} can't be read: {fault.strerror or fault}.") from fault
    if is_empty:
        raise TakeOverFileError(f"{file.name} holds no project: each line is one, as JSON in UTF-8.")


def unstorable(project: ProjectToTakeOver, line: bytes) -> str:
    """The text, time or number of a *project*, read from *line*, that no command may contain; empty if none."""
    place = "$"
    try:
        require_plain("register", project.register)
        require_plain("code", project.code)
        for nth, act in enumerate(project.acts):
            place = f"$.acts[{nth}]"
            require_plain("department", act.department)
            require_plain("actor", act.actor)
            require_usable_time("at", act.at)
            require_usable_time("recorded_at", act.recorded_at or act.at)
            place = f"$.acts[{nth}].command"
            require_storable(act.command, line)
    except Problem as problem:
        return f"{place}: {problem.detail}; {problem.remedy}"
    return ""
